import type { LineRange } from '../../common/answers.ts';

/** A file that is written block by block and knows where each block stands. */
export class FileLines {
  readonly path: string;
  private readonly lines: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** Appends a block of text and an empty line. @returns its lines, without the empty one */
  add(text: string): LineRange {
    const startLine = this.lines.length + 1;
    this.lines.push(...text.split('\n'));
    const range = { path: this.path, startLine, endLine: this.lines.length };
    this.lines.push('');
    return range;
  }

  get text(): string {
    return this.lines.join('\n');
  }
}

/** Puts values into the slots of a phrasing: `{n}` and the like. */
export function fill(form: string, slots: Readonly<Record<string, string>>): string {
  return form.replace(/\{(\w)\}/g, (_, slot: string) => slots[slot] ?? '');
}
