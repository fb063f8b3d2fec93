import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Answer, LineRange, Unsure } from '../common/answers.ts';
import { cleanLine, cleanText } from './cleanText.ts';
import { count, duration } from './format.ts';
import type { Output } from './output.ts';
import { bold, cyan, dim, yellow, type Piece, type Styled } from './styled.ts';

/** `path:line-line`, which editors and terminals know how to open; on a terminal a link as well. */
function place(root: string, { path: file, startLine, endLine }: LineRange): Styled {
  const href = pathToFileURL(path.resolve(root, file)).href;
  return { text: `${cleanLine(file)}:${startLine}-${endLine}`, style: 'cyan', href };
}

const doubts: Record<Unsure, string> = {
  beyond: 'By its own account, a question of this kind is beyond this model.',
  'low-confidence': 'The model is not sure of this answer.',
  contradicted: 'The model did not find it, but the workspace has a definition of that name.',
};

/** Why an answer should not be relied on; undefined where nothing speaks against it. */
export function doubtText({ unsure }: Answer): string | undefined {
  return unsure && doubts[unsure];
}

const hasChanged = 'the file has changed since';
const staleMark = ({ stale }: { stale?: true }): Piece => (stale ? yellow(`  ${hasChanged}`) : '');

/** Everything below the text of an answer: what to think of it, citations, evidence, coverage and timings. */
export async function printBelow(out: Output, root: string, answer: Answer): Promise<void> {
  const { citations, evidence, chunks } = answer;
  await printDoubt(out, root, answer);
  if (citations.length > 0) {
    await out.line(bold('Citations'));
    for (const c of citations) {
      const marks = [
        ...(c.from === 'question' ? ['about the question, not from the answer'] : []),
        ...(c.verified ? [] : ['not confirmed']),
        ...(c.stale ? [hasChanged] : []),
      ];
      await out.line('  ', place(root, c), marks.length > 0 ? yellow(`  ${marks.join(', ')}`) : '');
    }
  }
  if (evidence.length > 0) {
    await out.line(bold('Looked at'));
    for (const e of evidence)
      await out.line('  ', place(root, e), dim(`  ${(100 * e.weight).toFixed(1)} %`), staleMark(e));
  }
  if (evidence.length === 0 && chunks && chunks.length > 0) {
    await out.line(bold('Found'));
    for (const c of chunks) await out.line('  ', place(root, c), `  ${cleanLine(c.name)}`, staleMark(c));
  }
  await out.line(...summary(answer));
}

/** What a reader can do instead of relying on an answer: the places that search finds, and a model that can more. */
async function printDoubt(out: Output, root: string, answer: Answer): Promise<void> {
  const doubt = doubtText(answer);
  if (doubt === undefined) return;
  const { found = [], unsure } = answer;
  // It stands in the answer's place already.
  if (unsure !== 'beyond') await out.line(yellow(doubt));
  await out.line(
    found.length > 0
      ? 'Search finds these places for the question; the best come first:'
      : 'Search finds no place for it.',
  );
  for (const f of found) await out.line('  ', place(root, f), `  ${cleanLine(f.name)}`, staleMark(f));
  await out.line(
    'A larger model can answer more: "cribsheet models import FOLDER", then --model NAME (docs/models.md).',
  );
  await out.line();
}

/** One line: mode, what was covered, what was read, how long it took. */
function summary({ mode, task, reason, routing, coverage, tokens, timings, stopped, confidence }: Answer): Piece[] {
  const covered =
    coverage.filesTotal > 0 ? `${count(coverage.files)} of ${count(coverage.filesTotal)} files` : 'no files';
  const read =
    tokens.sheet > 0
      ? `${count(tokens.sheet)} positions + ${count(tokens.prompt)} tokens`
      : `${count(tokens.prompt)} tokens`;
  const parts = [
    reason === undefined ? mode : `${mode} (${cleanLine(reason)}${spokeFor(routing?.because)})`,
    cleanLine(task),
    covered,
    `${read} read`,
    `first token ${duration(timings.ttftMs)}`,
    `total ${duration(timings.totalMs)}`,
    ...(confidence === undefined ? [] : [`confidence ${(100 * confidence).toFixed(0)} %`]),
    ...(stopped === 'length' ? ['cut at the longest answer'] : []),
    ...(stopped === 'loop' ? ['ended: the model repeated itself'] : []),
    ...(stopped === 'cancel' ? ['stopped'] : []),
  ];
  return [dim(parts.join(' · '))];
}

/** What a person reads as the answer. */
export function answerText({ answer, chunks, unsure }: Answer): string {
  if (unsure === 'beyond') return doubts.beyond;
  if (answer !== '') return cleanText(answer);
  return chunks ? '(no model: these places were found)' : '(no answer)';
}

/** The heading of one answer among several. */
export const heading = (text: string): Styled => cyan(`— ${cleanLine(text)}`);

/** The features of the question that decided, where a router was fitted (docs/evaluation.md). */
const spokeFor = (because: readonly string[] = []): string =>
  because.length > 0 ? `; what spoke for it: ${because.join(', ')}` : '';
