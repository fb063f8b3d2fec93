/**
 * Similarity of two texts as fuzz.ratio has it: 2 · LCS / (|a| + |b|), the normalised insertion and deletion distance.
 * LongBench scores code completion by it (arXiv 2308.14508, metrics.py: code_sim_score).
 */
export function similarity(a: string, b: string): number {
  if (a.length + b.length === 0) return 1;
  let above = new Uint32Array(b.length + 1);
  for (const x of a) {
    const row = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      row[j] = x === b[j - 1] ? above[j - 1]! + 1 : Math.max(above[j]!, row[j - 1]!);
    }
    above = row;
  }
  return (2 * above[b.length]!) / (a.length + b.length);
}

/** The line of an answer that counts: the first one that is no fence and no comment (LongBench, as above). */
export function firstCodeLine(said: string): string {
  const isCode = (line: string): boolean => line.trim() !== '' && !/`|#|\/\//.test(line);
  return said.split('\n').find(isCode) ?? '';
}
