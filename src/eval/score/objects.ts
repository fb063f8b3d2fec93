/** One extracted object: a name and further values. */
type Row = Record<string, unknown>;

/** What a missing key and a wrong value take off an object. */
const MISSING_KEY = 0.5;
const WRONG_VALUE = 0.25;

/**
 * Score of an extracted list as Text2JSON defines it (arXiv 2604.08426; code of its evaluation: the sum of instance
 * scores over the size of the union of predicted and gold names; an instance has 1, less 0.5 for each missing key and
 * 0.25 for each wrong value, at least 0; an answer that is no JSON list has 0).
 */
export function objectsScore(said: string, gold: string): number {
  const predicted = parseList(said);
  const wanted = parseList(gold);
  if (!predicted || !wanted) return 0;
  const [byName, goldByName] = [named(predicted), named(wanted)];
  const union = new Set([...byName.keys(), ...goldByName.keys()]).size;
  if (union === 0) return 1;
  let sum = 0;
  for (const [name, row] of goldByName) {
    const found = byName.get(name);
    if (found) sum += instanceScore(found, row);
  }
  return sum / union;
}

function instanceScore(found: Row, gold: Row): number {
  let score = 1;
  for (const [key, value] of Object.entries(gold)) {
    if (!Object.hasOwn(found, key)) score -= MISSING_KEY;
    else if (!same(found[key], value)) score -= WRONG_VALUE;
  }
  return Math.max(0, score);
}

/** Numbers may be written as text. */
function same(a: unknown, b: unknown): boolean {
  return String(a).trim().toLowerCase() === String(b).trim().toLowerCase();
}

function named(rows: readonly Row[]): Map<string, Row> {
  return new Map(
    rows.map((row) => [
      String(row['name'] ?? '')
        .trim()
        .toLowerCase(),
      row,
    ]),
  );
}

/** The first JSON list of objects in a text; a fence and words around it do not matter. */
function parseList(text: string): Row[] | undefined {
  const start = text.indexOf('[');
  const end = text.lastIndexOf(']');
  if (start < 0 || end < start) return undefined;
  try {
    const value = JSON.parse(text.slice(start, end + 1)) as unknown;
    const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row);
    return Array.isArray(value) && value.every(isRow) ? value : undefined;
  } catch {
    return undefined;
  }
}
