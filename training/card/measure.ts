/**
 * Measures a model on held-out packages through the product's engine:
 * node training/card/measure.ts --model DIR --chunks DIR --tokenizer DIR --out FILE.jsonl [--sizes 2048,16384] [--seeds 3] [--contexts 20] [--questions 12]
 * An arm is one of those below, or any strategy at any ratio: `kvzip 4x`.
 * One line an answer. What stands in the file already is not measured again, so that a long run can be interrupted.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { droppingStrategies } from '../../src/common/names.ts';
import { Decoder } from '../../src/engine/model/decoder.ts';
import { SampleMaker } from '../data/maker.ts';
import { Corpus } from '../data/packages.ts';
import { TokenCounter } from '../data/tokens.ts';
import { Reader, type Arm } from './arms.ts';
import { drawContexts } from './contexts.ts';
import { readRows, type Row } from './rows.ts';

const arms: readonly Arm[] = [
  { name: 'full', read: 'full' },
  { name: 'cache 1x', read: 'cache', ratio: 1, strategy: 'm0-zs' },
  { name: 'cache 4x', read: 'cache', ratio: 4, strategy: 'm0-zs' },
  { name: 'cache 8x', read: 'cache', ratio: 8, strategy: 'm0-zs' },
  { name: 'cache 16x', read: 'cache', ratio: 16, strategy: 'm0-zs' },
  { name: 'cache 32x', read: 'cache', ratio: 32, strategy: 'm0-zs' },
  { name: 'random 8x', read: 'cache', ratio: 8, strategy: 'random' },
  { name: 'none', read: 'none' },
];

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    chunks: { type: 'string' },
    tokenizer: { type: 'string' },
    out: { type: 'string' },
    sizes: { type: 'string', default: '2048,16384' },
    seeds: { type: 'string', default: '3' },
    contexts: { type: 'string', default: '20' },
    questions: { type: 'string', default: '12' },
    arms: { type: 'string', default: arms.map(({ name }) => name).join(',') },
  },
});
const { model, chunks, out } = values;
if (!model || !chunks || !out) {
  process.stderr.write('Usage: node training/card/measure.ts --model DIR --chunks DIR --out FILE.jsonl\n');
  process.exit(2);
}

const rows = readRows(out);
const done = new Set(rows.map(keyOf));
const decoder = await Decoder.open({ folder: model });
if (rows.some((row) => row.model !== decoder.fingerprint)) {
  process.stderr.write(`${out} has answers of another model: name another file with --out, or delete it.\n`);
  await decoder.dispose();
  process.exit(1);
}
const maker = new SampleMaker({
  corpus: new Corpus(chunks),
  count: new TokenCounter(values.tokenizer ?? model, decoder.profile.fileMark).count,
});
const reader = new Reader(decoder);
const wanted = values.arms.split(',').map(armNamed);
for (const size of values.sizes.split(',').map(Number)) {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    // A long context takes as many times longer as it is larger: the same questions a minute, fewer contexts.
    const count = Math.max(4, Math.round(Number(values.contexts) * Math.min(1, (2 * 2048) / size)));
    const contexts = drawContexts(maker, {
      seed,
      size,
      count,
      segmentTokens: decoder.profile.segmentTokens,
      questions: Number(values.questions),
    });
    for (const context of contexts) {
      for (const arm of wanted) {
        const key = { seed, size, context: context.number, arm: arm.name };
        if (done.has(keyOf(key))) continue;
        for (const { said, ...graded } of await reader.graded(context, arm)) {
          const { text, confidence, least, ms } = said;
          const { family, language } = context;
          const row: Row = {
            model: decoder.fingerprint,
            ...key,
            family,
            language,
            ...graded,
            said: text,
            confidence,
            least,
            ms,
          };
          rows.push(row);
          appendFileSync(out, `${JSON.stringify(row)}\n`);
        }
      }
    }
    process.stderr.write(`${size} tokens, seed ${seed}: ${contexts.length} contexts\n`);
  }
}
await decoder.dispose();
for (const [name, list] of Map.groupBy(rows, (row) => `${row.size} ${row.arm}`)) {
  const right = list.filter((row) => row.right).length;
  process.stderr.write(`${name.padEnd(20)} ${right}/${list.length} = ${(right / list.length).toFixed(3)}\n`);
}

/** @throws Error for what is neither */
function armNamed(name: string): Arm {
  const known = arms.find((arm) => arm.name === name);
  if (known) return known;
  const [, own, ratio] = /^(\S+) ([\d.]+)x$/.exec(name) ?? [];
  const strategy = droppingStrategies.find((s) => s === own);
  if (strategy === undefined) throw new Error(`There is no arm "${name}".`);
  return { name, read: 'cache', ratio: Number(ratio), strategy };
}

function keyOf({ seed, size, context, arm }: Pick<Row, 'seed' | 'size' | 'context' | 'arm'>): string {
  return `${seed}/${size}/${context}/${arm}`;
}
