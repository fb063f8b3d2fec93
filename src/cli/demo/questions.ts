import type { Chunk } from '../../engine/corpus/types.ts';
import { seededRandom } from '../../engine/compress/random.ts';

export const questionKinds = ['where', 'signature', 'returns', 'documentation', 'file listing'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** A question with the facts that decide whether an answer is right. All of it comes from the parser, none from a model. */
export interface GoldQuestion {
  id: string;
  kind: QuestionKind;
  question: string;
  /** What a right answer says, for display. */
  gold: string;
  /** The chunk (or, for a listing, the file) that holds the answer. */
  path: string;
  startLine: number;
  endLine: number;
  nameLine: number;
}

const phrasings: Record<QuestionKind, readonly string[]> = {
  where: ['Where is {} defined?', 'Which file defines {}?', 'Where can I find {}?'],
  signature: ['What parameters does {} take?', 'How do I call {}?', 'What are the arguments of {}?'],
  returns: ['What does {} return?', 'What is the return type of {}?'],
  documentation: ['What does {} do?', 'What is {} for?', 'Describe {}.'],
  'file listing': ['What is defined in {}?', 'List the definitions in {}.', 'What does {} contain?'],
};

/**
 * Draws `perKind` questions of each kind from the definitions of a workspace. Only names with one definition are
 * asked for, so that a question has one answer; a kind with too few facts gets what there is.
 */
export function drawQuestions(chunks: readonly Chunk[], perKind: number, seed: string): GoldQuestion[] {
  const definitions = chunks.filter((c) => /^[A-Za-z_$][\w$]*$/.test(c.name) && isDefinition(c));
  const byName = Map.groupBy(definitions, (c) => c.name);
  const unique = definitions.filter((c) => byName.get(c.name)?.length === 1 && c.name.length > 2);
  const draw = seededRandom(seed);
  const candidates: Record<QuestionKind, { asked: string; gold: string; chunk: Chunk }[]> = {
    where: unique.map((c) => ({ asked: c.name, gold: c.path, chunk: c })),
    signature: unique.filter((c) => c.parameters).map((c) => ({ asked: c.name, gold: c.parameters ?? '', chunk: c })),
    returns: unique.filter((c) => c.returns).map((c) => ({ asked: c.name, gold: c.returns ?? '', chunk: c })),
    documentation: unique
      .filter((c) => (c.doc ?? '').split(' ').length >= 4)
      .map((c) => ({ asked: c.name, gold: c.doc ?? '', chunk: c })),
    'file listing': [...Map.groupBy(definitions, (c) => c.path)]
      .map(([path, list]) => ({ path, names: [...new Set(list.map((c) => c.name))], chunk: list[0]! }))
      .filter((f) => f.names.length >= 2 && f.names.length <= 8)
      .map((f) => ({ asked: f.path, gold: f.names.join(', '), chunk: f.chunk })),
  };
  return questionKinds.flatMap((kind) =>
    shuffled(candidates[kind], draw)
      .slice(0, perKind)
      .map(({ asked, gold, chunk }, i): GoldQuestion => {
        const { path, startLine, endLine, nameLine } = chunk;
        const phrasing = phrasings[kind][i % phrasings[kind].length]!;
        return {
          id: `${kind}-${i + 1}`,
          kind,
          question: phrasing.replace('{}', asked),
          gold,
          path,
          startLine,
          endLine,
          nameLine,
        };
      }),
  );
}

/** Imports, sections of prose and the later parts of a cut definition are no definitions. */
function isDefinition(chunk: Chunk): boolean {
  return !/^(code|section|text)$| part/.test(chunk.kind);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
