import type { WorkChunk } from './select.ts';

/** A line before which statements may be written, and their indentation. */
export interface Place {
  /** Index of the line. */
  at: number;
  indentation: string;
  /** What one level more is indented by. */
  unit: string;
}

const functionKinds = new Set(['function', 'method', 'constructor']);
const braces = new Set(['typescript', 'tsx', 'javascript', 'go', 'rust', 'java']);

/** Where statements may stand in the body of a function; empty for what is none and where the body does not begin. */
export function placesIn({ text, kind, language, nameLine, startLine }: WorkChunk): Place[] {
  if (!functionKinds.has(kind)) return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const from = Math.max(0, nameLine - startLine);
  if (language === 'python') return pythonPlaces(lines, from);
  return braces.has(language) ? bracePlaces(lines, from) : [];
}

/** The index of the first line of the body, for cutting; undefined where none was found. */
export function bodyStart(chunk: WorkChunk): number | undefined {
  return placesIn(chunk)[0]?.at;
}

function bracePlaces(lines: readonly string[], from: number): Place[] {
  const header = lines.findIndex(
    (line, i) => i >= from && i < from + 12 && /\{\s*$/.test(line) && !/^\s*(?:import|export \{)/.test(line),
  );
  if (header < 0 || lines.slice(from, header).some((line) => /;\s*$/.test(line))) return [];
  const outer = indentationOf(lines[header]!);
  const inner = lines.slice(header + 1).find((line) => line.trim() !== '' && indentationOf(line).length > outer.length);
  const indentation = inner === undefined ? `${outer}  ` : indentationOf(inner);
  const unit = indentation.startsWith(outer) ? indentation.slice(outer.length) : '  ';
  const places: Place[] = [{ at: header + 1, indentation, unit }];
  for (let at = header + 2; at <= lines.length; at++) {
    const before = lines[at - 1]!;
    // Between two whole statements of the body itself.
    if (indentationOf(before) !== indentation || !/[;}]\s*$/.test(before)) continue;
    if (/^\s*(?:return|throw|break|continue|else|catch|finally|\}? ?(?:else|catch|finally))\b/.test(before)) break;
    const next = lines[at]?.trim() ?? '';
    if (/^(?:else|catch|finally|[.?:)\]&|+])/.test(next)) continue;
    places.push({ at, indentation, unit });
  }
  return places;
}

function pythonPlaces(lines: readonly string[], from: number): Place[] {
  let header = lines.findIndex((line, i) => i >= from && i < from + 12 && /:\s*(?:#.*)?$/.test(line));
  if (header < 0 || !/^\s*(?:async )?def\b/.test(lines[from]!)) return [];
  const outer = indentationOf(lines[from]!);
  const first = lines[header + 1];
  const indentation =
    first !== undefined && indentationOf(first).length > outer.length ? indentationOf(first) : `${outer}    `;
  const quotes = /^\s*[rbu]*("""|''')/i.exec(first ?? '')?.[1];
  if (quotes) {
    const end = lines.findIndex(
      (line, i) => i > header && (i === header + 1 ? line.trim().length > 5 : true) && line.trimEnd().endsWith(quotes),
    );
    if (end < 0) return [];
    header = end;
  }
  const unit = indentation.startsWith(outer) ? indentation.slice(outer.length) : '    ';
  const places: Place[] = [{ at: header + 1, indentation, unit }];
  for (let at = header + 2; at <= lines.length; at++) {
    const [before, next] = [lines[at - 1]!, lines[at]];
    if (indentationOf(before) !== indentation || /[,([{\\:]\s*$/.test(before) || /^\s*["'#@)\]}]/.test(before))
      continue;
    if (/^\s*(?:return|raise|break|continue|else|elif|except|finally)\b/.test(before)) break;
    if (
      next !== undefined &&
      (next.trim() === '' ||
        indentationOf(next) !== indentation ||
        /^\s*(?:else|elif|except|finally|[)\]}])/.test(next))
    )
      continue;
    places.push({ at, indentation, unit });
  }
  return places;
}

function indentationOf(line: string): string {
  return /^[ \t]*/.exec(line)![0];
}

/** Writes lines (indented by two spaces a level, relative to the place) before the line of a place. */
export function insertLines(text: string, { at, indentation, unit }: Place, added: readonly string[]): string {
  const lines = text.split('\n');
  const ready = added.map((line) => {
    const depth = /^ */.exec(line)![0].length / 2;
    return `${indentation}${unit.repeat(depth)}${line.trimStart()}`;
  });
  // A text that was cut ends in a line end; one that was not may not.
  if (at >= lines.length && lines.at(-1) !== '') return `${text}\n${ready.join('\n')}`;
  return [...lines.slice(0, at), ...ready, ...lines.slice(at)].join('\n');
}
