import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Draw } from './draw.ts';
import { readRecord, type SourceChunk } from './records.ts';

export type Split = 'train' | 'heldout';

/** A file of a package and where its records stand in the package's chunk file. */
export interface PackageFile {
  path: string;
  /** Byte ranges of its lines, in order. */
  lines: [start: number, end: number][];
}

/** A chunk by its place in a file of a package. */
export interface Place {
  file: PackageFile;
  index: number;
}

/** What is kept of a package once it was read: paths, names and their places, not texts. */
interface PackageIndex {
  /** Sorted by path, so that neighbours in the list are neighbours in the tree. */
  files: PackageFile[];
  /** Plain identifiers that it defines, each once. */
  names: string[];
  /** Where each is defined; undefined where several chunks do. */
  places: Map<string, Place | undefined>;
}

/** Bytes of chunk files that stay in memory. */
const defaultMemory = 256 * 1024 * 1024;

/** A package of the corpus; its files are read when they are asked for. */
export class Package {
  readonly id: string;
  readonly bytes: number;
  private readonly file: string;
  private readonly cache: FileCache;
  private index: PackageIndex | undefined;

  constructor(file: string, cache: FileCache) {
    this.id = path.basename(file, '.jsonl');
    this.bytes = statSync(file).size;
    this.file = file;
    this.cache = cache;
  }

  get files(): readonly PackageFile[] {
    return this.indexed().files;
  }

  get names(): readonly string[] {
    return this.indexed().names;
  }

  /** The chunks of a file, made anew at each call. */
  chunks(file: PackageFile): SourceChunk[] {
    const bytes = this.cache.read(this.file);
    return file.lines.map(([start, end]) => readRecord(bytes.toString('utf8', start, end)));
  }

  /** One of the chunks, made anew at each call. */
  chunk({ file, index }: Place): SourceChunk | undefined {
    const line = file.lines[index];
    return line && readRecord(this.cache.read(this.file).toString('utf8', line[0], line[1]));
  }

  /** Where a name is defined, if only one chunk of the package does. */
  placeOf(name: string): Place | undefined {
    return this.indexed().places.get(name);
  }

  private indexed(): PackageIndex {
    return (this.index ??= indexOf(this.cache.read(this.file)));
  }
}

function indexOf(bytes: Buffer): PackageIndex {
  const files = new Map<string, PackageFile>();
  const places = new Map<string, Place | undefined>();
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) {
      const chunk = readRecord(bytes.toString('utf8', start, end));
      const file = files.get(chunk.path) ?? { path: chunk.path, lines: [] };
      if (file.lines.length === 0) files.set(chunk.path, file);
      file.lines.push([start, end]);
      for (const name of definedNames(chunk)) {
        if (!/^[A-Za-z_$][\w$]{2,39}$/.test(name)) continue;
        places.set(name, places.has(name) ? undefined : { file, index: file.lines.length - 1 });
      }
    }
    start = end + 1;
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: sorted, names: [...places.keys()], places };
}

/** The packages of a corpus folder: `train/*.jsonl` and `heldout/*.jsonl`. */
export class Corpus {
  private readonly splits = new Map<Split, Package[]>();
  private readonly folder: string;
  private readonly cache: FileCache;

  constructor(folder: string, memory = defaultMemory) {
    this.folder = folder;
    this.cache = new FileCache(memory);
  }

  packages(split: Split): readonly Package[] {
    let list = this.splits.get(split);
    if (!list) {
      const folder = path.join(this.folder, split);
      const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
      list = names
        .sort()
        .map((name) => new Package(path.join(folder, name), this.cache))
        .filter((one) => one.bytes > 0);
      if (list.length === 0)
        throw new Error(`No chunk files (*.jsonl) in ${folder}. Make them first: see training/README.md.`);
      this.splits.set(split, list);
    }
    return list;
  }

  /** A package, as likely as the square root of its size: large ones do not drown the small ones. */
  pick(split: Split, draw: Draw): Package {
    return draw.weighted(this.packages(split), (one) => Math.sqrt(one.bytes))!;
  }
}

/** Files in memory, those used last, up to a number of bytes. */
class FileCache {
  private readonly most: number;
  private readonly held = new Map<string, Buffer>();
  private bytes = 0;

  constructor(most: number) {
    this.most = most;
  }

  read(file: string): Buffer {
    const known = this.held.get(file);
    const bytes = known ?? readFileSync(file);
    if (known) this.held.delete(file);
    else this.bytes += bytes.length;
    this.held.set(file, bytes);
    for (const [oldest, content] of this.held) {
      if (this.bytes <= this.most || oldest === file) break;
      this.held.delete(oldest);
      this.bytes -= content.length;
    }
    return bytes;
  }
}
