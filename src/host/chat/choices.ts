import type { ChatState } from '../../common/chat.ts';
import { areComparable, modes, type Mode } from '../../common/names.ts';

/** What a user has chosen in the chat; kept between sessions. Undefined: as the settings say. */
export interface Choices {
  version: 1;
  root?: string;
  chat?: string;
  mode?: Mode;
  task?: string;
  comparing: boolean;
  compareModes?: Mode[];
}

export type ChatDefaults = Pick<ChatState, 'mode' | 'task' | 'compareModes'>;

export function parseChoices(value: unknown): Choices | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, root, chat, mode, task, comparing, compareModes } = value as Partial<Record<string, unknown>>;
  if (version !== 1) return undefined;
  const known = modes.find((name) => name === mode);
  return {
    version,
    comparing: comparing === true,
    ...(typeof root === 'string' ? { root } : {}),
    ...(typeof chat === 'string' ? { chat } : {}),
    ...(known ? { mode: known } : {}),
    ...(typeof task === 'string' ? { task } : {}),
    ...(areComparable(compareModes) ? { compareModes: [...compareModes] } : {}),
  };
}
