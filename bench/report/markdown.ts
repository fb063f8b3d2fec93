import type { Machine } from './machine.ts';
import type { Row, Side } from './results.ts';
import type { Spread } from '../sampling/stats.ts';

/** One run of the benchmark: the content of `results/<name>.json`. */
export interface Report {
  name: string;
  /** Shape and precision of the generated model. */
  model: string;
  threads: number;
  quick: boolean;
  machine: Machine;
  /** Samples disturbed by other processes could be told apart and thrown away. */
  rejection: boolean;
  seconds: number;
  /** Titles of the measurements, by name, in order. */
  measurements: Record<string, string>;
  /** Measurements without rows, and why. */
  missing: Record<string, string>;
  rows: Row[];
}

/** All reports as one page. */
export function markdown(reports: readonly Report[]): string {
  const head = [
    '# Benchmark results',
    '',
    'Written by `npm run bench` and `npm run bench:extension`; do not edit. How to read it: [../README.md](../README.md).',
    'Nothing here speaks of the quality of answers: the weights of generated models are random.',
  ];
  return `${[...head, ...reports.flatMap(section)].join('\n')}\n`;
}

function section({ name, model, threads, quick, machine, rejection, seconds, ...rest }: Report): string[] {
  const { measurements, missing, rows } = rest;
  const packages = Object.entries(machine.packages).map(([p, version]) => `${p} ${version}`);
  const instructions = machine.instructions.length ? ` (${machine.instructions.join(', ')})` : '';
  const facts = {
    machine: `${machine.cpu}${instructions}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
    system: `${machine.os}, Node ${machine.node}`,
    packages: packages.join(', '),
    'date, commit': `${machine.date}, ${machine.commit}`,
    model: threads > 0 ? `${model}, ${threads} threads` : model,
    run: `${(seconds / 60).toFixed(1)} minutes${quick ? '; **smoke test, sizes too small to mean anything**' : ''}`,
    'other processes': rejection ? 'disturbed samples were taken again' : 'not looked for: nothing was rejected',
  };
  const lines = ['', `## ${name}`, '', '| | |', '|---|---|'];
  lines.push(...Object.entries(facts).map(([key, value]) => `| ${key} | ${value} |`));
  for (const [measurement, title] of Object.entries(measurements)) {
    lines.push('', `### ${measurement}`, '', `${title[0]!.toUpperCase()}${title.slice(1)}.`, '');
    const own = rows.filter((r) => r.measurement === measurement);
    if (own.length) lines.push(...table(own));
    else lines.push(`Missing: ${missing[measurement] ?? 'no rows'}.`);
  }
  return lines;
}

function table(rows: readonly Row[]): string[] {
  const notes: string[] = [];
  const lines = rows.map((row) => {
    const { name, unit, a, b, ratio, bar, noisy, rejected } = row;
    const marks: string[] = [];
    if (row.note !== undefined) {
      if (!notes.includes(row.note)) notes.push(row.note);
      marks.push(`[${notes.indexOf(row.note) + 1}]`);
    }
    if (noisy) marks.push('**busy machine**');
    const cells = [
      [name, ...marks].join(' '),
      side(a, unit),
      b ? side(b, unit) : '',
      ratio ? spread(ratio) : '',
      bar ? `${bar.text}: ${bar.met ? 'met' : '**missed**'}` : '',
      String(rejected),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| case | A | B | A ÷ B, median (min – max) | bar | samples rejected |',
    '|---|---|---|---|---|---|',
    ...lines,
    ...notes.flatMap((note, i) => ['', `[${i + 1}] ${note}`]),
  ];
}

function side({ label, bytes, ...values }: Side, unit: Row['unit']): string {
  const memory = bytes === undefined ? '' : `; ${figure(bytes / 2 ** 20)} MiB`;
  const text = values.n === 1 ? figure(values.median) : spread(values);
  return `${label}: ${text} ${unit}${memory}`;
}

const spread = ({ median, min, max }: Spread): string => `${figure(median)} (${figure(min)} – ${figure(max)})`;

/** Three significant digits, or whole numbers above that. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
