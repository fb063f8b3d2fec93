import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import mapping from '@vscode/codicons/src/template/mapping.json' with { type: 'json' };
import type { ChatTurn } from '../../src/common/chat.ts';
import { errorCodes } from '../../src/common/errors.ts';
import { Conversation } from '../../src/webview/conversation.ts';
import { actionOf } from '../../src/webview/modes.ts';
import { isCommon, placeLabel } from '../../src/webview/places.ts';
import { readSnapshot, takeSnapshot } from '../../src/webview/snapshot.ts';
import { readStrings, t } from '../../src/webview/strings.ts';
import { codicons } from '../../src/webview/styles/icons.ts';
import { plain, visible, visibleLine } from '../../src/webview/text/clean.ts';
import { SpokenText } from '../../src/webview/text/speech.ts';
import { diffWords, wordsOf } from '../../src/webview/text/words.ts';
import { chatAnswer, openAnswer, stateOf, turnOf } from './fixtures.ts';

describe('text made harmless', () => {
  test('escape sequences go, also while one is still being written', () => {
    expect(visible('\u001B[31mred\u001B[0m \u001B]8;;https://evil\u0007link\u001B]8;;\u001B\\ \u009B1mx')).toBe(
      'red link x',
    );
    expect(visible('a\u001B[3')).toBe('a');
    expect(visible('a\u001B')).toBe('a');
  });

  test('a sequence that never ends hides nothing', () => {
    expect(visible('a \u001B]0;the rest is still here')).toBe('a 0;the rest is still here');
  });

  test('line ends become line feeds, other control characters go', () => {
    expect(visible('a\r\nb\rc\u2028d\te\u0000\u0008\u0085')).toBe('a\nb\nc\nd\te');
  });

  test('characters that turn the direction of writing are shown', () => {
    expect(visible('a\u202Eb\u2066\u2066\u2066c')).toBe('a⟨U+202E⟩b⟨U+2066 ×3⟩c');
    expect(visible('\u{E0041}')).toBe('⟨U+E0041⟩');
    expect(plain('a\u202Eb\u200Bc')).toBe('abc');
  });

  test('joiners of scripts and emoji stay', () => {
    const text = 'می‌خواهم 👩‍💻';
    expect(visible(text)).toBe(text);
  });

  test('nothing invisible is left of any text; what is harmless is untouched', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plain(text)).not.toMatch(
          /(?![\n\t\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u200C\u200D])[\p{Cc}\p{Cf}]/u,
        );
        expect(visible(plain(text))).toBe(plain(text));
      }),
    );
    expect(visibleLine('  a \n b\t')).toBe('a b');
  });

  test('runs in linear time on what hostile patterns repeat', () => {
    for (const piece of ['\u001B]', '\u009D', '\u001B[', '\u001B[1;', '\u202E', '\u001BP\u001B', '\u2066\u202E']) {
      const text = piece.repeat(200_000);
      expect(visible(text).length).toBeLessThan(text.length * 10);
    }
  });
});

describe('words', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'the', 'parser'), { maxLength: 40 });

  test('what is not marked is the same in both', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const { first, second, alike } = diffWords(a, b)!;
        const [left, right] = [a.filter((_, i) => !first.has(i)), b.filter((_, i) => !second.has(i))];
        expect(left).toEqual(right);
        expect(alike).toBe(Math.max(a.length, b.length) === 0 ? 1 : left.length / Math.max(a.length, b.length));
      }),
    );
  });

  test('the shared words are a longest common subsequence', () => {
    const longest = (a: string[], b: string[]): number => {
      if (a.length === 0 || b.length === 0) return 0;
      const [x, y] = [a.slice(1), b.slice(1)];
      return a[0] === b[0] ? 1 + longest(x, y) : Math.max(longest(x, b), longest(a, y));
    };
    const few = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 });
    fc.assert(
      fc.property(few, few, (a, b) => {
        expect(a.length - diffWords(a, b)!.first.size).toBe(longest(a, b));
      }),
    );
  });

  test('case does not count, texts that are too long are not compared', () => {
    expect(diffWords(['The', 'end'], ['the', 'End'])).toMatchObject({ alike: 1 });
    const long = (word: string): string[] => Array.from({ length: 4_000 }, (_, i) => `${word}${String(i)}`);
    expect(diffWords(long('a'), long('b'))).toBeUndefined();
    expect(diffWords([...long('a'), 'x'], [...long('a'), 'y'])).toMatchObject({ first: new Set([4_000]) });
  });

  test('words carry their offsets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const { text: word, start, end } of wordsOf(text)) expect(text.slice(start, end)).toBe(word);
      }),
    );
    expect(wordsOf('foo_bar(x)').map(({ text }) => text)).toEqual(['foo_bar', '(', 'x', ')']);
  });
});

describe('what is spoken', () => {
  const name = (lines: number): string => `code ${String(lines)}`;
  const answer = 'First **bold**\nline.\n\n- one\n- two `x`\n\n```ts\na\n\nb\n```\nLast.';

  test('paragraphs without marks, code by its name', () => {
    expect(new SpokenText().take(answer, true, name)).toEqual(['First bold line.', 'one two x', 'code 3', 'Last.']);
  });

  test('each paragraph once and only when it is finished, however the text arrives', () => {
    const whole = new SpokenText().take(answer, true, name);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: answer.length }), { maxLength: 20 }), (cuts) => {
        const spoken = new SpokenText();
        const said = cuts
          .sort((a, b) => a - b)
          .flatMap((cut) => {
            const now = spoken.take(answer.slice(0, cut), false, name);
            for (const paragraph of now) expect(whole).toContain(paragraph);
            return now;
          });
        said.push(...spoken.take(answer, true, name));
        expect(said).toEqual(whole);
      }),
    );
  });
});

