import { cleanText, jsonLine } from './cleanText.ts';
import type { Piece, Style } from './styled.ts';

/** SGR codes (ECMA-48) that switch a style on. */
const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
const DEFAULT_WIDTH = 100;

/** A stream as this module needs it: standard output and standard error are such. */
export interface OutputStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string, done?: () => void): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Standard output or standard error. All text goes through here, so that nothing unclean reaches a terminal. */
export class Output {
  readonly isTerminal: boolean;
  private readonly stream: OutputStream;
  private readonly colours: boolean;

  constructor(stream: OutputStream, env: NodeJS.ProcessEnv = process.env) {
    this.stream = stream;
    this.isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb';
    // https://no-color.org
    this.colours = this.isTerminal && !env['NO_COLOR'];
  }

  /** Columns of the terminal, or of text that is piped. */
  get width(): number {
    return this.stream.columns ?? DEFAULT_WIDTH;
  }

  /** Resolves when the stream takes more, so that a slow reader does not fill the memory. */
  async write(...pieces: readonly Piece[]): Promise<void> {
    await this.raw(pieces.map((piece) => this.render(piece)).join(''));
  }

  async line(...pieces: readonly Piece[]): Promise<void> {
    await this.write(...pieces, '\n');
  }

  async json(value: unknown): Promise<void> {
    await this.raw(`${jsonLine(value)}\n`);
  }

  /** Overwrites the current line of a terminal; an empty text clears it. */
  async overwrite(text: string): Promise<void> {
    await this.raw(`\r${cleanText(text)}\u001B[K`);
  }

  /** Resolves when everything is handed to the system. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.stream.write('', () => {
        resolve();
      }),
    );
  }

  private async raw(text: string): Promise<void> {
    if (text === '' || this.stream.write(text)) return;
    await new Promise<void>((resolve) => this.stream.once('drain', resolve));
  }

  private render(piece: Piece): string {
    const { text, style, href } = typeof piece === 'string' ? { text: piece } : piece;
    const clean = cleanText(text);
    const coloured = style && this.colours ? `\u001B[${codes[style]}m${clean}\u001B[0m` : clean;
    // OSC 8; a URL cannot hold control characters.
    return href && this.isTerminal ? `\u001B]8;;${new URL(href).href}\u001B\\${coloured}\u001B]8;;\u001B\\` : coloured;
  }
}
