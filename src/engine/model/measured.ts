import { createHash } from 'node:crypto';

/** What a model's attention heads are asked for when retrieval heads are looked for. */
export const retrievalKinds = ['values', 'types', 'people'] as const;
export type RetrievalKind = (typeof retrievalKinds)[number];

/** What the heads of an installed model are good for. */
export interface RetrievalHeads {
  /** Query heads of every layer, those that fetch most first. */
  heads: number[][];
  /** Relative error that a small cache makes in the attention output of every layer; they add up to 1. */
  layerErrors: number[];
}

/** What was measured once of an installed model (`cribsheet models measure`); kept in the store. */
export interface MeasuredBudgets {
  version: typeof MEASURED_VERSION;
  /** Fingerprint of the model. */
  model: string;
  /** Questions that it was measured on. */
  samples: number;
  /** Source tokens per kept position, ascending. */
  ratios: number[];
  /** Squared error of the attention output at each ratio, relative to the layer's: [layers][kvHeads][ratios]. */
  errors: number[][][];
  retrieval: Record<RetrievalKind, RetrievalHeads>;
  /** Hash of the measurements: part of the key of every block that was made with them. */
  id: string;
}

/** Raise it when measurements made before must not be used any more. */
const MEASURED_VERSION = 1;

type Measurements = Pick<MeasuredBudgets, 'model' | 'samples' | 'ratios' | 'errors' | 'retrieval'>;

/** Names what was measured after its content. */
export function measuredBudgets({ model, samples, ratios, errors, retrieval }: Measurements): MeasuredBudgets {
  const parts = { model, samples, ratios, errors, retrieval };
  const id = createHash('sha256')
    .update(JSON.stringify([MEASURED_VERSION, parts]))
    .digest('hex')
    .slice(0, 16);
  return { version: MEASURED_VERSION, ...parts, id };
}

interface HeadShape {
  layers: number;
  heads: number;
  kvHeads: number;
}

/**
 * Reads what `measuredBudgets` made.
 * @returns undefined where the text is no whole table of this version, model and shape: it then counts as absent
 */
export function parseMeasured(text: string, model: string, shape: HeadShape): MeasuredBudgets | undefined {
  let value: Partial<MeasuredBudgets>;
  try {
    value = JSON.parse(text) as Partial<MeasuredBudgets>;
  } catch {
    return undefined;
  }
  const { id } = value;
  if (value.version !== MEASURED_VERSION || value.model !== model) return undefined;
  if (!isWhole(value, shape)) return undefined;
  const table = measuredBudgets(value);
  return table.id === id ? table : undefined;
}

function isWhole(value: Partial<MeasuredBudgets>, { layers, heads, kvHeads }: HeadShape): value is Measurements {
  const { ratios, errors, retrieval, samples } = value;
  if (typeof samples !== 'number' || !isNumbers(ratios) || ratios.length === 0) return false;
  const isTable =
    isList(errors, layers) &&
    errors.every((layer) => isList(layer, kvHeads) && layer.every((head) => isNumbers(head, ratios.length)));
  return (
    isTable &&
    retrievalKinds.every((kind) => {
      const found = retrieval?.[kind];
      return (
        isNumbers(found?.layerErrors, layers) &&
        isList(found?.heads, layers) &&
        found.heads.every((order) => isNumbers(order, heads))
      );
    })
  );
}

const isList = (value: unknown, length: number): value is unknown[] => Array.isArray(value) && value.length === length;

const isNumbers = (value: unknown, length?: number): value is number[] =>
  Array.isArray(value) && (length === undefined || value.length === length) && value.every((x) => Number.isFinite(x));
