/**
 * Measures a model on held-out packages through the product's engine:
 * node training/card/measure.ts --model DIR --chunks DIR --tokenizer DIR --out FILE.jsonl [--sizes 2048,16384] [--seeds 3] [--contexts 36] [--questions 12]
 * One line an answer. What stands in the file already is not measured again, so that a long run can be interrupted.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
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
    contexts: { type: 'string', default: '36' },
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
const maker = new SampleMaker({
  corpus: new Corpus(chunks),
  count: new TokenCounter(values.tokenizer ?? model, decoder.profile.fileMark).count,
});
const reader = new Reader(decoder);
const wanted = values.arms.split(',');
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
      for (const arm of arms.filter(({ name }) => wanted.includes(name))) {
        const key = { seed, size, context: context.number, arm: arm.name };
        if (done.has(keyOf(key))) continue;
        const said = await reader.answers(context, arm);
        for (const [i, { kind, question, answer }] of context.questions.entries()) {
          const here = said?.[i];
          if (!here) continue;
          const row: Row = {
            ...key,
            family: context.family,
            language: context.language,
            kind,
            question,
            gold: answer,
            said: here.text,
            right: here.text === answer.trim(),
            confidence: here.confidence,
            least: here.least,
            ms: here.ms,
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

function keyOf({ seed, size, context, arm }: Pick<Row, 'seed' | 'size' | 'context' | 'arm'>): string {
  return `${seed}/${size}/${context}/${arm}`;
}
