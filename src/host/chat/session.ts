import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { LineRange } from '../../common/answers.ts';
import type { ChatAnswer, ChatState, ChatTurn, HostMessage, WebviewMessage } from '../../common/chat.ts';
import { CribsheetError } from '../../common/errors.ts';
import type { Mode } from '../../common/names.ts';
import { Emitter, type Listen, type Subscription } from '../emitter.ts';
import type { Figures } from '../figures.ts';
import { SavedFile } from '../savedFile.ts';
import type { Translate } from '../translate.ts';
import { without } from '../without.ts';
import type { CompressJobs } from '../worker/compressJobs.ts';
import type { WorkerSupervisor } from '../worker/supervisor.ts';
import type { Workspaces } from '../worker/workspaces.ts';
import { Asking } from './asking.ts';
import { droppedFiles, withAttachments } from './attachments.ts';
import type { ChatHost } from './chatHost.ts';
import { Chats } from './chats.ts';
import { chatState } from './chatState.ts';
import { parseChoices, type ChatDefaults, type Choices } from './choices.ts';
import { ChatHistory } from './history.ts';
import { Preferences } from './preferences.ts';
import type { Chat } from './savedChat.ts';

export interface ChatSessionOptions {
  supervisor: WorkerSupervisor;
  workspaces: Workspaces;
  jobs: CompressJobs;
  host: ChatHost;
  /** Chats, preferences and the session's choices are kept below it. */
  folder: string;
  /** From the settings: what counts until the user chooses in the chat. */
  defaults: () => ChatDefaults;
  figures: Figures;
  t: Translate;
  /** A sentence for the user: a chat that was damaged and set aside, one that cannot be written. */
  onMessage: (message: string) => void;
}

/** States that follow each other faster than this are told once, in milliseconds. */
const STATE_MS = 50;

/** The conversation: one a window, shown by any number of webviews. Owns what is asked, kept and told. */
export class ChatSession {
  /** To every webview. */
  readonly onMessage: Listen<HostMessage>;
  private readonly messages = new Emitter<HostMessage>();
  private readonly options: ChatSessionOptions;
  private readonly asking: Asking;
  private readonly chats: Chats;
  private readonly judged: Preferences;
  private readonly choicesFile: SavedFile<Choices>;
  private readonly subscriptions: Subscription[];
  private choices: Choices = { version: 1, comparing: false };
  /** Why chats and choices could not be written last time. */
  private notKept: string | undefined;
  private attachments: LineRange[] = [];
  private loaded: Promise<void> | undefined;
  private telling: NodeJS.Timeout | undefined;
  /** The state that was told last, as JSON: of several changes in a question few change what is shown. */
  private told: string | undefined;
  private readonly opened = new Set<string>();

  constructor(options: ChatSessionOptions) {
    const { supervisor, workspaces, jobs, folder, t, onMessage } = options;
    this.options = options;
    this.onMessage = this.messages.event;
    this.asking = new Asking({ supervisor, workspaces, t, check: () => this.checkEnvironment() });
    const telling = {
      t,
      onMessage,
      onWritten: (failure: string | undefined) => {
        this.written(failure);
      },
    };
    const history = new ChatHistory({ folder: path.join(folder, 'chats'), ...telling });
    this.chats = new Chats(history, (turn) => this.asking.isRunning(turn));
    this.judged = new Preferences(path.join(folder, 'preferences.jsonl'), telling);
    this.choicesFile = new SavedFile({ file: path.join(folder, 'choices.json'), parse: parseChoices, ...telling });
    const update = (): void => {
      this.update();
    };
    this.subscriptions = [supervisor.onDidChange(update), workspaces.onDidChange(update), jobs.onDidChange(update)];
  }

  /** The folder that questions go to. */
  get root(): string | undefined {
    const { roots } = this.options.workspaces;
    return (roots.find(({ root }) => root === this.choices.root) ?? roots[0])?.root;
  }

  get state(): ChatState {
    const { supervisor, workspaces, jobs, host, defaults, figures, t } = this.options;
    const { root, choices } = this;
    return chatState(
      {
        roots: workspaces.roots,
        root,
        environment: host.environment(),
        supervisor: supervisor.state,
        model: supervisor.model,
        workspace: workspaces.state(root ?? ''),
        job: root === undefined ? undefined : jobs.job(root),
        notKept: this.notKept,
        choices,
        defaults: defaults(),
        chats: this.chats.history.list(),
        chat: this.chats.current.id,
        attachments: this.attachments,
      },
      figures,
      t,
    );
  }

  /** Of the chat that is shown. */
  get turns(): readonly ChatTurn[] {
    return this.chats.current.turns;
  }

  /** Is an answer on its way? */
  get isBusy(): boolean {
    return this.asking.isBusy;
  }

  /** A turn of any chat that was shown lately. */
  turn(id: string): { chat: string; turn: ChatTurn } | undefined {
    const found = this.chats.find(id);
    return found && { chat: found.chat.id, turn: found.turn };
  }

