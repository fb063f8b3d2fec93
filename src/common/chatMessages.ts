import type { ChatActionId, Preference, WebviewMessage } from './chat.ts';
import { areComparable, modes } from './names.ts';

/** Longest text that a webview may send, in characters: more than a question or a code block ever has. */
const MAX_TEXT = 1_000_000;
const MAX_ID = 4_096;
const MAX_INDEX = 100_000;
const MAX_URIS = 50;

const actionIds: Record<ChatActionId, true> = {
  stopReading: true,
  compress: true,
  cancelCompress: true,
  pauseCompress: true,
  resumeCompress: true,
  rebuild: true,
  openFolder: true,
  manageTrust: true,
  restartWorker: true,
  showLog: true,
  chooseModel: true,
  chooseTask: true,
  openSettings: true,
  openWalkthrough: true,
  newTask: true,
};
const preferences: Record<Preference, true> = { first: true, second: true, same: true };
const places = { citation: true, evidence: true, chunk: true, found: true, attachment: true };

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const id: Check = (value) => typeof value === 'string' && value.length <= MAX_ID;
const flag: Check = (value) => typeof value === 'boolean';
const index: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INDEX;
const oneOf =
  (names: object): Check =>
  (value) =>
    typeof value === 'string' && Object.hasOwn(names, value);
const mode: Check = (value) => modes.some((name) => name === value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const uris: Check = (value) => Array.isArray(value) && value.length <= MAX_URIS && value.every(id);

/** What each message has besides its type; another field is dropped. */
const forms: Record<WebviewMessage['type'], Readonly<Record<string, Check>>> = {
  ready: {},
  ask: { question: text },
  stop: { turn: id },
  retry: { turn: id, mode: optional(mode), answer: optional(index) },
  copy: { turn: id, answer: index },
  copyText: { text },
  insert: { text },
  open: { turn: id, answer: index, of: oneOf(places), index, beside: flag },
  better: { turn: id, better: oneOf(preferences) },
  openComparison: { turn: id },
  setMode: { mode },
  setTask: { task: id },
  setRoot: { root: id },
  setComparing: { comparing: flag },
  setCompareModes: { modes: areComparable },
  removeAttachment: { index },
  addAttachment: {},
  attach: { uris },
  newChat: {},
  showChat: { id },
  deleteChat: { id },
  action: { id: oneOf(actionIds) },
};

/** A message of a webview, or undefined where it is none. Never throws, whatever `value` is. */
export function parseWebviewMessage(value: unknown): WebviewMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Partial<Record<string, unknown>>;
  const type = given['type'];
  if (typeof type !== 'string' || !Object.hasOwn(forms, type)) return undefined;
  const message: Record<string, unknown> = { type };
  for (const [name, check] of Object.entries(forms[type as WebviewMessage['type']])) {
    const field = given[name];
    if (!check(field)) return undefined;
    if (field !== undefined) message[name] = field;
  }
  return message as WebviewMessage;
}
