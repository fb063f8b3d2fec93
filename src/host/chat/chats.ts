import type { ChatTurn } from '../../common/chat.ts';
import { ChatHistory } from './history.ts';
import type { Chat } from './savedChat.ts';

/** Chats that are in memory: the one that is shown, those with questions on their way, and a few that were shown before. */
const MAX_OPEN = 8;

/** The chats of a session: which one is shown, and where each turn is. */
export class Chats {
  readonly history: ChatHistory;
  private readonly isRunning: (turn: string) => boolean;
  /** The one shown last is the last one. */
  private readonly open = new Map<string, Chat>();
  private shown: Chat;

  /** @param isRunning is somebody writing an answer of this turn? */
  constructor(history: ChatHistory, isRunning: (turn: string) => boolean) {
    this.history = history;
    this.isRunning = isRunning;
    this.shown = newChat();
    this.open.set(this.shown.id, this.shown);
  }

  get current(): Chat {
    return this.shown;
  }

  /** Shows an empty chat; nothing is kept of it before the first question. */
  startNew(): void {
    if (this.shown.turns.length > 0) this.show(newChat());
  }

  /** Shows a chat of the history; false where it is not there any more. */
  async showById(id: string): Promise<boolean> {
    const chat = this.open.get(id) ?? (await this.history.read(id));
    if (!chat) return false;
    this.show(chat);
    return true;
  }

  find(turn: string): { chat: Chat; turn: ChatTurn } | undefined {
    for (const chat of this.open.values()) {
      const found = chat.turns.find(({ id }) => id === turn);
      if (found) return { chat, turn: found };
    }
    return undefined;
  }

  /** Puts a turn in the place of the one with its id, or at the end, in memory only: its text grows by the word. */
  replace(chat: Chat, turn: ChatTurn): void {
    const at = chat.turns.findIndex(({ id }) => id === turn.id);
    if (at < 0) chat.turns.push(turn);
    else chat.turns[at] = turn;
  }

  /** The same, and keeps the chat. */
  put(chat: Chat, turn: ChatTurn): void {
    this.replace(chat, turn);
    chat.changedAt = new Date().toISOString();
    // Deleted while the answer was on its way: it stays deleted.
    if (this.open.has(chat.id)) this.history.save(chat);
  }

  async delete(id: string): Promise<void> {
    this.open.delete(id);
    if (this.shown.id === id) this.show(newChat());
    await this.history.delete(id);
  }

  private show(chat: Chat): void {
    this.shown = chat;
    this.open.delete(chat.id);
    this.open.set(chat.id, chat);
    for (const other of [...this.open.values()].slice(0, -MAX_OPEN)) {
      if (!other.turns.some(({ id }) => this.isRunning(id))) this.open.delete(other.id);
    }
  }
}

function newChat(): Chat {
  return { version: 1, id: ChatHistory.newId(), changedAt: new Date().toISOString(), turns: [] };
}
