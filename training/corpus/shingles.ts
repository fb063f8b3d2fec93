/** Tokens in a shingle. */
const shingleTokens = 5;

/** Identifiers, numbers, and every other character by itself; white space and so the layout are not part of it. */
const token = /[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]/gu;

/** 32-bit hashes of all runs of five tokens of a text (FNV-1a over the tokens, then over their hashes), without repeats. */
export function shingleHashes(text: string): Set<number> {
  const tokens: number[] = [];
  for (const [word] of text.matchAll(token)) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    tokens.push(hash);
  }
  const shingles = new Set<number>();
  for (let end = Math.min(shingleTokens, tokens.length); end <= tokens.length; end++) {
    let hash = 0x811c9dc5;
    for (let at = Math.max(0, end - shingleTokens); at < end; at++) {
      hash = Math.imul(hash ^ tokens[at]!, 0x01000193);
      hash ^= hash >>> 15;
    }
    shingles.add(mix(hash));
  }
  return shingles;
}

/** Finalizer of MurmurHash3 (Appleby): spreads every input bit over all output bits. Unsigned 32 bits. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
