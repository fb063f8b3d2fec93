import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import type { Task } from '../../common/task.ts';
import { countTokens } from '../../engine/compress/encode.ts';
import type { Grammars } from '../../engine/corpus/grammars.ts';
import type { Decoder } from '../../engine/model/decoder.ts';
import type { Lane } from '../../engine/model/lane.ts';
import { priorities } from '../../engine/model/runQueue.ts';
import type { Arm, Reading, Reply } from '../arms/arm.ts';
import { ragTuned } from '../arms/raw.ts';
import { scoreAnswer } from '../score/score.ts';
import type { CodeFile, DataSet, EvalCorpus, EvalQuestion } from '../types.ts';
import { noBytes } from './bytes.ts';
import type { Journal, Row, RowKey } from './journal.ts';
import { OpenCorpus } from './openCorpus.ts';
import { answersOf, questionsOf, type Plan } from './plan.ts';
import { bestBudget, developmentArm } from './tuning.ts';

/** Positions of the lane that raw contexts are read on, to begin with. */
const SCRATCH_POSITIONS = 2_048;

export interface RunParts {
  plan: Plan;
  seed: string;
  journal: Journal;
  decoder: Decoder;
  grammars: Grammars;
  /** Code to ask about. */
  code: readonly CodeFile[];
  /** A built-in task by its id. */
  task: (id: string) => Promise<Task>;
  /** Measure how likely the gold answers are. */
  perplexity: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

export interface RunProgress {
  done: number;
  total: number;
  /** Of those done, the answers of this run: what a rate may be taken of. */
  asked: number;
  /** What is being asked now. */
  what: string;
}

/** Asks every question of a plan that the journal has no answer to. */
export class Runner {
  private readonly parts: RunParts;
  private readonly scratch: Lane;
  private readonly progress: RunProgress;

  constructor(parts: RunParts) {
    this.parts = parts;
    this.scratch = parts.decoder.lane(priorities.answer, SCRATCH_POSITIONS);
    this.progress = { done: 0, total: answersOf(parts.plan), asked: 0, what: '' };
  }

  /** @throws CribsheetError `cancelled`, every answer until then is in the journal; `model-unsupported` before any */
  async run(): Promise<void> {
    const { plan } = this.parts;
    await this.prepared(async (folder) => {
      for (let draw = 1; draw <= plan.draws; draw++) {
        for (const set of plan.data) {
          const tuned = plan.arms.includes(ragTuned) ? await this.tune(set, folder) : 0;
          await this.runSet(set, draw, questionsOf(plan, set), plan.arms, { folder, ragTokens: () => tuned });
        }
      }
    });
  }

  /** Asks the plan's arms on the development split alone, with what `auto` would decide by. @throws as `run` */
  async runDevelopment(): Promise<void> {
    const { plan } = this.parts;
    this.progress.total = answersOf({ ...plan, draws: 1 });
    await this.prepared(async (folder) => {
      for (const set of plan.data) {
        const tuned = plan.arms.includes(ragTuned) ? await this.tune(set, folder) : 0;
        const options = { folder, ragTokens: () => tuned, breadth: plan.breadth };
        await this.runSet(set, 0, questionsOf(plan, set), plan.arms, options);
      }
    });
  }

