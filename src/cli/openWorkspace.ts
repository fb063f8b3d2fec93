import type { Engine } from '../engine/engine.ts';
import type { SheetChanges } from '../common/sheets.ts';
import type { RefreshResult, Workspace } from '../engine/workspace.ts';
import type { Context } from './command.ts';
import { count, plural } from './format.ts';
import { dim, yellow } from './styled.ts';

/** Opens a folder and brings its index up to date, with progress. */
export async function openWorkspace(
  { signal, progress, say }: Pick<Context, 'signal' | 'progress' | 'say'>,
  engine: Engine,
  folder: string,
): Promise<{ workspace: Workspace; refreshed: RefreshResult }> {
  const workspace = await engine.workspace(folder);
  const reading = progress('Reading');
  try {
    const refreshed = await workspace.refresh({
      signal,
      onProgress: (done, total) => {
        reading.show(done, total, `${count(done)} of ${plural(total, 'file')}`);
      },
    });
    const { gitProblem } = refreshed;
    if (gitProblem !== undefined) {
      await say(
        dim(`Git did not say which files belong to the folder (${gitProblem}): its ignore files were read instead.`),
      );
    }
    return { workspace, refreshed };
  } finally {
    await reading.end();
  }
}

/** Says on standard error that files have changed since a sheet was made; nothing where none has. */
export async function sayIfStale(
  say: Context['say'],
  { changed, added, removed }: SheetChanges,
  compressAgain: string,
): Promise<void> {
  const all = [...changed, ...added, ...removed];
  if (all.length === 0) return;
  const parts = [
    ...(changed.length > 0 ? [`${count(changed.length)} changed`] : []),
    ...(added.length > 0 ? [`${count(added.length)} new`] : []),
    ...(removed.length > 0 ? [`${count(removed.length)} gone`] : []),
  ];
  const named = all.slice(0, 3).join(', ') + (all.length > 3 ? ', …' : '');
  await say(
    yellow('The sheet is older than the files: '),
    `${parts.join(', ')} (${named}). To renew it: ${compressAgain}`,
  );
}
