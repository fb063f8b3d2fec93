import type { ChatState, ChatTurn } from '../common/chat.ts';
import type { Conversation } from './conversation.ts';

/**
 * What a page keeps through `setState`, so that it shows its last state at once when VS Code builds it again, and
 * what only it knows (the question being typed) is not lost. The host's word replaces the rest a moment later.
 */
export interface Snapshot {
  version: 1;
  draft: string;
  state?: ChatState;
  chat?: string;
  turns: readonly ChatTurn[];
}

/** Turns and characters that are worth keeping for the first moment. */
const MAX_TURNS = 20;
const MAX_CHARACTERS = 200_000;

export function takeSnapshot({ state, chat, turns }: Conversation, draft: string): Snapshot {
  let characters = 0;
  const last = turns.slice(-MAX_TURNS);
  const from = last.findLastIndex((turn) => (characters += sizeOf(turn)) > MAX_CHARACTERS) + 1;
  return {
    version: 1,
    draft: draft.slice(0, MAX_CHARACTERS),
    ...(state && { state }),
    ...(chat !== undefined && { chat }),
    turns: last.slice(from),
  };
}

const sizeOf = (turn: ChatTurn): number => JSON.stringify(turn).length;

/** A snapshot that this version of the page wrote; anything else counts as none. */
export function readSnapshot(kept: unknown): Snapshot | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { version, draft, turns } = kept as Partial<Snapshot>;
  return version === 1 && typeof draft === 'string' && Array.isArray(turns) ? (kept as Snapshot) : undefined;
}
