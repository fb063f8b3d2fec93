import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A small workspace with what the tests ask about: definitions with known lines, two files of one base name, a file that
 * git ignores, a task of its own. Small enough that the starter model's sheet covers all of it.
 */
const workspaceFiles: Readonly<Record<string, string>> = {
  '.gitignore': 'out/\n',
  'out/ledger.js': 'exports.openLedger = (year) => year;\n',
  'src/ledger.ts': `import { roundCents } from './money/round.ts';

/** Opens the ledger of a year. */
export function openLedger(year: number): Ledger {
  return new Ledger(year);
}

/** All amounts of one year, in cents. */
export class Ledger {
  readonly year: number;
  private total = 0;

  constructor(year: number) {
    this.year = year;
  }

  /** Adds an amount in cents and returns the new total. */
  addAmount(cents: number): number {
    this.total += roundCents(cents);
    return this.total;
  }
}
`,
  'src/money/round.ts': `/** Rounds to whole cents. */
export function roundCents(value: number): number {
  return Math.round(value);
}

/** Formats cents as an amount with two decimals. */
export function formatCents(value: number): string {
  return (value / 100).toFixed(2);
}
`,
  'src/money/index.ts': `export { roundCents, formatCents } from './round.ts';

/** Reads an amount such as "12.50" as cents. */
export function parseAmount(text: string): number {
  return Number(text) * 100;
}
`,
  'src/report/index.ts': `import { formatCents } from '../money/index.ts';

/** One line of the yearly report. */
export function reportLine(year: number, cents: number): string {
  return \`\${year}: \${formatCents(cents)}\`;
}
`,
  'src/store.py': `class LedgerStore:
    """Keeps ledgers in a folder."""

    def save_ledger(self, name, text):
        """Writes one ledger and returns its path."""
        path = self.folder / name
        path.write_text(text)
        return path
`,
  'src/defects.ts': `/** Reads the settings of a user. */
export function readSettings(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {}
  return {};
}

/** Computes the tax of an amount. */
export function computeTax(amount: number): number {
  // TODO: finish this
  return amount;
}

/** Prints the total of a year. */
export function printTotal(total: number): number {
  console.log('total', total);
  return total;
}

/** Runs a formula. */
export function runFormula(formula: string): unknown {
  return eval(formula);
}
`,
  'README.md': '# Ledger\n\nKeeps amounts of a year and prints a report.\n',
  '.cribsheet/tasks/money.crib': `---
id: money
title: Money
description: How amounts are rounded, formatted and parsed.
---
Find where amounts of money are rounded, formatted and parsed, and by which functions.

## Examples

Q: Which function rounds an amount?
A: roundCents in src/money/round.ts
`,
};

/** Writes the workspace, as a git repository, into a new `folder`. @returns the folder */
export async function writeWorkspace(
  folder: string,
  files: Readonly<Record<string, string>> = workspaceFiles,
): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const git = spawnSync('git', ['init', '--quiet'], { cwd: folder, encoding: 'utf8' });
  if (git.status !== 0) throw new Error(`git init failed: ${git.stderr}`);
  return folder;
}

/** 1-based line of the first occurrence of `text` in a file of the workspace. */
export function lineOf(file: string, text: string): number {
  const lines = workspaceFiles[file]?.split('\n') ?? [];
  const index = lines.findIndex((line) => line.includes(text));
  if (index === -1) throw new Error(`${file} has no line with ${text}.`);
  return index + 1;
}
