import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { readCribBody } from './cribBody.ts';
import { CribsheetError } from './errors.ts';
import { cribKeys as keys, isCribKey as isKey, type CribKey as Key } from './cribKeys.ts';
import { strategies } from './names.ts';
import type { Task } from './task.ts';

/** Something that is wrong in a `.crib` file, and what would be right. Lines are 1-based. */
export interface CribProblem {
  line: number;
  message: string;
  allowed: string;
}

type Report = (line: number, message: string, allowed: string) => void;

const layout = 'A .crib file has YAML between two lines "---", then the instruction, then "## Examples".';

type FrontMatter = Partial<Omit<Task, 'instruction' | 'examples'>>;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** Everything that is wrong in the text of a `.crib` file, in line order; empty where it is a task. Never throws. */
export function validateCrib(text: string): CribProblem[] {
  return readCrib(text).findings;
}

/**
 * The task in the text of a `.crib` file (docs/tasks.md). `title` falls back to the id, `description` to nothing.
 * @param source path or name of the file, for messages
 * @throws CribsheetError `task-invalid` with file, line and what is allowed there
 */
export function parseCrib(text: string, source: string): Task {
  const { task, findings } = readCrib(text);
  const [first] = findings;
  if (!first) return task;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  throw new CribsheetError('task-invalid', `${source}:${first.line}: ${first.message}${more}`, first.allowed);
}

function readCrib(text: string): { task: Task; findings: CribProblem[] } {
  const findings: CribProblem[] = [];
  const report: Report = (line, message, allowed) => findings.push({ line, message, allowed });
  const lines = text.replace(/^\uFEFF/u, '').split(/\r\n|\r|\n/u);
  const { values, bodyLine } = readFrontMatter(lines, report);
  const { instruction, examples } = readCribBody(lines, bodyLine, report);
  const id = values.id ?? '';
  return {
    task: { title: id, description: '', scope: [], ...values, id, instruction, examples },
    findings: findings.sort((a, b) => a.line - b.line),
  };
}

/** `bodyLine`: index of the first line after the front matter. */
function readFrontMatter(lines: readonly string[], report: Report): { values: FrontMatter; bodyLine: number } {
  const isFence = (line: string | undefined): boolean => line?.trimEnd() === '---';
  const end = isFence(lines[0]) ? lines.findIndex((line, index) => index > 0 && isFence(line)) : -1;
  if (end < 0) {
    const what = isFence(lines[0]) ? 'The front matter has no closing line "---".' : 'There is no front matter.';
    report(1, what, layout);
    return { values: {}, bodyLine: isFence(lines[0]) ? lines.length : 0 };
  }
  const counter = new LineCounter();
  // The opening fence becomes an empty line, so that YAML counts the lines of the file.
  const document = parseDocument(['', ...lines.slice(1, end)].join('\n'), {
    lineCounter: counter,
    prettyErrors: false,
  });
  const lineAt = (offset: number): number => Math.max(2, Math.min(end + 1, counter.linePos(offset).line));
  for (const error of document.errors) {
    report(lineAt(error.pos[0]), `The front matter is not YAML: ${error.message}.`, layout);
  }
  const values: FrontMatter = {};
  const map = document.contents;
  if (isMap(map)) readKeys(map, values, (offset, message, allowed) => report(lineAt(offset), message, allowed));
  if (document.errors.length > 0) return { values, bodyLine: end + 1 };
  if (map !== null && !isMap(map)) report(2, 'The front matter is not a list of "key: value" lines.', layout);
  else if (!map?.has('id')) report(1, 'The id is missing.', `Add a line "id: …" with ${keys.id}.`);
  return { values, bodyLine: end + 1 };
}

function readKeys(map: YAMLMap, values: FrontMatter, report: Report): void {
  for (const { key, value } of map.items) {
    const offset = (key as Node).range?.[0] ?? 0;
    const name = isScalar(key) ? String(key.value) : '';
    if (!isKey(name)) {
      const what = name === '' ? 'A key is not plain text.' : `Unknown key "${name}".`;
      report(offset, what, `Allowed keys: ${Object.keys(keys).join(', ')}.`);
    } else if (!assign(name, plainValue(value), values)) {
      report(offset, `The value of "${name}" is not allowed here.`, `"${name}" takes ${keys[name]}.`);
    }
  }
}

/** A scalar or a list of scalars as a JavaScript value. Anything else (maps, aliases) has no use here: undefined. */
function plainValue(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  return isSeq(node) ? node.items.map((item) => (isScalar(item) ? item.value : undefined)) : undefined;
}

/** Puts `value` under `key` where it has the right type; false otherwise. */
function assign(key: Key, value: unknown, values: FrontMatter): boolean {
  switch (key) {
    case 'id':
      if (!isText(value) || !/^[a-z0-9][a-z0-9-]{0,63}$/u.test(value)) return false;
      values.id = value;
      return true;
    case 'strategy':
      if (!isText(value) || !(strategies as readonly string[]).includes(value)) return false;
      values.strategy = value;
      return true;
    case 'ratio':
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 1) return false;
      values.ratio = value;
      return true;
    case 'tokens':
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) return false;
      values.tokens = value;
      return true;
    case 'scope':
      if (!Array.isArray(value) || !value.every(isText)) return false;
      values.scope = value;
      return true;
    default:
      if (!isText(value)) return false;
      values[key] = value.trim();
      return true;
  }
}
