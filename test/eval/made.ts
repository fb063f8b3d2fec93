import { fileURLToPath } from 'node:url';
import { readCodeFolders } from '../../src/eval/data/codeFolder.ts';
import type { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { CodeFile, EvalCorpus, EvalQuestion, MakeRequest } from '../../src/eval/types.ts';

/** Code to ask about: a folder of this repository that holds functions, classes, comments and calls. */
const folder = fileURLToPath(new URL('../../src/engine/retrieve', import.meta.url));

/** About as many tokens as a tokenizer would count; the makers take any. */
export const count = (text: string): number => Math.ceil(text.length / 3.5);

export function readCode(grammars: Grammars): Promise<CodeFile[]> {
  return readCodeFolders([folder], grammars);
}

export function request(more: Partial<MakeRequest> = {}): MakeRequest {
  return { seed: 'test', draw: 1, questions: 60, breadth: 'core', tokens: 5_000, count, code: [], ...more };
}

/** Lines of a place, as they stand in the corpus. */
export function textAt(corpus: EvalCorpus, { path, startLine, endLine }: EvalQuestion['evidence'][number]): string {
  return corpus.files
    .get(path)!
    .split('\n')
    .slice(startLine - 1, endLine)
    .join('\n');
}

export const allText = (corpus: EvalCorpus): string => [...corpus.files.values()].join('\n');
