import { binding } from './measure/binding.ts';
import { compression } from './measure/compression.ts';
import type { Measurement } from './measure/context.ts';
import { firstToken } from './measure/firstToken.ts';
import { llamaCpp } from './measure/llamaCpp.ts';
import { memory } from './measure/memory.ts';
import { starter } from './measure/starter.ts';

/** In the order of the report. */
export const measurements: readonly Measurement[] = [firstToken, compression, llamaCpp, binding, starter, memory];
