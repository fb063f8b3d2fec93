import { languageOf } from '../../src/engine/corpus/languages.ts';

/** Folders near the root of a package by what they hold, best first: sources, readable modules, build output, older module systems. */
const folderRanks: readonly (readonly [RegExp, number])[] = [
  [/^(?:src|source|src\.ts)$/, 0],
  [/^(?:lib|(?:lib[-.])?_?(?:es|esm)\d*|es\d+|mjs|modules?|dist-src|esnext)$/, 2],
  [/^(?:_?cjs|(?:lib[-.]|dist-)?(?:commonjs|cjs)|umd|amd|iife|bundles?|browser|system|node)$/, 4],
  [/^(?:dist|build|out|output|release|development)(?:[-.].*)?$/, 3],
];
const plainRank = 1;
const worstRank = 4;
/** Such a folder may stand below another one: `js/dist`, `compat/src`. */
const depth = 2;

/** File endings, best first. */
const endings = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** Enough text to be the package's sources; a root `index.js` that loads `dist` is not. */
const enoughBytes = 10_000;

interface Variant {
  path: string;
  bytes: number;
  /** Path without the folders that name a variant and without its ending: equal for every variant of one module. */
  module: string;
  rank: number;
  ending: number;
}

/**
 * npm packages ship one module many times over: source, ES module, CommonJS, bundle. Keeps the best variant of each
 * TypeScript or JavaScript file, and no build output where there are sources. Files of other languages all stay.
 */
export function bestVariants<F extends { path: string; bytes: number }>(files: readonly F[]): F[] {
  const variants = files.flatMap((file) => variantOf(file) ?? []);
  const bytesUpTo = (rank: number): number =>
    variants.reduce((sum, variant) => sum + (variant.rank <= rank ? variant.bytes : 0), 0);
  const ranks = Array.from({ length: worstRank + 1 }, (_, rank) => rank);
  const wanted = Math.max(ranks.find((rank) => bytesUpTo(rank) >= enoughBytes) ?? worstRank, 2);
  const best = new Map<string, Variant>();
  for (const variant of variants) {
    if (variant.rank > wanted) continue;
    const other = best.get(variant.module);
    if (other === undefined || compare(variant, other) < 0) best.set(variant.module, variant);
  }
  const kept = new Set([...best.values()].map(({ path }) => path));
  return files.filter((file) => variantOf(file) === undefined || kept.has(file.path));
}

function variantOf({ path, bytes }: { path: string; bytes: number }): Variant | undefined {
  if (!['typescript', 'tsx', 'javascript'].includes(languageOf(path))) return undefined;
  const ending = /\.[^./]+$/.exec(path)?.[0] ?? '';
  const parts = path.slice(0, path.length - ending.length).split('/');
  const file = parts.pop()!;
  let rank: number | undefined;
  for (let at = 0; at < Math.min(parts.length, depth);) {
    const here = folderRanks.find(([pattern]) => pattern.test(parts[at]!.toLowerCase()))?.[1];
    if (here === undefined) {
      at++;
      continue;
    }
    rank = Math.max(rank ?? here, here);
    parts.splice(at, 1);
    // What stands below the sources is part of them: `src/lib/x.ts` is not `src/x.ts`.
    if (here === 0) break;
  }
  const module = [...parts, file].join('/');
  return { path, bytes, module, rank: rank ?? plainRank, ending: endings.indexOf(ending) };
}

function compare(a: Variant, b: Variant): number {
  return a.rank - b.rank || a.ending - b.ending || (a.path < b.path ? -1 : 1);
}
