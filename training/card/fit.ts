/**
 * Fits the confidence below which an answer is called unsure, and writes it into profiles:
 * node training/card/fit.ts --measured FILE.jsonl --profile FILE.json [--profile …] [--precision 0.9] [--most-right 0.1] [--seeds 1] [--dry-run]
 * Fitted on the answers of some seeds, reported on those of the others.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { parseProfile } from '../../src/engine/model/profile.ts';
import { apply, fitThreshold, isCounted, separation, type Outcome } from './confidence.ts';
import { readRows, type Row } from './rows.ts';

const { values } = parseArgs({
  options: {
    measured: { type: 'string' },
    profile: { type: 'string', multiple: true },
    precision: { type: 'string', default: '0.9' },
    'most-right': { type: 'string', default: '0.1' },
    seeds: { type: 'string', default: '1' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const { measured, profile: profiles = [] } = values;
if (!measured || profiles.length === 0) {
  process.stderr.write('Usage: node training/card/fit.ts --measured FILE.jsonl --profile FILE.json\n');
  process.exit(2);
}

const texts = profiles.map((file) => readFileSync(file, 'utf8'));
const { doubt } = parseProfile(texts[0], 'model');
const rows = readRows(measured).filter((row) => isCounted(row, doubt));
const seeds = new Set(values.seeds.split(',').map(Number));
const development = rows.filter((row) => seeds.has(row.seed));
const others = rows.filter((row) => !seeds.has(row.seed));
if (!development.some((row) => row.right) || !development.some((row) => !row.right)) {
  process.stderr.write(`The answers of seed ${values.seeds} are all right or all wrong: nothing can be fitted.\n`);
  process.exit(1);
}

const options = { precision: Number(values.precision), mostRight: Number(values['most-right']) };
const fit = fitThreshold(development, options);
const threshold = Number(fit.threshold.toFixed(4));
say(`threshold ${threshold}: ${fit.reached ? 'reaches' : 'does not reach'} precision ${options.precision}`);
say(`fitted on seed ${values.seeds}: ${told(fit)}`);
if (others.length > 0) say(`on the other seeds:  ${told(apply(others, threshold))}`);
for (const [arm, list] of Map.groupBy(others, (row: Row) => row.arm)) {
  say(`  ${arm.padEnd(10)} ${told(apply(list, threshold))}`);
}
const area = (value: (row: Row) => number): string => separation(rows, value).toFixed(3);
say(`right above wrong: geometric mean ${area((r) => r.confidence)}, least token ${area((r) => r.least)}`);
if (!values['dry-run']) {
  for (const [i, file] of profiles.entries()) {
    const profile = JSON.parse(texts[i]!) as { doubt?: object };
    const changed = { ...profile, doubt: { ...profile.doubt, confidence: threshold } };
    const style = await resolveConfig(fileURLToPath(import.meta.url));
    writeFileSync(file, await format(JSON.stringify(changed, undefined, 2), { ...style, parser: 'json' }));
    say(`written: ${file}`);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function told({ answers, unsure, right, rightUnsure, precision }: Outcome): string {
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  const wrong = answers - right;
  return [
    `${answers} answers, ${percent(right, answers)} right`,
    `${percent(unsure, answers)} called unsure`,
    `of the right ones ${percent(rightUnsure, right)} (${rightUnsure}), of the wrong ones ${percent(unsure - rightUnsure, wrong)}`,
    `the rest is right in ${percent(precision, 1)}`,
  ].join('; ');
}
