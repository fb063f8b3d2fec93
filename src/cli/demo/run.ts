import { CribsheetError } from '../../common/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Workspace } from '../../engine/workspace.ts';
import { drawQuestions } from './questions.ts';
import { askAll, summarise, type Graded, type Summary } from './measure.ts';
import { showFree, showIntervals, showQuestion, showSummary } from './report.ts';

/** The two tasks that the demo compresses for; the questions are asked against the first. */
const TASKS = ['api-lookup', 'code-review'] as const;

export interface DemoOptions {
  root: string;
  seed: string;
  /** Questions of each of the five kinds. */
  perKind: number;
  ratio?: number;
  signal: AbortSignal;
  /** A line for a person. */
  say: (line: string) => void;
  /** Something is under way; overwritten by the next. */
  progress: (line: string) => void;
}

export interface DemoResult {
  summary: Summary;
  graded: Graded[];
}

/**
 * The main job on real input: compress a folder for two tasks, ask questions whose answers the parser knows, in three
 * modes, and count what is right. Nothing is prepared: other folders and seeds go the same way.
 * @throws CribsheetError `workspace-empty` where the folder has too few definitions to ask about
 */
export async function runDemo(engine: Engine, options: DemoOptions): Promise<DemoResult> {
  const { root, seed, signal, say, progress } = options;
  const workspace = await engine.workspace(root);
  const { files, skipped } = await workspace.refresh({
    signal,
    onProgress: (done, total) => {
      progress(`reading ${done} of ${total} files`);
    },
  });
  const chunks = [...workspace.chunks()];
  const segments = await workspace.segments();
  const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
  say(
    `${root}: ${files} files (${skipped.length} left out), ${chunks.length} chunks, ${segments.length} segments, ${tokens} tokens\n`,
  );

  for (const id of TASKS) await compressFor(engine, workspace, id, options);

  const questions = drawQuestions(chunks, options.perKind, seed);
  if (questions.length < 5) {
    throw new CribsheetError(
      'workspace-empty',
      `Only ${questions.length} questions can be drawn from ${root}.`,
      'Name a folder with more source code.',
    );
  }
  say(
    `\n${questions.length} questions drawn by seed "${seed}" from what the parser knows; each asked in three modes.\n`,
  );
  const graded = await askAll(workspace, TASKS[0], questions, signal, (done) => {
    progress(`asked ${done} of ${questions.length}`);
  });
  const summary = summarise(graded, seed);

  for (const kind of new Set(graded.map((g) => g.question.kind))) {
    const first = graded.find((g) => g.question.kind === kind);
    if (first) say(`${showQuestion(first)}\n`);
  }
  const reviewed = questions.find((q) => q.kind === 'signature') ?? questions[0]!;
  const name = /[A-Za-z_$][\w$]*(?= take| defined|\?)/.exec(reviewed.question)?.[0] ?? 'main';
  const review = await workspace.ask({
    id: 'review',
    question: `Review ${name}.`,
    mode: 'cache',
    task: TASKS[1],
    signal,
  });
  say(`From the sheet for ${TASKS[1]} (not counted):\n${showFree(`Review ${name}.`, review)}\n`);
  say(`${showSummary(summary)}\n\n${showIntervals(summary)}`);
  return { summary, graded };
}

async function compressFor(engine: Engine, workspace: Workspace, id: string, options: DemoOptions): Promise<void> {
  const { root, signal, say, progress, ratio } = options;
  const task = await engine.task(id, root);
  const started = performance.now();
  const { sheet, computed, reused } = await workspace.compress({
    task,
    ratio,
    signal,
    onProgress: (p) => {
      progress(`${id}: ${p.segments} of ${p.segmentsTotal} segments, ${p.tokens} of ${p.tokensTotal} tokens`);
    },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const kept = sheet.segments.reduce((sum, s) => sum + s.kept, 0);
  const { kvBytesPerPosition } = await engine.decoder();
  const { coverage } = sheet;
  say(
    `${id}: ${coverage.tokens} tokens → ${kept} positions (ratio ${sheet.ratio.toFixed(1)}, ${((kept * kvBytesPerPosition) / 1e6).toFixed(1)} MB), ` +
      `${coverage.files} of ${coverage.filesTotal} files, ${computed} blocks computed, ${reused} reused, ${seconds} s`,
  );
}
