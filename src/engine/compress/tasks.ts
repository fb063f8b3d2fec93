import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCrib } from '../../common/crib.ts';
import { CribsheetError } from '../../common/errors.ts';
import { limits } from '../../common/limits.ts';
import type { Task } from '../../common/task.ts';
import { readRegularFile, type ReadFailure } from '../corpus/openFile.ts';

export interface TaskFolders {
  /** Folder of the tasks that Cribsheet brings along. */
  builtInFolder: string;
  /** Workspace folder; its own tasks lie in `.cribsheet/tasks/`. */
  workspace?: string;
}

interface TaskEntry {
  id: string;
  origin: 'workspace' | 'built-in';
  file: string;
  task: Task;
}

export interface TaskListing {
  /** In order of id. A workspace task hides a built-in one with the same id. */
  tasks: TaskEntry[];
  /** Task files that cannot be used; their ids are taken from the file names. */
  broken: { id: string; file: string; error: CribsheetError }[];
}

const extension = '.crib';

/** All tasks of the workspace and the built-in ones. A broken file is listed as such and does not stand in the way of the others. */
export async function listTasks({ builtInFolder, workspace }: TaskFolders): Promise<TaskListing> {
  const listing: TaskListing = { tasks: [], broken: [] };
  if (workspace !== undefined) await readFolder(join(workspace, '.cribsheet', 'tasks'), 'workspace', listing);
  await readFolder(builtInFolder, 'built-in', listing);
  listing.tasks.sort((a, b) => (a.id < b.id ? -1 : 1));
  return listing;
}

/**
 * One task: a path that ends in `.crib` (relative to the current folder), the id of a workspace task, or a built-in id.
 * @throws CribsheetError `task-missing` naming the tasks that there are, `task-invalid`, `file-unreadable`
 */
export async function loadTask(idOrFile: string, folders: TaskFolders): Promise<Task> {
  const isFile = idOrFile.endsWith(extension);
  if (isFile) {
    // Whoever names a link means the file behind it.
    const file = await realpath(idOrFile).catch(() => resolve(idOrFile));
    const text = await readIfThere(file);
    if (text !== undefined) return parseCrib(text, idOrFile);
  }
  const listing = await listTasks(folders);
  const broken = listing.broken.find((entry) => entry.id === idOrFile);
  if (broken) throw broken.error;
  const found = listing.tasks.find((entry) => entry.id === idOrFile);
  if (found) return found.task;
  const what = isFile ? `There is no file ${idOrFile}.` : `There is no task "${idOrFile}".`;
  const ids = listing.tasks.map((entry) => entry.id).join(', ') || 'none';
  throw new CribsheetError(
    'task-missing',
    what,
    `Use one of the tasks that there are (${ids}) or a path to a .crib file.`,
  );
}

/** Adds the tasks in `folder` whose ids are not taken yet. */
async function readFolder(folder: string, origin: TaskEntry['origin'], listing: TaskListing): Promise<void> {
  const names = (await readdirIfThere(folder)).filter((name) => name.endsWith(extension)).sort();
  const taken = new Set([...listing.tasks, ...listing.broken].map((entry) => entry.id));
  for (const name of names) {
    const file = join(folder, name);
    const id = name.slice(0, -extension.length);
    try {
      const text = await readIfThere(file);
      if (text === undefined) continue; // deleted since the folder was listed
      const task = parseCrib(text, file);
      if (!taken.has(task.id)) listing.tasks.push({ id: task.id, origin, file, task });
      taken.add(task.id);
    } catch (error) {
      if (!CribsheetError.is(error)) throw error;
      if (!taken.has(id)) listing.broken.push({ id, file, error });
      taken.add(id);
    }
  }
}

async function readdirIfThere(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw unreadable(folder, cause);
  }
}

const failures: Readonly<Record<ReadFailure, string>> = {
  'too-large': `it has more than ${limits.maxTaskBytes / 1e6} MB`,
  symlink: 'it is a symbolic link',
  unreadable: 'it is no regular file, or its permissions forbid it',
};

/** Tasks come with a workspace: a link of it could lead to a device that never ends, or to what is not the workspace's. */
async function readIfThere(file: string): Promise<string | undefined> {
  const bytes = await readRegularFile(file, limits.maxTaskBytes);
  if (typeof bytes !== 'string') return new TextDecoder().decode(bytes);
  const isGone = await lstat(file).then(() => false, isAbsent);
  if (isGone) return undefined;
  throw unreadable(file, failures[bytes]);
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unreadable(path: string, cause: unknown): CribsheetError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CribsheetError(
    'file-unreadable',
    `${path} cannot be read: ${why}.`,
    'Check the path and its permissions.',
    {
      cause,
    },
  );
}
