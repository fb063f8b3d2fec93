import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LlamaReply, LlamaRequest } from './protocol.ts';

/** llama.cpp in a child process, asked one thing at a time. */
export class LlamaClient {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** @param folder of the installed node-llama-cpp */
  static async start(folder: string, threads: number): Promise<LlamaClient> {
    const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [folder, String(threads)], {
      execArgv: [],
    });
    const client = new LlamaClient(child);
    await client.reply();
    return client;
  }

  /** @throws Error with llama.cpp's message, or when the process is gone */
  async ask(request: LlamaRequest): Promise<LlamaReply> {
    const answer = this.reply();
    this.child.send(request);
    return answer;
  }

  stop(): void {
    this.child.kill();
  }

  private reply(): Promise<LlamaReply> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        act();
      };
      const onMessage = (reply: LlamaReply): void => {
        settle(() => {
          if (reply.error === undefined) resolve(reply);
          else reject(new Error(`llama.cpp: ${reply.error}`));
        });
      };
      const onExit = (code: number | null): void => {
        settle(() => {
          reject(new Error(`The llama.cpp process ended with code ${code ?? 'none'}.`));
        });
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
    });
  }
}
