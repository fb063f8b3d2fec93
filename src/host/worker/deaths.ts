/** Deaths further back say nothing about the next one. */
const WINDOW_MS = 5 * 60_000;

/** How often the worker has died lately. */
export class Deaths {
  private times: number[] = [];
  private readonly now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  add(): void {
    this.times.push(this.now());
  }

  clear(): void {
    this.times = [];
  }

  /** Deaths within the last five minutes. */
  get count(): number {
    const since = this.now() - WINDOW_MS;
    this.times = this.times.filter((time) => time > since);
    return this.times.length;
  }
}
