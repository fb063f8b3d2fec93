import { expect, test } from 'vitest';
import { priorities, RunQueue, type Priority } from '../../src/engine/model/runQueue.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Like a lane: asks for the next step as soon as one is done. */
async function lane(queue: RunQueue, priority: Priority, name: string, steps: number, order: string[]): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await queue.run(priority, async () => {
      await turn();
      order.push(name);
    });
  }
}

test('no step of compression gets in between two steps of an answer', async () => {
  const queue = new RunQueue();
  const order: string[] = [];
  await Promise.all([
    lane(queue, priorities.compress, 'compress', 6, order),
    lane(queue, priorities.answer, 'answer', 6, order),
  ]);
  const first = order.indexOf('answer');
  expect(first).toBeLessThanOrEqual(1);
  expect(order.slice(first, first + 6)).toEqual(Array<string>(6).fill('answer'));
  expect(order.filter((name) => name === 'compress')).toHaveLength(6);
});

test('a step that waits leaves as soon as it is cancelled', async () => {
  const queue = new RunQueue();
  const abort = new AbortController();
  let release = (): void => undefined;
  const running = queue.run(priorities.answer, () => new Promise<void>((resolve) => (release = resolve)));
  let ran = false;
  const waiting = queue.run(
    priorities.compress,
    () => {
      ran = true;
      return Promise.resolve();
    },
    abort.signal,
  );
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  release();
  await running;
  await queue.run(priorities.compress, turn);
  expect(ran).toBe(false);
});
