import type { WorkChunk } from './select.ts';

type Given = Pick<WorkChunk, 'kind' | 'name' | 'text'> &
  Partial<Pick<WorkChunk, 'qualifiedName' | 'parameters' | 'returns' | 'doc' | 'calls' | 'imports'>>;

/** Writes a made-up file chunk by chunk, so that lines and paths are those of a real one. */
export class FileWriter {
  readonly path: string;
  private readonly language: string;
  private line = 1;

  constructor(path: string, language: string) {
    this.path = path;
    this.language = language;
  }

  /** `text` without a line end at its end; documentation lines may stand before the line with the name. */
  add(given: Given): WorkChunk {
    const text = `${given.text}\n`;
    const lines = text.split('\n').length - 1;
    const startLine = this.line;
    this.line += lines + 1;
    const named = text
      .split('\n')
      .findIndex((line) => line.includes(given.name) && !/^\s*(?:\/\/|\/\*|\*|#|""")/.test(line));
    return {
      path: this.path,
      startLine,
      endLine: startLine + lines - 1,
      nameLine: startLine + Math.max(0, named),
      qualifiedName: given.name,
      language: this.language,
      calls: [],
      imports: [],
      ...given,
      text,
    };
  }
}
