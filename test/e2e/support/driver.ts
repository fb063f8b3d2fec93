import { createConnection } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createInterface } from 'node:readline/promises';
import type { DriverCall } from '../driver/calls.ts';

/** Time between two tries to reach an extension host that is still starting, and the longest start, in milliseconds. */
const RETRY_MS = 200;
const START_MS = 180_000;

/** Asks the driver extension of one window; waits while its extension host starts. */
export async function askDriver(socket: string, call: DriverCall): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    try {
      const { error } = await ask(socket, call);
      if (error !== undefined) throw new Error(error);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOENT' && code !== 'ECONNREFUSED') || Date.now() > until) throw error;
      await wait(RETRY_MS);
    }
  }
}

async function ask(socket: string, call: DriverCall): Promise<{ error?: string }> {
  const connection = createConnection(socket);
  await new Promise((resolve, reject) => connection.once('connect', resolve).once('error', reject));
  connection.write(`${JSON.stringify(call)}\n`);
  for await (const line of createInterface({ input: connection })) return JSON.parse(line) as { error?: string };
  throw new Error('The driver has gone without an answer.');
}
