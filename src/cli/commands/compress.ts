import { CribsheetError } from '../../common/errors.ts';
import { storages, strategies } from '../../common/names.ts';
import type { Task } from '../../common/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { BuildProgress, BuildResult } from '../../engine/sheet/builder.ts';
import type { CompressRequest, Workspace } from '../../engine/workspace.ts';
import { wrong } from '../arguments.ts';
import { namedTask } from '../askedTask.ts';
import type { Context, Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { bytes, count, duration, plural, reasonCounts } from '../format.ts';
import { openWorkspace } from '../openWorkspace.ts';
import { Pace } from '../progress.ts';
import { staysOnDisk, type CompressPlan } from '../../common/sheets.ts';
import { describeSheet, positionsOf } from '../../engine/sheet/summary.ts';
import { shellWord, sheetBytes } from '../sheetView.ts';
import { bold, dim, green, yellow } from '../styled.ts';

/** Builds the sheet of a task: plan, progress, result. */
export const run: Run = async (context) => {
  const { args, json, out, say } = context;
  const folder = args.positionals[0]!;
  const taskName = args.text('task');
  if (taskName === undefined)
    throw wrong('--task is missing.', 'Name what the sheet is for, for example --task api-lookup.');
  if (args.has('ratio') && args.has('tokens'))
    throw wrong('--ratio and --tokens exclude each other.', 'Give one of them.');
  const strategy = args.choice('strategy', strategies);
  const shrinking = ['ratio', 'tokens', 'storage', 'weighted'].find((flag) => args.has(flag));
  const refuseShrinking = (kept: string | undefined): void => {
    if (kept !== 'offload' || shrinking === undefined) return;
    throw wrong(`The strategy offload keeps everything as it is, so --${shrinking} means nothing.`, 'Leave it out.');
  };
  refuseShrinking(strategy);
  const task = await namedTask(taskName, folder);
  refuseShrinking(strategy ?? task.strategy);
  const engine = context.engine({ taskModel: task.model });
  const { workspace, refreshed } = await openWorkspace(context, engine, folder);
  const request: CompressRequest = {
    task,
    ratio: args.number('ratio'),
    tokens: args.number('tokens'),
    strategy,
    storage: args.choice('storage', storages),
    weighted: args.has('weighted'),
    scope: args.list('scope'),
    signal: context.signal,
  };
  const plan = await workspace.plan(request);
  await sayPlan(context, engine, task, plan);

  const started = performance.now();
  const result = await build(context, workspace, request);
  const seconds = (performance.now() - started) / 1_000;
  const { sheet, computed, reused } = result;
  const size = sheetBytes(sheet, await engine.decoder());
  if (json) {
    await out.json({ sheet: { ...describeSheet(sheet), bytes: size }, computed, reused, seconds });
    return undefined;
  }
  await showResult(context, result, size, seconds);
  const mode = staysOnDisk(sheet) ? ' --mode offload' : '';
  await say(dim(`Ask it: cribsheet ask ${shellWord(folder)} "…" --task ${task.id}${mode}`));
  if (refreshed.skipped.length > 0)
    await say(dim(`Which files are left out and why: cribsheet chunks ${shellWord(folder)} --skipped`));
  return undefined;
};

async function sayPlan({ say }: Context, engine: Engine, task: Task, plan: CompressPlan): Promise<void> {
  const { profile, device } = await engine.decoder();
  const { files, filesTotal, tokens, tokensTotal, segments, positions, ratio, strategy } = plan;
  await say(
    bold(cleanLine(task.title)),
    ` (${task.id}), strategy ${strategy}, model ${cleanLine(profile.name)} on ${device.device}`,
  );
  await say(
    `  ${plural(files, 'file')}, ${count(tokens)} source tokens in ${plural(segments, 'segment')} → ${plural(positions, 'position')}` +
      ` (ratio ${ratio.toFixed(1)}), about ${bytes(plan.bytes)} on disk`,
  );
  if (tokens === tokensTotal) return;
  await say(
    yellow('  Not everything fits: '),
    `${count(tokens)} of ${count(tokensTotal)} tokens, ${count(files)} of ${plural(filesTotal, 'file')}; ` +
      `a sheet has ${count(plan.room)} positions here. RAG answers for the rest.`,
  );
  await say(
    `  To cover more: a higher --ratio (now ${ratio.toFixed(1)}), a narrower --scope, more --tokens, or a model with a longer window.`,
  );
}

/** Runs the build under a progress bar. @throws CribsheetError `cancelled`, saying what is kept */
async function build({ progress }: Context, workspace: Workspace, request: CompressRequest): Promise<BuildResult> {
  const bar = progress('Compressing');
  const pace = new Pace();
  const startedAt = new Date().toISOString();
  let [segments, segmentsTotal] = [0, 0];
  const onProgress = (p: BuildProgress): void => {
    [segments, segmentsTotal] = [p.segments, p.segmentsTotal];
    pace.step(p.tokens, p.computed);
    const counts = `${count(p.segments)}/${plural(p.segmentsTotal, 'segment')}, ${count(p.tokens)}/${count(p.tokensTotal)} tokens`;
    bar.show(p.tokens, p.tokensTotal, counts + pace.describe('tokens', p.tokensTotal - p.tokens));
  };
  try {
    return await workspace.compress({ ...request, onProgress });
  } catch (error) {
    if (!CribsheetError.is(error, 'cancelled')) throw error;
    const sheets = await workspace.sheets.list();
    const part = sheets.find((s) => s.task.id === request.task.id && !s.complete && s.createdAt >= startedAt);
    throw cancelledAt(part?.segments.length ?? segments, segmentsTotal, part !== undefined, error);
  } finally {
    await bar.end();
  }
}

function cancelledAt(segments: number, total: number, isWritten: boolean, cause: CribsheetError): CribsheetError {
  const sheet = isWritten ? 'the sheet answers from them' : 'the sheet is as it was before';
  const kept = segments > 0 ? `they are kept, and ${sheet}` : sheet;
  const message = `Cancelled: ${count(segments)} of ${plural(total, 'segment')} are done; ${kept}.`;
  return new CribsheetError('cancelled', message, 'The same command goes on where this one stopped.', { cause });
}

async function showResult(
  { out }: Context,
  { sheet, computed, reused }: BuildResult,
  size: number,
  seconds: number,
): Promise<void> {
  const { coverage, skipped, leftOut } = sheet;
  const positions = positionsOf(sheet);
  await out.line(
    green('Done. '),
    `Sheet ${sheet.id}: ${plural(computed, 'block')} computed, ${count(reused)} reused, ${duration(1_000 * seconds)}`,
  );
  await out.line(
    `  covers ${count(coverage.files)} of ${plural(coverage.filesTotal, 'file')} (${count(coverage.tokens)} of ${count(coverage.tokensTotal)} tokens)` +
      ` in ${plural(positions, 'position')}, ${bytes(size)}`,
  );
  const out_ = [...leftOut, ...skipped];
  if (out_.length > 0) await out.line(`  left out: ${reasonCounts(out_)}`);
}
