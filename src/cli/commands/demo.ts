import { fileURLToPath } from 'node:url';
import { CribsheetError } from '../../common/errors.ts';
import type { Run } from '../command.ts';
import { runDemo } from '../demo/run.ts';
import type { Progress } from '../progress.ts';

const DEFAULT_QUESTIONS = 45;

/** Cribsheet's own source, as seen from the bundle. */
const ownSource = fileURLToPath(new URL('../src', import.meta.url));

/** Runs the demo and fails where the cache is not better than no context. */
export const run: Run = async (context) => {
  const { args, out, json, signal, progress, report } = context;
  let bar: { phase: string; shown: Progress } | undefined;
  const { summary, graded, anywhere } = await runDemo(context.engine(), {
    root: args.positionals[0] ?? ownSource,
    seed: args.text('seed') ?? '1',
    questions: args.number('questions') ?? DEFAULT_QUESTIONS,
    ratio: args.number('ratio'),
    signal,
    say: async (text) => {
      await bar?.shown.end();
      if (!json) await out.line(text);
    },
    progress: (phase, done, total, detail) => {
      if (bar?.phase !== phase) bar = { phase, shown: progress(phase) };
      bar.shown.show(done, total, detail);
    },
  });
  await bar?.shown.end();
  if (json) await out.json({ summary, anywhere, questions: graded });
  if (summary.cacheOverNone.low > 0) return undefined;
  const failed = new CribsheetError(
    'internal',
    'The cache is not better than no context on this folder: the interval of the difference reaches 0.',
    'Ask more questions (--questions 90), or a lower --ratio.',
  );
  await report(failed.toRecord());
  return 1;
};
