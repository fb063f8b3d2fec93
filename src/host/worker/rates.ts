/** How much work was done in how much time, the past counting less and less. Work is in tokens run through the model. */
export interface MeasuredRate {
  tokens: number;
  ms: number;
}

/** What an earlier measurement still counts after a later one: about the last twenty segments decide. */
const MEMORY = 0.95;
/** Rates of models, devices and strategies that are kept. */
const MAX_RATES = 32;

/** Measured rates of compression on this machine, by model, device and strategy; kept between sessions. */
export class Rates {
  private readonly rates: Map<string, MeasuredRate>;

  constructor(rates: Readonly<Record<string, MeasuredRate>> = {}) {
    this.rates = new Map(Object.entries(rates));
  }

  add(key: string, tokens: number, ms: number): void {
    if (!(tokens > 0) || !(ms > 0)) return;
    const known = this.rates.get(key);
    this.rates.delete(key);
    // At the end: the oldest ones go first.
    this.rates.set(key, decayed(known, tokens, ms));
    for (const old of this.rates.keys()) {
      if (this.rates.size <= MAX_RATES) break;
      this.rates.delete(old);
    }
  }

  /** Tokens a millisecond. */
  get(key: string): number | undefined {
    const rate = this.rates.get(key);
    return rate && rate.tokens / rate.ms;
  }

  toJSON(): Record<string, MeasuredRate> {
    return Object.fromEntries(this.rates);
  }
}

/** The pace of one run: segments and tokens a millisecond of the clock, a moving average. */
export class Pace {
  private segments: MeasuredRate | undefined;
  private tokens: MeasuredRate | undefined;

  add(segments: number, tokens: number, ms: number): void {
    if (segments <= 0) return;
    // What was found in the store comes in no time at all, but never in less than that of a look at the clock.
    this.segments = decayed(this.segments, segments, Math.max(ms, 0.1));
    this.tokens = decayed(this.tokens, tokens, Math.max(ms, 0.1));
  }

  get segmentsPerMinute(): number | undefined {
    return this.segments && (60_000 * this.segments.tokens) / this.segments.ms;
  }

  get tokensPerMs(): number | undefined {
    return this.tokens && this.tokens.tokens / this.tokens.ms;
  }
}

function decayed(known: MeasuredRate | undefined, tokens: number, ms: number): MeasuredRate {
  return { tokens: (known?.tokens ?? 0) * MEMORY + tokens, ms: (known?.ms ?? 0) * MEMORY + ms };
}
