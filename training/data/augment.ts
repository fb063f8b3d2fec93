import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Draw } from './draw.ts';
import { identifiers, isFreeName, wordSet } from './names.ts';
import type { Tools } from './codeSample.ts';
import { oddWord } from './plainWords.ts';
import type { Split } from './packages.ts';
import { relocateFiles, renameFiles } from './relocate.ts';
import { renameDefinitions, replaceWords, textsOf } from './rename.ts';
import type { Selection, WorkChunk } from './select.ts';
import { parameterWords, proseWords } from './words.ts';

const shares = { path: 0.7, parameters: 0.3, swap: 0.4, reword: 0.3, oddWord: 0.5 };

/** Moves names, paths, parameters and documentation about, so that nothing in a context can be known by heart. */
export function augment(selection: Selection, tools: Pick<Tools, 'corpus' | 'pieces'>, split: Split, draw: Draw): void {
  const { corpus, pieces } = tools;
  renameDefinitions(selection, tools, split, draw);
  if (draw.chance(shares.path)) relocateFiles(selection, corpus, split, draw);
  if (pieces) renameFiles(selection, pieces, draw);
  const { chunks } = selection;
  const defined = new Set(chunks.flatMap(definedNames));
  for (const chunk of chunks) if (draw.chance(shares.parameters)) renameParameters(chunk, defined, draw);
  swapDocumentation(chunks, pieces, draw);
}

const namesFirst = new Set(['typescript', 'tsx', 'javascript', 'python', 'go', 'rust']);

/** Other names for the parameters of a function, in its chunk alone. */
function renameParameters(chunk: WorkChunk, defined: ReadonlySet<string>, draw: Draw): void {
  if (!chunk.parameters || !namesFirst.has(chunk.language)) return;
  const words = wordSet(textsOf(chunk));
  const renamed = new Map<string, string>();
  for (const [, name] of chunk.parameters.matchAll(/(?:^|, ?)(?:\.\.\.|\*{1,2})?([A-Za-z_]\w*)/g)) {
    if (!name || !isFreeName(name) || defined.has(name) || renamed.has(name) || !draw.chance(0.7)) continue;
    // A word that is also a property elsewhere in the text would change there too, and types start with a capital.
    if (/^[A-Z]/.test(name)) continue;
    const next = draw.pick(parameterWords);
    if (words.has(next)) continue;
    words.add(next);
    renamed.set(name, next);
  }
  const { name, qualifiedName } = chunk;
  replaceWords([chunk], renamed);
  Object.assign(chunk, { name, qualifiedName });
}

/** Swaps one-line documentation between chunks of a language, and replaces single words of it. */
function swapDocumentation(chunks: readonly WorkChunk[], pieces: readonly string[] | undefined, draw: Draw): void {
  const documented = chunks.filter(
    (chunk) => chunk.doc && chunk.text.includes(chunk.doc) && !/["'`\\*]/.test(chunk.doc),
  );
  const swapped = documented.filter(() => draw.chance(shares.swap));
  for (const group of Map.groupBy(swapped, ({ language }) => language).values()) {
    const docs = group.map(({ doc }) => doc!);
    group.forEach((chunk, i) => setDocumentation(chunk, docs[(i + 1) % docs.length]!));
  }
  for (const chunk of documented) {
    if (draw.chance(shares.reword)) setDocumentation(chunk, reworded(chunk.doc!, pieces, draw));
  }
}

function setDocumentation(chunk: WorkChunk, doc: string): void {
  chunk.text = chunk.text.replace(chunk.doc!, () => doc);
  chunk.doc = doc;
}

function reworded(doc: string, pieces: readonly string[] | undefined, draw: Draw): string {
  const words = doc.match(identifiers)?.filter((word) => /^[a-z]{4,}$/.test(word)) ?? [];
  let result = doc;
  for (const word of draw.some(words, draw.int(1, 2))) {
    result = result.replace(new RegExp(`\\b${word}\\b`), () =>
      pieces && draw.chance(shares.oddWord) ? oddWord(pieces, draw) : draw.pick(proseWords),
    );
  }
  return result;
}
