import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { languageOf } from '../../src/engine/corpus/languages.ts';
import { recordsOf } from '../../training/corpus/records.ts';
import type { Tools } from '../../training/data/codeSample.ts';
import { Corpus } from '../../training/data/packages.ts';
import { TokenCounter } from '../../training/data/tokens.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The tokenizer of the bundled model. */
export const tokenizerFolder = path.join(root, 'models/starter');

/** Folders of this repository, as if they were packages. */
const packages = {
  'npm-definitions': ['src/engine/corpus/definitions'],
  'npm-model': ['src/engine/model', 'src/engine/compress'],
  'npm-answer': ['src/engine/answer', 'src/engine/retrieve'],
  'pypi-fixtures': ['test/fixtures'],
  'npm-mixed': ['test/corpus/samples'],
};

/** Writes the corpus in the record format, with the product's chunker and grammars. */
async function writeCorpus(folder: string): Promise<void> {
  const made = await grammarFolder();
  const grammars = await Grammars.open(made.folder);
  await mkdir(path.join(folder, 'train'), { recursive: true });
  for (const [name, folders] of Object.entries(packages)) {
    const lines: string[] = [];
    for (const file of (await Promise.all(folders.map((one) => sources(path.join(root, one))))).flat()) {
      const shown = path.relative(root, file).replace(/\.txt$/, '');
      const text = await readFile(file, 'utf8');
      const records = await recordsOf({ path: shown, text, language: languageOf(shown) }, grammars);
      lines.push(...records.map((record) => JSON.stringify(record)));
    }
    await writeFile(path.join(folder, 'train', `${name}.jsonl`), `${lines.join('\n')}\n`);
  }
  await made.remove();
}

async function sources(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const code = names.filter((name) => /\.(?:ts|py)$|samples|\.(?:ts|tsx|js|py|go|rs|java)\.txt$/.test(name));
  return code.sort().map((name) => path.join(folder, name));
}

/** A corpus of this repository's own sources, and what samples are made with. */
export function useCorpus(): () => Tools & { folder: string } {
  let tools: (Tools & { folder: string }) | undefined;
  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cribsheet-maker-'));
    await writeCorpus(folder);
    const { count, pieces } = new TokenCounter(tokenizerFolder, '<chunk>');
    tools = { folder, corpus: new Corpus(folder), count, pieces };
  });
  afterAll(async () => {
    if (tools) await rm(tools.folder, { recursive: true, force: true });
  });
  return () => {
    if (!tools) throw new Error('the corpus is not written yet');
    return tools;
  };
}
