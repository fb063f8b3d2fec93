import type { FetchResult } from './fetch.ts';
import type { PackageSpec } from './packages.ts';
import type { PreparedPackage } from './prepare.ts';
import { splits, type Split } from './workFolder.ts';

const kilobytes = (bytes: number): string => (bytes / 1_000).toLocaleString('en-US', { maximumFractionDigits: 0 });

/** The corpus as a Markdown page: what is in it, from where, under which licence, and what was left out. */
export function corpusReport(
  prepared: readonly PreparedPackage[],
  { packages, failed }: FetchResult,
  reserved: readonly PackageSpec[],
): string {
  const used = prepared.filter(({ skipped }) => skipped === undefined);
  const lines = [
    '# Corpus of the starter model',
    '',
    'Written by `training/corpus/run.ts`; do not edit. Source files of packages of npm and PyPI, under their own licences; nothing of them is part of this repository or of the extension.',
    'Sources only: no tests, vendored copies, build output where sources are there, generated or minified files. Near-duplicate files stand once, and never on both sides of the split.',
    'A package is held out where the SHA-256 of its name is a multiple of 11.',
    '',
    '## Totals',
    '',
    ...totals(used),
    '',
  ];
  for (const split of splits) lines.push(...packageTable(used, split), '');
  const left = [
    ...reserved.map((spec) => ({ spec, why: 'the evaluations use it' })),
    ...packages.flatMap(({ spec, refused }) => (refused === undefined ? [] : [{ spec, why: refused }])),
    // The messages name folders and hosts of one machine.
    ...failed.map(({ spec }) => ({ spec, why: 'could not be downloaded' })),
    ...prepared.flatMap(({ spec, skipped }) => (skipped === undefined ? [] : [{ spec, why: skipped }])),
  ];
  if (left.length > 0) lines.push('## Left out', '', '| package | version | why |', '|---|---|---|');
  for (const { spec, why } of left) {
    lines.push(`| ${spec.registry} ${spec.name} | ${spec.version} | ${cell(why)} |`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Bytes of every language of these packages, the largest first. */
export function bytesByLanguage(packages: readonly PreparedPackage[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const { bytes } of packages) {
    for (const [language, n] of Object.entries(bytes)) sums.set(language, (sums.get(language) ?? 0) + n);
  }
  return [...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], 'en'));
}

function totals(used: readonly PreparedPackage[]): string[] {
  const of = (split: Split): PreparedPackage[] => used.filter((entry) => entry.split === split);
  const sum = (list: readonly PreparedPackage[], field: 'files' | 'chunks' | 'definitions'): string =>
    list.reduce((n, entry) => n + entry[field], 0).toLocaleString('en-US');
  const row = (name: string, cells: readonly string[]): string => `| ${name} | ${cells.join(' | ')} |`;
  const sides = splits.map(of);
  const whole = bytesByLanguage(used).reduce((n, [, bytes]) => n + bytes, 0);
  const [train, heldOut] = sides.map((side) => new Map(bytesByLanguage(side)));
  return [
    '| | train | held out |',
    '|---|---|---|',
    row(
      'packages',
      sides.map((side) => String(side.length)),
    ),
    ...(['files', 'chunks', 'definitions'] as const).map((field) =>
      row(
        field,
        sides.map((side) => sum(side, field)),
      ),
    ),
    ...bytesByLanguage(used).map(([language, bytes]) => {
      const share = ((100 * bytes) / whole).toFixed(1);
      return row(
        `${language}, kB (${share} %)`,
        [train, heldOut].map((side) => kilobytes(side?.get(language) ?? 0)),
      );
    }),
    row(
      'all, kB',
      sides.map((side) => kilobytes(bytesByLanguage(side).reduce((n, [, bytes]) => n + bytes, 0))),
    ),
  ];
}

function packageTable(used: readonly PreparedPackage[], split: Split): string[] {
  const rows = used
    .filter((entry) => entry.split === split)
    .sort((a, b) => a.id.localeCompare(b.id, 'en'))
    .map((entry) => {
      const { spec, licence, files } = entry;
      const text = bytesByLanguage([entry]).map(([language, bytes]) => `${language} ${kilobytes(bytes)}`);
      const source = spec.sdist ? `${spec.registry} (sdist)` : spec.registry;
      return `| ${source} ${spec.name} | ${spec.version} | ${cell(licence)} | ${String(files)} | ${text.join(', ')} |`;
    });
  const title = split === 'train' ? '## Training' : '## Held out';
  return [title, '', '| package | version | licence | files | kB by language |', '|---|---|---|---|---|', ...rows];
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
