import type { Draw } from './draw.ts';
import { spelled, type NameStyle } from './names.ts';

/** Words for the identifiers of planted code. */
const verbs = (
  'load save send fetch read write parse build check update remove insert merge sync publish notify import export render resolve collect prepare ' +
  'convert validate refresh upload download store restore schedule dispatch register archive compute apply process flush warm pull push scan index'
).split(' ');
const nouns = (
  'draft invoice order report profile account ticket basket parcel booking lesson recipe garden ledger voucher window letter message record entry ' +
  'receipt picture album playlist meter sensor reading station route voyage cargo shelf catalog review comment badge coupon contract permit lease ' +
  'budget forecast survey answer page chapter note task batch queue worker session cache plan feed digest summary snapshot backup widget region'
).split(' ');
const plurals = (
  'items rows entries records values lines parts nodes users orders files results fields points events keys names scores pages tokens matches ' +
  'buckets weights readings columns children blocks tasks samples edges frames labels'
).split(' ');

/** Identifiers in the style of a language. */
export class Vocabulary {
  private readonly style: NameStyle;
  private readonly draw: Draw;

  constructor(language: string, draw: Draw) {
    this.style = language === 'python' || language === 'rust' ? 'snake' : 'camel';
    this.draw = draw;
  }

  /** A function: saveDraft. */
  verb(): string {
    return spelled([this.draw.pick(verbs), this.draw.pick(nouns)], this.style);
  }

  /** One thing: draft, orderTicket. */
  noun(): string {
    const words = this.draw.chance(0.6) ? [this.draw.pick(nouns)] : [this.draw.pick(nouns), this.draw.pick(nouns)];
    return spelled(words, this.style);
  }

  /** Several things: rows. */
  plural(): string {
    return this.draw.pick(plurals);
  }

  /** A name in this style made of given words. */
  named(...words: string[]): string {
    return spelled(words, this.style);
  }

  /** A few words of prose. */
  prose(): string {
    return `${this.draw.pick(verbs)} the ${this.draw.pick(nouns)} ${this.draw.pick(nouns)}`;
  }

  words(): string {
    return `${this.draw.pick(nouns)} ${this.draw.pick(nouns)}`;
  }

  /** What a secret looks like. */
  secret(): string {
    const { draw } = this;
    const letters = (alphabet: string, length: number): string =>
      Array.from({ length }, () => alphabet[draw.int(0, alphabet.length - 1)]!).join('');
    switch (draw.int(0, 4)) {
      case 0:
        return `${draw.pick(['sk-', 'pk_live_', 'ghp_', 'AKIA', 'key-', 'xoxb-'])}${letters('abcdefghijkmnpqrstuvwxyz0123456789', draw.int(8, 16))}`;
      case 1:
        return letters('0123456789abcdef', draw.int(12, 24));
      default:
        return `${draw.pick(nouns)}${draw.pick(['', '-', '_', '!'])}${draw.int(10, 9999)}${draw.pick(['', '!', '#', '$x'])}`;
    }
  }
}
