/**
 * Compares the exported variants of a model by size, accuracy and speed through the product's engine:
 * node training/card/variants.ts --export DIR --chunks DIR --tokenizer DIR --out FILE.json [--variants fp32,int8,mixed,int4] [--contexts 24]
 * The same questions for all, about held-out packages, of a seed that the card does not use.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { SampleMaker } from '../data/maker.ts';
import { Corpus } from '../data/packages.ts';
import { TokenCounter } from '../data/tokens.ts';
import { Reader, type Arm } from './arms.ts';
import type { Variant } from './choose.ts';
import { drawContexts, type Context } from './contexts.ts';

const arms: readonly Arm[] = [
  { name: 'full', read: 'full' },
  { name: 'cache 8x', read: 'cache', ratio: 8, strategy: 'm0-zs' },
];
const size = 2048;
const rounds = 5;
const written = 64;

const { values } = parseArgs({
  options: {
    export: { type: 'string' },
    chunks: { type: 'string' },
    tokenizer: { type: 'string' },
    out: { type: 'string' },
    variants: { type: 'string', default: 'fp32,int8,mixed,int4' },
    contexts: { type: 'string', default: '24' },
  },
});
const { export: exported, chunks, tokenizer, out } = values;
if (!exported || !chunks || !tokenizer || !out) {
  process.stderr.write(
    'Usage: node training/card/variants.ts --export DIR --chunks DIR --tokenizer DIR --out FILE.json\n',
  );
  process.exit(2);
}
const maker = new SampleMaker({ corpus: new Corpus(chunks), count: new TokenCounter(tokenizer, '<chunk>').count });
const variants: Variant[] = [];
/** All variants have one profile and so one length of segments: the same contexts for all. */
let contexts: Context[] | undefined;
for (const name of values.variants.split(',')) {
  const folder = path.join(exported, name);
  const decoder = await Decoder.open({ folder, device: 'cpu', threads: 2 });
  const variant: Variant = { name, megabytes: bytesIn(folder) / 1e6, right: {}, ...(await speeds(decoder)) };
  const reader = new Reader(decoder);
  const { segmentTokens } = decoder.profile;
  contexts ??= drawContexts(maker, { seed: 9, size, count: Number(values.contexts), segmentTokens, questions: 12 });
  for (const arm of arms) {
    let [right, asked] = [0, 0];
    for (const context of contexts) {
      const graded = await reader.graded(context, arm);
      asked += graded.length;
      right += graded.filter((one) => one.right).length;
    }
    variant.right[arm.name] = [right, asked];
  }
  await decoder.dispose();
  variants.push(variant);
  process.stderr.write(`${JSON.stringify(variant)}\n`);
}
writeFileSync(out, `${JSON.stringify(variants, undefined, 2)}\n`);

async function speeds(decoder: Decoder): Promise<Pick<Variant, 'prefill' | 'decode'>> {
  const lane = decoder.lane(priorities.answer, size + written + 16);
  const tokens = Array.from({ length: size }, (_, i) => (i * 37 + 11) % decoder.graph.vocabulary);
  let [prefill, decode] = [0, 0];
  for (let round = 0; round <= rounds; round++) {
    lane.kv.truncate(0);
    const began = performance.now();
    await lane.append(tokens);
    const read = performance.now();
    for (const token of tokens.slice(0, written)) await lane.append([token]);
    const wrote = performance.now();
    // The first round makes what is only made once.
    if (round === 0) continue;
    prefill = Math.max(prefill, (1000 * size) / (read - began));
    decode = Math.max(decode, (1000 * written) / (wrote - read));
  }
  return { prefill: Math.round(prefill), decode: Math.round(decode) };
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}
