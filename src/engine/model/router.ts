/** What `auto` looks at in a question, its sheet and what retrieval finds; see `questionFeatures`. */
export const featureNames = [
  'covered',
  'uncovered',
  'whole',
  'names',
  'where',
  'returns',
  'callers',
  'which',
  'list',
  'score',
  'margin',
  'coverage',
  'length',
  'ratio',
] as const;
type FeatureName = (typeof featureNames)[number];
export type Features = Readonly<Record<FeatureName, number>>;

/** Modes that `auto` may take. RAG is what the others are measured against: its weights are 0. */
export const routedModes = ['cache', 'rag', 'hybrid'] as const;
export type RoutedMode = (typeof routedModes)[number];

type Weights = Partial<Record<FeatureName | 'bias', number>>;

/**
 * A logistic model: a mode's score is `bias` + Σ weight × feature. A mode without weights is never taken (RAG has none
 * and scores 0).
 */
export interface Router {
  version: 1;
  weights: Partial<Record<Exclude<RoutedMode, 'rag'>, Weights>>;
  /** What it was fitted on, for people. */
  fitted?: { questions: number; corpora: number; accuracy: number };
}

/** The cache where it covers what the question names, or the whole folder; RAG otherwise. */
export const untrainedRouter: Router = {
  version: 1,
  weights: { cache: { bias: -1, covered: 2, whole: 2, uncovered: -4 } },
};

export interface Routed {
  mode: RoutedMode;
  /** They add up to 1. */
  probabilities: Partial<Record<RoutedMode, number>>;
  /** Features that spoke most for the mode against the next best one, the strongest first. */
  because: FeatureName[];
}

/** @returns the mode with the highest score; of equal ones the first of `routedModes` */
export function takeMode({ weights }: Router, features: Features): Routed {
  const all = { ...weights, rag: {} as Weights };
  const scored = routedModes.flatMap((mode) => {
    const own = all[mode];
    return own ? [{ mode, own, score: scoreOf(own, features) }] : [];
  });
  const ranked = [...scored].sort((a, b) => b.score - a.score);
  const [best, next] = [ranked[0]!, ranked[1] ?? ranked[0]!];
  const sum = scored.reduce((total, { score }) => total + Math.exp(score - best.score), 0);
  const spoke = (name: FeatureName): number => ((best.own[name] ?? 0) - (next.own[name] ?? 0)) * features[name];
  return {
    mode: best.mode,
    probabilities: Object.fromEntries(scored.map(({ mode, score }) => [mode, Math.exp(score - best.score) / sum])),
    because: featureNames
      .filter((name) => spoke(name) > 0)
      .sort((a, b) => spoke(b) - spoke(a))
      .slice(0, 2),
  };
}

const scoreOf = (weights: Weights, features: Features): number =>
  featureNames.reduce((sum, name) => sum + (weights[name] ?? 0) * features[name], weights.bias ?? 0);

/** Is it a router that this program understands? */
export function isRouter(value: unknown): value is Router {
  if (typeof value !== 'object' || value === null) return false;
  const { version, weights } = value as Partial<Router>;
  if (version !== 1 || typeof weights !== 'object') return false;
  return Object.entries(weights).every(
    ([mode, own]) =>
      (mode === 'cache' || mode === 'hybrid') &&
      typeof own === 'object' &&
      Object.entries(own).every(
        ([name, weight]) =>
          (name === 'bias' || featureNames.some((known) => known === name)) && Number.isFinite(weight),
      ),
  );
}
