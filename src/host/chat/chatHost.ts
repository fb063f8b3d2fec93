import type { LineRange } from '../../common/answers.ts';
import type { ChatActionId } from '../../common/chat.ts';

/** What a button of the chat asks of the editor; the rest the session does by itself. */
export type EditorAction = Exclude<ChatActionId, 'stopReading'>;

/**
 * What the chat needs of the editor around it. Implemented over `vscode` by the surfaces; tests have one of their own.
 * Methods tell the user of their own failures.
 */
export interface ChatHost {
  /** May this window's folders be read? Questions are refused with a sentence where not. */
  environment(): { trusted: boolean; virtual: boolean };
  copy(text: string): Promise<void>;
  /** Puts text at the cursor of the active editor. */
  insert(text: string): Promise<void>;
  /** Opens a file of a workspace folder at lines and highlights them. `0–0` stands for the whole file. */
  open(root: string, range: LineRange, options: { beside: boolean }): Promise<void>;
  openComparison(chat: string, turn: string): Promise<void>;
  /** Lets the user pick files of a folder; paths relative to it. */
  pickFiles(root: string): Promise<LineRange[]>;
  /** Runs what a button stands for. */
  act(action: EditorAction): Promise<void>;
}