  /** A webview is there: everything that it needs to show. Starts the engine. */
  async open(): Promise<HostMessage[]> {
    await this.load();
    this.openRoot();
    // This page has a state that others may not have.
    this.told = undefined;
    const { id, turns } = this.chats.current;
    return [
      { type: 'state', state: this.state },
      { type: 'chat', id, turns: [...turns] },
    ];
  }

  /** A validated message of a webview. What fails is told by the host or stands in the turn. */
  async handle(message: WebviewMessage): Promise<void> {
    await this.load();
    const { host, workspaces } = this.options;
    switch (message.type) {
      case 'ready':
        return;
      case 'ask':
        await this.ask(message.question);
        return;
      case 'stop':
        this.asking.stop(message.turn);
        return;
      case 'retry':
        return this.retry(message.turn, message.mode, message.answer);
      case 'copy': {
        const text = this.turn(message.turn)?.turn.answers[message.answer]?.text;
        return text === undefined ? undefined : host.copy(text);
      }
      case 'copyText':
        return host.copy(message.text);
      case 'insert':
        return host.insert(message.text);
      case 'open':
        return this.openPlace(message);
      case 'better':
        return this.judge(message.turn, message.better);
      case 'openComparison': {
        const found = this.turn(message.turn);
        return found && host.openComparison(found.chat, message.turn);
      }
      case 'setMode':
        return this.choose({ mode: message.mode });
      case 'setTask':
        return this.setTask(message.task);
      case 'setRoot':
        if (workspaces.roots.some(({ root }) => root === message.root)) this.setRoot(message.root);
        return;
      case 'setComparing':
        return this.setComparing(message.comparing);
      case 'setCompareModes':
        return this.choose({ compareModes: message.modes });
      case 'removeAttachment':
        this.attachments = this.attachments.filter((_, i) => i !== message.index);
        return this.update();
      case 'addAttachment':
        if (this.root !== undefined) this.attach(this.root, await host.pickFiles(this.root));
        return;
      case 'attach':
        for (const { root, range } of await droppedFiles(message.uris, workspaces.roots)) this.attach(root, [range]);
        return;
      case 'newChat':
        return this.newChat();
      case 'showChat':
        return this.showChat(message.id);
      case 'deleteChat':
        return this.deleteChat(message.id);
      case 'action':
        if (message.id !== 'stopReading') return host.act(message.id);
        if (this.root !== undefined) workspaces.stopReading(this.root);
        return;
    }
  }

  /**
   * Asks in the chat that is shown, with what was added to the question; settles with the turn when all of its answers
   * are there. Undefined for no question, and where no folder is open.
   */
  async ask(question: string, options: { modes?: readonly Mode[] } = {}): Promise<ChatTurn | undefined> {
    await this.load();
    const { state, root } = this;
    if (question.trim() === '' || root === undefined) return undefined;
    const asked = options.modes ?? (state.comparing ? state.compareModes : [state.mode]);
    const turn: ChatTurn = {
      id: randomUUID(),
      askedAt: new Date().toISOString(),
      question,
      root,
      task: state.task,
      attachments: this.attachments,
      answers: asked.map(waiting),
    };
    this.attachments = [];
    const chat = this.chats.current;
    this.put(chat, turn);
    this.choose({ chat: chat.id });
    await this.answer(chat, turn.id, root);
    return this.turn(turn.id)?.turn;
  }

  /** Adds files or lines of `root` (which becomes the folder that is asked) to the next question. */
  attach(root: string, ranges: readonly LineRange[]): void {
    if (!this.options.workspaces.roots.some((known) => known.root === root)) return;
    this.setRoot(root);
    this.attachments = withAttachments(this.attachments, ranges);
    this.update();
  }

  /** Puts the cursor into the question box. */
  focus(text?: string): void {
    this.messages.fire({ type: 'focus', ...(text === undefined ? {} : { text }) });
  }

  setTask(task: string): void {
    this.choose({ task });
  }

  setComparing(comparing: boolean): void {
    this.choose({ comparing });
  }

  newChat(): void {
    this.chats.startNew();
    this.showCurrent();
  }

