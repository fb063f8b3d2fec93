import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { CribsheetError } from '../../common/errors.ts';
import type { ModelFolder } from './layout.ts';

/** Text to token ids and back, with the bytes that each token stands for. */
export class Tokenizer {
  readonly vocabularySize: number;
  private readonly tokenizer: HubTokenizer;
  /** Finds where a special token begins, also inside another one. */
  private readonly special: RegExp | undefined;
  private readonly normalize: (text: string) => string;
  private readonly byteLevel: boolean;
  private readonly specialIds: ReadonlySet<number>;

  /** @throws CribsheetError `model-broken` where `tokenizer.json` cannot be used */
  constructor({ tokenizer, tokenizerConfig }: Pick<ModelFolder, 'tokenizer' | 'tokenizerConfig'>) {
    try {
      this.tokenizer = new HubTokenizer(tokenizer, tokenizerConfig);
    } catch (cause) {
      throw new CribsheetError(
        'model-broken',
        'tokenizer.json of the model cannot be read.',
        'Install the model again.',
        { cause },
      );
    }
    const added = [...this.tokenizer.get_added_tokens_decoder().values()].filter((t) => t.special && t.content !== '');
    this.specialIds = new Set(added.map((t) => t.id));
    this.special = added.length
      ? new RegExp(`(?=${added.map((t) => t.content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'g')
      : undefined;
    let largest = -1;
    // No spread: real vocabularies have more entries than a call may have arguments.
    for (const id of this.tokenizer.get_vocab().values()) largest = Math.max(largest, id);
    this.vocabularySize = largest + 1;
    const { normalizer } = this.tokenizer;
    // One that adds text of its own (a leading ▁) is no matter of single lines.
    const isPlain = normalizer?.normalize('a\n') === 'a\n';
    this.normalize = normalizer && isPlain ? (text) => normalizer.normalize(text) : (text) => text;
    this.byteLevel = JSON.stringify(tokenizer['decoder'] ?? '').includes('ByteLevel');
  }

  /** Encodes template text: special tokens in it are recognised. */
  encodeTemplate(text: string): number[] {
    return text === '' ? [] : this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /**
   * Encodes text of a workspace or a user: what looks like a special token stays plain text, so that a source file
   * cannot end the context or speak as somebody else.
   */
  encodeText(text: string): number[] {
    if (!this.special) return this.encodeTemplate(text);
    const ids: number[] = [];
    let from = 0;
    for (const match of text.matchAll(this.special)) {
      const cut = match.index + 1;
      ids.push(...this.encodeTemplate(text.slice(from, cut)));
      from = cut;
    }
    ids.push(...this.encodeTemplate(text.slice(from)));
    return ids;
  }

  /** Special tokens are left out unless asked for. */
  decode(ids: readonly number[], keepSpecial = false): string {
    // The library refuses an empty list.
    if (ids.length === 0) return '';
    return this.tokenizer.decode([...ids], { skip_special_tokens: !keepSpecial, clean_up_tokenization_spaces: false });
  }

  tokenId(token: string): number | undefined {
    return this.tokenizer.token_to_id(token);
  }

  isSpecial(id: number): boolean {
    return this.specialIds.has(id);
  }

  /** Bytes that the tokens of `text` stand for together: those of the text after normalisation (é may be one character or two). */
  textBytes(text: string): number {
    return Buffer.byteLength(this.normalize(text));
  }

  /** Bytes of UTF-8 text that a token stands for; token ids carry no offsets, so lines come from the running sum. */
  byteLength(id: number): number {
    const token = this.tokenizer.id_to_token(id) ?? '';
    if (this.specialIds.has(id)) return Buffer.byteLength(token);
    // Byte-level vocabularies write one character per byte; SentencePiece ones write text, ▁ for a space and <0xAB> for a byte.
    if (this.byteLevel) return token.length;
    if (/^<0x[0-9A-F]{2}>$/.test(token)) return 1;
    return Buffer.byteLength(token.replaceAll('▁', ' '));
  }
}