describe('conversation', () => {
  const running = (): ChatTurn => turnOf({ id: 't2', answers: [openAnswer()] });

  test('text grows the answer of its turn; other turns stay the same objects', () => {
    const conversation = new Conversation();
    conversation.apply({ type: 'chat', id: 'c1', turns: [turnOf(), running()] });
    const [before] = conversation.turns;
    for (const text of ['Hello ', 'world'])
      conversation.apply({ type: 'text', chat: 'c1', turn: 't2', answer: 0, text });
    expect(conversation.turns[0]).toBe(before);
    expect(conversation.turns[1]!.answers[0]).toMatchObject({ state: 'streaming', text: 'Hello world' });
    expect(conversation.running?.id).toBe('t2');
    conversation.apply({ type: 'turn', chat: 'c1', turn: turnOf({ id: 't2' }) });
    expect(conversation.running).toBeUndefined();
    expect(conversation.turns).toHaveLength(2);
  });

  test('what belongs to another chat, turn or answer changes nothing', () => {
    const conversation = new Conversation();
    conversation.apply({ type: 'chat', id: 'c1', turns: [running()] });
    const { turns } = conversation;
    conversation.apply({ type: 'turn', chat: 'c2', turn: turnOf() });
    conversation.apply({ type: 'text', chat: 'c2', turn: 't2', answer: 0, text: 'x' });
    conversation.apply({ type: 'text', chat: 'c1', turn: 'gone', answer: 0, text: 'x' });
    conversation.apply({ type: 'text', chat: 'c1', turn: 't2', answer: 7, text: 'x' });
    expect(conversation.turns).toBe(turns);
  });
});

describe('snapshot', () => {
  const conversationOf = (turns: readonly ChatTurn[]): Conversation => {
    const conversation = new Conversation();
    conversation.apply({ type: 'state', state: stateOf() });
    conversation.apply({ type: 'chat', id: 'c1', turns: [...turns] });
    return conversation;
  };

  test('comes back as it was kept', () => {
    const kept = takeSnapshot(conversationOf([turnOf()]), 'draft');
    expect(readSnapshot(structuredClone(kept))).toEqual(kept);
    expect(kept).toMatchObject({ chat: 'c1', draft: 'draft', turns: [{ id: 't1' }] });
  });

  test('keeps the last turns, and only as many as fit', () => {
    const many = Array.from({ length: 50 }, (_, i) => turnOf({ id: String(i) }));
    expect(takeSnapshot(conversationOf(many), '').turns.at(-1)!.id).toBe('49');
    expect(takeSnapshot(conversationOf(many), '').turns.length).toBeLessThan(many.length);
    const huge = turnOf({ id: 'huge', answers: [chatAnswer({ text: 'x'.repeat(1_000_000) })] });
    expect(takeSnapshot(conversationOf([huge, turnOf()]), '').turns.map(({ id }) => id)).toEqual(['t1']);
    expect(takeSnapshot(conversationOf([turnOf(), huge]), '').turns).toEqual([]);
  });

  test.each([undefined, null, 'x', 7, {}, { version: 0, draft: '', turns: [] }, { version: 1, draft: 1, turns: [] }])(
    'is none where another version or nobody wrote it: %j',
    (kept) => {
      expect(readSnapshot(kept)).toBeUndefined();
    },
  );
});

describe('labels', () => {
  test('places', () => {
    expect(placeLabel({ path: 'a.ts', startLine: 3, endLine: 9 })).toBe('a.ts:3-9');
    expect(placeLabel({ path: 'a.ts', startLine: 3, endLine: 3 })).toBe('a.ts:3');
    expect(placeLabel({ path: 'docs/', startLine: 0, endLine: 0 })).toBe('docs/');
  });

  test('a citation is common where all others have lines of it', () => {
    const at = (path: string, startLine: number, endLine: number) =>
      ({ path, startLine, endLine, from: 'answer', verified: true, stale: false }) as const;
    expect(isCommon(at('a', 1, 5), [[at('a', 5, 9)], [at('b', 1, 1), at('a', 2, 3)]])).toBe(true);
    expect(isCommon(at('a', 1, 5), [[at('a', 6, 9)]])).toBe(false);
    expect(isCommon(at('a', 1, 5), [[at('b', 1, 5)]])).toBe(false);
    expect(isCommon(at('a', 1, 5), [])).toBe(false);
  });

  test('every failure that a button can help with has one', () => {
    const helpless = errorCodes.filter((code) => actionOf(code) === undefined);
    expect(helpless).toEqual(['usage', 'cancelled', 'busy', 'question-too-long', 'context-too-long']);
  });

  test('icons are the characters of the font', () => {
    const places = new Map(
      Object.entries(mapping).flatMap(([code, names]) => names.map((name) => [name, Number(code)])),
    );
    for (const [name, code] of Object.entries(codicons)) expect([name, places.get(name)]).toEqual([name, code]);
  });

  test('texts are replaced by those of the page, and only by texts', () => {
    readStrings('{"send":"Senden","mode":"Modus: {0}","__proto__":"x","stop":7,"unknown":"y"}');
    expect([t('send'), t('mode', 'RAG'), t('stop')]).toEqual(['Senden', 'Modus: RAG', 'Stop answer']);
    readStrings('{broken');
    expect(t('send')).toBe('Senden');
    readStrings('{}');
    expect(t('mode')).toBe('Mode: {0}');
  });
});
