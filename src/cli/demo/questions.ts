import type { Chunk } from '../../engine/corpus/types.ts';
import { definedNames } from '../../engine/corpus/naming.ts';
import { seededRandom } from '../../engine/compress/random.ts';

export const questionKinds = ['where', 'signature', 'returns', 'documentation', 'file listing'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** Files with more definitions than this are not asked to be listed. */
const MAX_LISTED = 10;

/** A question with the facts that decide whether an answer is right. All of it comes from the parser, none from a model. */
export interface GoldQuestion {
  id: string;
  kind: QuestionKind;
  question: string;
  /** Name of the definition (of a listing: of the file's first). */
  name: string;
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
 * Draws `count` questions about the definitions of a workspace, of each kind in turn. Only names with one definition
 * are asked for, so that a question has one answer; a kind that runs out of facts leaves its turns to the others.
 * @param chunks of the whole workspace: whether a name has one definition is decided over all of them
 * @param asks the files that questions may be about
 */
export function drawQuestions(
  chunks: readonly Chunk[],
  count: number,
  seed: string,
  asks: (path: string) => boolean = () => true,
): GoldQuestion[] {
  const draw = seededRandom(seed);
  const pools = factsOf(chunks, asks).map(({ kind, facts }) => ({ kind, facts: shuffled(facts, draw), drawn: 0 }));
  const questions: GoldQuestion[] = [];
  while (questions.length < count && pools.some((p) => p.drawn < p.facts.length)) {
    for (const pool of pools) {
      const fact = pool.facts[pool.drawn];
      if (!fact || questions.length >= count) continue;
      const { kind } = pool;
      const { path, startLine, endLine, nameLine } = fact.chunk;
      const phrasing = phrasings[kind][pool.drawn % phrasings[kind].length]!;
      pool.drawn++;
      const question = phrasing.replace('{}', () => fact.asked);
      questions.push({
        id: `${kind}-${pool.drawn}`,
        kind,
        question,
        name: fact.chunk.name,
        gold: fact.gold,
        path,
        startLine,
        endLine,
        nameLine,
      });
    }
  }
  return questions.sort((a, b) => questionKinds.indexOf(a.kind) - questionKinds.indexOf(b.kind));
}

interface Fact {
  asked: string;
  gold: string;
  chunk: Chunk;
}

function factsOf(chunks: readonly Chunk[], asks: (path: string) => boolean): { kind: QuestionKind; facts: Fact[] }[] {
  const byName = Map.groupBy(chunks.flatMap(definedNames), (name) => name);
  const definitions = chunks.filter((c) => /^[A-Za-z_$][\w$]*$/.test(c.name) && isDefinition(c) && asks(c.path));
  const unique = definitions.filter((c) => byName.get(c.name)?.length === 1 && c.name.length > 2);
  const about = (has: (c: Chunk) => string | undefined): Fact[] =>
    unique.flatMap((chunk) => {
      const gold = has(chunk);
      return gold ? [{ asked: chunk.name, gold, chunk }] : [];
    });
  const files = [...Map.groupBy(definitions, (c) => c.path)]
    .map(([path, list]): Fact & { names: number } => {
      const names = new Set(list.map((c) => c.name));
      return { asked: path, gold: [...names].join(', '), chunk: list[0]!, names: names.size };
    })
    .filter((f) => f.names <= MAX_LISTED);
  return [
    { kind: 'where', facts: about((c) => c.path) },
    { kind: 'signature', facts: about((c) => c.parameters) },
    { kind: 'returns', facts: about((c) => c.returns) },
    { kind: 'documentation', facts: about((c) => ((c.doc ?? '').split(' ').length >= 4 ? c.doc : undefined)) },
    { kind: 'file listing', facts: files },
  ];
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
