import type { Draw } from './draw.ts';
import type { Finding } from './findings.ts';
import { otherClean, otherDefects } from './plantedOthers.ts';
import { pythonClean, pythonDefects } from './plantedPython.ts';
import { scriptClean, scriptDefects } from './plantedScript.ts';
import type { WorkChunk } from './select.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Lines for the body of a function (two spaces a level), or another header for it. */
export type Planted = { lines: string[] } | { lines?: undefined; from: string; to: string; parameters: string };

export type PlantedMaker = (words: Vocabulary, draw: Draw, chunk: WorkChunk) => Planted | undefined;

/** By language. */
export type Makers = Partial<Record<string, PlantedMaker>>;

const sources = {
  defect: { script: scriptDefects, python: pythonDefects, others: otherDefects },
  clean: { script: scriptClean, python: pythonClean, others: otherClean },
};

/** What can be written into a language: code with a finding, or code that only looks like it. */
export function makerOf(which: 'defect' | 'clean', finding: Finding, language: string): PlantedMaker | undefined {
  const { script, python, others } = sources[which];
  switch (language) {
    case 'typescript':
    case 'tsx':
    case 'javascript':
      return script[finding];
    case 'python':
      return python[finding];
    default:
      return others[finding]?.[language];
  }
}
