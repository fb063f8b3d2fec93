import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { CribsheetError } from '../common/errors.ts';
import type { Task } from '../common/task.ts';
import type { Grammars } from '../engine/corpus/grammars.ts';
import type { Decoder } from '../engine/model/decoder.ts';
import { readCodeFolders } from './data/codeFolder.ts';
import { ragTuned } from './arms/raw.ts';
import { reportOf, type Report } from './report/report.ts';
import { writeReport } from './report/write.ts';
import { Journal, type EvalConfig } from './run/journal.ts';
import type { Plan } from './run/plan.ts';
import { Runner, type RunProgress } from './run/runner.ts';
import { bestBudget } from './run/tuning.ts';
import type { CodeFile } from './types.ts';

export interface EvaluateOptions {
  plan: Plan;
  seed: string;
  /** Folders whose code is asked about. */
  folders: readonly string[];
  /** Answers and report. */
  out: string;
  /** Forget the answers that are there. */
  fresh: boolean;
  perplexity: boolean;
  decoder: Decoder;
  grammars: Grammars;
  task: (id: string) => Promise<Task>;
  /** What runs: version and hash of the program, and its commit where there is one. */
  program: string;
  commit?: string | undefined;
  /** The line that makes the report again. */
  command: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

export interface Evaluated {
  report: Report;
  files: { json: string; page: string; answers: string };
  /** Answers of earlier runs that were taken over. */
  resumed: number;
}

/**
 * Runs what is missing of an evaluation and writes its report. A cancelled or killed run goes on where it stopped.
 * @throws CribsheetError `cancelled`; `usage` where the folder holds answers of another configuration;
 * `workspace-empty` where the folders hold no code to ask about
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  return withJournal(options, async ({ journal, resumed, config, runner }) => {
    await runner.run();
    const { plan, out, command, commit } = options;
    const tuned = plan.arms.includes(ragTuned) ? plan.data : [];
    const ragTokens = Object.fromEntries(
      tuned.map(({ name }) => [name, bestBudget(journal.rows, name, plan.development.budgets)]),
    );
    const report = reportOf(journal.rows, { command, config, ragTokens, commit, now: new Date() });
    return { report, files: { ...(await writeReport(out, report)), answers: journal.file }, resumed };
  });
}

/**
 * The same on the development split alone, which no figure counts: no report, but answers with what a router may be
 * fitted on. @throws CribsheetError as `evaluate`
 */
export async function askDevelopment(options: EvaluateOptions): Promise<{ answers: string; resumed: number }> {
  return withJournal(options, async ({ journal, resumed, runner }) => {
    await runner.runDevelopment();
    return { answers: journal.file, resumed };
  });
}

async function withJournal<T>(
  options: EvaluateOptions,
  use: (parts: { journal: Journal; resumed: number; config: EvalConfig; runner: Runner }) => Promise<T>,
): Promise<T> {
  const { plan, seed, decoder, grammars, signal, out, perplexity, task, onProgress } = options;
  const code = plan.data.some((d) => d.needsCode) ? await readCodeFolders(options.folders, grammars, signal) : [];
  if (plan.data.some((d) => d.needsCode) && code.length === 0) {
    throw new CribsheetError(
      'workspace-empty',
      `There is no source code in ${options.folders.join(', ')}.`,
      'Name another folder, or leave out what asks about code: --data memberships,twin.',
    );
  }
  const config = configOf(options, code);
  if (options.fresh) rmSync(path.join(out, 'answers.jsonl'), { force: true });
  const journal = Journal.open(out, config);
  try {
    const runner = new Runner({ plan, seed, journal, decoder, grammars, code, task, perplexity, signal, onProgress });
    return await use({ journal, resumed: journal.rows.length, config, runner });
  } finally {
    journal.close();
  }
}

function configOf(
  { plan, seed, decoder, program, perplexity }: EvaluateOptions,
  code: readonly CodeFile[],
): EvalConfig {
  const hash = createHash('sha256');
  for (const { path, text } of code) hash.update(`${path}\0${text}\0`);
  return {
    version: 1,
    program,
    model: { name: decoder.profile.name, fingerprint: decoder.fingerprint },
    device: decoder.device.device,
    seed,
    questions: plan.questions,
    breadth: plan.breadth,
    size: plan.size ?? null,
    perplexity,
    data: plan.data.map((d) => d.name).join(','),
    development: JSON.stringify(plan.development),
    code: hash.digest('hex').slice(0, 16),
    measured: decoder.measured?.id ?? null,
    router: decoder.router ? hashOf(JSON.stringify(decoder.router.weights)) : null,
  };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
