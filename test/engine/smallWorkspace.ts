import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { limits } from '../../src/common/limits.ts';
import type { Task } from '../../src/common/task.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { Decoder } from '../../src/engine/model/decoder.ts';
import type { ModelProfile } from '../../src/engine/model/profile.ts';
import { allSheets } from '../../src/engine/sheet/allSheets.ts';
import { blockKeys } from '../../src/engine/sheet/remaining.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { Workspace } from '../../src/engine/workspace.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';
import { modelFolder } from '../model/fixtures.ts';

/** Two files called `util.ts`, one that needs several segments of 128 tokens, other languages, odd line ends. */
export const smallFiles: Readonly<Record<string, string>> = {
  'README.md': '# Harbour\n\nKeeps the berths of a small harbour.\n\n## Usage\n\nCall `openHarbour` first.\n',
  'src/berths/util.ts': `/** Largest draught of a ship that may moor, in metres. */
export function maximalDraught(depth: number): number {
  return depth - 0.5;
}

export function berthName(row: string, place: number): string {
  return \`\${row}-\${place}\`;
}
`,
  'src/ships/util.ts': `/** Reads the length of a ship from its papers. */
export function shipLength(papers: Map<string, string>): number {
  const text = papers.get('length') ?? '0';
  return Number.parseFloat(text);
}

export function shipFlag(papers: Map<string, string>): string {
  return papers.get('flag') ?? 'unknown';
}
`,
  'src/harbour.ts': `import { berthName, maximalDraught } from './berths/util.ts';
import { shipLength } from './ships/util.ts';

/** A ship at its place. */
export interface Mooring {
  ship: string;
  berth: string;
  since: Date;
}

export class Harbour {
  private readonly moorings = new Map<string, Mooring>();
  private readonly depth: number;

  constructor(depth: number) {
    this.depth = depth;
  }

  /** Moors a ship at the first free berth of a row. */
  moor(ship: string, row: string): Mooring {
    for (let place = 1; place < 40; place++) {
      const berth = berthName(row, place);
      if (this.moorings.has(berth)) continue;
      const mooring = { ship, berth, since: new Date() };
      this.moorings.set(berth, mooring);
      return mooring;
    }
    throw new Error(\`Row \${row} is full: ≥ 39 ships 😀\`);
  }

  /** Frees a berth; nothing happens where it was free. */
  leave(berth: string): boolean {
    return this.moorings.delete(berth);
  }

  deepEnough(draught: number): boolean {
    return draught <= maximalDraught(this.depth);
  }
}

/** Opens a harbour of the given depth. */
export function openHarbour(depth: number): Harbour {
  if (depth <= 0) throw new RangeError('A harbour needs water.');
  return new Harbour(depth);
}

export function totalLength(papers: Map<string, string>[]): number {
  let total = 0;
  for (const paper of papers) total += shipLength(paper);
  return total;
}
`,
  'tools/tides.py':
    'from math import cos, pi\r\n\r\n\r\ndef tide_level(hour, range_metres=4.2):\r\n    """Height of the tide at an hour after high water."""\r\n    return range_metres / 2 * cos(2 * pi * hour / 12.4)\r\n\r\n\r\nclass TideTable:\r\n    def __init__(self, levels):\r\n        self.levels = levels\r\n\r\n    def highest(self):\r\n        return max(self.levels)\r\n',
  'tools/signal.go':
    'package tools\n\nimport "fmt"\n\n// SendSignal shows a flag to a ship.\nfunc SendSignal(ship string, flag rune) string {\n\tif flag == 0 {\n\t\treturn "none"\n\t}\n\treturn fmt.Sprintf("%s:%c", ship, flag)\n}\n',
  'tools/empty.py': '',
};

export const lookupTask: Task = {
  id: 'api-lookup',
  title: 'API lookup',
  description: '',
  instruction:
    'API lookup: find where functions and classes are defined, their parameters, what they return, what they do and who calls them.',
  examples: [{ question: 'Where is openLedger defined?', answer: 'function in src/ledger/open.ts' }],
  scope: [],
};

/** Temporary folders and native objects of one test file; `dispose` belongs into `afterAll`. */
export class SmallWorkspaces {
  private readonly undo: (() => void | Promise<void>)[] = [];
  private parser: Promise<Grammars> | undefined;

  async folder(name: string): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), `cribsheet-${name}-`));
    this.undo.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async grammarFolder(): Promise<string> {
    const { folder, remove } = await grammarFolder();
    this.undo.push(remove);
    return folder;
  }

  async write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
  }

  /** A tiny model with fixed steps, fed as `profile` says. */
  async decoder(model: string, profile?: Partial<ModelProfile>, stepTokens?: number): Promise<Decoder> {
    let folder = modelFolder(model);
    if (profile) {
      folder = path.join(await this.folder('model'), model);
      await cp(modelFolder(model), folder, { recursive: true });
      await writeFile(path.join(folder, 'cribsheet.json'), JSON.stringify(profile));
    }
    return this.open(folder, stepTokens);
  }

  async open(folder: string, stepTokens = 256): Promise<Decoder> {
    const decoder = await Decoder.open({ folder, threads: 1, stepTokens });
    this.undo.push(() => decoder.dispose());
    return decoder;
  }

  /** A workspace with a store of its own (or that of another one), indexed. */
  async workspace(
    decoder: Decoder | undefined,
    files: Readonly<Record<string, string>> = smallFiles,
    other: { root?: string; store?: string; quotaBytes?: number } = {},
  ): Promise<Opened> {
    const root = other.root ?? (await this.folder('root'));
    const store = other.store ?? (await this.folder('store'));
    await this.write(root, files);
    this.parser ??= this.grammarFolder().then((folder) => Grammars.open(folder));
    const corrupt: string[] = [];
    const blocks = new BlockStore({
      folder: store,
      quotaBytes: other.quotaBytes ?? limits.storeBytes,
      referenced: async () => new Set((await allSheets({ folder: store })).flatMap(blockKeys)),
      onCorrupt: (key) => corrupt.push(key),
    });
    const workspace = await Workspace.open({
      root,
      folder: path.join(store, 'workspaces', 'one'),
      grammars: await this.parser,
      blocks,
      decoder: decoder && (() => Promise.resolve(decoder)),
      trimStore: async () => void (await blocks.enforceQuota()),
    });
    this.undo.push(() => {
      workspace.close();
    });
    await workspace.refresh();
    return { root, store, workspace, blocks, corrupt };
  }

  async dispose(): Promise<void> {
    for (const undo of this.undo.reverse()) await undo();
  }
}

export interface Opened {
  root: string;
  store: string;
  workspace: Workspace;
  blocks: BlockStore;
  /** Keys of blocks that did not verify. */
  corrupt: string[];
}

/** Lines of a file of the workspace as an editor counts them. */
export async function linesOf(root: string, file: string): Promise<string[]> {
  return (await readFile(path.join(root, file), 'utf8')).split(/\r\n|\r|\n/);
}
