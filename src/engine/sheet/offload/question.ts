import type { Lane } from '../../model/lane.ts';

/** What a question looks for: its queries, as they stand after what the lane holds. */
export interface QuestionQueries {
  /** Tokens of the question, its place in the chat form included. */
  rows: number;
  /** Position of the first of them. */
  first: number;
  /** Per layer [heads, rows, headSize], rotated to their positions. */
  queries: readonly Float32Array[];
}

/**
 * Reads a question for its queries and forgets it again. Above the first layer they depend on what the lane holds: the
 * preamble alone here, or what has been fetched where one looks a second time.
 */
export async function readQueries(
  lane: Lane,
  question: readonly number[],
  signal?: AbortSignal,
): Promise<QuestionQueries> {
  const first = lane.kv.length;
  try {
    const { raw } = await lane.observe(question, { signal, kind: 'raw', start: 0 });
    return { rows: question.length, first, queries: raw!.queries };
  } finally {
    lane.kv.truncate(first);
  }
}
