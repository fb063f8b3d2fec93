import { definedNames } from '../../engine/corpus/naming.ts';
import type { Chunk } from '../../engine/corpus/types.ts';
import { noBytes } from '../run/bytes.ts';
import type { OpenCorpus } from '../run/openCorpus.ts';
import type { Arm } from './arm.ts';

/** What a question wants to know of a definition, by its words; the first that fits. */
const intents: readonly (readonly [intent: 'where' | 'signature' | 'returns' | 'documentation', words: RegExp])[] = [
  ['documentation', /\b(?:comment|doc|docs|documentation|documented|purpose|describe|explain)\b/],
  ['signature', /\b(?:parameters?|arguments?|signature|parentheses)\b/],
  ['returns', /\b(?:returns?|returned|result|type)\b/],
  ['where', /\b(?:where|path|file|files)\b/],
];

/**
 * The control without a model: a symbol table and a search for calls answer what they can, by the names and a few words
 * of the question. What it gets right says nothing about a reader; headline figures leave those questions out.
 */
export const symbols: Arm = {
  name: 'symbols',
  about: 'no model at all: a symbol table and a search for calls',
  byRatio: false,
  modelFree: true,
  read: ({ corpus }) =>
    Promise.resolve({
      prepareMs: 0,
      coverage: 1,
      ask: ({ question }) => {
        const begun = performance.now();
        const said = bySymbols(question, corpus);
        const totalMs = performance.now() - begun;
        const nothing = { question: 0, answer: 0, prefilled: 0, positions: 0, bytes: noBytes };
        return Promise.resolve({ ...nothing, said, stopped: 'end' as const, ttftMs: totalMs, totalMs });
      },
    }),
};

/** The answer of the table; empty where it has none. */
export function bySymbols(question: string, corpus: Pick<OpenCorpus, 'index' | 'chunks'>): string {
  const words = question.match(/[\w$./-]+/g) ?? [];
  const paths = words.filter((w) => w.includes('/')).flatMap((w) => corpus.index.resolvePath(w.replace(/[.,?]+$/, '')));
  if (paths[0] !== undefined) return listing(corpus.index.chunksOf(paths[0]));
  const name = mostTelling(
    words.map((w) => w.replace(/^[.-]+|[.-]+$/g, '')),
    corpus,
  );
  if (name === undefined) return ofModule(question, words, corpus);
  const found = corpus.index.definitions(name).filter((c) => c.name === name);
  const definition = found[0]!;
  if (asksForCallers(question, name)) {
    const call = new RegExp(`(?<![\\w$])${name.replace(/\$/g, '\\$')}\\s*\\(`);
    return corpus.chunks
      .filter((c) => definedNames(c).length === 1 && c.name !== name && call.test(c.text))
      .map((c) => c.name)
      .join(', ');
  }
  const intent = intents.find(([, pattern]) => pattern.test(question.toLowerCase()))?.[0];
  switch (intent) {
    case 'where':
      return definition.path;
    case 'signature':
      return definition.parameters === undefined ? '' : `${name}(${definition.parameters})`;
    case 'returns':
      return definition.returns ?? '';
    default:
      return definition.doc ?? '';
  }
}

/** "Which definitions call x?", "Where is x invoked?"; not "the functions that x calls". */
function asksForCallers(question: string, name: string): boolean {
  const at = question.indexOf(name);
  const [before, after] = [question.slice(0, at), question.slice(at + name.length)];
  return /\b(?:calls?|callers of|invokes?|uses?) $/.test(before) || /^ (?:called|invoked|used)\b/.test(after);
}

/** Words of questions that are names of definitions somewhere, too. */
const plainWords = new Set(
  'all and are argument arguments call called calls class code comment declared defined definition definitions does documentation each explain file files find from function functions has have holds import imports invoked member module modules name named names path paths parameters project projects return returned returns review result role stands take takes that the type types under what where which who with work works'.split(
    ' ',
  ),
);

/** Of the words that are names of definitions, the longest. */
function mostTelling(words: readonly string[], { index }: Pick<OpenCorpus, 'index'>): string | undefined {
  const names = words.filter(
    (w) => !plainWords.has(w) && /^[A-Za-z_$][\w$]{2,}$/.test(w) && index.definitions(w).some((c) => c.name === w),
  );
  return names.sort((a, b) => b.length - a.length)[0];
}

/** A module is a file by its base name. */
function ofModule(question: string, words: readonly string[], { index }: Pick<OpenCorpus, 'index'>): string {
  for (const word of words) {
    if (!/[A-Z_]/.test(word.slice(1))) continue;
    const path = [`${word}.ts`, `${word}.py`].flatMap((file) => index.resolvePath(file))[0];
    if (path === undefined) continue;
    const chunks = index.chunksOf(path);
    return /\bclass\b/.test(question) ? listing(chunks.filter((c) => c.kind === 'class')) : '';
  }
  return '';
}

const listing = (chunks: readonly Chunk[]): string => [...new Set(chunks.flatMap(definedNames))].join(', ');
