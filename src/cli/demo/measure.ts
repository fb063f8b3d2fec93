import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Answer, Citation } from '../../common/answers.ts';
import type { Chunk } from '../../engine/corpus/types.ts';
import { seededRandom } from '../../engine/compress/random.ts';
import type { Workspace } from '../../engine/workspace.ts';
import { pairedInterval, type PairedInterval } from './bootstrap.ts';
import { citesDefinition, isRight, retrievedGold } from './grade.ts';
import { drawQuestions, questionKinds, type GoldQuestion, type QuestionKind } from './questions.ts';

/** Questions about the whole folder. */
const ANYWHERE_QUESTIONS = 15;

/** `rag` as one would use it (the profile's budget); `rag-equal` with as many tokens as the sheet has positions. */
export const demoModes = ['cache', 'rag', 'rag-equal', 'none'] as const;
export type DemoMode = (typeof demoModes)[number];

export interface Graded {
  question: GoldQuestion;
  answers: Record<DemoMode, Answer>;
  right: Record<DemoMode, boolean>;
}

export interface Summary {
  questions: number;
  byKind: Record<QuestionKind, { asked: number } & Record<DemoMode, number>>;
  right: Record<DemoMode, number>;
  /** Median milliseconds to the first token. */
  ttftMs: Record<DemoMode, number>;
  /** Median tokens prefilled for one question. */
  promptTokens: Record<DemoMode, number>;
  cacheOverNone: PairedInterval;
  cacheOverRag: PairedInterval;
  cacheOverRagEqual: PairedInterval;
  /** Share of questions whose gold chunk RAG had in its prompt. */
  ragRecall: number;
  ragEqualRecall: number;
  /** Of the right `where` answers of all modes, the share with a citation that holds the definition. */
  whereCited: number;
  /** Citations shown; those that open at existing lines, that hold the name now, that only the question named. */
  citations: { shown: number; open: number; verified: number; fromQuestion: number };
}

/** Asks every question in every mode, one after the other. @param positions of the sheet: the budget of `rag-equal` */
export async function askAll(
  workspace: Workspace,
  task: string,
  questions: readonly GoldQuestion[],
  positions: number,
  signal: AbortSignal,
  onDone: (done: number) => void,
): Promise<Graded[]> {
  const graded: Graded[] = [];
  // The first answer of a process pays for loading; it is not what the table is about.
  await workspace.ask({ id: 'warm-up', question: 'Where is main defined?', mode: 'cache', task, signal });
  for (const question of questions) {
    const answers = {} as Record<DemoMode, Answer>;
    const asked = { id: question.id, question: question.question, task, signal };
    for (const arm of demoModes) {
      const mode = arm === 'rag-equal' ? 'rag' : arm;
      answers[arm] = await workspace.ask({ ...asked, mode, ...(arm === 'rag-equal' ? { budget: positions } : {}) });
    }
    signal.throwIfAborted();
    const right = Object.fromEntries(demoModes.map((m) => [m, isRight(question, answers[m])])) as Record<
      DemoMode,
      boolean
    >;
    graded.push({ question, answers, right });
    onDone(graded.length);
  }
  return graded;
}

/** Questions about the whole folder, also about what the sheet has no room for, in mode `auto`. */
export interface Anywhere {
  questions: number;
  right: number;
  /** How many `auto` gave to the sheet. */
  byCache: number;
}

/** Draws questions from all files and lets `auto` choose the mode. */
export async function askAnywhere(
  workspace: Workspace,
  chunks: readonly Chunk[],
  { seed, signal, task }: { seed: string; signal: AbortSignal; task: string },
): Promise<Anywhere> {
  const questions = drawQuestions(chunks, ANYWHERE_QUESTIONS, `${seed}/anywhere`);
  const result = { questions: questions.length, right: 0, byCache: 0 };
  for (const { id, question, ...gold } of questions) {
    const answer = await workspace.ask({ id, question, mode: 'auto', task, signal });
    signal.throwIfAborted();
    if (isRight({ id, question, ...gold }, answer)) result.right++;
    if (answer.mode === 'cache') result.byCache++;
  }
  return result;
}

/** @param root folder in which the citations are opened */
export async function summarise(graded: readonly Graded[], seed: string, root: string): Promise<Summary> {
  const perMode = <T>(of: (mode: DemoMode) => T): Record<DemoMode, T> =>
    Object.fromEntries(demoModes.map((m) => [m, of(m)])) as Record<DemoMode, T>;
  const count = (list: readonly Graded[], mode: DemoMode): number => list.filter((g) => g.right[mode]).length;
  const byKind = Object.fromEntries(
    questionKinds.map((kind) => {
      const list = graded.filter((g) => g.question.kind === kind);
      return [kind, { asked: list.length, ...perMode((m) => count(list, m)) }];
    }),
  ) as Summary['byKind'];
  const outcomes = perMode((m) => graded.map((g) => g.right[m]));
  const rightWhere = graded.flatMap((g) =>
    demoModes
      .filter((m) => g.question.kind === 'where' && g.right[m])
      .map((m) => citesDefinition(g.question, g.answers[m])),
  );
  const shown = graded.flatMap((g) => demoModes.flatMap((m) => g.answers[m].citations));
  return {
    questions: graded.length,
    byKind,
    right: perMode((m) => count(graded, m)),
    ttftMs: perMode((m) => median(graded.map((g) => g.answers[m].timings.ttftMs))),
    promptTokens: perMode((m) => median(graded.map((g) => g.answers[m].tokens.prompt))),
    cacheOverNone: pairedInterval(outcomes.cache, outcomes.none, seededRandom(`${seed}/none`)),
    cacheOverRag: pairedInterval(outcomes.cache, outcomes.rag, seededRandom(`${seed}/rag`)),
    cacheOverRagEqual: pairedInterval(outcomes.cache, outcomes['rag-equal'], seededRandom(`${seed}/rag-equal`)),
    ragRecall: share(graded, (g) => retrievedGold(g.question, g.answers.rag)),
    ragEqualRecall: share(graded, (g) => retrievedGold(g.question, g.answers['rag-equal'])),
    whereCited: share(rightWhere, (cites) => cites),
    citations: {
      shown: shown.length,
      open: (await Promise.all(shown.map((c) => opens(root, c)))).filter((o) => o).length,
      verified: shown.filter((c) => c.verified).length,
      fromQuestion: shown.filter((c) => c.from === 'question').length,
    },
  };
}

/** Do the lines of a citation exist in the file as it is on disk? */
async function opens(root: string, { path: file, startLine, endLine }: Citation): Promise<boolean> {
  const text = await readFile(path.join(root, file), 'utf8').catch(() => '');
  return startLine >= 1 && startLine <= endLine && endLine <= text.split(/\r\n|\r|\n/).length;
}

function share<T>(list: readonly T[], holds: (item: T) => boolean): number {
  return list.length ? list.filter(holds).length / list.length : 1;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
