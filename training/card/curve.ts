/** One line of the training's log (`training/starter/train.py`): sums over some steps. */
export interface LogLine {
  step: number;
  tokens: number;
  /** Right answers and all of them by kind, of batches in which nothing was cut. */
  exact: Record<string, [number, number]>;
  /** The same by how the context was read. */
  exactByForm: Record<string, [number, number]>;
}

/** Kinds asked more rarely than this in a column tell nothing there. */
const fewest = 20;

/**
 * How each kind of question was learnt: a Markdown table with one column for each of `columns` equal spans of training. Answers are exact as
 * a whole, but each of their tokens was foretold from the right ones before it, so these figures are above those of free answers.
 */
export function curve(
  lines: readonly LogLine[],
  columns: number,
  of: (line: LogLine) => Record<string, [number, number]>,
): string {
  const last = lines.at(-1)?.tokens ?? 0;
  const spans = Array.from({ length: columns }, () => new Map<string, [number, number]>());
  for (const line of lines) {
    const span = spans[Math.min(columns - 1, Math.floor((columns * (line.tokens - 1)) / last))]!;
    for (const [kind, [right, asked]] of Object.entries(of(line))) {
      const sum = span.get(kind) ?? [0, 0];
      span.set(kind, [sum[0] + right, sum[1] + asked]);
    }
  }
  const kinds = [...new Set(spans.flatMap((span) => [...span.keys()]))].sort();
  const shown = kinds.map((kind) => ({
    kind,
    cells: spans.map((span) => {
      const [right, asked] = span.get(kind) ?? [0, 0];
      return asked < fewest ? '–' : `${((100 * right) / asked).toFixed(0)} %`;
    }),
  }));
  const heads = spans.map((_, i) => `to ${((last * (i + 1)) / columns / 1e6).toFixed(1)}M`);
  return [
    `| question | ${heads.join(' | ')} |`,
    `|${' --- |'.repeat(columns + 1)}`,
    ...shown
      .filter(({ cells }) => cells.some((cell) => cell !== '–'))
      .map(({ kind, cells }) => `| ${kind} | ${cells.join(' | ')} |`),
  ].join('\n');
}