  /** The state may have changed: trust, folders, settings. Told soon. */
  update(): void {
    this.openRoot();
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      const { state } = this;
      const text = JSON.stringify(state);
      if (text === this.told) return;
      this.told = text;
      this.messages.fire({ type: 'state', state });
    }, STATE_MS);
  }

  /** Everything that was said about which answer was better, as JSON lines. @throws the system's error */
  preferences(): Promise<string> {
    return this.judged.text();
  }

  /** Stops what is on its way and writes everything down. */
  async dispose(): Promise<void> {
    for (const subscription of this.subscriptions) subscription.dispose();
    clearTimeout(this.telling);
    this.asking.stopAll();
    this.messages.dispose();
    await Promise.all([this.chats.history.flush(), this.choicesFile.flush()]);
  }

  private load(): Promise<void> {
    this.loaded ??= this.loadAll();
    return this.loaded;
  }

  private async loadAll(): Promise<void> {
    this.choices = (await this.choicesFile.load()) ?? this.choices;
    await this.chats.history.load();
    if (this.choices.chat !== undefined) await this.chats.showById(this.choices.chat);
  }

  /** Sheets, tasks and what is stale of a folder, once a page was shown; again where there was no worker to ask. */
  private openRoot(): void {
    const { workspaces, host } = this.options;
    const { root } = this;
    const { trusted, virtual } = host.environment();
    if (root === undefined || !trusted || virtual || this.loaded === undefined) return;
    if (this.opened.has(root) || workspaces.state(root).sheets) return;
    this.opened.add(root);
    void workspaces.open(root).finally(() => {
      this.opened.delete(root);
    });
  }

  /** Told once; the state tells it for as long as it lasts. */
  private written(failure: string | undefined): void {
    const before = this.notKept;
    this.notKept = failure;
    if (before === undefined && failure !== undefined) this.options.onMessage(failure);
    if (before !== failure) this.update();
  }

  private async answer(chat: Chat, id: string, root: string): Promise<void> {
    const turn = (): ChatTurn | undefined => chat.turns.find((known) => known.id === id);
    await this.asking.run(id, root, {
      turn,
      change: (changed) => {
        this.put(chat, changed);
      },
      grow: (grown, answer, text) => {
        this.chats.replace(chat, grown);
        this.messages.fire({ type: 'text', chat: chat.id, turn: id, answer, text });
      },
    });
  }

  private put(chat: Chat, turn: ChatTurn): void {
    this.chats.put(chat, turn);
    this.messages.fire({ type: 'turn', chat: chat.id, turn });
    this.update();
  }

  private async retry(id: string, mode: Mode | undefined, index: number | undefined): Promise<void> {
    const found = this.chats.find(id);
    if (!found || this.asking.isRunning(id)) return;
    const { chat, turn } = found;
    const known = turn.answers;
    const one = index === undefined ? undefined : known[index];
    if (index !== undefined && !one) return;
    const answers =
      index !== undefined && one
        ? known.with(index, waiting(mode ?? one.asked))
        : mode === undefined
          ? known.map(({ asked }) => waiting(asked))
          : [waiting(mode)];
    this.put(chat, { ...without(turn, 'better'), answers });
    await this.answer(chat, id, turn.root);
  }

  private async judge(id: string, better: NonNullable<ChatTurn['better']>): Promise<void> {
    const found = this.chats.find(id);
    if (!found || found.turn.answers.length < 2) return;
    const turn = { ...found.turn, better };
    this.put(found.chat, turn);
    await this.judged.add(turn);
  }

  private async openPlace(message: Extract<WebviewMessage, { type: 'open' }>): Promise<void> {
    const { turn: id, answer: number, of, index, beside } = message;
    const turn = this.turn(id)?.turn;
    if (!turn) return;
    const answer = turn.answers[number]?.answer;
    const places = {
      citation: answer?.citations,
      evidence: answer?.evidence,
      chunk: answer?.chunks,
      found: answer?.found,
      attachment: turn.attachments,
    };
    const place = places[of]?.[index];
    if (!place) return;
    const { path: file, startLine, endLine } = place;
    await this.options.host.open(turn.root, { path: file, startLine, endLine }, { beside });
  }

  private setRoot(root: string): void {
    if (root === this.root) return;
    // Paths of another folder mean nothing here.
    this.attachments = [];
    this.choose({ root });
  }

  private async showChat(id: string): Promise<void> {
    if (await this.chats.showById(id)) this.showCurrent();
    this.update();
  }

  private async deleteChat(id: string): Promise<void> {
    const isShown = this.chats.current.id === id;
    if (isShown) for (const turn of this.turns) this.asking.stop(turn.id);
    await this.chats.delete(id);
    if (isShown) this.showCurrent();
    this.update();
  }

  private showCurrent(): void {
    const { id, turns } = this.chats.current;
    this.messages.fire({ type: 'chat', id, turns: [...turns] });
    this.choose({ chat: id });
  }

  private choose(change: Partial<Choices>): void {
    this.choices = { ...this.choices, ...change };
    this.choicesFile.save(this.choices);
    this.update();
  }

  /** @throws CribsheetError where the folders of this window may not be read */
  private checkEnvironment(): void {
    const { host, t } = this.options;
    const { trusted, virtual } = host.environment();
    if (virtual) {
      const message = t('This folder is not on a disk of this machine, so Cribsheet cannot read it.');
      throw new CribsheetError('workspace-missing', message, t('Open a folder that is.'));
    }
    if (!trusted) {
      const message = t('This workspace is not trusted yet, so Cribsheet reads nothing of it.');
      throw new CribsheetError('workspace-untrusted', message, t('Trust the workspace, then ask again.'));
    }
  }
}

function waiting(asked: Mode): ChatAnswer {
  return { asked, state: 'waiting', text: '' };
}
