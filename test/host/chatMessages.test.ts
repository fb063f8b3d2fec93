import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WebviewMessage } from '../../src/common/chat.ts';
import { parseWebviewMessage } from '../../src/common/chatMessages.ts';
import { modes } from '../../src/common/names.ts';

const mode = fc.constantFrom(...modes);
const comparable = modes.filter((name) => name !== 'auto');
const index = fc.nat({ max: 100_000 });
const text = fc.string();

/** One of each kind: the compiler says when one is missing. */
const kinds: { [T in WebviewMessage['type']]: fc.Arbitrary<Extract<WebviewMessage, { type: T }>> } = {
  ready: fc.record({ type: fc.constant('ready') }),
  ask: fc.record({ type: fc.constant('ask'), question: text }),
  stop: fc.record({ type: fc.constant('stop'), turn: text }),
  retry: fc.record({ type: fc.constant('retry'), turn: text, mode, answer: index }, { requiredKeys: ['type', 'turn'] }),
  copy: fc.record({ type: fc.constant('copy'), turn: text, answer: index }),
  copyText: fc.record({ type: fc.constant('copyText'), text }),
  insert: fc.record({ type: fc.constant('insert'), text }),
  open: fc.record({
    type: fc.constant('open'),
    turn: text,
    answer: index,
    of: fc.constantFrom('citation', 'evidence', 'chunk', 'found', 'attachment'),
    index,
    beside: fc.boolean(),
  }),
  better: fc.record({ type: fc.constant('better'), turn: text, better: fc.constantFrom('first', 'second', 'same') }),
  openComparison: fc.record({ type: fc.constant('openComparison'), turn: text }),
  setMode: fc.record({ type: fc.constant('setMode'), mode }),
  setTask: fc.record({ type: fc.constant('setTask'), task: text }),
  setRoot: fc.record({ type: fc.constant('setRoot'), root: text }),
  setComparing: fc.record({ type: fc.constant('setComparing'), comparing: fc.boolean() }),
  setCompareModes: fc.record({
    type: fc.constant('setCompareModes'),
    modes: fc.shuffledSubarray([...comparable], { minLength: 2 }),
  }),
  removeAttachment: fc.record({ type: fc.constant('removeAttachment'), index }),
  addAttachment: fc.record({ type: fc.constant('addAttachment') }),
  attach: fc.record({ type: fc.constant('attach'), uris: fc.array(text, { maxLength: 50 }) }),
  newChat: fc.record({ type: fc.constant('newChat') }),
  showChat: fc.record({ type: fc.constant('showChat'), id: text }),
  deleteChat: fc.record({ type: fc.constant('deleteChat'), id: text }),
  action: fc.record({ type: fc.constant('action'), id: fc.constantFrom('compress', 'showLog', 'newTask') }),
};
const message = fc.oneof(...(Object.values(kinds) as fc.Arbitrary<WebviewMessage>[]));

test('every message is understood as it was sent, and what stands beside it is dropped', () => {
  fc.assert(
    fc.property(message, fc.dictionary(fc.constantFrom('extra', 'path', 'command'), fc.anything()), (sent, extra) => {
      const copy = structuredClone({ ...sent });
      expect(parseWebviewMessage({ ...extra, ...sent })).toEqual(copy);
    }),
  );
});

test('only different modes can be compared, at least two, and not `auto`', () => {
  for (const chosen of [[], ['rag'], ['rag', 'rag'], ['rag', 'auto'], ['rag', 'other'], 'rag', { length: 2 }]) {
    expect(parseWebviewMessage({ type: 'setCompareModes', modes: chosen })).toBeUndefined();
  }
});

test('anything else is refused, and nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.jsonValue()), (value) => {
      expect(parseWebviewMessage(value)).toBeUndefined();
    }),
  );
});

test('a message with one field of another kind is refused', () => {
  const broken = message
    .filter((sent) => Object.keys(sent).length > 1)
    .chain((sent) =>
      fc.record({
        sent: fc.constant(sent),
        key: fc.constantFrom(...Object.keys(sent).filter((key) => key !== 'mode')),
        value: fc.constantFrom<unknown>(null, {}, [1], -1, 1.5, Number.NaN, 2 ** 60, Symbol('x'), () => 1),
      }),
    );
  fc.assert(
    fc.property(broken, ({ sent, key, value }) => {
      expect(parseWebviewMessage({ ...sent, [key]: value })).toBeUndefined();
    }),
  );
});

test('names that objects inherit are no names', () => {
  for (const type of ['constructor', '__proto__', 'toString']) expect(parseWebviewMessage({ type })).toBeUndefined();
  expect(parseWebviewMessage({ type: 'action', id: 'constructor' })).toBeUndefined();
  expect(parseWebviewMessage({ type: 'setMode', mode: 'toString' })).toBeUndefined();
});

test('text without end is refused', () => {
  expect(parseWebviewMessage({ type: 'ask', question: 'x'.repeat(1_000_001) })).toBeUndefined();
  expect(parseWebviewMessage({ type: 'attach', uris: Array.from({ length: 51 }, () => 'x') })).toBeUndefined();
});
