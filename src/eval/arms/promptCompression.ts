import { encodeSegment } from '../../engine/compress/encode.ts';
import { equalTokens } from '../run/bytes.ts';
import type { OpenCorpus } from '../run/openCorpus.ts';
import type { Arm, ReadRequest } from './arm.ts';
import { standing } from './raw.ts';
import { keepTokens, keepUnits, type Unit } from './tokenDropping.ts';

/**
 * Prompt compression by the decoder that answers, the baseline against which a compressed cache of the same bytes
 * stands: what the model itself expected of the source is dropped, and the rest is prefilled as text.
 *
 * LLMLingua-2 (arXiv 2403.12968) drops tokens by a classifier that was trained for it. There is none here, so these
 * are its perplexity-based forerunners, LLMLingua (arXiv 2310.05736) and Selective Context (arXiv 2310.06201), and the
 * model that judges is the one that reads. Like every arm it does not see the question. Each segment is judged after
 * the preamble alone, as it is compressed in a sheet.
 */

/** The source as the model read it. */
interface JudgedSource {
  ids: number[];
  surprisal: Float32Array;
  /** Token at which each file begins, in a segment: its file mark. */
  marks: number[];
  lines: Unit[];
  /** Milliseconds that the judging took. */
  ms: number;
}

/** Single tokens. Structure by the rule "file marks stay": the token that opens a file stays, so that texts of files never run together. */
export const llmLingua: Arm = {
  name: 'llmlingua',
  about: "the tokens that the model expected least, file marks among them, as text in the sheet's bytes (LLMLingua)",
  byRatio: true,
  read: (request) => dropping(request, ({ surprisal, marks }, budget) => keepTokens(surprisal, marks, budget)),
};

/** Whole lines. Structure by the rule "a line brings its file line": the first line that is kept of a file brings the line that names it. */
export const selectiveContext: Arm = {
  name: 'selective-context',
  about:
    'the lines that the model expected least, each with its file line, as text in the same bytes (Selective Context)',
  byRatio: true,
  read: (request) => dropping(request, ({ lines }, budget) => keepUnits(lines, budget)),
};

async function dropping(
  request: ReadRequest,
  keep: (source: JudgedSource, budget: number) => Int32Array,
): ReturnType<Arm['read']> {
  const { decoder, corpus, ratio } = request;
  const source = await judged(request);
  const budget = Math.min(equalTokens(decoder, corpus.segments, ratio), source.ids.length);
  const kept = keep(source, budget);
  const ids = Array.from(kept, (i) => source.ids[i]!);
  const reading = await standing(request, ids, ids.length / Math.max(1, source.ids.length));
  return { ...reading, prepareMs: reading.prepareMs + source.ms };
}

/** A corpus is judged once for all ratios and both arms; each is charged what that took. */
const known = new WeakMap<OpenCorpus, JudgedSource>();

async function judged(request: ReadRequest): Promise<JudgedSource> {
  const before = known.get(request.corpus);
  if (before) return before;
  const source = await judge(request);
  known.set(request.corpus, source);
  return source;
}

/** Exported for its test. */
export async function judge({ decoder, corpus, signal }: ReadRequest): Promise<JudgedSource> {
  const started = performance.now();
  const { tokenizer, profile, chat } = decoder;
  const preamble = chat.preamble();
  const ids: number[] = [];
  const surprisal: number[] = [];
  const marks: number[] = [];
  const lines: Unit[] = [];
  for (const segment of corpus.segments) {
    const encoded = encodeSegment(tokenizer, segment, profile.fileMark);
    const logs = await decoder.surprisals(preamble, encoded.ids, signal);
    const first = ids.length;
    let fileUnit: number | undefined;
    encoded.lineOf.forEach((line, i) => {
      if (i > 0 && line === encoded.lineOf[i - 1]) return;
      const { path, start } = segment.lines[line]!;
      let end = i + 1;
      while (encoded.lineOf[end] === line) end++;
      if (path !== segment.lines[line - 1]?.path) {
        const isFileLine = segment.text.startsWith(profile.fileMark, start);
        fileUnit = isFileLine ? lines.length : undefined;
        if (isFileLine) marks.push(first + i);
      }
      lines.push({
        start: first + i,
        end: first + end,
        surprisal: meanOf(logs.subarray(i, end)),
        ...(fileUnit === undefined ? {} : { needs: fileUnit }),
      });
    });
    ids.push(...encoded.ids);
    surprisal.push(...logs);
  }
  return { ids, surprisal: Float32Array.from(surprisal), marks, lines, ms: performance.now() - started };
}

/** A first token with nothing before it says nothing of its line. */
function meanOf(logs: Float32Array): number {
  const finite = logs.filter(Number.isFinite);
  return finite.reduce((sum, x) => sum + x, 0) / Math.max(1, finite.length);
}
