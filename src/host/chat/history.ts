import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ChatSummary } from '../../common/chat.ts';
import { SavedFile, type Telling } from '../savedFile.ts';
import { chatText, cutToSize, parseChat, summaryOf, type Chat } from './savedChat.ts';

export interface ChatHistoryOptions extends Telling {
  folder: string;
  /** Most chats that are kept; the oldest go first. */
  maxChats?: number;
}

const MAX_CHATS = 100;
const extension = '.json';
const fileForm = /^[0-9a-f-]{36}\.json$/u;

/** The chats of a workspace, one JSON file each: what damages one takes no other with it. */
export class ChatHistory {
  private readonly options: ChatHistoryOptions;
  private readonly summaries = new Map<string, ChatSummary>();
  private readonly files = new Map<string, SavedFile<Chat>>();

  constructor(options: ChatHistoryOptions) {
    this.options = options;
  }

  static newId(): string {
    return randomUUID();
  }

  /** Finds out which chats there are. Never rejects: what cannot be read is told. */
  async load(): Promise<void> {
    const { folder, t, onMessage } = this.options;
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') onMessage(t('{0} cannot be read: {1}.', folder, error.message));
      return [];
    });
    for (const name of names.filter((file) => fileForm.test(file))) {
      const chat = await this.read(name.slice(0, -extension.length));
      if (chat && chat.turns.length > 0) this.summaries.set(chat.id, summaryOf(chat));
    }
    await this.dropOldest();
  }

  /** The newest first. */
  list(): ChatSummary[] {
    return [...this.summaries.values()].sort((a, b) => b.changedAt.localeCompare(a.changedAt));
  }

  /** Undefined where there is no such chat (any more). */
  async read(id: string): Promise<Chat | undefined> {
    if (!fileForm.test(id + extension)) return undefined;
    const chat = await this.file(id).load();
    if (chat?.id === id) return chat;
    this.summaries.delete(id);
    return undefined;
  }

  /** Soon; see `flush`. A chat that has become too large is kept without its oldest turns. */
  save(chat: Chat): void {
    this.summaries.set(chat.id, summaryOf(chat));
    this.file(chat.id).save(cutToSize(chat));
    if (this.summaries.size > this.max) void this.dropOldest();
  }

  async delete(id: string): Promise<void> {
    this.summaries.delete(id);
    const file = this.file(id);
    this.files.delete(id);
    await file.delete().catch((error: unknown) => {
      const { t, onMessage } = this.options;
      onMessage(t('The chat cannot be deleted: {0}.', String(error)));
    });
  }

  /** Settles when everything saved so far is on disk. */
  async flush(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.flush()));
  }

  private get max(): number {
    return this.options.maxChats ?? MAX_CHATS;
  }

  private async dropOldest(): Promise<void> {
    for (const { id } of this.list().slice(this.max)) await this.delete(id);
  }

  private file(id: string): SavedFile<Chat> {
    const { folder, t, onMessage, onWritten } = this.options;
    let file = this.files.get(id);
    if (!file) {
      const place = path.join(folder, id + extension);
      file = new SavedFile({ file: place, parse: parseChat, text: chatText, t, onMessage, onWritten });
      this.files.set(id, file);
    }
    return file;
  }
}
