import { expect, test } from 'vitest';
import { priorities, RunQueue } from '../../src/engine/model/runQueue.ts';

test('steps never overlap, and an answer overtakes waiting compression', async () => {
  const queue = new RunQueue();
  const order: string[] = [];
  let running = 0;
  const step = (name: string) => async () => {
    expect(++running).toBe(1);
    await Promise.resolve();
    order.push(name);
    running--;
  };
  await Promise.all([
    queue.run(priorities.compress, step('compress 1')),
    queue.run(priorities.compress, step('compress 2')),
    queue.run(priorities.compress, step('compress 3')),
    queue.run(priorities.answer, step('answer')),
  ]);
  expect(order).toEqual(['compress 1', 'answer', 'compress 2', 'compress 3']);
});

test('a failing step does not block the next', async () => {
  const queue = new RunQueue();
  await expect(queue.run(priorities.answer, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(queue.run(priorities.answer, () => Promise.resolve(7))).resolves.toBe(7);
});

test('the event loop gets a turn between steps', async () => {
  const queue = new RunQueue();
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  for (let i = 0; i < 50; i++) {
    await queue.run(priorities.compress, () => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return Promise.resolve();
    });
  }
  clearInterval(count);
  expect(turns).toBeGreaterThan(10);
});
