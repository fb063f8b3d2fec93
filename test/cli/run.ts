import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The built bundle; another build can be tested by naming it. */
export const bundle = process.env['CRIBSHEET_CLI'] ?? path.join(root, 'dist/cli.js');
export const starter = path.join(root, 'models/starter');
/** How the starter wants to be fed, and its window: what the tests expect follows the model. */
export const starterProfile = JSON.parse(readFileSync(path.join(starter, 'cribsheet.json'), 'utf8')) as {
  fileMark: string;
  segmentTokens: number;
  ratio: number;
};
const configuration = JSON.parse(readFileSync(path.join(starter, 'genai_config.json'), 'utf8')) as {
  model: { context_length: number };
};
export const starterWindow = configuration.model.context_length;
export const fixtureModels = path.join(root, 'test/fixtures/models');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Arguments of Node before the bundle. */
  node?: string[];
}

/** Starts the command line as a child process; it never sees this machine's own store. */
export function start(
  args: readonly string[],
  options: RunOptions = {},
): { child: ChildProcess; end: Promise<Finished> } {
  const child = spawn(process.execPath, [...(options.node ?? []), bundle, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, CRIBSHEET_STORE: path.join(tmpdir(), 'cribsheet-test-must-not-be-used'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const end = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return { child, end };
}

export function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(args, options).end;
}

/** Every line of a text as JSON. Throws where one is none. */
export function jsonLines(text: string): Record<string, unknown>[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The only line of a text as JSON. */
export function jsonValue<T>(text: string): T {
  const lines = jsonLines(text);
  if (lines.length !== 1) throw new Error(`${lines.length} lines instead of one: ${text}`);
  return lines[0] as T;
}

/** A temporary folder with a workspace and a store in it. */
export interface Scratch {
  folder: string;
  workspace: string;
  store: string;
  /** Writes a file of the workspace. */
  write: (file: string, content: string | Uint8Array) => Promise<void>;
  remove: () => Promise<void>;
}

export async function makeScratch(files: Readonly<Record<string, string>> = {}): Promise<Scratch> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crib-cli-'));
  const workspace = path.join(folder, 'shop');
  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    const full = path.join(workspace, file);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, content);
  };
  await mkdir(workspace);
  for (const [file, content] of Object.entries(files)) await write(file, content);
  return {
    folder,
    workspace,
    store: path.join(folder, 'store'),
    write,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A small shop: three files, two of which call the third. */
export const shop = {
  'src/price.ts': `/** Adds the tax to a price in cents. */
export function priceWithTax(cents: number, rate: number): number {
  return Math.round(cents * (1 + rate));
}

/** Writes a price for people. */
export function formatPrice(cents: number, currency: string): string {
  return (cents / 100).toFixed(2) + ' ' + currency;
}
`,
  'src/cart.ts': `import { priceWithTax } from './price.ts';

/** What a customer wants to buy. */
export class ShoppingCart {
  private readonly items: number[] = [];

  /** Puts an article into the cart. */
  addArticle(cents: number): void {
    this.items.push(cents);
  }

  /** Sum of all articles with tax. */
  totalPrice(rate: number): number {
    return this.items.reduce((sum, cents) => sum + priceWithTax(cents, rate), 0);
  }
}
`,
  'tools/report.py': `def yearly_report(orders, year):
    """Counts the orders of a year."""
    return len([order for order in orders if order.year == year])
`,
} as const;
