import { errorRecord } from '../../src/common/errors.ts';
import { openTiny } from './fixtures.ts';

/** Opens a tiny model on WebGPU and prints the device report, or the error, as one line of JSON. */
try {
  const decoder = await openTiny('llama-fp32', { device: 'webgpu' });
  console.log(JSON.stringify(decoder.device));
  await decoder.dispose();
} catch (error) {
  console.log(JSON.stringify(errorRecord(error)));
}
