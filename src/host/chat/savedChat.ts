import type { Answer, LineRange } from '../../common/answers.ts';
import type { ChatAnswer, ChatSummary, ChatTurn, Preference } from '../../common/chat.ts';
import { errorCodes, type ErrorRecord } from '../../common/errors.ts';
import { modes } from '../../common/names.ts';

/** One conversation, as it is in memory and in its file. */
export interface Chat {
  version: 1;
  id: string;
  /** ISO 8601. */
  changedAt: string;
  turns: ChatTurn[];
}

/** Chats are listed by their first question, cut to so many characters. */
const TITLE_CHARACTERS = 80;
/** A chat that grows beyond one of these loses its oldest turns. */
const MAX_TURNS = 500;
const MAX_CHARACTERS = 1_000_000;

export function summaryOf({ id, changedAt, turns }: Chat): ChatSummary {
  const first = (turns[0]?.question ?? '').replaceAll(/\s+/gu, ' ').trim();
  const title = first.length > TITLE_CHARACTERS ? `${first.slice(0, TITLE_CHARACTERS - 1).trimEnd()}…` : first;
  return { id, title, changedAt, turns: turns.length };
}

/**
 * A turn as JSON. It never changes (another takes its place), so that its text is made once, however often its chat is
 * saved: a chat of a hundred turns would otherwise be written anew twice for each question.
 */
function turnText(turn: ChatTurn): string {
  const text = texts.get(turn) ?? JSON.stringify(turn);
  texts.set(turn, text);
  return text;
}

const texts = new WeakMap<ChatTurn, string>();

/** What stands in the chat's file. */
export function chatText({ turns, ...rest }: Chat): string {
  return `${JSON.stringify(rest).slice(0, -1)},"turns":[${turns.map(turnText).join(',')}]}`;
}

/** The chat without its oldest turns where it has grown too large. */
export function cutToSize(chat: Chat): Chat {
  let turns = chat.turns.slice(-MAX_TURNS);
  const sizes = turns.map((turn) => turnText(turn).length);
  let size = sizes.reduce((sum, length) => sum + length, 0);
  let first = 0;
  while (size > MAX_CHARACTERS && first < turns.length - 1) size -= sizes[first++]!;
  turns = turns.slice(first);
  return turns.length === chat.turns.length ? chat : { ...chat, turns };
}

/**
 * An answer as it is kept: pieces of source are there to be opened; their text only where there is no other answer.
 * Forty of them in each of a hundred turns would be most of the process' memory.
 */
export function slim(answer: Answer): Answer {
  if (!answer.chunks || answer.answer === '') return answer;
  return { ...answer, chunks: answer.chunks.map((chunk) => ({ ...chunk, text: '' })) };
}

/** A chat from its file; turns that are none are left out. Undefined where it is no chat. */
export function parseChat(value: unknown): Chat | undefined {
  if (!isObject(value) || value['version'] !== 1) return undefined;
  const { id, changedAt, turns } = value;
  if (typeof id !== 'string' || typeof changedAt !== 'string' || !Array.isArray(turns)) return undefined;
  return { version: 1, id, changedAt, turns: turns.map(parseTurn).filter((turn) => turn !== undefined) };
}

function parseTurn(value: unknown): ChatTurn | undefined {
  if (!isObject(value) || !Array.isArray(value['answers']) || value['answers'].length === 0) return undefined;
  const texts = ['id', 'askedAt', 'question', 'root', 'task'].map((key) => value[key]);
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  const [id, askedAt, question, root, task] = texts as [string, string, string, string, string];
  const answers = value['answers'].map(parseAnswer);
  if (!answers.every((answer) => answer !== undefined)) return undefined;
  const ranges: unknown[] = Array.isArray(value['attachments']) ? value['attachments'] : [];
  const better = (['first', 'second', 'same'] as const).find((name): name is Preference => name === value['better']);
  return {
    id,
    askedAt,
    question,
    root,
    task,
    attachments: ranges.filter(isRange),
    answers,
    ...(better ? { better } : {}),
  };
}

function parseAnswer(value: unknown): ChatAnswer | undefined {
  if (!isObject(value) || typeof value['text'] !== 'string') return undefined;
  const asked = modes.find((name) => name === value['asked']);
  const state = (['waiting', 'streaming', 'done', 'stopped', 'failed'] as const).find((s) => s === value['state']);
  if (!asked || !state) return undefined;
  const { answer, kvBytes, error } = value;
  return {
    asked,
    // Whoever was to answer is gone: the window was closed or the editor ended.
    state: state === 'waiting' || state === 'streaming' ? 'stopped' : state,
    text: value['text'],
    ...(isAnswer(answer) ? { answer } : {}),
    ...(typeof kvBytes === 'number' ? { kvBytes } : {}),
    ...(isErrorRecord(error) ? { error } : {}),
  };
}

/** Has it what is read from it? Everything else of it is only shown. */
function isAnswer(value: unknown): value is Answer {
  if (!isObject(value) || typeof value['answer'] !== 'string') return false;
  const lists = [value['citations'], value['evidence'], value['chunks'] ?? [], value['found'] ?? []];
  const reason = value['withoutModel'];
  const objects = [value['coverage'], value['tokens'], value['timings']];
  return (
    (reason === undefined || isErrorRecord(reason)) &&
    lists.every((list) => Array.isArray(list) && list.every(isRange)) &&
    objects.every((numbers) => isObject(numbers) && Object.values(numbers).every((n) => typeof n === 'number'))
  );
}

function isRange(value: unknown): value is LineRange {
  return (
    isObject(value) &&
    typeof value['path'] === 'string' &&
    Number.isSafeInteger(value['startLine']) &&
    Number.isSafeInteger(value['endLine'])
  );
}

function isErrorRecord(value: unknown): value is ErrorRecord {
  return (
    isObject(value) &&
    errorCodes.some((code) => code === value['code']) &&
    typeof value['message'] === 'string' &&
    typeof value['action'] === 'string'
  );
}

function isObject(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
