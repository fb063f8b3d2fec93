import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/common/answers.ts';
import type { Mode } from '../../src/common/names.ts';
import { HeldBack } from '../../src/engine/answer/doubt.ts';
import type { Question } from '../../src/engine/answer/answerer.ts';
import type { Doubt } from '../../src/engine/model/profile.ts';
import type { Workspace } from '../../src/engine/workspace.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

const where = 'Where is openHarbour defined?';
const modes = ['cache', 'rag', 'full', 'none'] as const;

/** A workspace whose tiny model (it talks nonsense, always the same) tells of its doubts as `doubt` says. */
async function doubting(doubt: Doubt | undefined): Promise<Workspace> {
  const profile = { segmentTokens: 160, answerTokens: 6, ratio: 4, ...(doubt ? { doubt } : {}) };
  const { workspace } = await small.workspace(await small.decoder('qwen3-fp32', profile));
  await workspace.compress({ task: lookupTask });
  return workspace;
}

const ask = (on: Workspace, question: string, mode: Mode = 'rag', more: Partial<Question> = {}): Promise<Answer> =>
  on.ask({ id: '1', question, mode, task: 'api-lookup', ...more });

let plain: Workspace;
beforeAll(async () => {
  plain = await doubting(undefined);
});

test('a model whose profile says nothing about doubts is never doubted', async () => {
  for (const mode of modes) {
    const answer = await ask(plain, where, mode);
    expect(answer.confidence).toBeGreaterThan(0);
    expect(answer.confidence).toBeLessThan(1);
    expect([answer.unsure, answer.found]).toEqual([undefined, undefined]);
  }
});

describe('low confidence', () => {
  test.each(modes)('in the mode %s: the answer stays, and says where to look', async (mode) => {
    const { confidence, answer: text } = await ask(plain, where, mode);
    const doubting1 = await doubting({ confidence: 1 });
    const answer = await ask(doubting1, where, mode);
    expect(answer).toMatchObject({ answer: text, confidence, unsure: 'low-confidence' });
    expect(text).not.toBe('');
    // Found by search, whatever the answer was read from.
    expect(answer.found![0]).toEqual({ path: 'src/harbour.ts', startLine: 41, endLine: 45, name: 'openHarbour' });
    expect(answer.found!.length).toBeLessThanOrEqual(5);
    // What can be checked is shown as ever.
    expect(answer.citations).toEqual((await ask(plain, where, mode)).citations);
  });

  test('begins below the threshold', async () => {
    const { confidence } = await ask(plain, where);
    const sure = await doubting({ confidence: confidence! * 0.99 });
    expect((await ask(sure, where)).unsure).toBe(undefined);
    const unsure = await doubting({ confidence: Math.min(1, confidence! * 1.01) });
    expect((await ask(unsure, where)).unsure).toBe('low-confidence');
  });

  test('of an answer that was stopped is no matter: its end is missing', async () => {
    const on = await doubting({ confidence: 1 });
    const controller = new AbortController();
    const stopped = await ask(on, where, 'rag', {
      signal: controller.signal,
      onText: () => {
        controller.abort();
      },
    });
    expect(stopped).toMatchObject({ stopped: 'cancel', confidence: expect.any(Number) });
    expect(stopped.unsure).toBe(undefined);
  });

  test('where search finds nothing either, there are no places', async () => {
    const on = await doubting({ confidence: 1 });
    expect(await ask(on, 'zzzz qqqq')).toMatchObject({ unsure: 'low-confidence', found: [] });
  });

  test('keeps to what the question is about', async () => {
    const on = await doubting({ confidence: 1 });
    const focus = [{ path: 'tools/tides.py', startLine: 0, endLine: 0 }];
    const { found } = await ask(on, where, 'rag', { focus });
    expect(found![0]!.path).toBe('tools/tides.py');
  });
});

describe('a model that says that it cannot do this', () => {
  test.each(modes)(
    'in the mode %s: nothing is streamed, places are named, and there are no citations',
    async (mode) => {
      const question = 'Explain openHarbour.';
      const text = (await ask(plain, question, mode)).answer;
      expect(text).not.toBe('');
      const on = await doubting({ beyond: ['Another phrase', `${text.toUpperCase()}.`], confidence: 1 });
      const streamed: string[] = [];
      const answer = await ask(on, question, mode, { onText: (more) => streamed.push(more) });
      // What the model said stays in the record.
      expect(answer).toMatchObject({ answer: text, unsure: 'beyond', citations: [] });
      expect(streamed).toEqual([]);
      expect(answer.found![0]).toMatchObject({ path: 'src/harbour.ts', name: 'openHarbour' });
    },
  );

  test('is heard only where it says just that', async () => {
    const text = (await ask(plain, where)).answer;
    const on = await doubting({ beyond: [`${text} model`, text.slice(0, -1)] });
    const streamed: string[] = [];
    const answer = await ask(on, where, 'rag', { onText: (more) => streamed.push(more) });
    expect(answer.unsure).toBe(undefined);
    expect(streamed.join('').trim()).toBe(text);
  });
});

describe('a model that says that something is not there', () => {
  const denying = async (question: string): Promise<Answer> => {
    const { answer } = await ask(plain, question);
    return ask(await doubting({ absent: [answer] }), question);
  };

  test('is contradicted by the index, which names the place', async () => {
    const answer = await denying(where);
    expect(answer).toMatchObject({ unsure: 'contradicted', citations: [] });
    expect(answer.found![0]).toMatchObject({ path: 'src/harbour.ts', name: 'openHarbour' });
  });

  test.each([
    ['nothing of that name', 'Where is closeHarbour defined?'],
    ['one of two names', 'Does openHarbour call closeHarbour?'],
    ['a name in other letters', 'Where is openharbouR defined?'],
    ['a heading only', 'What does Usage return?'],
    ['no name', 'Who pays for the ships?'],
  ])('is believed where the index knows %s', async (_, question) => {
    expect((await denying(question)).unsure).toBe(undefined);
  });
});

describe('text held back', () => {
  const phrases = ['Beyond this model', 'Beyond me'];
  const stream = (pieces: readonly string[]): string[] => {
    const seen: string[] = [];
    const held = new HeldBack(phrases, (text) => seen.push(text));
    for (const piece of pieces) held.push(piece);
    held.end();
    return seen;
  };

  test('is such a phrase, and nothing else', () => {
    expect(stream(['Bey', 'ond', ' this', ' model'])).toEqual([]);
    expect(stream(['beyond me', '.'])).toEqual([]);
    expect(stream(['Bey', 'ond', ' the', ' sea'])).toEqual(['Beyond the', ' sea']);
    expect(stream(['Beyond this'])).toEqual(['Beyond this']);
    expect(stream(['Beyond this model', ' there is more'])).toEqual(['Beyond this model there is more']);
    expect(stream([])).toEqual([]);
  });

  test('comes out whole, in order, however it is cut', () => {
    const piece = fc.constantFrom('Beyond', ' this', ' model', ' me', '.', ' sea', 'B');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        const isPhrase = phrases.some(
          (phrase) => phrase.toLowerCase() === text.trim().replace(/\.$/u, '').toLowerCase(),
        );
        expect(stream(pieces).join('')).toBe(isPhrase ? '' : text);
      }),
    );
  });
});
