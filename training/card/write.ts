/**
 * Writes the model card from measured answers: node training/card/write.ts --measured FILE.jsonl --model DIR --run DIR --variants FILE.json [--twin FILE.jsonl]
 * Every figure of the card comes from the files named here.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseProfile } from '../../src/engine/model/profile.ts';
import { apply, isCounted } from './confidence.ts';
import { chosenVariant, readVariants, variantTable } from './choose.ts';
import { curve, type LogLine } from './curve.ts';
import { groupOf } from './kinds.ts';
import { readRows, type Row } from './rows.ts';
import { doubts, examples, table } from './summary.ts';

const { values } = parseArgs({
  options: {
    measured: { type: 'string' },
    model: { type: 'string' },
    run: { type: 'string' },
    variants: { type: 'string' },
    twin: { type: 'string' },
  },
});
const { measured, model, run } = values;
const variants = readVariants(values.variants ?? '');
if (!measured || !model || !run || variants.length === 0) {
  process.stderr.write(
    'Usage: node training/card/write.ts --measured FILE.jsonl --model DIR --run DIR --variants FILE.json\n',
  );
  process.exit(2);
}

const rows = readRows(measured);
const arms = ['full', 'cache 1x', 'cache 4x', 'cache 8x', 'cache 16x', 'cache 32x', 'random 8x', 'none'];
const sizes = [...new Set(rows.map((row) => row.size))].sort((a, b) => a - b);
const at = (size: number): Row[] => rows.filter((row) => row.size === size);
const name = (size: number): string => `${size.toLocaleString('en')} tokens`;
const groups = ['look-ups', 'relations', 'facts', 'not there', 'beyond'];
const log = readFileSync(path.join(run, 'log.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as LogLine);
const last = log.at(-1)!;
const template = readFileSync(fileURLToPath(new URL('./template.md', import.meta.url)), 'utf8');

const quoted = (text: string): string => `\`${text.replaceAll('`', "'").replaceAll('|', '¦').replace(/\s+/g, ' ')}\``;
const shownExamples = (right: boolean): string =>
  examples(
    rows.filter((row) => row.arm === 'full' || row.arm === 'cache 8x'),
    8,
    right,
  )
    .map(
      (row) =>
        `| ${row.arm}, ${name(row.size)} | ${quoted(row.question)} | ${quoted(row.said)} | ${right ? '' : quoted(row.gold)} |`,
    )
    .join('\n');

const parts: Record<string, string> = {
  tokens: (last.tokens / 1e6).toFixed(1),
  steps: last.step.toLocaleString('en'),
  overview: sizes
    .map(
      (size) =>
        `### Contexts of ${name(size)}\n\n${table(at(size), 'questions', (row) => groupOf(row.kind), arms, groups)}`,
    )
    .join('\n\n'),
  kinds: table(at(sizes[0]!), 'kind', (row) => row.kind, ['full', 'cache 8x', 'cache 32x', 'none']),
  languages: table(
    rows.filter((row) => row.size === sizes[0] && row.family === 'code'),
    'language',
    (row) => row.language,
    ['full', 'cache 8x', 'none'],
  ),
  right: shownExamples(true),
  wrong: shownExamples(false),
  doubts: doubts(
    rows.filter((row) => row.arm === 'full' || row.arm.startsWith('cache')),
    [0.5, 0.7, 0.8, 0.9, 0.95],
  )
    .map(
      (d) =>
        `| ${d.threshold} | ${(100 * d.below).toFixed(0)} % | ${(100 * d.wrongBelow).toFixed(0)} % | ${(100 * d.rightAbove).toFixed(0)} % |`,
    )
    .join('\n'),
  unsure: unsureText(),
  variant: chosenVariant(variants).name,
  variants: variantTable(variants),
  curve: curve(log, 6, ({ exact }) => exact),
  forms: curve(log, 6, ({ exactByForm }) => exactByForm),
  twin:
    values.twin && existsSync(values.twin)
      ? table(
          [...at(sizes[0]!), ...readRows(values.twin).map((row) => ({ ...row, arm: `${row.arm}, twin` }))],
          'questions',
          (row) => groupOf(row.kind),
          ['cache 8x', 'cache 8x, twin', 'cache 32x', 'cache 32x, twin'],
          groups,
        )
      : 'The twin that was trained without compression has not been measured yet (`npm run train -- --twin`).',
};
/** What the profile's threshold does to answers on which it was not fitted. */
function unsureText(): string {
  const { doubt } = parseProfile(readFileSync(path.join(model!, 'cribsheet.json'), 'utf8'), 'model');
  const threshold = doubt?.confidence;
  if (threshold === undefined) return 'No threshold has been fitted yet (`node training/card/fit.ts`).';
  const counted = rows.filter((row) => row.seed > 1 && isCounted(row, doubt));
  const { answers, unsure, right, rightUnsure, precision } = apply(counted, threshold);
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(0)} %`;
  return `Cribsheet calls answers below ${threshold} unsure and names places to look at beside them (fitted on the first seed by \`training/card/fit.ts\`). Of the ${answers} answers of the other seeds, in full context and from caches of all ratios, that concerns ${percent(unsure, answers)}: ${percent(unsure - rightUnsure, answers - right)} of the wrong ones and ${percent(rightUnsure, right)} of the right ones. The rest is right in ${percent(precision, 1)}.`;
}

const card = template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
  const part = parts[key];
  if (part === undefined) throw new Error(`The template names {{${key}}}, and there is no such part.`);
  return part;
});
writeFileSync(path.join(model, 'README.md'), card);
process.stderr.write(`Written: ${path.join(model, 'README.md')}\n`);
