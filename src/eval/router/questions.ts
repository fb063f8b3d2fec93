import type { Row } from '../run/journal.ts';
import type { RoutedQuestion } from './fit.ts';

/** Arms that stand for the modes of `auto`. */
export const routedArms = { cache: 'm0-fs', rag: 'rag', hybrid: 'hybrid' } as const;

/**
 * Questions of the development split that all three arms have answered at one ratio, with the features that were
 * written down while the sheet stood.
 */
export function routedQuestions(rows: readonly Row[]): RoutedQuestion[] {
  const keyOf = ({ data, corpus, ratio, question }: Row): string => JSON.stringify([data, corpus, ratio, question]);
  const answered = rows.filter((r) => r.draw === 0 && r.unable === undefined);
  const byArm = (arm: string): Map<string, Row> =>
    new Map(answered.filter((r) => r.arm === arm).map((r) => [keyOf(r), r]));
  const [cache, rag, hybrid] = [byArm(routedArms.cache), byArm(routedArms.rag), byArm(routedArms.hybrid)];
  return [...cache].flatMap(([key, row]) => {
    const [retrieved, both] = [rag.get(key), hybrid.get(key)];
    if (!row.features || !retrieved || !both) return [];
    const scores = { cache: row.score, rag: retrieved.score, hybrid: both.score };
    return [{ corpus: `${row.data}/${row.corpus}`, features: row.features, scores }];
  });
}
