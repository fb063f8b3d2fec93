import { solveSymmetric } from '../../engine/compress/solve.ts';
import {
  featureNames,
  routedModes,
  takeMode,
  type Features,
  type RoutedMode,
  type Router,
} from '../../engine/model/router.ts';

/** A question with what each mode's answer scored, 0–1. */
export interface RoutedQuestion {
  /** Corpora are held out whole: questions of one share its sheet. */
  corpus: string;
  features: Features;
  scores: Readonly<Record<RoutedMode, number>>;
}

/** How a router does on questions that it was not fitted on. Means over all questions, 0–1. */
interface RouterCheck {
  questions: number;
  corpora: number;
  /** Share of the questions for which it took (one of) the best modes; of those where modes differ, too. */
  accuracy: number;
  accuracyWhereDiffering: number;
  /** Mean score of what it took, of every mode alone, and of the best mode of each question. */
  score: number;
  alone: Record<RoutedMode, number>;
  best: number;
}

/** Modes in the order of the parameters; RAG's are all 0. */
const fittedModes = ['cache', 'hybrid'] as const;
const RIDGE = 1;
const MOST_STEPS = 50;
const CONVERGED = 1e-10;
const FOLDS = 5;

/** Rows of a multinomial logistic regression with targets that may be shared and rows of unequal weight. */
export interface LogisticRow {
  /** With a leading 1 for the intercept. */
  x: readonly number[];
  /** Probabilities of all classes, the reference class last. */
  target: readonly number[];
  weight: number;
}

/**
 * Weights of a multinomial logistic regression by Newton's method with halved steps: least Σ weight × cross-entropy +
 * ridge/2 × Σ β² (intercepts are free). The reference class is the last. Convex, so that the result does not depend on
 * where it begins.
 * @returns [classes - 1][columns]
 */
export function fitLogistic(rows: readonly LogisticRow[], ridge: number): number[][] {
  const columns = rows[0]!.x.length;
  const classes = rows[0]!.target.length - 1;
  const n = classes * columns;
  let beta = new Float64Array(n);
  let loss = lossOf(rows, beta, ridge);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, hessian } = derivatives(rows, beta, ridge);
    const change = solveSymmetric(hessian, gradient, n);
    let size = 1;
    let next = beta.map((b, i) => b - change[i]!);
    while (lossOf(rows, next, ridge) > loss && size > 1e-6) {
      size /= 2;
      next = beta.map((b, i) => b - size * change[i]!);
    }
    const after = lossOf(rows, next, ridge);
    if (after > loss) break;
    beta = next;
    if (loss - after < CONVERGED * Math.max(1, Math.abs(loss))) break;
    loss = after;
  }
  return Array.from({ length: classes }, (_, c) => [...beta.subarray(c * columns, (c + 1) * columns)]);
}

function probabilitiesOf(x: readonly number[], beta: Float64Array, classes: number): number[] {
  const scores = Array.from({ length: classes }, (_, c) =>
    x.reduce((sum, value, j) => sum + value * beta[c * x.length + j]!, 0),
  );
  const largest = Math.max(0, ...scores);
  const parts = [...scores, 0].map((s) => Math.exp(s - largest));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((p) => p / sum);
}

/** What `fitLogistic` makes least. @param beta [classes - 1][columns], flat */
export function lossOf(rows: readonly LogisticRow[], beta: Float64Array, ridge: number): number {
  const columns = rows[0]!.x.length;
  let loss = 0;
  for (const { x, target, weight } of rows) {
    const p = probabilitiesOf(x, beta, target.length - 1);
    target.forEach((t, c) => {
      if (t > 0) loss -= weight * t * Math.log(Math.max(p[c]!, Number.MIN_VALUE));
    });
  }
  beta.forEach((b, i) => (loss += i % columns === 0 ? 0 : (ridge / 2) * b * b));
  return loss;
}

export function derivatives(
  rows: readonly LogisticRow[],
  beta: Float64Array,
  ridge: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const columns = rows[0]!.x.length;
  const n = beta.length;
  const classes = n / columns;
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n * n);
  for (const { x, target, weight } of rows) {
    const p = probabilitiesOf(x, beta, classes);
    for (let a = 0; a < classes; a++) {
      for (let i = 0; i < columns; i++) {
        gradient[a * columns + i]! += weight * (p[a]! - target[a]!) * x[i]!;
        for (let b = 0; b < classes; b++) {
          const curve = weight * (a === b ? p[a]! * (1 - p[a]!) : -p[a]! * p[b]!) * x[i]!;
          for (let j = 0; j < columns; j++) hessian[(a * columns + i) * n + b * columns + j]! += curve * x[j]!;
        }
      }
    }
  }
  for (let i = 0; i < n; i++) {
    if (i % columns === 0) continue;
    gradient[i]! += ridge * beta[i]!;
    hessian[i * n + i]! += ridge;
  }
  return { gradient, hessian };
}

