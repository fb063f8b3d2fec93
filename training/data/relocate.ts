import type { Draw } from './draw.ts';
import type { Corpus, Package, Split } from './packages.ts';
import { oddWord } from './plainWords.ts';
import { renderedPath, type Selection } from './select.ts';

/** Share of the contexts in which files are renamed, and of their files. */
const renamed = { contexts: 0.4, files: 0.5 };

/** Gives files paths of another package with the same extension, neighbours to neighbours; what is rendered stays different for each. */
export function relocateFiles({ chunks }: Selection, corpus: Corpus, split: Split, draw: Draw): void {
  const donor = corpus.pick(split, draw);
  const paths = [...new Set(chunks.map(({ path }) => path))];
  const used = new Set(paths.map(renderedPath));
  const donors = new Map<string, Generator<string>>();
  const moved = new Map<string, string>();
  for (const path of paths) {
    const extension = extensionOf(path);
    let next = donors.get(extension);
    if (!next) donors.set(extension, (next = pathsOf(donor, extension, draw)));
    for (const candidate of next) {
      const shown = renderedPath(candidate);
      if (used.has(shown)) continue;
      used.add(shown);
      moved.set(path, candidate);
      break;
    }
  }
  for (const chunk of chunks) chunk.path = moved.get(chunk.path) ?? chunk.path;
}

/** Gives some files names of rare tokens, in the folders where they are. */
export function renameFiles({ chunks }: Selection, pieces: readonly string[], draw: Draw): void {
  if (!draw.chance(renamed.contexts)) return;
  const used = new Set(chunks.map(({ path }) => renderedPath(path)));
  const moved = new Map<string, string>();
  for (const path of new Set(chunks.map((chunk) => chunk.path))) {
    const extension = extensionOf(path);
    if (extension === '' || !draw.chance(renamed.files)) continue;
    const next = `${path.slice(0, path.lastIndexOf('/') + 1)}${oddWord(pieces, draw)}${extension}`;
    if (used.has(renderedPath(next))) continue;
    used.add(renderedPath(next));
    moved.set(path, next);
  }
  for (const chunk of chunks) chunk.path = moved.get(chunk.path) ?? chunk.path;
}

/** Paths with an extension, in the order of the tree from a random one on. */
function* pathsOf(donor: Package, extension: string, draw: Draw): Generator<string> {
  const paths = donor.files.map(({ path }) => path).filter((path) => extensionOf(path) === extension);
  const start = draw.int(0, Math.max(0, paths.length - 1));
  for (let i = 0; i < paths.length; i++) {
    const path = paths[(start + i) % paths.length]!;
    if (!/[<>]/.test(path)) yield path;
  }
}

function extensionOf(path: string): string {
  return /\.[^./]+$/.exec(path)?.[0] ?? '';
}
