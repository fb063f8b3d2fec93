import { bytes, count, duration } from './format.ts';
import type { Output } from './output.ts';

/** Milliseconds between two pictures of a bar, and between two lines where there is no terminal. */
const REDRAW_MS = 100;
const LINE_MS = 10_000;
const BAR_WIDTH = 24;
const MIN_BAR_WIDTH = 5;

export interface ProgressOptions {
  /** Shows nothing at all. */
  silent?: boolean;
  /** Milliseconds, from any start. */
  now?: () => number;
}

/** A bar that is redrawn on a terminal; a line every now and then where standard error is piped. It never goes back. */
export class Progress {
  private readonly output: Output;
  private readonly label: string;
  private readonly silent: boolean;
  private readonly now: () => number;
  private share = 0;
  private shownAt: number;
  private drawn = false;

  constructor(output: Output, label: string, { silent = false, now = () => performance.now() }: ProgressOptions = {}) {
    this.output = output;
    this.label = label;
    this.silent = silent;
    this.now = now;
    // A bar comes at once, the first line of a piped run only where it takes its time.
    this.shownAt = output.isTerminal ? -Infinity : now();
  }

  /** @param detail what stands beside the bar: counts, rate, time left */
  show(done: number, total: number, detail: string): void {
    this.share = Math.max(this.share, total > 0 ? Math.min(1, done / total) : 0);
    const { output, share, label } = this;
    const now = this.now();
    if (this.silent || now - this.shownAt < (output.isTerminal ? REDRAW_MS : LINE_MS)) return;
    this.shownAt = now;
    const percent = `${Math.floor(share * 100)} %`;
    if (!output.isTerminal) {
      void output.line(`${label} ${percent}: ${detail}`);
      return;
    }
    const text = `${percent.padStart(5)}  ${detail}`;
    const room = Math.min(BAR_WIDTH, output.width - label.length - text.length - 3);
    const filled = Math.round(share * Math.max(0, room));
    const bar = room < MIN_BAR_WIDTH ? '' : '█'.repeat(filled) + '░'.repeat(room - filled);
    this.drawn = true;
    void output.overwrite(`${label} ${bar}${text}`.slice(0, output.width - 1));
  }

  /** Takes the bar away. */
  async end(): Promise<void> {
    if (this.drawn) await this.output.overwrite('');
    this.drawn = false;
  }
}

/** Rate and time left, from amounts that only grow. What took no work (a stored block) does not count into the rate. */
export class Pace {
  private readonly now: () => number;
  private last: { at: number; done: number; worked: number };
  private workedMs = 0;
  private workedAmount = 0;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.last = { at: now(), done: 0, worked: 0 };
  }

  /** @param worked grows where the step was real work */
  step(done: number, worked: number): void {
    const at = this.now();
    if (worked > this.last.worked) {
      this.workedMs += at - this.last.at;
      this.workedAmount += done - this.last.done;
    }
    this.last = { at, done, worked };
  }

  /** Amount per second; undefined while nothing was measured. */
  get rate(): number | undefined {
    return this.workedMs > 0 ? (1_000 * this.workedAmount) / this.workedMs : undefined;
  }

  /** "2,300 tokens/s, 0:12 left", as far as it is known. */
  describe(unit: 'tokens' | 'bytes', left: number): string {
    const { rate } = this;
    if (rate === undefined || rate <= 0) return '';
    const amount = unit === 'bytes' ? `${bytes(Math.round(rate))}/s` : `${count(rate)} tokens/s`;
    return `, ${amount}, ${duration((1_000 * left) / rate)} left`;
  }
}
