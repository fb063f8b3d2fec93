import { errorCodes, type ErrorRecord } from '../../common/errors.ts';
import { storages, strategies } from '../../common/names.ts';
import type { CompressParams } from '../../common/protocol.ts';
import type { MeasuredRate } from './rates.ts';

/** An unfinished job as it is kept. */
export interface SavedJob {
  request: CompressParams;
  pausedByUser: boolean;
  automatic: boolean;
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  progress: number;
  /** It has failed: why. Then it does not go on by itself. */
  error?: ErrorRecord;
}

export interface JobsFile {
  version: 1;
  jobs: SavedJob[];
  rates: Record<string, MeasuredRate>;
}

/** The content of a state file; what is no job or no rate in it is left out. Undefined where it is no state file. */
export function parseJobsFile(value: unknown): JobsFile | undefined {
  if (!isObject(value) || value['version'] !== 1 || !Array.isArray(value['jobs'])) return undefined;
  const jobs = value['jobs'].map(parseJob).filter((job) => job !== undefined);
  const rates = Object.entries(isObject(value['rates']) ? value['rates'] : {}).filter(
    (entry): entry is [string, MeasuredRate] =>
      isObject(entry[1]) && isCount(entry[1]['tokens']) && isCount(entry[1]['ms']) && entry[1]['ms'] > 0,
  );
  return { version: 1, jobs, rates: Object.fromEntries(rates) };
}

function parseJob(value: unknown): SavedJob | undefined {
  if (!isObject(value)) return undefined;
  const request = parseRequest(value['request']);
  const counts = ['segments', 'segmentsTotal', 'tokens', 'tokensTotal', 'progress'] as const;
  const numbers = counts.map((name) => value[name]);
  if (!request || !numbers.every(isCount)) return undefined;
  const [segments, segmentsTotal, tokens, tokensTotal, progress] = numbers as [number, number, number, number, number];
  const flags = { pausedByUser: value['pausedByUser'] === true, automatic: value['automatic'] === true };
  const error = parseError(value['error']);
  return {
    request,
    ...flags,
    segments,
    segmentsTotal,
    tokens,
    tokensTotal,
    progress: Math.min(1, progress),
    ...(error ? { error } : {}),
  };
}

function parseError(value: unknown): ErrorRecord | undefined {
  if (!isObject(value)) return undefined;
  const { message, action } = value;
  const code = errorCodes.find((name) => name === value['code']);
  if (!code || typeof message !== 'string' || typeof action !== 'string') return undefined;
  return { code, message, action };
}

function parseRequest(value: unknown): CompressParams | undefined {
  if (!isObject(value)) return undefined;
  const { root, task, ratio, tokens, strategy, storage, weighted, scope } = value;
  if (typeof root !== 'string' || typeof task !== 'string') return undefined;
  const known = strategies.find((name) => name === strategy);
  const written = storages.find((name) => name === storage);
  return {
    root,
    task,
    ...(isCount(ratio) && ratio >= 1 ? { ratio } : {}),
    ...(isCount(tokens) && tokens >= 1 ? { tokens } : {}),
    ...(known ? { strategy: known } : {}),
    ...(written ? { storage: written } : {}),
    ...(weighted === true ? { weighted } : {}),
    ...(Array.isArray(scope) ? { scope: scope.filter((glob) => typeof glob === 'string') } : {}),
  };
}

function isObject(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
