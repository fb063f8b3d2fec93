import type { Tokenizer } from './tokenizer.ts';

/**
 * Turns a stream of tokens into a stream of text. One character may take several tokens (an emoji in a byte-level
 * vocabulary), so text is handed out only once it can no longer change; decoding restarts at the last safe point,
 * which keeps long answers linear.
 */
export class TextStream {
  text = '';
  private readonly tokenizer: Tokenizer;
  private pending: number[] = [];
  /** Last token of what was handed out: some decoders treat the first token of a text differently. */
  private anchor: number[] = [];

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Takes a token; returns the text that became final, often empty. */
  push(token: number): string {
    this.pending.push(token);
    const text = this.decodePending();
    if (text.endsWith('\uFFFD')) return '';
    return this.accept(text);
  }

  /** No more tokens: whatever is left is final. */
  end(): string {
    return this.pending.length ? this.accept(this.decodePending()) : '';
  }

  private decodePending(): string {
    const before = this.anchor.length ? this.tokenizer.decode(this.anchor) : '';
    return this.tokenizer.decode([...this.anchor, ...this.pending]).slice(before.length);
  }

  private accept(text: string): string {
    this.anchor = this.pending.slice(-1);
    // An anchor that is itself part of a character would not decode alone.
    if (this.tokenizer.decode(this.anchor).includes('\uFFFD')) this.anchor = [];
    this.pending = [];
    this.text += text;
    return text;
  }
}
