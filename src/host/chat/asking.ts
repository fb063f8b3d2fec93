import { unlessAborted } from '../../common/aborted.ts';
import type { Answer } from '../../common/answers.ts';
import type { ChatAnswer, ChatTurn } from '../../common/chat.ts';
import { CribsheetError, errorRecord, throwIfCancelled } from '../../common/errors.ts';
import { Turns } from '../../common/turns.ts';
import { editorError } from '../editorError.ts';
import { inDisplayLanguage } from '../engineTexts.ts';
import type { Translate } from '../translate.ts';
import type { WorkerSupervisor } from '../worker/supervisor.ts';
import type { Workspaces } from '../worker/workspaces.ts';
import { slim } from './savedChat.ts';

export interface AskingOptions {
  supervisor: WorkerSupervisor;
  workspaces: Workspaces;
  /** Throws where the window's folders may not be read. */
  check: () => void;
  t: Translate;
}

/** A turn on its way: whoever holds it puts the changed turn in its place. */
export interface TurnSink {
  turn: () => ChatTurn | undefined;
  /** An answer has begun or ended. */
  change: (turn: ChatTurn) => void;
  /** More text of an answer, which `turn` has already. */
  grow: (turn: ChatTurn, answer: number, text: string) => void;
}

/** Questions that may wait for one folder; a person who asks more than this at once is a program. */
const MAX_WAITING = 8;

/** Gets answers to turns: one question at a time for each folder, the others wait their turn. */
export class Asking {
  private readonly options: AskingOptions;
  private readonly queues = new Map<string, Turns>();
  private readonly running = new Map<string, { controller: AbortController; root: string }>();

  constructor(options: AskingOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.running.size > 0;
  }

  isRunning(turn: string): boolean {
    return this.running.has(turn);
  }

  /** Answers that wait are `stopped` at once, one that is being written keeps what it has. */
  stop(turn: string): void {
    this.running.get(turn)?.controller.abort();
  }

  stopAll(): void {
    for (const { controller } of this.running.values()) controller.abort();
  }

  /** Settles when every answer of the turn is done, stopped or failed; never rejects. */
  async run(id: string, root: string, sink: TurnSink): Promise<void> {
    const waiting = [...this.running.values()].filter((other) => other.root === root).length;
    const controller = new AbortController();
    this.running.set(id, { controller, root });
    const { signal } = controller;
    const { t } = this.options;
    try {
      if (waiting > MAX_WAITING) {
        const action = t('Wait for one of them, or stop it.');
        throw new CribsheetError('busy', t('Too many questions are waiting already.'), action);
      }
      await this.queue(root).take(() => this.answerAll(sink, signal), signal);
    } catch (error) {
      this.end(sink, error);
    } finally {
      this.running.delete(id);
    }
  }

  private async answerAll(sink: TurnSink, signal: AbortSignal): Promise<void> {
    const { workspaces, check } = this.options;
    const turn = sink.turn();
    if (!turn) return;
    check();
    await workspaces.ensureFresh(turn.root, { signal });
    for (const [index, { state }] of turn.answers.entries()) {
      // Of several answers one may be asked for again alone.
      if (state !== 'waiting') continue;
      throwIfCancelled(signal);
      await this.answerOne(sink, index, signal);
    }
  }

  private async answerOne(sink: TurnSink, index: number, signal: AbortSignal): Promise<void> {
    const { supervisor } = this.options;
    const turn = sink.turn();
    const asked = turn?.answers[index];
    if (!turn || !asked) return;
    try {
      const client = await unlessAborted(supervisor.client(), signal);
      const { root, question, task, attachments } = turn;
      const answer = await client.ask(
        {
          root,
          question,
          task,
          mode: asked.asked,
          id: turn.id,
          orSearch: true,
          ...(attachments.length ? { focus: attachments } : {}),
        },
        {
          signal,
          onText: ({ text }) => {
            this.grow(sink, index, text);
          },
        },
      );
      this.put(sink, index, (known) => this.finished(known, answer));
    } catch (error) {
      this.put(sink, index, (known) => this.failed(known, error));
      // The others would fail for the same reason.
      throw error;
    }
  }

  private finished(known: ChatAnswer, answer: Answer): ChatAnswer {
    if (answer.error) {
      const error = editorError(answer.error, this.options.t);
      return { asked: known.asked, state: 'failed', text: known.text, answer: slim(answer), error };
    }
    const { model } = this.options.supervisor;
    const { sheet, prompt, answer: said } = answer.tokens;
    const positions = sheet + prompt + said;
    return {
      asked: known.asked,
      state: answer.stopped === 'cancel' ? 'stopped' : 'done',
      // The model's phrase is for programs; the answer's state is what is shown.
      text: answer.unsure === 'beyond' ? '' : answer.answer,
      answer: slim(this.inWords(answer)),
      ...(model.state === 'ready' && positions > 0 ? { kvBytes: positions * model.kvBytesPerPosition } : {}),
    };
  }

  /** What the answer says of itself, in words of the editor. */
  private inWords(answer: Answer): Answer {
    const { supervisor, t } = this.options;
    const { kind, error } = supervisor.state;
    const { reason, withoutModel } = answer;
    // That the engine gave the model up says more than that there is none.
    const why = withoutModel && kind === 'no-model' && error ? error : withoutModel;
    return {
      ...answer,
      ...(reason === undefined ? {} : { reason: inDisplayLanguage(reason, t) }),
      ...(why ? { withoutModel: editorError(why, t) } : {}),
    };
  }

  private failed(known: ChatAnswer, error: unknown): ChatAnswer {
    const { asked, text } = known;
    if (CribsheetError.is(error, 'cancelled')) return { asked, state: 'stopped', text };
    return { asked, state: 'failed', text, error: editorError(errorRecord(error), this.options.t) };
  }

  private grow(sink: TurnSink, index: number, text: string): void {
    const turn = sink.turn();
    const known = turn?.answers[index];
    if (!turn || !known) return;
    const grown: ChatAnswer = { ...known, state: 'streaming', text: known.text + text };
    sink.grow({ ...turn, answers: turn.answers.with(index, grown) }, index, text);
  }

  private put(sink: TurnSink, index: number, change: (known: ChatAnswer) => ChatAnswer): void {
    const turn = sink.turn();
    const known = turn?.answers[index];
    if (turn && known) sink.change({ ...turn, answers: turn.answers.with(index, change(known)) });
  }

  /** What has no end yet gets this one. */
  private end(sink: TurnSink, error: unknown): void {
    const turn = sink.turn();
    if (!turn?.answers.some(isOpen)) return;
    const answers = turn.answers.map((answer) => (isOpen(answer) ? this.failed(answer, error) : answer));
    sink.change({ ...turn, answers });
  }

  private queue(root: string): Turns {
    let queue = this.queues.get(root);
    if (!queue) this.queues.set(root, (queue = new Turns()));
    return queue;
  }
}

function isOpen({ state }: ChatAnswer): boolean {
  return state === 'waiting' || state === 'streaming';
}
