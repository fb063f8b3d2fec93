import type { Answer, LineRange } from './answers.ts';
import type { ErrorRecord } from './errors.ts';
import type { Mode } from './names.ts';

/**
 * What the extension host and its webviews (the sidebar chat, the comparison tab) say to each other through
 * `postMessage`. The host owns all state and keeps it on disk; a webview shows what it was told last and can be thrown
 * away at any time. Everything in here is plain JSON.
 */

/** One attempt at an answer. `asked` is the mode that was asked for; the answer says which one was taken. */
export interface ChatAnswer {
  asked: Mode;
  state: 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';
  /** What has been said so far; in the end the same as `answer.answer`, or nothing where that is `beyond` the model. */
  text: string;
  answer?: Answer;
  /** Bytes of keys and values that the answer was read from and written to, where a model ran. */
  kvBytes?: number;
  /** With `failed`. */
  error?: ErrorRecord;
}

export type Preference = 'first' | 'second' | 'same';

/** A question with one answer, or with two or more next to each other. */
export interface ChatTurn {
  id: string;
  /** ISO 8601. */
  askedAt: string;
  question: string;
  /** Workspace folder that was asked. */
  root: string;
  task: string;
  /** What the user added to the question: lines, whole files (0–0), folders (a path that ends in `/`). */
  attachments: LineRange[];
  answers: ChatAnswer[];
  /** Of two answers: which was better. */
  better?: Preference;
}

export interface ChatSummary {
  id: string;
  /** The first question, cut. */
  title: string;
  changedAt: string;
  turns: number;
}

/** A button: an id that the host knows (never a command of its own that a webview could name) and its label. */
export interface ChatAction {
  id: ChatActionId;
  label: string;
}
export type ChatActionId =
  | 'stopReading'
  | 'compress'
  | 'cancelCompress'
  | 'pauseCompress'
  | 'resumeCompress'
  | 'rebuild'
  | 'openFolder'
  | 'manageTrust'
  | 'restartWorker'
  | 'showLog'
  | 'chooseModel'
  | 'chooseTask'
  | 'openSettings'
  | 'openWalkthrough'
  | 'newTask';

/** Where the workspace stands; each state has a sentence and, where something can be done, a button. */
export interface ChatStatus {
  kind:
    | 'no-folder'
    | 'untrusted'
    | 'virtual'
    | 'starting'
    | 'indexing'
    | 'no-model'
    | 'worker-dead'
    | 'compressing'
    | 'paused'
    | 'no-sheet'
    | 'stale'
    | 'partial'
    | 'ready'
    | 'failed';
  /** One sentence. */
  message: string;
  actions: ChatAction[];
  /** 0–1 with `indexing` and `compressing`; never falls. */
  progress?: number;
  /** Counts, rate and time left, ready to show: `312 of 1,204 segments · 41 per minute · 21 min left`. */
  detail?: string;
}

export interface ChatTask {
  id: string;
  title: string;
  description: string;
  /** Is there a sheet for it in this folder? */
  sheet: 'none' | 'partial' | 'complete';
}

/** Everything that stands around the conversation. */
export interface ChatState {
  roots: { root: string; name: string }[];
  /** The folder that questions go to; undefined where none is open. */
  root?: string;
  status: ChatStatus;
  modes: Mode[];
  mode: Mode;
  tasks: ChatTask[];
  task: string;
  /** Ask two modes at once. */
  comparing: boolean;
  /** The modes of a comparison. */
  compareModes: Mode[];
  /** Name and device of the model, for the foot of the view. */
  model?: string;
  chats: ChatSummary[];
  chat: string;
  attachments: LineRange[];
}

/** To the webview. */
export type HostMessage =
  | { type: 'state'; state: ChatState }
  /** The turns of the chat shown; replaces what was there. */
  | { type: 'chat'; id: string; turns: ChatTurn[] }
  /** One turn that is new or has changed. */
  | { type: 'turn'; chat: string; turn: ChatTurn }
  /** More text of one answer of a turn. */
  | { type: 'text'; chat: string; turn: string; answer: number; text: string }
  /** Put the cursor into the question box, with this text where it is given. */
  | { type: 'focus'; text?: string };

/** To the host. Everything in it is checked there: a webview may be broken. */
export type WebviewMessage =
  | { type: 'ready' }
  | { type: 'ask'; question: string }
  | { type: 'stop'; turn: string }
  /** Asks again, in another mode where one is named. `answer`: only that one of several; the others stay. */
  | { type: 'retry'; turn: string; mode?: Mode; answer?: number }
  | { type: 'copy'; turn: string; answer: number }
  | { type: 'copyText'; text: string }
  | { type: 'insert'; text: string }
  /** Number of a citation (or piece of evidence, or attachment) of an answer: never a path. */
  | {
      type: 'open';
      turn: string;
      answer: number;
      of: 'citation' | 'evidence' | 'chunk' | 'found' | 'attachment';
      index: number;
      beside: boolean;
    }
  | { type: 'better'; turn: string; better: Preference }
  | { type: 'openComparison'; turn: string }
  | { type: 'setMode'; mode: Mode }
  | { type: 'setTask'; task: string }
  | { type: 'setRoot'; root: string }
  | { type: 'setComparing'; comparing: boolean }
  /** Two or more, each once, without `auto`. */
  | { type: 'setCompareModes'; modes: Mode[] }
  | { type: 'removeAttachment'; index: number }
  | { type: 'addAttachment' }
  /** Files dropped onto the question box, as VS Code names them: text that the host has to check like any other. */
  | { type: 'attach'; uris: string[] }
  | { type: 'newChat' }
  | { type: 'showChat'; id: string }
  | { type: 'deleteChat'; id: string }
  | { type: 'action'; id: ChatActionId };
