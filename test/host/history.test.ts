import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChatHistory } from '../../src/host/chat/history.ts';
import { Preferences } from '../../src/host/chat/preferences.ts';
import type { Chat } from '../../src/host/chat/savedChat.ts';
import { SavedFile } from '../../src/host/savedFile.ts';
import { english } from './texts.ts';

let folder: string;
const told: string[] = [];
const telling = {
  t: english,
  onMessage: (message: string): void => {
    told.push(message);
  },
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-history-'));
  told.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function chat(number: number): Chat {
  const turn = {
    id: `turn ${number}`,
    askedAt: '',
    question: `question ${number}`,
    root: '/w',
    task: 'api-lookup',
    attachments: [],
    answers: [{ asked: 'rag' as const, state: 'done' as const, text: 'answer' }],
  };
  return { version: 1, id: ChatHistory.newId(), changedAt: new Date(number * 1_000).toISOString(), turns: [turn] };
}

test('only so many chats are kept: the oldest go', async () => {
  const history = new ChatHistory({ folder, ...telling, maxChats: 3 });
  for (const number of [3, 1, 5, 2, 4]) history.save(chat(number));
  await history.flush();
  expect(history.list().map(({ title }) => title)).toEqual(['question 5', 'question 4', 'question 3']);
  const again = new ChatHistory({ folder, ...telling, maxChats: 2 });
  await again.load();
  expect(again.list().map(({ title }) => title)).toEqual(['question 5', 'question 4']);
  expect(await readdir(folder)).toHaveLength(2);
  expect(told).toEqual([]);
});

test('what is no chat in its folder is left alone', async () => {
  await writeFile(path.join(folder, 'notes.txt'), 'mine');
  await mkdir(path.join(folder, `${ChatHistory.newId()}.json`));
  const history = new ChatHistory({ folder, ...telling });
  history.save(chat(1));
  await history.flush();
  await history.load();
  expect(history.list()).toHaveLength(1);
  expect(await history.read('../notes')).toBeUndefined();
  expect(await readFile(path.join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});

test('of several values that are saved at once the last one is written, whole', async () => {
  const file = path.join(folder, 'value.json');
  const saved = new SavedFile<number[]>({ file, parse: (value) => value as number[], ...telling });
  for (let i = 0; i < 50; i++) saved.save(Array.from({ length: 1_000 }, () => i));
  await saved.flush();
  expect(new Set(await saved.load())).toEqual(new Set([49]));
  expect(await readdir(folder)).toEqual(['value.json']);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder that cannot be written is told',
  async () => {
    await chmod(folder, 0o500);
    const history = new ChatHistory({ folder, ...telling });
    history.save(chat(1));
    await history.flush();
    expect(told.join()).toContain('cannot be written');
  },
);

test('a place that is no folder is told, and nothing throws', async () => {
  const place = path.join(folder, 'file');
  await writeFile(place, '');
  const history = new ChatHistory({ folder: path.join(place, 'chats'), ...telling });
  await history.load();
  history.save(chat(1));
  await history.flush();
  const preferences = new Preferences(path.join(place, 'preferences.jsonl'), telling);
  await preferences.add({ ...chat(1).turns[0]!, better: 'first' });
  expect(told.filter((message) => message.includes('cannot be written'))).toHaveLength(2);
  // What was said is there as long as the window is.
  expect(history.list()).toHaveLength(1);
});
