import type { EvalCorpus, MakeRequest } from '../types.ts';

/** Whole numbers that add up to `total`, as even as can be: how many questions each corpus gets. */
export function evenShares(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, i) => Math.floor(((i + 1) * total) / parts) - Math.floor((i * total) / parts),
  );
}

/** As many corpora as hold the questions, `perCorpus` in each; a single one where few are asked for. */
export function filledCorpora(
  request: MakeRequest,
  perCorpus: number,
  make: (request: MakeRequest, number: number, count: number) => EvalCorpus,
): EvalCorpus[] {
  const parts = request.breadth === 'few' ? 1 : Math.max(1, Math.ceil(request.questions / perCorpus));
  return evenShares(request.questions, parts).map((share, i) => make(request, i, share));
}