/**
 * Fits a router: which mode answers a question best, by its features. The target of a question is shared by its best
 * modes, and it counts by how much the modes differ: where they answer alike there is nothing to learn. Features are
 * scaled to unit variance for the fit, and the weights scaled back.
 */
export function fitRouter(questions: readonly RoutedQuestion[], ridge = RIDGE): Router {
  const columns = featureNames.map((name) => questions.map(({ features }) => features[name]));
  const scales = columns.map((values) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    return { mean, deviation };
  });
  const rows = questions.map(({ features, scores }): LogisticRow => {
    const order = [...fittedModes, 'rag'] as const;
    const best = Math.max(...order.map((mode) => scores[mode]));
    const winners = order.filter((mode) => scores[mode] === best).length;
    return {
      x: [1, ...featureNames.map((name, i) => scaled(features[name], scales[i]!))],
      target: order.map((mode) => (scores[mode] === best ? 1 / winners : 0)),
      weight: best - Math.min(...order.map((mode) => scores[mode])),
    };
  });
  const beta = fitLogistic(rows, ridge);
  const weights = fittedModes.map((mode, c) => {
    const [intercept = 0, ...slopes] = beta[c]!;
    const raw = slopes.map((slope, i) => (scales[i]!.deviation > 0 ? slope / scales[i]!.deviation : 0));
    const bias = intercept - raw.reduce((sum, slope, i) => sum + slope * scales[i]!.mean, 0);
    return [mode, { bias, ...Object.fromEntries(featureNames.map((name, i) => [name, raw[i]!])) }] as const;
  });
  return { version: 1, weights: Object.fromEntries(weights) };
}

/** A feature that is always the same says nothing. */
const scaled = (value: number, { mean, deviation }: { mean: number; deviation: number }): number =>
  deviation > 0 ? (value - mean) / deviation : 0;

/** Fits on all corpora but a fifth of them, and looks how the router does on those, five times. */
export function crossValidate(questions: readonly RoutedQuestion[], ridge = RIDGE): RouterCheck {
  const corpora = [...new Set(questions.map((q) => q.corpus))].sort();
  const folds = Math.min(FOLDS, corpora.length);
  const taken = questions.map((question) => {
    const fold = corpora.indexOf(question.corpus) % folds;
    return { question, fold };
  });
  const routed = Array.from({ length: folds }, (_, fold) => {
    const others = taken.filter((t) => t.fold !== fold).map((t) => t.question);
    const router = fitRouter(others.length > 0 ? others : questions, ridge);
    const held = taken.filter((t) => t.fold === fold).map((t) => t.question);
    return held.map(({ features, scores }) => ({ mode: takeMode(router, features).mode, scores }));
  }).flat();
  return { corpora: corpora.length, ...checkOf(routed) };
}

function checkOf(
  routed: readonly { mode: RoutedMode; scores: RoutedQuestion['scores'] }[],
): Omit<RouterCheck, 'corpora'> {
  const bestOf = (scores: RoutedQuestion['scores']): number => Math.max(...routedModes.map((mode) => scores[mode]));
  const mean = (values: readonly number[]): number =>
    values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : 0;
  const isBest = ({ mode, scores }: (typeof routed)[number]): number => Number(scores[mode] === bestOf(scores));
  const differing = routed.filter(({ scores }) => new Set(routedModes.map((mode) => scores[mode])).size > 1);
  const alone = routedModes.map((mode) => [mode, mean(routed.map(({ scores }) => scores[mode]))] as const);
  return {
    questions: routed.length,
    accuracy: mean(routed.map(isBest)),
    accuracyWhereDiffering: mean(differing.map(isBest)),
    score: mean(routed.map(({ mode, scores }) => scores[mode])),
    alone: Object.fromEntries(alone) as Record<RoutedMode, number>,
    best: mean(routed.map(({ scores }) => bestOf(scores))),
  };
}
