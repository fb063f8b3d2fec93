import { CribsheetError } from '../common/errors.ts';
import type { Mode } from '../common/names.ts';
import { staysOnDisk } from '../common/sheets.ts';
import type { Task } from '../common/task.ts';
import { loadTask } from '../engine/compress/tasks.ts';
import type { Engine } from '../engine/engine.ts';
import type { Workspace } from '../engine/workspace.ts';
import { product } from './product.ts';

const DEFAULT_TASK = 'api-lookup';

/** The task named by `--task`: an id or a `.crib` file. @throws CribsheetError `task-missing`, `task-invalid` */
export function namedTask(idOrFile: string, folder: string): Promise<Task> {
  return loadTask(idOrFile, { builtInFolder: product.tasks, workspace: folder });
}

/**
 * The task to ask under: the one named, else that of the newest sheet that this model can read (of those that the modes
 * read, where there is one), else `api-lookup`. A sheet whose task file is gone is still a sheet.
 */
export async function taskToAsk(
  named: string | undefined,
  folder: string,
  workspace: Workspace,
  loadModel: (() => ReturnType<Engine['decoder']>) | undefined,
  modes: readonly Mode[],
): Promise<string> {
  const sheets = await workspace.sheets.list();
  if (named !== undefined) {
    if (sheets.some((s) => s.task.id === named)) return named;
    return (await namedTask(named, folder)).id;
  }
  if (sheets.length === 0) return DEFAULT_TASK;
  const fingerprint = loadModel ? (await loadModel()).fingerprint : undefined;
  const own = sheets.filter((s) => fingerprint === undefined || s.model.fingerprint === fingerprint);
  const onDisk = modes.length > 0 && modes.every((mode) => mode === 'offload');
  return (own.find((s) => staysOnDisk(s) === onDisk) ?? own[0])?.task.id ?? DEFAULT_TASK;
}

/** The model that a task asks for in its file; undefined where it is not known or asks for none. */
export async function modelOfTask(named: string | undefined, folder: string): Promise<string | undefined> {
  if (named === undefined) return undefined;
  try {
    return (await namedTask(named, folder)).model;
  } catch (error) {
    // It may be the task of a sheet whose file is gone; whether it is, shows later.
    if (CribsheetError.is(error, 'task-missing')) return undefined;
    throw error;
  }
}
