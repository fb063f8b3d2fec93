import type { Grammars } from '../../engine/corpus/grammars.ts';
import { chunkFile } from '../../engine/corpus/chunker.ts';
import { readCorpus } from '../../engine/corpus/read.ts';
import { namesWithin, referencesOf } from '../../engine/corpus/references.ts';
import type { CodeFile } from '../types.ts';

/**
 * The files of a folder that the corpus rules let in, with chunks and calls by parser; prose is left out. Where several
 * folders are given, each one's paths begin with its name.
 * @throws CribsheetError what `readCorpus` throws
 */
export async function readCodeFolders(
  folders: readonly string[],
  grammars: Grammars,
  signal?: AbortSignal,
): Promise<CodeFile[]> {
  const files: CodeFile[] = [];
  for (const folder of folders) {
    const prefix =
      folders.length > 1
        ? `${folder
            .replace(/[\\/]+$/, '')
            .split(/[\\/]/)
            .at(-1)!}/`
        : '';
    const corpus = await readCorpus(folder, signal ? { signal } : {});
    for (const file of corpus.files) {
      if (file.language === 'markdown' || file.language === 'text') continue;
      const path = prefix + file.path;
      const chunks = await chunkFile({ ...file, path }, grammars, signal);
      const { calls } = await referencesOf(file, grammars, signal);
      files.push({ path, text: file.text, chunks, calls: chunks.map((chunk) => new Set(namesWithin(calls, chunk))) });
    }
  }
  return files;
}
