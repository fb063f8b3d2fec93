import { CribsheetError } from '../../common/errors.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Need, Strategy } from './strategy.ts';

/** The refusal of a strategy that cannot run on a model: by name, and before any work. */
function cannotRun(strategy: string, decoder: Decoder, why: string): CribsheetError {
  return new CribsheetError(
    'model-unsupported',
    `The strategy ${strategy} cannot run on the model ${decoder.profile.name}: ${why}.`,
    'Choose another with --strategy; m0-zs runs on every model.',
  );
}

/** @throws CribsheetError `model-unsupported` where ‖W_O V‖ cannot be computed */
export async function requireProjection({ name }: Pick<Strategy, 'name'>, decoder: Decoder): Promise<void> {
  if (await decoder.outputGrams()) return;
  throw cannotRun(name, decoder, 'its attention does not go straight into an output projection');
}

/** @throws CribsheetError `model-unsupported` where nothing has been measured of the model */
export function requireMeasured({ name }: Pick<Strategy, 'name'>, decoder: Decoder): void {
  if (decoder.measured) return;
  throw new CribsheetError(
    'model-unsupported',
    `The strategy ${name} needs what is measured of the model ${decoder.profile.name}, and that has not been done.`,
    'Run "cribsheet models measure" for this model first.',
  );
}

/** Statistics that the self-test of a device does not compare with the CPU's. */
const cpuOnly: readonly Need[] = ['stats', 'moments', 'raw'];

/** Other devices are checked for logits and attention sums only, and for layers of one length. */
function requireCheckedDevice({ name, needs = [], peak = 1, staysOnDisk }: Strategy, decoder: Decoder): void {
  // Its questions are looked up by their raw queries.
  if (staysOnDisk || peak > 1 || needs.some((need) => cpuOnly.includes(need))) requireCpu(name, decoder);
}

/** @throws CribsheetError `device-unavailable`, naming the strategy, on another device than the CPU */
export function requireCpu(name: string, { device: { device } }: Pick<Decoder, 'device'>): void {
  if (device === 'cpu') return;
  throw new CribsheetError(
    'device-unavailable',
    `The strategy ${name} cannot run on ${device}: what it needs of the model is checked on the CPU only.`,
    'Use --device cpu, or --strategy m0-zs.',
  );
}

/**
 * Checks a strategy against a model and lets it measure what it needs of it, once.
 * @param longest tokens of the longest segment
 * @throws CribsheetError `model-unsupported`, `device-unavailable`, naming the strategy
 */
export async function prepareStrategy(
  strategy: Strategy,
  decoder: Decoder,
  longest: number,
  signal?: AbortSignal,
): Promise<void> {
  requireCheckedDevice(strategy, decoder);
  const probe = strategy.probe({ id: '', title: '', description: '', instruction: '', examples: [], scope: [] });
  if (probe?.rows === 'repeat') {
    const needed = decoder.chat.preamble().length + 2 * longest + decoder.chat.question(probe.instruction).length;
    if (needed > decoder.window)
      throw cannotRun(
        strategy.name,
        decoder,
        `it reads every segment twice, which takes ${needed} positions of the ${decoder.window} that there are`,
      );
  }
  await strategy.prepare?.(decoder, signal);
}
