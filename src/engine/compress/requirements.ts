import { CribsheetError } from '../../common/errors.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Strategy } from './strategy.ts';

/** The refusal of a strategy that cannot run on a model: by name, and before any work. */
function cannotRun(strategy: string, decoder: Decoder, why: string): CribsheetError {
  return new CribsheetError(
    'model-unsupported',
    `The strategy ${strategy} cannot run on the model ${decoder.profile.name}: ${why}.`,
    'Choose another with --strategy; m0-zs runs on every model.',
  );
}

/** @throws CribsheetError `model-unsupported` where ‖W_O V‖ cannot be computed */
export async function requireProjection(this: Pick<Strategy, 'name'>, decoder: Decoder): Promise<void> {
  if (await decoder.outputGrams()) return;
  throw cannotRun(this.name, decoder, 'its attention does not go straight into an output projection');
}

/**
 * Checks a strategy against a model and lets it measure what it needs of it, once.
 * @param longest tokens of the longest segment
 * @throws CribsheetError `model-unsupported`, naming the strategy
 */
export async function prepareStrategy(
  strategy: Strategy,
  decoder: Decoder,
  longest: number,
  signal?: AbortSignal,
): Promise<void> {
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