  private async prepared(work: (folder: string) => Promise<void>): Promise<void> {
    const { plan, decoder, signal } = this.parts;
    // Better now than after an hour.
    for (const arm of plan.arms) await arm.prepare?.(decoder, signal);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-eval-'));
    try {
      await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** The budget of RAG that did best on the development split of a data set. */
  private async tune(set: DataSet, folder: string): Promise<number> {
    const { budgets, questions } = this.parts.plan.development;
    const arms = budgets.map(developmentArm);
    await this.runSet(set, 0, questions, arms, {
      folder,
      ragTokens: (arm) => budgets[arms.indexOf(arm)]!,
      mostCorpora: 1,
    });
    return bestBudget(this.parts.journal.rows, set.name, budgets);
  }

  private async runSet(
    set: DataSet,
    draw: number,
    questions: number,
    arms: readonly Arm[],
    options: { folder: string; ragTokens: (arm: Arm) => number; mostCorpora?: number; breadth?: Plan['breadth'] },
  ): Promise<void> {
    const { plan, seed, code, decoder, signal } = this.parts;
    const count = countTokens(decoder.tokenizer, decoder.profile.fileMark);
    const made = set.make({
      seed,
      draw,
      questions,
      tokens: plan.size,
      breadth: options.breadth ?? (draw === 0 ? 'few' : plan.breadth),
      count,
      code,
    });
    for (const corpus of made.slice(0, options.mostCorpora)) {
      throwIfCancelled(signal);
      await setImmediate();
      await this.runCorpus(set, draw, corpus, arms, options);
    }
  }

  private async runCorpus(
    set: DataSet,
    draw: number,
    made: EvalCorpus,
    arms: readonly Arm[],
    { folder, ragTokens }: { folder: string; ragTokens: (arm: Arm) => number },
  ): Promise<void> {
    const { plan, journal, decoder, grammars, signal } = this.parts;
    const cells = arms.flatMap((arm) => (arm.byRatio ? plan.ratios : [null]).map((ratio) => ({ arm, ratio })));
    const key = ({ arm, ratio }: (typeof cells)[number], { id }: EvalQuestion): RowKey => ({
      arm: arm.name,
      ratio,
      data: set.name,
      draw,
      corpus: made.id,
      question: id,
    });
    // Tuning is not what the run was asked for.
    const counts = arms === plan.arms;
    let opened: OpenCorpus | undefined;
    const here = path.join(folder, 'corpus');
    try {
      for (const cell of cells) {
        const open = made.questions.filter((q) => !journal.has(key(cell, q)));
        if (counts) this.progress.done += made.questions.length - open.length;
        if (open.length === 0) continue;
        opened ??= await OpenCorpus.open(made, here, decoder, grammars, signal);
        this.report(`${set.name}/${made.id} ${cell.arm.name}${cell.ratio === null ? '' : ` ${cell.ratio}x`}`);
        const reading = await this.read(
          cell.arm,
          cell.ratio ?? 1,
          opened,
          ragTokens(cell.arm),
          path.join(here, 'sheet'),
          draw === 0,
        );
        for (const question of open) {
          journal.add(await this.ask(question, reading, key(cell, question)));
          if (counts) this.progress.done++;
          this.progress.asked++;
          this.report(this.progress.what);
        }
        await rm(path.join(here, 'sheet'), { recursive: true, force: true });
      }
    } finally {
      opened?.close();
      await rm(here, { recursive: true, force: true });
    }
  }

  /** @returns why not, where the corpus does not fit */
  private async read(
    arm: Arm,
    ratio: number,
    corpus: OpenCorpus,
    ragTokens: number,
    folder: string,
    features: boolean,
  ): Promise<Reading | string> {
    const { decoder, grammars, task, perplexity, signal } = this.parts;
    await mkdir(folder, { recursive: true });
    const wanted = corpus.made.task;
    try {
      return await arm.read({
        decoder,
        grammars,
        corpus,
        task: typeof wanted === 'string' ? await task(wanted) : wanted,
        ratio,
        ragTokens,
        perplexity,
        features,
        scratch: this.scratch,
        folder,
        signal,
      });
    } catch (error) {
      return unableOf(error);
    }
  }

  private async ask(question: EvalQuestion, reading: Reading | string, key: RowKey): Promise<Row> {
    const { kind, group, by, gold, question: asked } = question;
    const fixed = { ...key, kind, group, ...(by ? { by } : {}), asked, gold };
    if (typeof reading === 'string') return unableRow(fixed, reading);
    throwIfCancelled(this.parts.signal);
    let reply: Reply;
    try {
      reply = await reading.ask(question, goldText(question));
    } catch (error) {
      return unableRow(fixed, unableOf(error));
    }
    // Half an answer is none.
    if (reply.stopped === 'cancel') throwIfCancelled(this.parts.signal);
    const { said, ttftMs, totalMs, prefilled, positions, bytes, disk, recall, features, routed } = reply;
    const { gold: likelihood } = reply;
    return {
      ...fixed,
      said,
      ...scoreAnswer(question, said),
      ...(likelihood ? { goldNll: likelihood.nll, goldTokens: likelihood.tokens } : {}),
      ...(recall === undefined ? {} : { recall }),
      ...(features ? { features } : {}),
      ...(routed === undefined ? {} : { routed }),
      coverage: reading.coverage,
      ttftMs,
      totalMs,
      prepareMs: reading.prepareMs,
      prefilled,
      positions,
      answerTokens: reply.answer,
      bytes,
      ...(disk === undefined ? {} : { disk }),
    };
  }

  private report(what: string): void {
    this.progress.what = what;
    this.parts.onProgress?.({ ...this.progress });
  }
}

/** What does not fit into the window is an answer of its own kind; everything else ends the run. */
function unableOf(error: unknown): string {
  if (CribsheetError.is(error, 'context-too-long') || CribsheetError.is(error, 'question-too-long'))
    return error.message;
  throw error;
}

function unableRow(
  fixed: Omit<
    Row,
    | 'said'
    | 'score'
    | 'right'
    | 'coverage'
    | 'ttftMs'
    | 'totalMs'
    | 'prepareMs'
    | 'prefilled'
    | 'positions'
    | 'answerTokens'
    | 'bytes'
  >,
  unable: string,
): Row {
  const nothing = { coverage: 0, ttftMs: 0, totalMs: 0, prepareMs: 0, prefilled: 0, positions: 0, answerTokens: 0 };
  return { ...fixed, said: '', score: 0, right: false, unable, ...nothing, bytes: noBytes };
}

/** The gold answer as a reader would write it. */
export function goldText({ gold, scoring }: Pick<EvalQuestion, 'gold' | 'scoring'>): string {
  if (scoring === 'lines') return gold.join('\n');
  return scoring === 'list' || scoring === 'paths' || scoring === 'word-set' ? gold.join(', ') : (gold[0] ?? '');
}
