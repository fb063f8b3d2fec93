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
  'files of calls': [
    'In which files are the definitions that {n} calls?',
    'Which files hold what {n} calls?',
    'Name the files of everything that is called in {n}.',
  ],
  'results of calls': [
    'What are the return types of what {n} calls?',
    'Which types come back from the definitions called in {n}?',
    'Name the return type of each function that {n} calls.',
  ],
  'name by description': [
    'Which definition has this comment: {d}',
    'What is the definition called that is described so: {d}',
    'Name the definition for this description: {d}',
  ],
} as const;
export type CodeKind = keyof typeof codeForms;

/** Files with more definitions than this are asked for in `long answers` instead. */
const MOST_LISTED = 10;
const MOST_CALLERS = 4;
const MOST_CALLED = 4;

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
    'files of calls': [],
    callers: [],
    'results of calls': [],
    listing: [],
    'name by description': [],
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
      group: kind.endsWith(' of calls') ? 'join' : 'code',
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
    const called = calledBy(chunk, unique, files);
    const places = [...here, ...called.map(lineOf)];
    if (called.length > 0 && called.length <= MOST_CALLED) {
      add('files of calls', slots, [...new Set(called.map((c) => c.path))], 'paths', places);
      const types = called.map((c) => c.returns ?? ',');
      // Lists are judged item by item, so an item must hold nothing that parts items.
      if (types.every((type) => /^[\w$<>[\]|.?' ]+$/.test(type) && !/\band\b/.test(type)))
        add('results of calls', slots, [...new Set(types)], 'list', places);
    }
  }
  const docs = Map.groupBy(chunks, (c) => c.doc);
  for (const chunk of unique) {
    const { doc, name } = chunk;
    if (!doc || doc.split(' ').length < 5 || doc.endsWith('…') || docs.get(doc)!.length > 1 || doc.includes(name))
      continue;
    add('name by description', { d: doc }, [name], 'one-of', [lineOf(chunk)]);
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

/** Definitions of unique name that a definition calls; none where it was cut into several chunks. */
function calledBy(chunk: Chunk, unique: readonly Chunk[], files: readonly CodeFile[]): Chunk[] {
  const file = files.find((f) => f.path === chunk.path)!;
  const parts = file.chunks.filter((c) => c.qualifiedName === chunk.qualifiedName);
  const calls = parts.length === 1 ? file.calls[file.chunks.indexOf(chunk)] : undefined;
  return unique.filter((c) => c !== chunk && calls?.has(c.name));
}

function isPlainDefinition(chunk: Chunk): boolean {
  return definedNames(chunk).length === 1 && chunk.kind !== 'section' && /^[A-Za-z_$][\w$]{2,}$/.test(chunk.name);
}

function lineOf({ path, nameLine }: Chunk): LineRange {
  return { path, startLine: nameLine, endLine: nameLine };
}
