import { fork } from 'node:child_process';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { WorkerClient } from '../../common/workerClient.ts';
import { workerExecArgv } from '../../common/workerLaunch.ts';
import { without } from '../without.ts';

/** How a process ended: with a code or by a signal, and the last that it wrote to standard error. */
export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  said: string;
}

export interface RunningWorker {
  client: WorkerClient;
  pid: number | undefined;
  /** Settles when the process is gone and its requests have been rejected. */
  ended: Promise<WorkerEnd>;
  kill: () => void;
}

const SAID_CHARACTERS = 2_000;

/** Forks the worker's bundle; not initialized yet. In its own file, so that activation does not load JSON-RPC. */
export function launchWorker(file: string): RunningWorker {
  const child = fork(file, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Not the flags of the extension host: a debugger of its own would wait on the same port.
    execArgv: [...workerExecArgv],
    env: workerEnvironment(process.env),
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_CHARACTERS);
  });
  const client = new WorkerClient(createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child)));
  const ended = new Promise<WorkerEnd>((resolve) => {
    child.once('close', (code, signal) => {
      client.dispose();
      resolve({ code, signal, said });
    });
    // The program could not be started; there is no `close` then.
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      client.dispose();
      resolve({ code: null, signal: null, said: error.message });
    });
  });
  return { client, pid: child.pid, ended, kill: () => child.kill('SIGKILL') };
}

/** VS Code's program is Electron: the variable makes it plain Node. Options for a debugger are not for this process. */
function workerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...without(env, 'NODE_OPTIONS', 'VSCODE_INSPECTOR_OPTIONS'), ELECTRON_RUN_AS_NODE: '1' };
}
