import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Translate } from './translate.ts';

/** How those who keep files tell what becomes of them. */
export interface Telling {
  t: Translate;
  /** A sentence for the user or the log: what could not be read, or was set aside. */
  onMessage: (message: string) => void;
  /** After every writing: why it failed, or undefined. Where it is absent, failures are messages. */
  onWritten?: ((failure: string | undefined) => void) | undefined;
}

export interface SavedFileOptions<T> extends Telling {
  file: string;
  /** What was read, checked; undefined where it is nothing of this kind. */
  parse: (value: unknown) => T | undefined;
  /** The value as JSON. */
  text?: (value: T) => string;
}

/** A value that is kept in a JSON file: written whole or not at all, and what is damaged is set aside, not lost. */
export class SavedFile<T> {
  private readonly options: SavedFileOptions<T>;
  private waiting: { value: T } | undefined;
  private writing: Promise<void> | undefined;

  constructor(options: SavedFileOptions<T>) {
    this.options = options;
  }

  /** Undefined where there is no such file, or none that can be used. */
  async load(): Promise<T | undefined> {
    const { file, parse, t, onMessage } = this.options;
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (!isAbsent(error)) onMessage(t('{0} cannot be read: {1}.', file, messageOf(error)));
      return undefined;
    }
    const value = parse(parseJson(text));
    if (value === undefined) await this.setAside();
    return value;
  }

  /** Soon; of several values that wait the last one is written. Failures are told, not thrown. */
  save(value: T): void {
    this.waiting = { value };
    this.writing ??= this.write();
  }

  /** Settles when everything saved so far is on disk. */
  async flush(): Promise<void> {
    await this.writing;
  }

  async delete(): Promise<void> {
    this.waiting = undefined;
    await this.writing;
    await rm(this.options.file, { force: true });
  }

  private async write(): Promise<void> {
    const { file, text = JSON.stringify, t, onMessage, onWritten } = this.options;
    while (this.waiting) {
      const { value } = this.waiting;
      this.waiting = undefined;
      try {
        await writeWhole(file, text(value));
        onWritten?.(undefined);
      } catch (error) {
        (onWritten ?? onMessage)(t('{0} cannot be written: {1}.', file, messageOf(error)));
      }
    }
    this.writing = undefined;
  }

  private async setAside(): Promise<void> {
    const { file, t, onMessage } = this.options;
    const aside = `${file}.damaged`;
    try {
      await rename(file, aside);
      onMessage(t('{0} is damaged; it was set aside as {1}.', file, path.basename(aside)));
    } catch (error) {
      onMessage(t('{0} is damaged and cannot be set aside: {1}.', file, messageOf(error)));
    }
  }
}

/** Writes a file so that it is there whole or as it was before. @throws the system's error */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomUUID()}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(temporary, text, { flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
