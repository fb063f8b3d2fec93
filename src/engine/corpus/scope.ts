import ignore from 'ignore';
import { literalRoot, maxPattern } from './ignore.ts';
import { isAtOrBelow } from './paths.ts';

/** More alternatives than this in one pattern's braces are an accident; the pattern is then taken literally. */
const maxAlternatives = 256;

/**
 * Which part of the workspace is asked for. Patterns as in a `.gitignore`, but naming what is in: `src/**`,
 * `packages/a`, `*.ts`, `docs`, `src/*.{ts,tsx}`. A pattern without a slash matches at any depth, one with a slash from
 * the workspace folder (`/docs` and `./docs` name only the topmost), and a folder that matches brings in everything
 * below it. Patterns with `!` take away from what the others let in. Backslashes are taken for slashes. No pattern: all.
 * Upper and lower case differ on every platform.
 */
export class Scope {
  private readonly wanted: ignore.Ignore | undefined;
  private readonly unwanted: ignore.Ignore | undefined;
  /** Plain folders or files at or below which everything wanted lies; absent where it can be anywhere. */
  private readonly roots: readonly string[] | undefined;

  constructor(patterns: readonly string[]) {
    const clean = patterns.map((pattern) => pattern.trim().replaceAll('\\', '/')).filter((pattern) => pattern !== '');
    const wanted = clean.filter((pattern) => !pattern.startsWith('!')).flatMap(normalized);
    const unwanted = clean
      .filter((pattern) => pattern.startsWith('!'))
      .flatMap((pattern) => normalized(pattern.slice(1)));
    if (wanted.length > 0 && !wanted.includes('**')) {
      this.wanted = matcher(wanted);
      const roots = wanted.map((body) => literalRoot({ body, anchored: body.slice(0, -1).includes('/') }));
      if (!roots.includes('')) this.roots = roots;
    }
    if (unwanted.length > 0) this.unwanted = matcher(unwanted);
  }

  matches(path: string): boolean {
    if (this.wanted !== undefined && !this.wanted.ignores(path)) return false;
    return this.unwanted === undefined || !this.unwanted.ignores(path);
  }

  /** Can anything in this folder match? Cheap; says yes when in doubt. */
  reaches(folder: string): boolean {
    return this.roots?.some((root) => isAtOrBelow(folder, root) || isAtOrBelow(root, folder)) ?? true;
  }
}

function matcher(patterns: readonly string[]): ignore.Ignore {
  // A leading `#` or `!` is a part of the name here.
  const escaped = patterns
    .filter((pattern) => pattern.length <= maxPattern)
    .map((pattern) => pattern.replace(/^[#!]/, '\\$&'));
  return ignore({ ignorecase: false, allowRelativePaths: true }).add(escaped);
}

/** `./a` means `/a`; `.` means everything; braces become one pattern for each alternative. */
function normalized(pattern: string): string[] {
  const rooted = pattern.replace(/^(?:\.\/)+/, '/').replace(/\/{2,}/g, '/');
  if (rooted === '.' || rooted === '/' || rooted === '') return ['**'];
  return expandBraces(rooted) ?? [rooted];
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`. Undefined where there are too many; unbalanced braces are plain characters. */
function expandBraces(pattern: string): string[] | undefined {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = /\{([^{},]*,[^{}]*)\}/.exec(next);
    if (group === null) {
      done.push(next);
    } else {
      const before = next.slice(0, group.index);
      const after = next.slice(group.index + group[0].length);
      for (const part of group[1]!.split(',').reverse()) open.push(before + part + after);
    }
    if (done.length + open.length > maxAlternatives) return undefined;
  }
  return done;
}
