import ignore from 'ignore';
import { joinPath } from './paths.ts';

/** A longer pattern fits no path that a system knows, and is too large for an expression. */
export const maxPattern = 4_096;

/** What ignore files say about one path itself: leave it out, let it in (a `!` pattern), or nothing. */
export type Verdict = 'out' | 'in' | undefined;

/** On Windows and macOS git's own default (`core.ignoreCase`) is to match patterns without regard to case. */
const platformIgnoresCase = process.platform === 'win32' || process.platform === 'darwin';

/**
 * The patterns of nested ignore files (gitignore syntax), from the outermost folder to the innermost. A value: `with`
 * returns new rules. The last pattern that matches wins, and nothing below a folder that is out can come back in, as
 * git has it. Patterns of a nested file are rewritten to start at the outermost folder, so that one rule list decides.
 */
export class IgnoreRules {
  /** Folders or files below which (or at which) a `!` pattern can match; `''` means anywhere. */
  readonly reincludes: readonly string[];
  private readonly matcher: ignore.Ignore | undefined;
  private readonly ignoreCase: boolean;

  private constructor(matcher: ignore.Ignore | undefined, reincludes: readonly string[], ignoreCase: boolean) {
    this.matcher = matcher;
    this.reincludes = reincludes;
    this.ignoreCase = ignoreCase;
  }

  static none(ignoreCase = platformIgnoresCase): IgnoreRules {
    return new IgnoreRules(undefined, [], ignoreCase);
  }

  get isEmpty(): boolean {
    return this.matcher === undefined;
  }

  /** These rules and the patterns of an ignore file that lies in `folder` (`''` for the outermost). */
  with(folder: string, text: string): IgnoreRules {
    const patterns: string[] = [];
    const reincludes = new Set(this.reincludes);
    for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
      const pattern = parseLine(line);
      if (pattern === undefined) continue;
      patterns.push(rewritten(pattern, folder));
      if (pattern.negative) reincludes.add(literalRoot(pattern, folder));
    }
    if (patterns.length === 0) return this;
    const matcher = ignore({ ignorecase: this.ignoreCase, allowRelativePaths: true });
    if (this.matcher !== undefined) matcher.add(this.matcher);
    matcher.add(patterns.map(asBytes));
    return new IgnoreRules(matcher, [...reincludes], this.ignoreCase);
  }

  /** `path` is relative to the outermost folder. Folders above it count: below a folder that is out, everything is. */
  verdict(path: string, isFolder: boolean): Verdict {
    if (this.matcher === undefined) return undefined;
    const result = this.matcher.test(asBytes(isFolder ? `${path}/` : path));
    if (result.ignored) return 'out';
    return result.unignored ? 'in' : undefined;
  }
}

/** One character for each UTF-8 byte: to git, `?` and `[…]` stand for one byte. */
function asBytes(text: string): string {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

interface Pattern {
  negative: boolean;
  /** Without `!` and trailing spaces, escapes as written. */
  body: string;
  /** Holds a slash before its end: matches from its file's folder, otherwise at any depth below. */
  anchored: boolean;
}

function parseLine(raw: string): Pattern | undefined {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  if (line.startsWith('#')) return undefined;
  const negative = line.startsWith('!');
  const body = withoutTrailingSpaces(negative ? line.slice(1) : line);
  if (/^\/*$/.test(body) || body.length > maxPattern) return undefined;
  return { negative, body, anchored: body.slice(0, -1).includes('/') };
}

/** Trailing spaces do not count unless a backslash stands before the last one that stays. */
function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  if (end === text.length) return text;
  let backslashes = 0;
  while (text[end - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1 ? text.slice(0, end + 1) : text.slice(0, end);
}

function rewritten({ negative, body, anchored }: Pattern, folder: string): string {
  const mark = negative ? '!' : '';
  if (folder === '') return mark + body;
  const place = `/${folder.replace(/[\\*?[\]]/g, '\\$&')}`;
  if (!anchored) return `${mark}${place}/**/${body}`;
  return `${mark}${place}${body.startsWith('/') ? '' : '/'}${body}`;
}

/** The longest part of a pattern that is a plain path: all that it matches lies at or below it. */
export function literalRoot(pattern: { body: string; anchored: boolean }, folder = ''): string {
  if (!pattern.anchored) return folder;
  const parts = pattern.body.split('/').filter((part) => part !== '');
  const wildcard = parts.findIndex((part) => /[*?[\\]/.test(part));
  return (wildcard === -1 ? parts : parts.slice(0, wildcard)).reduce(joinPath, folder);
}
