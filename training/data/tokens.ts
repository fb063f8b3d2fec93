import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { countTokens } from '../../src/engine/compress/encode.ts';
import { Tokenizer } from '../../src/engine/model/tokenizer.ts';

/** Pieces whose token count is remembered; real corpora have some hundred thousand. */
const mostPieces = 400_000;
/** Text with everything that pre-tokenizers part differently: the fast count must agree with the engine's on it. */
const probe =
  "<chunk>src/aB_c9.ts defines x, HTTPServer2\n# f(a: número = 12): void - it's 'so'\n\tif (x) {\n\n    return  y;\n  }\r\n日本 — é\n<chunk>b.py";

/** Counts tokens of rendered text exactly as the engine does when it packs segments, but remembers pieces. */
export class TokenCounter {
  readonly count: (text: string) => number;
  /** Tokens of two to eight lower-case letters. */
  readonly pieces: readonly string[];

  /** @param folder with `tokenizer.json` and `tokenizer_config.json` */
  constructor(folder: string, fileMark: string) {
    const tokenizer = jsonFile(path.join(folder, 'tokenizer.json'));
    const tokenizerConfig = jsonFile(path.join(folder, 'tokenizer_config.json'));
    const exact = countTokens(new Tokenizer({ tokenizer, tokenizerConfig }), fileMark);
    const fast = fastCount(tokenizer, tokenizerConfig, fileMark);
    this.count = fast?.(probe) === exact(probe) ? fast : exact;
    const { vocab } = tokenizer['model'] as { vocab: Record<string, number> };
    this.pieces = Object.keys(vocab).filter((token) => /^[a-z]{2,8}$/.test(token));
  }
}

/** Undefined for a tokenizer that is not a byte-level one whose pieces come from regular expressions. */
function fastCount(
  tokenizer: Record<string, unknown>,
  config: Record<string, unknown>,
  fileMark: string,
): ((text: string) => number) | undefined {
  const pattern = splitPattern(tokenizer['pre_tokenizer']);
  if (!pattern || tokenizer['normalizer']) return undefined;
  const hub = new HubTokenizer(tokenizer, config);
  const special = [...hub.get_added_tokens_decoder().values()].map((t) =>
    t.content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  const marks = special.length > 0 ? new RegExp(`(?=${special.join('|')})`, 'g') : undefined;
  const known = new Map<string, number>();
  const pieceTokens = (piece: string): number => {
    let tokens = known.get(piece);
    if (tokens === undefined) {
      if (known.size >= mostPieces) known.clear();
      tokens = hub.model!.encode([byteLevel(piece)]).length;
      known.set(piece, tokens);
    }
    return tokens;
  };
  const plain = (text: string): number => {
    let sum = 0;
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      if (match.index > at) sum += pieceTokens(text.slice(at, match.index));
      if (match[0] !== '') sum += pieceTokens(match[0]);
      at = match.index + match[0].length;
    }
    return at < text.length ? sum + pieceTokens(text.slice(at)) : sum;
  };
  return (text) => {
    const marked = text.startsWith(fileMark);
    const rest = marked ? text.slice(fileMark.length) : text;
    let sum = marked ? 1 : 0;
    let from = 0;
    // As `Tokenizer.encodeText`: what looks like a special token is cut after its first character.
    for (const match of marks ? rest.matchAll(marks) : []) {
      sum += plain(rest.slice(from, match.index + 1));
      from = match.index + 1;
    }
    return sum + plain(rest.slice(from));
  };
}

/** The one regular expression that a byte-level pre-tokenizer splits by. */
function splitPattern(preTokenizer: unknown): RegExp | undefined {
  const steps =
    isRecord(preTokenizer) && Array.isArray(preTokenizer['pretokenizers'])
      ? preTokenizer['pretokenizers']
      : [preTokenizer];
  const [split, bytes, ...more] = steps.filter(isRecord);
  if (more.length > 0 || bytes?.['type'] !== 'ByteLevel' || bytes['use_regex'] !== false || bytes['add_prefix_space'])
    return undefined;
  const pattern = split?.['pattern'];
  if (split?.['type'] !== 'Split' || split['behavior'] !== 'Isolated' || split['invert'] || !isRecord(pattern))
    return undefined;
  const source = pattern['Regex'];
  try {
    return typeof source === 'string' ? new RegExp(source, 'gu') : undefined;
  } catch {
    // A pattern that JavaScript does not know: the engine's own tokenizer then counts.
    return undefined;
  }
}

/** The alphabet of byte-level vocabularies: printable bytes stand for themselves, the others for characters from 256 on (GPT-2). */
const alphabet = ((): string[] => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(printable ? byte : next++);
  });
})();

function byteLevel(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) result += alphabet[byte]!;
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function jsonFile(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
