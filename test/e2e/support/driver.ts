import { createConnection } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createInterface } from 'node:readline/promises';
import type { DriverAnswer, DriverCall } from '../driver/calls.ts';

/** Time between two tries to reach an extension host that is still starting, and the longest start, in milliseconds. */
const RETRY_MS = 200;
const START_MS = 180_000;

/** Asks the driver extension of one window; waits while its extension host starts. */
export async function askDriver(socket: string, call: DriverCall): Promise<DriverAnswer> {
  const until = Date.now() + START_MS;
  for (;;) {
    try {
      const answer = await ask(socket, call);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOENT' && code !== 'ECONNREFUSED') || Date.now() > until) throw error;
      await wait(RETRY_MS);
    }
  }
}

async function ask(socket: string, call: DriverCall): Promise<DriverAnswer> {
  const connection = createConnection(socket);
  await new Promise((resolve, reject) => connection.once('connect', resolve).once('error', reject));
  connection.write(`${JSON.stringify(call)}\n`);
  for await (const line of createInterface({ input: connection })) return JSON.parse(line) as DriverAnswer;
  throw new Error('The driver has gone without an answer.');
}
