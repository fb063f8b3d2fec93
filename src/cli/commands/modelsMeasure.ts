import { CribsheetError } from '../../common/errors.ts';
import { measuredHeads } from '../../engine/compress/measuredShares.ts';
import { m2Defaults } from '../../engine/compress/strategies/m2.ts';
import { Grammars } from '../../engine/corpus/grammars.ts';
import { measureModel } from '../../engine/measureModel.ts';
import { retrievalKinds, type MeasuredBudgets } from '../../engine/model/measured.ts';
import { measureSamples } from '../../eval/measure/samples.ts';
import type { Context } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { count, duration, plural } from '../format.ts';
import { product } from '../product.ts';
import { bold, dim, green } from '../styled.ts';

/** Budgets are shown for a long segment at this ratio, as percentages of an equal share. */
const SHOWN = { tokens: 1_024, keep: 64 } as const;
/** Retrieval heads of each layer that CompressKV lets decide: how many of them kinds of facts have in common. */
const BEST_HEADS = 4;

/** Measures how much each layer and head of a model loses when it is compressed, once, and keeps it in the store. */
export async function measure(context: Context, name: string | undefined): Promise<undefined> {
  const { engine, args, out, json, signal, progress } = context;
  const opened = engine({ model: name ?? args.text('model') ?? 'starter', noModel: false });
  const decoder = await opened.decoder();
  if (decoder.device.device !== 'cpu') {
    throw new CribsheetError(
      'device-unavailable',
      `Models are measured on the CPU: what is measured is not checked on ${decoder.device.device}.`,
      'Use --device cpu; sheets may be made elsewhere afterwards.',
    );
  }
  const store = opened.measured;
  if (args.has('fresh')) await store.delete(decoder.fingerprint);
  const before = args.has('fresh') ? undefined : decoder.measured;
  const started = performance.now();
  const bar = progress('Measuring');
  let done = 0;
  const measured = async (): Promise<{ table: MeasuredBudgets; resumed: number }> => {
    const samples = await measureSamples(decoder, await Grammars.open(product.grammars), signal);
    return measureModel(decoder, samples, store, {
      signal,
      onProgress: (steps, total) => {
        done = steps;
        bar.show(steps, total, `${count(steps)} of ${count(total)} measurements`);
      },
    });
  };
  const result = await (before ? Promise.resolve({ table: before, resumed: before.samples }) : measured())
    .catch((error: unknown) => {
      if (!CribsheetError.is(error, 'cancelled')) throw error;
      const message = `Cancelled: ${plural(done, 'measurement')} are done and kept.`;
      throw new CribsheetError('cancelled', message, 'The same command goes on where this one stopped.');
    })
    .finally(() => bar.end());
  const { table, resumed } = result;
  const file = store.fileOf(decoder.fingerprint);
  if (json) {
    const { model, id, samples, ratios, errors, retrieval } = table;
    const shared = sharedHeads(table);
    await out.json({ model, id, samples, ratios, errors, retrieval, shared, file, resumed });
    return;
  }
  await out.line(
    before ? 'Measured before: ' : green('Measured '),
    bold(cleanLine(decoder.profile.name)),
    before ? '' : ` in ${duration(performance.now() - started)}`,
    ` (${count(table.samples)} questions; ${file})`,
  );
  await out.line(dim('Positions that each head gets at 16x, in percent of an equal share:'));
  const shares = measuredHeads(table, { ...SHOWN, guarantee: m2Defaults.guarantee, peak: m2Defaults.peak });
  for (const [layer, heads] of shares.entries())
    await out.line(
      dim(`layer ${layer}`.padEnd(10)),
      heads.map((n) => String(Math.round((100 * n) / SHOWN.keep)).padStart(4)).join(' '),
    );
  for (const { kinds, share } of sharedHeads(table))
    await out.line(dim(`Retrieval heads for ${kinds.join(' and ')}: ${Math.round(100 * share)} % in common.`));
}

/** Of the best retrieval heads of every layer, the share that two kinds of facts have in common. */
function sharedHeads({ retrieval }: Pick<MeasuredBudgets, 'retrieval'>): { kinds: string[]; share: number }[] {
  return retrievalKinds.flatMap((one, i) =>
    retrievalKinds.slice(i + 1).map((other) => {
      const layers = retrieval[one].heads.map((order, l) => {
        const best = order.slice(0, BEST_HEADS);
        const others = retrieval[other].heads[l]!.slice(0, BEST_HEADS);
        return best.filter((head) => others.includes(head)).length / best.length;
      });
      return { kinds: [one, other], share: layers.reduce((a, b) => a + b, 0) / layers.length };
    }),
  );
}
