import { mix } from './shingles.ts';

/** Bins of a signature: the standard error of an estimate of 0.7 is sqrt(0.7 · 0.3 / 128) = 0.04. */
const bins = 128;
const empty = 0xffffffff;

/**
 * Signature of a set of 32-bit hashes by one permutation: the hashes are dealt into bins, each bin keeps its smallest
 * (Li, Owen, Zhang: One Permutation Hashing, 2012). Empty bins borrow from another, chosen by a hash of the bin so that
 * equal sets still agree (Shrivastava: Optimal Densification for Fast and Accurate Minwise Hashing, 2017).
 */
export function signatureOf(hashes: ReadonlySet<number>): Uint32Array {
  const signature = new Uint32Array(bins).fill(empty);
  for (const hash of hashes) {
    const bin = hash % bins;
    const rest = Math.floor(hash / bins);
    if (rest < signature[bin]!) signature[bin] = rest;
  }
  if (hashes.size === 0) return signature;
  const dense = signature.slice();
  for (let bin = 0; bin < bins; bin++) {
    for (let attempt = 1; dense[bin] === empty; attempt++) {
      dense[bin] = signature[mix(bin * 0x9e3779b1 + attempt) % bins]!;
    }
  }
  return dense;
}

/** Estimated Jaccard similarity of the sets behind two signatures: the share of bins that agree. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let bin = 0; bin < bins; bin++) if (a[bin] === b[bin] && a[bin] !== empty) equal++;
  return equal / bins;
}

/** Bins in a band: two sets of similarity 0.7 share at least one of 32 bands of 4 with probability 1 − (1 − 0.7⁴)³² > 0.999. */
const bandBins = 4;

/** Finds earlier signatures that are similar to a new one, by locality-sensitive hashing (Leskovec et al., Mining of Massive Datasets, ch. 3). */
export class SimilarityIndex<T> {
  private readonly bands = new Map<string, { signature: Uint32Array; value: T }[]>();
  private readonly least: number;

  /** `least`: similarity from which on two sets count as near-duplicates. */
  constructor(least: number) {
    this.least = least;
  }

  add(signature: Uint32Array, value: T): void {
    const entry = { signature, value };
    for (const key of bandKeys(signature)) {
      const bucket = this.bands.get(key);
      if (bucket) bucket.push(entry);
      else this.bands.set(key, [entry]);
    }
  }

  /** The most similar of those added before, where it is similar enough. */
  find(signature: Uint32Array): { value: T; similarity: number } | undefined {
    let best: { value: T; similarity: number } | undefined;
    const seen = new Set<object>();
    for (const key of bandKeys(signature)) {
      for (const entry of this.bands.get(key) ?? []) {
        if (seen.has(entry)) continue;
        seen.add(entry);
        const found = similarity(entry.signature, signature);
        if (found >= Math.max(this.least, best?.similarity ?? 0)) best = { value: entry.value, similarity: found };
      }
    }
    return best;
  }
}

function* bandKeys(signature: Uint32Array): Generator<string> {
  for (let bin = 0; bin < bins; bin += bandBins)
    yield `${String(bin)}:${signature.subarray(bin, bin + bandBins).join()}`;
}
