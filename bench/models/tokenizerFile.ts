/** The parts of tokenizer.json that are touched here. */
interface TokenizerJson {
  model: { vocab: Record<string, number> };
}

/**
 * The bundled tokenizer with its vocabulary filled up to `size`: the added tokens are in no merge, so text is encoded
 * as before, but every id that a random model may say can be decoded.
 * @throws RangeError where it already has more
 */
export function paddedTokenizer(source: string, size: number): string {
  const tokenizer = JSON.parse(source) as TokenizerJson;
  const { vocab } = tokenizer.model;
  const first = 1 + Math.max(...Object.values(vocab));
  if (first > size) throw new RangeError(`The tokenizer has ${first} tokens, the model only ${size}.`);
  for (let id = first; id < size; id++) vocab[`<unused-${id}>`] = id;
  return JSON.stringify(tokenizer);
}
