import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { throwIfCancelled } from '../../common/errors.ts';

export interface GitOptions {
  /** The program. Default `git`. */
  git?: string | undefined;
  /** Only a repository right at the folder may answer, none around it. */
  isRepository?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** How a git command ended: its exit code, or what kept it from running. */
export interface GitEnd {
  code: number | undefined;
  /** First line that git (or the system) had to say. */
  message: string;
}

/** Most of git's error output that is kept, in characters. */
const maxErrorText = 2_000;

/**
 * Runs git in `folder` and hands over its NUL-separated output, item by item, as it comes; an item that `onItem`
 * answers with false is the last. Arguments never pass through a shell. What a repository's own configuration could
 * run (`core.fsmonitor`) is switched off, and variables of a surrounding git command (a hook) do not lead elsewhere.
 */
export async function runGit(
  folder: string,
  args: readonly string[],
  onItem: (item: string) => boolean,
  { git = 'git', isRepository = false, signal }: GitOptions = {},
): Promise<GitEnd> {
  throwIfCancelled(signal);
  const child = spawn(git, ['-C', folder, '-c', 'core.fsmonitor=false', ...args], {
    // Windows looks for a program in the current folder first: that must not be the workspace.
    cwd: dirname(process.execPath),
    env: gitEnvironment(process.env, isRepository ? dirname(folder) : undefined),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    child.kill();
  };
  signal?.addEventListener('abort', stop, { once: true });
  const items = itemSplitter();
  child.stdout.on('data', (data: Buffer) => {
    for (const item of items(data)) {
      if (stopped) return;
      if (!onItem(item)) stop();
    }
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    errors = (errors + data).slice(0, maxErrorText);
  });
  const end = await new Promise<GitEnd>((resolve) => {
    child.on('error', (error) => {
      resolve({ code: undefined, message: error.message });
    });
    child.on('close', (code) => {
      resolve({ code: stopped ? 0 : (code ?? undefined), message: firstLine(errors) });
    });
  });
  signal?.removeEventListener('abort', stop);
  throwIfCancelled(signal);
  return end;
}

/** Cuts a byte stream at NULs; names that are not UTF-8 get replacement characters. */
function itemSplitter(): (data: Buffer) => Generator<string> {
  let rest: Buffer[] = [];
  return function* (data) {
    let start = 0;
    for (let end = data.indexOf(0); end !== -1; end = data.indexOf(0, start)) {
      rest.push(data.subarray(start, end));
      yield Buffer.concat(rest).toString('utf8');
      rest = [];
      start = end + 1;
    }
    if (start < data.length) rest.push(data.subarray(start));
  };
}

/** Set by git for the programs it runs; they would make `-C` mean another repository. See `git rev-parse --local-env-vars`. */
const inherited =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|(?:ALTERNATE_)?OBJECT_DIRECTOR(?:Y|IES)|COMMON_DIR|NAMESPACE|GRAFT_FILE|SHALLOW_FILE|IMPLICIT_WORK_TREE|INTERNAL_SUPER_PREFIX|\w+_PATHSPECS)$/i;

function gitEnvironment(env: NodeJS.ProcessEnv, ceiling: string | undefined): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !inherited.test(name)));
  const set: NodeJS.ProcessEnv = { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };
  if (ceiling !== undefined) set['GIT_CEILING_DIRECTORIES'] = ceiling;
  return { ...kept, ...set };
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
