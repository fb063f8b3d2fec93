import { CribsheetError } from '../../common/errors.ts';
import { limits } from '../../common/limits.ts';
import { strategies, type StrategyName } from '../../common/names.ts';
import { isRouter, type Router } from './router.ts';

/**
 * How a model wants to be fed: `cribsheet.json` beside the model. Everything that is special about one model stands
 * here, so that the engine need not know which model it runs. A model without a profile gets `defaultProfile`.
 */
export interface ModelProfile {
  name: string;
  /** Stands before each file line. */
  fileMark: string;
  segmentTokens: number;
  /** Keep only the last N parts of a path in rendered text. */
  pathParts?: number;
  /** Remove common indentation, tabs to N spaces. */
  dedentTabs?: number;
  /**
   * `user-turn`: the source stands inside the first user turn, after `system`; `before-chat`: it stands first, with
   * no preamble, and the chat follows it.
   */
  context: 'user-turn' | 'before-chat';
  /** System text of the preamble (`user-turn` only). */
  system: string;
  /** A probe is padded with this token up to `probeTokens`, as in the model's training. */
  probePad?: { token: string; length: number };
  /** Positions that a sheet may take; the model's window minus room for question and answer caps it. */
  sheetTokens: number;
  /** Most tokens that RAG puts before a question, where fewer than the sheet's size serve this model better. */
  ragTokens?: number;
  /** Default ratio of source tokens to kept positions. */
  ratio: number;
  /** Default strategy, on the CPU: what was measured best for this model. Other devices and models take `m0-zs`. */
  strategy?: StrategyName;
  answerTokens: number;
  sampling: { temperature: number; topP: number };
  /** How the model tells that it does not know; without it, answers are never doubted. */
  doubt?: Doubt;
  /** How `auto` chooses a mode; without it, and without one in the store, by what the sheet covers. */
  router?: Router;
}

/** What a model says, or how it says it, where its answer should not be relied on. */
export interface Doubt {
  /** Answers by which it says that it cannot do what is asked for, word for word. */
  beyond?: string[];
  /** Answers by which it says that what is asked about is not in its context, word for word. */
  absent?: string[];
  /** Answers with less confidence (`Confidence.mean`) are unsure. Fitted on answers that the model did not train on. */
  confidence?: number;
}

export const defaultProfile: ModelProfile = {
  name: 'model',
  fileMark: '### ',
  segmentTokens: limits.segmentTokens,
  context: 'user-turn',
  system:
    'You answer questions about the source code that follows. Name files, functions and classes exactly as they are written.',
  sheetTokens: 8_192,
  ratio: 16,
  answerTokens: limits.answerTokens,
  sampling: { temperature: 0, topP: 1 },
};

type Check = (value: unknown) => boolean;
const text: Check = (v) => typeof v === 'string';
const positive: Check = (v) => typeof v === 'number' && Number.isInteger(v) && v > 0;
const phrases: Check = (v) => Array.isArray(v) && v.length > 0 && v.every((one) => text(one) && one !== '');
const doubtChecks: { [K in keyof Required<Doubt>]: Check } = {
  beyond: phrases,
  absent: phrases,
  confidence: (v) => typeof v === 'number' && v >= 0 && v <= 1,
};
const checks: { [K in keyof Required<ModelProfile>]: Check } = {
  name: text,
  fileMark: text,
  segmentTokens: positive,
  pathParts: positive,
  dedentTabs: positive,
  context: (v) => v === 'user-turn' || v === 'before-chat',
  system: text,
  probePad: (v) => isRecord(v) && text(v['token']) && positive(v['length']),
  sheetTokens: positive,
  ragTokens: positive,
  ratio: (v) => typeof v === 'number' && v >= 1,
  strategy: (v) => strategies.some((name) => name === v),
  answerTokens: positive,
  sampling: (v) => isRecord(v) && typeof v['temperature'] === 'number' && typeof v['topP'] === 'number',
  router: isRouter,
  doubt: (v) =>
    isRecord(v) &&
    Object.entries(v).every(
      ([key, entry]) => Object.hasOwn(doubtChecks, key) && doubtChecks[key as keyof Doubt](entry),
    ),
};

/** @throws CribsheetError `model-broken`, naming the key */
export function parseProfile(source: string | undefined, fallbackName: string): ModelProfile {
  if (source === undefined) return { ...defaultProfile, name: fallbackName };
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw broken('it is not valid JSON', cause);
  }
  if (!isRecord(value)) throw broken('it is not an object');
  for (const [key, entry] of Object.entries(value)) {
    if (!Object.hasOwn(checks, key)) throw broken(`it has the unknown key "${key}"`);
    if (!checks[key as keyof ModelProfile](entry)) throw broken(`"${key}" has a value that does not fit`);
  }
  return { ...defaultProfile, name: fallbackName, ...(value as Partial<ModelProfile>) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(why: string, cause?: unknown): CribsheetError {
  return new CribsheetError(
    'model-broken',
    `The profile cribsheet.json of the model cannot be used: ${why}.`,
    'Correct it (docs/models.md lists the keys) or delete it to use the defaults.',
    { cause },
  );
}
