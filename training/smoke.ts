import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Grammars } from '../src/engine/corpus/grammars.ts';
import { readCorpus } from '../src/engine/corpus/read.ts';
import { recordsOf } from './corpus/records.ts';
import { WorkFolder, writeWhole, type Split } from './corpus/workFolder.ts';

/** Folders of this repository that stand for packages: enough to see that every step of the training works. */
const folders: readonly { name: string; folder: string; split: Split }[] = [
  { name: 'engine', folder: 'src/engine', split: 'train' },
  { name: 'cli', folder: 'src/cli', split: 'train' },
  { name: 'worker', folder: 'src/worker', split: 'heldout' },
];

/** Chunks of this repository's own code, in the form of a corpus: no download, seconds instead of an hour. */
export async function smokeCorpus(root: string, folder: string): Promise<void> {
  const work = new WorkFolder(folder);
  await rm(path.join(work.root, 'chunks'), { recursive: true, force: true });
  const grammars = await Grammars.open(path.join(root, 'dist/grammars'));
  for (const { name, folder: from, split } of folders) {
    const { files } = await readCorpus(path.join(root, from), {});
    const lines: string[] = [];
    for (const file of files) {
      for (const record of await recordsOf(file, grammars)) lines.push(`${JSON.stringify(record)}\n`);
    }
    await writeWhole(work.chunks(split, { registry: 'npm', name }), lines.join(''));
  }
}
