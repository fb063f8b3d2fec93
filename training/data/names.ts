import type { Draw } from './draw.ts';

/** How a name is spelled. */
export type NameStyle = 'camel' | 'pascal' | 'snake' | 'capitals' | 'lower';

const identifier = /^[A-Za-z_$][\w$]{2,39}$/;
/** Names that mean something to a language, and words that no function can be called. */
const reserved = new Set(
  (
    'constructor prototype toString valueOf hasOwnProperty default delete function return class const let var void new this self super null undefined true false ' +
    'None True False async await yield import export from static public private protected interface type enum struct func impl trait match where pass lambda ' +
    'string number boolean object int float double char byte bool str list dict tuple set any init main'
  ).split(' '),
);

/** May a definition of this name be renamed, or another be given it? */
export function isFreeName(name: string): boolean {
  return identifier.test(name) && !reserved.has(name) && !name.startsWith('__');
}

export function styleOf(name: string): NameStyle {
  const bare = name.replace(/^[_$]+|[_$]+$/g, '');
  if (/^[A-Z][A-Z0-9_]*$/.test(bare)) return 'capitals';
  if (bare.includes('_')) return 'snake';
  if (/^[A-Z]/.test(bare)) return 'pascal';
  return /[A-Z]/.test(bare) ? 'camel' : 'lower';
}

/** The words of an identifier, lower-case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .flatMap((part) => part.split(' '))
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

export function spelled(words: readonly string[], style: NameStyle): string {
  const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  switch (style) {
    case 'capitals':
      return words.join('_').toUpperCase();
    case 'snake':
      return words.join('_');
    case 'pascal':
      return words.map(upper).join('');
    case 'camel':
    case 'lower':
      return words.map((word, i) => (i === 0 ? word : upper(word))).join('');
  }
}

const prefixes = [
  're',
  'un',
  'get',
  'set',
  'is',
  'has',
  'make',
  'create',
  'do',
  'on',
  'to',
  'from',
  'with',
  'find',
  'load',
  'sub',
  'pre',
  'all',
  'next',
  'default',
];
const suffixes = [
  's',
  'es',
  'er',
  'ed',
  'all',
  'sync',
  'async',
  'by id',
  'for',
  'of',
  'in',
  'at',
  'impl',
  'base',
  'list',
  'map',
  'key',
  'item',
  'info',
  'data',
  'type',
  'old',
  'v2',
  '2',
  'internal',
];
const insides = [
  'file',
  'node',
  'item',
  'key',
  'value',
  'path',
  'data',
  'raw',
  'local',
  'new',
  'safe',
  'inner',
  'user',
  'text',
];

/** A name that a careless reader takes for `name`: openFile, openFiles, reopenFile, open_file. */
export function nearDuplicate(name: string, draw: Draw): string {
  const style = styleOf(name);
  const words = wordsOf(name);
  if (words.length === 0) return `${name}2`;
  const last = words.length - 1;
  const joined = style === 'lower' && words.length > 1 ? 'camel' : style;
  switch (draw.int(0, 8)) {
    case 0:
      return spelled([...words.slice(0, last), `${words[last]!}s`], joined);
    case 1:
      return spelled([draw.pick(prefixes), ...words], style === 'lower' ? draw.pick(['camel', 'snake']) : style);
    case 2:
    case 3:
      return spelled(
        [...words, ...draw.pick(suffixes).split(' ')],
        style === 'lower' ? draw.pick(['camel', 'snake']) : style,
      );
    case 4:
      return words.length > 1 ? spelled(words.slice(0, -1), joined) : `${name}s`;
    case 5:
      return words.length > 1 ? spelled(words.slice(1), joined) : spelled([...words, draw.pick(insides)], 'camel');
    case 6:
      return spelled([...words.slice(0, last), draw.pick(insides), words[last]!], style === 'lower' ? 'camel' : style);
    case 7:
      return words.length > 1 ? spelled([...words].reverse(), joined) : `re${name}`;
    default:
      return words.length > 1
        ? spelled(words, style === 'snake' ? 'camel' : style === 'capitals' ? 'pascal' : 'snake')
        : `_${name}`;
  }
}

/** Identifiers of source text. */
export const identifiers = /[A-Za-z_$][\w$]*/g;

export function wordSet(texts: Iterable<string>): Set<string> {
  const words = new Set<string>();
  for (const text of texts) for (const word of text.match(identifiers) ?? []) words.add(word);
  return words;
}
