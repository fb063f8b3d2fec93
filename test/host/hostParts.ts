import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { LineRange } from '../../src/common/answers.ts';
import type { ChatAnswer, ChatTurn, HostMessage } from '../../src/common/chat.ts';
import type { InitializeParams, LogParams } from '../../src/common/protocol.ts';
import type { Doubt } from '../../src/engine/model/profile.ts';
import type { ChatHost, EditorAction } from '../../src/host/chat/chatHost.ts';
import { ChatSession, type ChatSessionOptions } from '../../src/host/chat/session.ts';
import type { Listen } from '../../src/host/emitter.ts';
import { Figures } from '../../src/host/figures.ts';
import { CompressJobs } from '../../src/host/worker/compressJobs.ts';
import { WorkerSupervisor, type SupervisorOptions } from '../../src/host/worker/supervisor.ts';
import { Workspaces, type WorkspacesOptions } from '../../src/host/worker/workspaces.ts';
import { modelFolder } from '../model/fixtures.ts';
import { product, workerBundle } from '../worker/workerProcess.ts';
import { english } from './texts.ts';

const figures = new Figures('en', english);

/** Waits for the first event (or what is there already) that `wanted` accepts. */
export function until<T>(event: Listen<T>, wanted: () => boolean): Promise<void> {
  if (wanted()) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = event(() => {
      if (!wanted()) return;
      subscription.dispose();
      resolve();
    });
  });
}

const files: Readonly<Record<string, string>> = {
  'src/ledger.ts': `/** Opens the ledger of a year. */
export function openLedger(year: number): Ledger {
  return new Ledger(year);
}

export class Ledger {
  constructor(readonly year: number) {}
  /** Adds an amount in cents. */
  add(cents: number): void {
    this.total += cents;
  }
  total = 0;
}
`,
  'src/report.ts': `import { openLedger } from './ledger.ts';

/** Prints the total of a year. */
export function printReport(year: number): string {
  return String(openLedger(year).total);
}
`,
  'README.md': '# Ledger\n\nKeeps amounts.\n',
};

/** The parts of the extension host without VS Code, over real worker processes; `dispose` belongs into `afterEach`. */
export class HostBench {
  readonly log: LogParams[] = [];
  readonly told: string[] = [];
  private readonly undo: (() => unknown)[] = [];

  async folder(name: string): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), `cribsheet-${name}-`));
    this.undo.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async workspace(more: Readonly<Record<string, string>> = {}): Promise<string> {
    const root = await this.folder('root');
    for (const [name, text] of Object.entries({ ...files, ...more })) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
    return root;
  }

  /** A model that talks nonsense, always the same, and tells of its doubts as the profile says. */
  async doubtingModel(doubt: Doubt): Promise<string> {
    const folder = path.join(await this.folder('model'), 'doubter');
    await cp(modelFolder('qwen3-fp32'), folder, { recursive: true });
    await writeFile(path.join(folder, 'cribsheet.json'), JSON.stringify({ answerTokens: 4, doubt }));
    return folder;
  }

  /** A model that talks nonsense and does not stop. */
  async talkingModel(): Promise<string> {
    const folder = path.join(await this.folder('model'), 'talker');
    await cp(modelFolder('qwen3-fp32'), folder, { recursive: true });
    await writeFile(path.join(folder, 'cribsheet.json'), JSON.stringify({ answerTokens: 3_000, sheetTokens: 512 }));
    return folder;
  }

  supervisor(
    params: Partial<InitializeParams> & { store: string },
    options: Partial<SupervisorOptions> = {},
  ): WorkerSupervisor {
    const supervisor = new WorkerSupervisor({
      file: workerBundle,
      initialize: () => ({ product, threads: 1, ...params }),
      onLog: (entry) => this.log.push(entry),
      t: english,
      delaysMs: [10, 20, 30],
      ...options,
    });
    this.undo.push(() => supervisor.dispose());
    return supervisor;
  }

  workspaces(supervisor: WorkerSupervisor, options: Partial<WorkspacesOptions> = {}): Workspaces {
    const workspaces = new Workspaces({
      supervisor,
      t: english,
      onMessage: (text) => this.told.push(text),
      quietMs: 5,
      ...options,
    });
    this.undo.push(() => {
      workspaces.dispose();
    });
    return workspaces;
  }

  jobs(supervisor: WorkerSupervisor, workspaces: Workspaces, stateFile: string): CompressJobs {
    const jobs = new CompressJobs({
      supervisor,
      workspaces,
      stateFile,
      t: english,
      onMessage: (text) => this.told.push(text),
    });
    this.undo.push(() => jobs.dispose());
    return jobs;
  }

  session(
    parts: Pick<ChatSessionOptions, 'supervisor' | 'workspaces' | 'jobs' | 'folder'>,
    host: ChatHost = new TestHost(),
  ): ChatSession {
    const session = new ChatSession({
      ...parts,
      host,
      defaults: () => ({ mode: 'auto', task: 'api-lookup', compareModes: ['cache', 'rag'] }),
      figures,
      t: english,
      onMessage: (text) => this.told.push(text),
    });
    this.undo.push(() => session.dispose());
    return session;
  }

  /** Everything for one workspace folder. */
  async start(
    params: Partial<InitializeParams> = {},
    given: { root?: string; store?: string; storage?: string; host?: ChatHost } = {},
  ) {
    const root = given.root ?? (await this.workspace());
    const store = given.store ?? (await this.folder('store'));
    const storage = given.storage ?? (await this.folder('storage'));
    const supervisor = this.supervisor({ store, ...params });
    const workspaces = this.workspaces(supervisor);
    workspaces.setRoots([{ root, name: 'root' }]);
    const jobs = this.jobs(supervisor, workspaces, path.join(storage, 'jobs.json'));
    const session = this.session({ supervisor, workspaces, jobs, folder: storage }, given.host);
    return { root, store, storage, supervisor, workspaces, jobs, session };
  }

  async dispose(): Promise<void> {
    for (const undo of this.undo.splice(0).reverse()) await undo();
    this.log.length = 0;
    this.told.length = 0;
  }
}

