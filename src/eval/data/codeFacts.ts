import type { LineRange } from '../../common/answers.ts';
import { definedNames } from '../../engine/corpus/naming.ts';
import type { Chunk } from '../../engine/corpus/types.ts';
import type { CodeFile, EvalQuestion } from '../types.ts';
import type { Draw } from './draw.ts';
import { fill } from './lines.ts';

/** {n}: a definition, {p}: a file. */
export const codeForms = {
  where: ['Where is the definition of {n}?', 'What file holds {n}?', 'Under which path is {n} declared?'],
  signature: [
    'What arguments does {n} take?',
    'Which parameters does {n} have?',
    'What stands between the parentheses of {n}?',
  ],
  returns: ['What is returned by {n}?', 'Which return type does {n} have?', 'What type has the result of {n}?'],
  documentation: ['What does the comment on {n} say?', 'Explain what {n} does.', 'What is the documentation of {n}?'],
  callers: ['Which definitions call {n}?', 'By which functions is {n} called?', 'Where in the code is {n} invoked?'],
  listing: ['Which definitions are in {p}?', 'What names are defined in {p}?', 'Name the definitions of {p}.'],
} as const;
export type CodeKind = keyof typeof codeForms;

/** Files with more definitions than this are asked for in `long answers` instead. */
const MOST_LISTED = 10;
const MOST_CALLERS = 4;

/**
 * Questions that the parser answers, about definitions whose name is unique among `files`. By kind, in random order.
 */
export function codeQuestions(files: readonly CodeFile[], draw: Draw): Record<CodeKind, Omit<EvalQuestion, 'id'>[]> {
  const chunks = files.flatMap((f) => f.chunks);
  const byName = Map.groupBy(chunks.flatMap(definedNames), (name) => name);
  const unique = chunks.filter((c) => isPlainDefinition(c) && byName.get(c.name)?.length === 1);
  const pools: Record<CodeKind, Omit<EvalQuestion, 'id'>[]> = {
    where: [],
    signature: [],
    returns: [],
    documentation: [],
    callers: [],
    listing: [],
  };
  const add = (
    kind: CodeKind,
    slots: Record<string, string>,
    gold: string[],
    scoring: EvalQuestion['scoring'],
    evidence: LineRange[],
  ): void => {
    pools[kind].push({
      kind,
      group: 'code',
      question: fill(draw.pick(codeForms[kind]), slots),
      gold,
      scoring,
      evidence,
    });
  };
  for (const chunk of unique) {
    const slots = { n: chunk.name };
    const here = [lineOf(chunk)];
    add('where', slots, [chunk.path], 'path', here);
    if (chunk.parameters) add('signature', slots, [chunk.parameters], 'signature', here);
    if (chunk.returns) add('returns', slots, [chunk.returns], 'type', here);
    // A sentence that was cut cannot be quoted.
    if (chunk.doc && chunk.doc.split(' ').length >= 4 && !chunk.doc.endsWith('…'))
      add('documentation', slots, [chunk.doc], 'words', here);
    const callers = callersOf(chunk, files);
    const names = [...new Set(callers.map((c) => c.name))];
    if (names.length > 0 && names.length <= MOST_CALLERS) add('callers', slots, names, 'list', callers.map(lineOf));
  }
  for (const { path, chunks: own } of files) {
    const names = [...new Set(own.flatMap(definedNames))];
    if (names.length === 0 || names.length > MOST_LISTED) continue;
    add('listing', { p: path }, names, 'list', own.filter((c) => definedNames(c).length > 0).map(lineOf));
  }
  for (const kind of Object.keys(pools) as CodeKind[]) pools[kind] = draw.shuffled(pools[kind]);
  return pools;
}

/** Definitions in whose chunk the name is called; the definition itself does not count, however recursive. */
function callersOf(chunk: Chunk, files: readonly CodeFile[]): Chunk[] {
  return files.flatMap((file) =>
    file.chunks.filter((c, i) => c !== chunk && file.calls[i]!.has(chunk.name) && definedNames(c).length === 1),
  );
}

function isPlainDefinition(chunk: Chunk): boolean {
  return definedNames(chunk).length === 1 && chunk.kind !== 'section' && /^[A-Za-z_$][\w$]{2,}$/.test(chunk.name);
}

function lineOf({ path, nameLine }: Chunk): LineRange {
  return { path, startLine: nameLine, endLine: nameLine };
}
