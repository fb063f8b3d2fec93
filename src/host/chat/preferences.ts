import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ChatTurn } from '../../common/chat.ts';
import type { Telling } from '../savedFile.ts';

/** A file that has become larger takes no more: somebody should use it or delete it. */
const MAX_BYTES = 50_000_000;

/**
 * Which of two answers was better, one JSON line each, only ever added to: of several lines with one id the last one
 * counts. Stays on this machine; an evaluation set or a task's examples can be made of it.
 */
export class Preferences {
  private readonly file: string;
  private readonly telling: Telling;
  private last: Promise<void> = Promise.resolve();

  constructor(file: string, telling: Telling) {
    this.file = file;
    this.telling = telling;
  }

  /** Failures are told, not thrown. */
  add(turn: ChatTurn): Promise<void> {
    const { id, question, root, task, better } = turn;
    const answers = turn.answers.map(({ asked, text, answer }) => ({
      asked,
      mode: answer?.mode ?? asked,
      // Where other words are shown in its place, what the model said still is its answer.
      answer: answer?.answer ?? text,
      citations: answer?.citations ?? [],
      tokens: answer?.tokens,
      timings: answer?.timings,
    }));
    const line = JSON.stringify({ at: new Date().toISOString(), id, root, task, question, answers, better });
    this.last = this.last.then(() => this.append(`${line}\n`));
    return this.last;
  }

  /** Everything so far; empty where there is nothing. @throws the system's error */
  async text(): Promise<string> {
    await this.last;
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  private async append(line: string): Promise<void> {
    const { t, onMessage } = this.telling;
    try {
      await mkdir(path.dirname(this.file), { recursive: true });
      const size = await stat(this.file).then(
        (stats) => stats.size,
        () => 0,
      );
      if (size + line.length > MAX_BYTES) onMessage(t('{0} is full: export it and delete the file.', this.file));
      else await appendFile(this.file, line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onMessage(t('{0} cannot be written: {1}.', this.file, reason));
    }
  }
}
