import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainMessage } from '../../src/host/plainMessage.ts';

/** What VS Code makes a link of (`linkedText.ts`), and makes a link that runs a command with `command:`. */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/giu;

const hostile = fc
  .array(
    fc.constantFrom(
      '[',
      ']',
      '](',
      '[Fix it](command:a.b?%5B1%5D)',
      '(',
      ')',
      'command:a',
      ' "t"',
      '\n',
      '\u200B',
      'x',
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

test('nothing of the workspace becomes a link', () => {
  const text = 'Unknown key "[Fix it](command:workbench.action.terminal.sendSequence?%7B%7D)".';
  expect(text).toMatch(link);
  expect(plainMessage(text)).toBe('Unknown key "[Fix it] (command:workbench.action.terminal.sendSequence?%7B%7D)".');
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (any) => {
      const plain = plainMessage(any);
      expect(plain).not.toMatch(link);
      expect(plain).not.toContain('](');
      expect(plain).not.toMatch(/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(plainMessage(plain)).toBe(plain);
    }),
    { numRuns: 1000 },
  );
});

test('what is plain stays as it is', () => {
  const text = '"a [b] (c) 👩‍👩‍👧.ts" cannot be read: ENOENT (see the log).';
  expect(plainMessage(text)).toBe(text);
  expect(plainMessage('one\r\ntwo\u202E')).toBe('one two');
  expect(plainMessage('one\n\u200B\ntwo')).toBe('one two');
});
