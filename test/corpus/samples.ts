import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { chunkFile } from '../../src/engine/corpus/chunker.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { languageOf } from '../../src/engine/corpus/languages.ts';
import type { Chunk } from '../../src/engine/corpus/types.ts';
import { grammarFolder } from './grammarFolder.ts';

const folder = new URL('./samples/', import.meta.url);

export interface Sample {
  path: string;
  text: string;
  language: string;
  /** The chunks that it must have, one a line as `summary` writes them. */
  expected: string;
}

/** One small source file a language, `server.ts.txt` for `server.ts`. */
export const samples: readonly Sample[] = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => {
    const path = name.replace(/\.txt$/, '');
    return {
      path,
      text: readFileSync(new URL(name, folder), 'utf8'),
      language: languageOf(path),
      expected: readFileSync(new URL(`${path}.chunks`, folder), 'utf8'),
    };
  });

/** `3-9 @5 method Server.start(port: number): void - Starts.` */
export function summary(chunk: Chunk): string {
  const { startLine, endLine, nameLine, kind, qualifiedName, parameters, returns, doc } = chunk;
  const signature = `${parameters === undefined ? '' : `(${parameters})`}${returns === undefined ? '' : `: ${returns}`}`;
  return `${startLine}-${endLine} @${nameLine} ${kind} ${qualifiedName}${signature}${doc === undefined ? '' : ` - ${doc}`}`;
}

/** Real grammars for the tests of one file, and chunks of a text by its path. */
export function useChunker(): { grammars: () => Grammars; chunks: (path: string, text: string) => Promise<Chunk[]> } {
  let grammars: Grammars | undefined;
  let remove: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const made = await grammarFolder();
    remove = made.remove;
    grammars = await Grammars.open(made.folder);
  });
  afterAll(async () => remove?.());
  const opened = (): Grammars => {
    if (!grammars) throw new Error('grammars are not open yet');
    return grammars;
  };
  return {
    grammars: opened,
    chunks: (path, text) => chunkFile({ path, text, language: languageOf(path) }, opened()),
  };
}
