import { CribsheetError } from '../../common/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import type { BuildResult } from '../../engine/sheet/builder.ts';
import { positionsOf } from '../../engine/sheet/summary.ts';
import type { Workspace } from '../../engine/workspace.ts';
import { drawQuestions } from './questions.ts';
import { askAll, askAnywhere, summarise, type Anywhere, type Graded, type Summary } from './measure.ts';
import { showAnywhere, showFree, showIntervals, showQuestion, showSummary } from './report.ts';

/** The two tasks that the demo compresses for; the questions are asked against the first. */
const TASKS = ['api-lookup', 'code-review'] as const;

export interface DemoOptions {
  root: string;
  seed: string;
  /** Questions to draw, of five kinds. */
  questions: number;
  ratio?: number | undefined;
  signal: AbortSignal;
  /** Lines for a person. */
  say: (text: string) => Promise<void>;
  /** How far a phase is; each phase counts from 0. */
  progress: (phase: string, done: number, total: number, detail: string) => void;
}

export interface DemoResult {
  summary: Summary;
  graded: Graded[];
  /** Where the sheet does not hold the whole folder. */
  anywhere?: Anywhere;
}

/**
 * The main job on real input: compress a folder for two tasks, ask questions whose answers the parser knows, in three
 * modes, and count what is right. Nothing is prepared: other folders and seeds go the same way.
 * @throws CribsheetError `workspace-empty` where the folder has too few definitions to ask about
 */
export async function runDemo(engine: Engine, options: DemoOptions): Promise<DemoResult> {
  const { root, seed, signal, say, progress } = options;
  const workspace = await engine.workspace(root);
  const refreshed = await workspace.refresh({
    signal,
    onProgress: (done, total) => {
      progress('Reading', done, total, `${done} of ${total} files`);
    },
  });
  const chunks = [...workspace.chunks()];
  const segments = await workspace.segments();
  const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
  await say(
    `${root}: ${refreshed.files} files (${refreshed.skipped.length} left out), ${chunks.length} chunks, ${segments.length} segments, ${tokens} tokens\n`,
  );

  const sheets = [];
  for (const id of TASKS) sheets.push(await compressFor(engine, workspace, id, options));
  const leftOut = new Set(sheets[0]!.leftOut.map((f) => f.path));
  const covered = new Set(chunks.map((c) => c.path).filter((path) => !leftOut.has(path)));

  const questions = drawQuestions(chunks, options.questions, seed, (path) => covered.has(path));
  if (questions.length < 5) {
    throw new CribsheetError(
      'workspace-empty',
      `Only ${questions.length} questions can be drawn from what the sheet covers of ${root}.`,
      'Name a folder with more source code.',
    );
  }
  await say(
    `\n${questions.length} questions about the ${covered.size} files in the sheet, drawn by seed "${seed}" from what the parser knows.\n`,
  );
  const graded = await askAll(workspace, TASKS[0], questions, positionsOf(sheets[0]!), signal, (done) => {
    progress('Asking', done, questions.length, `${done} of ${questions.length} questions`);
  });
  const summary = await summarise(graded, seed, root);

  for (const kind of new Set(graded.map((g) => g.question.kind))) {
    const first = graded.find((g) => g.question.kind === kind);
    if (first) await say(`${showQuestion(first)}\n`);
  }
  const { name } = questions.find((q) => q.kind === 'signature') ?? questions[0]!;
  const review = await workspace.ask({
    id: 'review',
    question: `Review ${name}.`,
    mode: 'cache',
    task: TASKS[1],
    signal,
  });
  await say(`From the sheet for ${TASKS[1]} (not counted):\n${showFree(`Review ${name}.`, review)}\n`);
  await say(`${showSummary(summary)}\n\n${showIntervals(summary)}`);
  const anywhere =
    leftOut.size === 0 ? undefined : await askAnywhere(workspace, chunks, { seed, signal, task: TASKS[0] });
  if (anywhere) await say(showAnywhere(anywhere));
  return { summary, graded, ...(anywhere ? { anywhere } : {}) };
}

async function compressFor(
  engine: Engine,
  workspace: Workspace,
  id: string,
  options: DemoOptions,
): Promise<BuildResult['sheet']> {
  const { root, signal, say, progress, ratio } = options;
  const task = await engine.task(id, root);
  const started = performance.now();
  const { sheet, computed, reused } = await workspace.compress({
    task,
    ratio,
    signal,
    onProgress: (p) => {
      progress(`Compressing for ${id}`, p.segments, p.segmentsTotal, `${p.segments} of ${p.segmentsTotal} segments`);
    },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const kept = positionsOf(sheet);
  const { kvBytesPerPosition } = await engine.decoder();
  const { coverage } = sheet;
  await say(
    `${id}: ${coverage.tokens} tokens → ${kept} positions (ratio ${sheet.ratio.toFixed(1)}, ${((kept * kvBytesPerPosition) / 1e6).toFixed(1)} MB), ` +
      `${coverage.files} of ${coverage.filesTotal} files, ${computed} blocks computed, ${reused} reused, ${seconds} s`,
  );
  return sheet;
}
