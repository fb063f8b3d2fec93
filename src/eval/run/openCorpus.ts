import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { countTokens } from '../../engine/compress/encode.ts';
import { chunkerVersion, chunkFile } from '../../engine/corpus/chunker.ts';
import type { Grammars } from '../../engine/corpus/grammars.ts';
import { codeKind } from '../../engine/corpus/naming.ts';
import { readCorpus } from '../../engine/corpus/read.ts';
import { packSegments } from '../../engine/corpus/segments.ts';
import type { Chunk, Segment } from '../../engine/corpus/types.ts';
import type { Decoder } from '../../engine/model/decoder.ts';
import { TextIndex } from '../../engine/retrieve/textIndex.ts';
import type { EvalCorpus } from '../types.ts';

/**
 * A corpus on disk, read, cut, packed and indexed by the product's own parts, for one model.
 */
export class OpenCorpus {
  readonly made: EvalCorpus;
  /** In path order. */
  readonly files: readonly { path: string; hash: string }[];
  readonly chunks: readonly Chunk[];
  readonly segments: readonly Segment[];
  readonly index: TextIndex;
  /** Source tokens of all segments. */
  readonly tokens: number;
  private readonly pack: (chunks: readonly Chunk[]) => Segment[];

  private constructor(parts: Pick<OpenCorpus, 'made' | 'files' | 'chunks' | 'index'>, decoder: Decoder) {
    this.made = parts.made;
    this.files = parts.files;
    this.chunks = parts.chunks;
    this.index = parts.index;
    const count = countTokens(decoder.tokenizer, decoder.profile.fileMark);
    this.pack = (chunks) => packSegments(byFile(parts.files, chunks), decoder.profile, count);
    this.segments = this.pack(parts.chunks);
    this.tokens = this.segments.reduce((sum, s) => sum + s.tokens, 0);
  }

  /** @param folder an empty one, which the corpus is written into */
  static async open(
    made: EvalCorpus,
    folder: string,
    decoder: Decoder,
    grammars: Grammars,
    signal?: AbortSignal,
  ): Promise<OpenCorpus> {
    const root = path.join(folder, 'files');
    for (const [name, text] of made.files) {
      const file = path.join(root, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const { files } = await readCorpus(root, signal ? { signal } : {});
    const cut = new Map<string, Chunk[]>();
    for (const file of files) cut.set(file.path, await chunkFile(file, grammars, signal));
    const index = TextIndex.open(path.join(folder, 'index.sqlite'), { contentVersion: chunkerVersion });
    await index.update(
      files.map((f) => ({ path: f.path, hash: f.hash, chunks: () => Promise.resolve(cut.get(f.path)!) })),
      signal ? { signal } : {},
    );
    const chunks = [...cut.values()].flat();
    return new OpenCorpus({ made, files: files.map(({ path, hash }) => ({ path, hash })), chunks, index }, decoder);
  }

  /** The same text without card lines and names in the file lines: what the cards are worth. */
  withoutCards(): Segment[] {
    return this.pack(this.chunks.map((chunk) => ({ ...chunk, kind: codeKind })));
  }

  close(): void {
    this.index.close();
  }
}

function byFile(
  files: readonly { path: string }[],
  chunks: readonly Chunk[],
): { path: string; chunks: readonly Chunk[] }[] {
  const grouped = Map.groupBy(chunks, (c) => c.path);
  return files.map(({ path }) => ({ path, chunks: grouped.get(path) ?? [] }));
}