/** An editor that writes down what it is asked to do. */
export class TestHost implements ChatHost {
  readonly done: unknown[][] = [];
  surroundings = { trusted: true, virtual: false };
  files: LineRange[] = [];

  environment(): { trusted: boolean; virtual: boolean } {
    return this.surroundings;
  }
  copy(text: string): Promise<void> {
    return this.note('copy', text);
  }
  insert(text: string): Promise<void> {
    return this.note('insert', text);
  }
  open(root: string, range: LineRange, options: { beside: boolean }): Promise<void> {
    return this.note('open', root, range, options);
  }
  openComparison(chat: string, turn: string): Promise<void> {
    return this.note('openComparison', chat, turn);
  }
  pickFiles(): Promise<LineRange[]> {
    return Promise.resolve(this.files);
  }
  act(action: EditorAction): Promise<void> {
    return this.note('act', action);
  }

  private note(...entry: unknown[]): Promise<void> {
    this.done.push(entry);
    return Promise.resolve();
  }
}

/** What a webview knows: built from messages alone, as `src/webview/conversation.ts` does. */
export class Page {
  readonly messages: HostMessage[] = [];
  turns: ChatTurn[] = [];
  chat = '';
  private readonly waiting: { wanted: () => boolean; found: () => void }[] = [];

  constructor(session: ChatSession) {
    session.onMessage((message) => {
      this.take(message);
    });
  }

  readonly take = (message: HostMessage): void => {
    this.messages.push(message);
    if (message.type === 'chat') {
      this.chat = message.id;
      this.turns = structuredClone(message.turns);
    }
    if (message.type === 'turn' && message.chat === this.chat) {
      const at = this.turns.findIndex(({ id }) => id === message.turn.id);
      this.turns.splice(at < 0 ? this.turns.length : at, at < 0 ? 0 : 1, structuredClone(message.turn));
    }
    if (message.type === 'text' && message.chat === this.chat) {
      const answer = this.turns.find(({ id }) => id === message.turn)?.answers[message.answer];
      if (answer) Object.assign(answer, { state: 'streaming', text: answer.text + message.text });
    }
    for (const { wanted, found } of this.waiting) if (wanted()) found();
  };

  /** Settles as soon as the page shows what is wanted. */
  shows(wanted: () => boolean): Promise<void> {
    if (wanted()) return Promise.resolve();
    return new Promise((found) => this.waiting.push({ wanted, found }));
  }

  answer(turn = 0, answer = 0): ChatAnswer | undefined {
    return this.turns[turn]?.answers[answer];
  }
}
