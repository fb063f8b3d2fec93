import { fileLine } from '../../src/engine/corpus/render.ts';
import type { Pool } from './asking.ts';
import { ask } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import { profile, type Facts, type FileFact } from './facts.ts';
import type { LinePlace } from './request.ts';

const mostListed = 8;
const mostImports = 6;

/** Questions about one file: what it defines, how much, what it imports. */
export function filePools(facts: Facts, draw: Draw): Pool[] {
  const { files, context } = facts;
  const shown = (file: FileFact): string => shortPath(file, files, draw);
  const listed = context.cards ? files.filter(({ names }) => names.length > 0) : [];
  const imports = importsOf(facts);
  return [
    {
      weight: 5,
      candidates: listed
        .filter(({ names }) => names.length <= mostListed && names.every((name) => name.length < 60))
        .map((file) => () => ask('listing', { p: shown(file) }, file.names.join(', '), draw, listedIn(file, facts))),
    },
    {
      weight: 2,
      candidates: listed
        .filter(({ names }) => names.length <= 20)
        .map((file) => () => ask('count definitions', { p: shown(file) }, String(file.names.length), draw)),
    },
    {
      weight: 2,
      candidates: listed
        .map((file) => ({ file, count: functionsOf(file) }))
        .filter(({ count }) => count > 0 && count <= 15)
        .map(
          ({ file, count }) =>
            () =>
              ask('count functions', { p: shown(file) }, String(count), draw),
        ),
    },
    {
      weight: 3,
      candidates: [...imports]
        .filter(([, modules]) => modules.length > 0 && modules.length <= mostImports)
        .map(
          ([file, modules]) =>
            () =>
              ask('imports', { p: shown(file) }, modules.join(', '), draw),
        ),
    },
    {
      weight: 3,
      candidates: soleImporters(imports).map(
        ({ file, module }) =>
          () =>
            ask('importer', { m: module }, file.path, draw),
      ),
    },
  ];
}

/** Where its file line lists what it defines; undefined where the file was divided, and each part lists its own. */
function listedIn({ chunks, names }: FileFact, { text }: Facts): LinePlace | undefined {
  const line = fileLine(chunks[0]!.chunk.path, names, profile);
  return text.includes(`${line}\n`) ? { line, at: line.length - names.join(', ').length } : undefined;
}

/** The rendered path, or its last one or two parts where no other file ends so. */
function shortPath(file: Pick<FileFact, 'path'>, files: readonly Pick<FileFact, 'path'>[], draw: Draw): string {
  const parts = file.path.split('/');
  if (draw.chance(0.55)) return file.path;
  const short = parts.slice(-draw.int(1, 2)).join('/');
  const same = files.filter(({ path }) => path === short || path.endsWith(`/${short}`));
  return same.length === 1 ? short : file.path;
}

function functionsOf({ chunks }: FileFact): number {
  return chunks.filter(({ chunk }) => chunk.kind === 'function').length;
}

/** The modules that each file imports, as far as its imports stand in the text, in the order in which they do. */
function importsOf({ files }: Facts): Map<FileFact, string[]> {
  return new Map(
    files.map((file) => {
      const modules = file.chunks.flatMap(({ chunk, body }) => {
        const placed = chunk.imports.map((module) => ({ module, at: placeIn(body, module) }));
        return placed.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at);
      });
      return [file, [...new Set(modules.map(({ module }) => module))].filter((module) => module.length <= 60)];
    }),
  );
}

/** Where a module's specifier stands, not as the start of a longer one; below 0 where it does not. */
function placeIn(body: string, module: string): number {
  for (let at = body.indexOf(module); at >= 0; at = body.indexOf(module, at + 1)) {
    const [before, after] = [body.charAt(at - 1), body.slice(at + module.length, at + module.length + 2)];
    if (!/[\w./@-]/.test(before) && !/^(?:[\w/-]|\.\w)/.test(after)) return at;
  }
  return -1;
}

function soleImporters(imports: ReadonlyMap<FileFact, string[]>): { file: FileFact; module: string }[] {
  const pairs = [...imports].flatMap(([file, modules]) => modules.map((module) => ({ file, module })));
  const byModule = Map.groupBy(pairs, ({ module }) => module);
  return pairs.filter(({ module }) => byModule.get(module)!.length === 1);
}
