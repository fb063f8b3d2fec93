/** Longer texts are pasted files: what stands behind this many characters is not looked at. */
const MAX_CHARACTERS = 4_000;

const pathRun = /[\p{L}\p{N}\p{M}_$@+~.\\/()[\]-]+/gu;

/**
 * What looks like a path or a file name: with a slash, or with an extension. Forward slashes, without what leads out
 * of a folder or surrounds it in a sentence. Whether there is such a file is for the index to say.
 */
export function pathsIn(text: string): string[] {
  const found = new Set<string>();
  for (const [run] of text.slice(0, MAX_CHARACTERS).matchAll(pathRun)) {
    // Brackets are part of some names (src/[id]/page.tsx) and of sentences and links around others.
    const parts = run.split(/[()[\]]+/u).map(trimmed);
    for (const word of run.includes('](') ? parts : [trimmed(run), ...parts]) {
      if (/[\p{L}\p{N}_]\/[\p{L}\p{N}_.[(@$]|[\p{L}\p{N}_)\]]\.\p{L}[\p{L}\p{N}]*$/u.test(word)) found.add(word);
    }
  }
  return [...found];
}

function trimmed(run: string): string {
  const inner = run.replaceAll('\\', '/').replace(/^(?:[([]|\.{0,2}\/)+/u, '');
  return inner.replace(/(?<=[^).\]])[).\]]+$/u, (end) => balance(inner, end)).replace(/[./]+$/u, '');
}

/** Closing brackets at the end stay where they were opened inside the word. */
function balance(word: string, end: string): string {
  const opened = [...word].filter((c) => c === '(' || c === '[').length;
  const closed = [...word].filter((c) => c === ')' || c === ']').length;
  return closed <= opened ? end : '';
}

const commonWords = new Set(
  'a an and are as at be by call called calls class code contain contains defined definition describe do does explain file files find findings for from function functions has have how i in interface is it its list method module no not of on or parameters path problem return returns review secret signature take takes task that the there this to type use used uses what when where which who why with workspace wrong'.split(
    ' ',
  ),
);

const identifier = /[\p{L}_$][\p{L}\p{N}\p{M}_$]*(?:(?:\.|::|#|->)[\p{L}_$][\p{L}\p{N}\p{M}_$]*)*/gu;

/** A word that may be the name of a definition. */
export interface Mention {
  name: string;
  /** Written like code (`readAll`, `read_all`, `Server.start`, `read(`), not like a word of a sentence. */
  isCode: boolean;
}

/** Words that may be names of definitions, each once, without the plain words of questions and without paths. */
export function mentionsIn(text: string): Mention[] {
  const places = new Set(pathsIn(text).filter((path) => path.includes('/')));
  const plain = text.slice(0, MAX_CHARACTERS).replace(pathRun, (run) => (places.has(trimmed(run)) ? ' ' : run));
  const mentions = new Map<string, Mention>();
  for (const { 0: name, index } of plain.matchAll(identifier)) {
    if (name.length < 2 || isCommon(name, plain.slice(0, index))) continue;
    const isCalled = /^[(`]/.test(plain.slice(index + name.length, index + name.length + 1));
    const isCode = isCalled || /[._$:#>]|\p{Ll}\p{Lu}|\p{L}\p{N}/u.test(name);
    mentions.set(name, { name, isCode: isCode || (mentions.get(name)?.isCode ?? false) });
  }
  return [...mentions.values()];
}

/** A plain word of a question; `Task` in the middle of a sentence is a name, `Where` at its beginning is not. */
function isCommon(word: string, before: string): boolean {
  if (!commonWords.has(word.toLowerCase())) return false;
  return word === word.toLowerCase() || /(?:^|[.?!:]\s)\s*$/u.test(before);
}
