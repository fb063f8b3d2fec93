import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { MeasureSample } from '../../engine/compress/measure.ts';
import { countTokens } from '../../engine/compress/encode.ts';
import type { Grammars } from '../../engine/corpus/grammars.ts';
import type { Decoder } from '../../engine/model/decoder.ts';
import { memberships } from '../data/memberships.ts';
import { needles } from '../data/needles.ts';
import { twin } from '../data/twin.ts';
import { OpenCorpus } from '../run/openCorpus.ts';
import { goldText } from '../run/runner.ts';
import type { DataSet, EvalCorpus } from '../types.ts';

/** No evaluation has this seed, and the development split is what no figure counts. */
const SEED = 'measure';
const DEVELOPMENT = 0;
const QUESTIONS = 8;
const CORPUS_TOKENS = 2_400;

/** Prose, code and exact numbers. */
const measuredData: readonly DataSet[] = [memberships, twin, needles];

/**
 * What a model's heads and layers are measured on: questions over made corpora of their own, each with the segment that
 * holds the (first part of the) answer. Equal models, equal samples.
 */
export async function measureSamples(
  decoder: Decoder,
  grammars: Grammars,
  signal?: AbortSignal,
): Promise<MeasureSample[]> {
  const count = countTokens(decoder.tokenizer, decoder.profile.fileMark);
  const samples: MeasureSample[] = [];
  for (const set of measuredData) {
    const request = { seed: SEED, draw: DEVELOPMENT, questions: QUESTIONS, tokens: CORPUS_TOKENS, code: [] };
    for (const corpus of set.make({ ...request, breadth: 'few', count }))
      samples.push(...(await samplesOf(corpus, decoder, grammars, signal)));
  }
  return samples;
}

async function samplesOf(
  corpus: EvalCorpus,
  decoder: Decoder,
  grammars: Grammars,
  signal: AbortSignal | undefined,
): Promise<MeasureSample[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-measure-'));
  let opened: OpenCorpus | undefined;
  try {
    opened = await OpenCorpus.open(corpus, folder, decoder, grammars, signal);
    const { segments } = opened;
    const { task } = corpus;
    if (typeof task === 'string') throw new Error('a made corpus brings its task');
    return corpus.questions.flatMap((question) => {
      const [place] = question.evidence;
      const segment = segments.find((s) => s.lines.some((l) => l.path === place?.path && l.line === place.startLine));
      return segment ? [{ segment, task, question: question.question, answer: goldText(question) }] : [];
    });
  } finally {
    opened?.close();
    await rm(folder, { recursive: true, force: true });
  }
}
