import type { LineRange } from '../../common/answers.ts';
import type { Hit } from '../retrieve/textIndex.ts';
import type { SheetFile } from '../sheet/sheetFile.ts';
import type { CurrentSources } from './sources.ts';

/** Hashes that a file had when lines of it were read for an answer: two where the sheet has other ones than the index. */
export type HashesRead = (path: string) => readonly string[];

/** Hashes of the files that chunks and a sheet were made of. */
export function hashesOf(hits: readonly Hit[], sheet?: Pick<SheetFile, 'paths' | 'hashes'>): HashesRead {
  return (path) => {
    const hashes = hits.filter((hit) => hit.path === path).map((hit) => hit.fileHash);
    const inSheet = sheet && hashInSheet(sheet, path);
    return inSheet === undefined ? hashes : [...hashes, inSheet];
  };
}

/** The hash of a file when a sheet was made; undefined where it is not part of it. */
export function hashInSheet({ paths, hashes }: Pick<SheetFile, 'paths' | 'hashes'>, path: string): string | undefined {
  const at = paths.indexOf(path);
  return at < 0 ? undefined : hashes[at];
}

/**
 * Places come from where lines were when context or index were made: what is gone since then is not shown, nor are the
 * blank lines with which a chunk begins, and what may hold something else now is marked as `stale`.
 * @param hashesRead of the file of a place
 */
export async function stillThere<T extends LineRange>(
  places: readonly T[],
  sources: CurrentSources,
  hashesRead: (place: T) => readonly string[],
): Promise<(T & { stale?: true })[]> {
  const files = await Promise.all(places.map(({ path }) => sources.read(path)));
  return places.flatMap((place, i) => {
    const { lines, hash } = files[i] ?? { lines: [], hash: '' };
    if (place.startLine > lines.length) return [];
    const endLine = Math.min(place.endLine, lines.length);
    const written = lines.slice(place.startLine - 1, endLine).findIndex((line) => line.trim() !== '');
    const isStale = hashesRead(place).some((read) => read !== hash);
    return [
      {
        ...place,
        startLine: place.startLine + Math.max(0, written),
        endLine,
        ...(isStale ? { stale: true as const } : {}),
      },
    ];
  });
}
