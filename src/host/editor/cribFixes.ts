import type { CribProblem } from '../../common/crib.ts';
import { cribKeys, isCribKey } from '../../common/cribKeys.ts';
import { nearest } from '../../common/nearest.ts';
import { strategies } from '../../common/names.ts';
import type { Translate } from '../translate.ts';
import { frontMatterEnd, keyLines, topLevelKey } from './cribPlaces.ts';

/** Replaces whole lines: `count` lines from `line` on (0-based) become `lines`. `count` 0 inserts before `line`. */
export interface LineEdit {
  line: number;
  count: number;
  lines: string[];
}

export interface CribFix {
  title: string;
  edit: LineEdit;
  /** The one that is right most of the time. */
  preferred: boolean;
}

/**
 * What can be done about a problem, by the text around it. The validator's messages are for people; only where a
 * problem lies is taken from them.
 * @param name of the file without its ending: what the id should be
 */
export function fixesFor(problem: CribProblem, lines: readonly string[], name: string, t: Translate): CribFix[] {
  const at = problem.line - 1;
  const end = frontMatterEnd(lines);
  if (end < 0) return [noFrontMatter(name, t)];
  if (end === lines.length) return at === 0 ? [closeFrontMatter(lines, t)] : [];
  if (at === 0 && !keyLines(lines).has('id')) {
    const line = `id: ${slug(name)}`;
    return [{ title: t('Add "{0}"', line), edit: { line: 1, count: 0, lines: [line] }, preferred: true }];
  }
  if (at > 0 && at < end) return keyFixes(at, end, lines, name, t);
  return at > end ? bodyFixes(at, lines, t) : [];
}

function keyFixes(at: number, end: number, lines: readonly string[], name: string, t: Translate): CribFix[] {
  const text = lines[at] ?? '';
  const key = topLevelKey(text);
  if (key === undefined) return [];
  const remove = {
    title: t('Remove "{0}"', key),
    edit: { line: at, count: entryLength(at, end, lines), lines: [] },
    preferred: false,
  };
  if (!isCribKey(key)) {
    const taken = keyLines(lines);
    const free = Object.keys(cribKeys).filter((known) => !taken.has(known));
    const meant = nearest(key, free);
    if (meant === undefined) return [{ ...remove, preferred: true }];
    const renamed = text.replace(/^["']?[\w-]+["']?(?=\s*:)/u, meant);
    return [
      { title: t('Change to "{0}"', meant), edit: { line: at, count: 1, lines: [renamed] }, preferred: true },
      remove,
    ];
  }
  const value = text.slice(text.indexOf(':') + 1).trim();
  const better = betterValue(key, value, name);
  if (better === undefined || better === value) return [remove];
  const line = `${key}: ${better}`;
  return [{ title: t('Change to "{0}"', line), edit: { line: at, count: 1, lines: [line] }, preferred: true }, remove];
}

/** What was probably meant by a value that its key does not take. */
function betterValue(key: string, value: string, name: string): string | undefined {
  const plain = value.replace(/^["']|["']$/gu, '');
  if (key === 'id') return slug(plain) || slug(name);
  if (key === 'strategy') return nearest(plain, strategies) ?? strategies[0];
  if (key === 'scope' && plain !== '' && !/^[[{&*|>]/u.test(value)) return `[${JSON.stringify(plain)}]`;
  if (key === 'tokens' || key === 'ratio') {
    const number = Number.parseFloat(plain.replace(',', '.'));
    if (!(number >= 1)) return undefined;
    return String(key === 'tokens' ? Math.round(number) : number);
  }
  // A bare number or date where text is wanted.
  return (key === 'title' || key === 'description' || key === 'model') && plain !== ''
    ? JSON.stringify(plain)
    : undefined;
}

/** A question without an answer gets an empty one to fill in, after its paragraph. */
function bodyFixes(at: number, lines: readonly string[], t: Translate): CribFix[] {
  if (!/^Q:/u.test(lines[at] ?? '')) return [];
  let next = at + 1;
  while (next < lines.length && !/^(?:[QA]:|#{1,2}\s)/u.test(lines[next] ?? '')) next++;
  if (/^A:/u.test(lines[next] ?? '')) return [];
  while (next > at + 1 && (lines[next - 1] ?? '').trim() === '') next--;
  return [{ title: t('Add an answer'), edit: { line: next, count: 0, lines: ['', 'A: '] }, preferred: true }];
}

function noFrontMatter(name: string, t: Translate): CribFix {
  const lines = ['---', `id: ${slug(name) || 'my-task'}`, '---', ''];
  return { title: t('Add front matter'), edit: { line: 0, count: 0, lines }, preferred: true };
}

/** The front matter ends at the first line that is no part of it. */
function closeFrontMatter(lines: readonly string[], t: Translate): CribFix {
  let line = 1;
  while (
    line < lines.length &&
    (topLevelKey(lines[line] ?? '') !== undefined || /^\s+\S|^-\s/u.test(lines[line] ?? ''))
  )
    line++;
  return { title: t('Close the front matter'), edit: { line, count: 0, lines: ['---'] }, preferred: true };
}

/** A key with the lines of its value: a list, a folded text. */
function entryLength(at: number, end: number, lines: readonly string[]): number {
  let next = at + 1;
  while (next < end && /^(?:\s+\S|\s*-\s)/u.test(lines[next] ?? '')) next++;
  return next - at;
}

/** Any text as an id: small letters, digits and hyphens, at most 64; empty where nothing of it can stay. */
export function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/gu, '');
}

/** `lines` after an edit. */
export const applied = (lines: readonly string[], { line, count, lines: added }: LineEdit): string[] => [
  ...lines.slice(0, line),
  ...added,
  ...lines.slice(line + count),
];
