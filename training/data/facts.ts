import { definedNames } from '../../src/engine/corpus/naming.ts';
import { cardLine } from '../../src/engine/corpus/render.ts';
import { profileOf, type Context, type Present } from './context.ts';
import { wordSet } from './names.ts';
import type { LinePlace } from './request.ts';
import { renderedPath, type WorkChunk } from './select.ts';

/** A definition that can be asked about: its name is defined once in the context. */
export interface Definition {
  name: string;
  /** How a question may call it: the plain name, or owner and name. */
  asked: string;
  kind: string;
  /** The path as it is rendered. */
  path: string;
  /** `name(parameters): returns` as on the card; absent where it has no parameters. */
  signature?: string;
  returns?: string;
  doc?: string;
  /** Its card line; absent where the context has none. */
  card?: string;
  chunk: WorkChunk;
  body: string;
}

/** A file of the context, none of whose chunks was cut, and whose rendered path no other file has. */
export interface FileFact {
  path: string;
  /** Names of its file lines, in text order. */
  names: string[];
  chunks: Present[];
}

/** Everything that questions are made of. */
export interface Facts {
  context: Context;
  definitions: Definition[];
  byName: ReadonlyMap<string, Definition>;
  files: FileFact[];
  /** Every identifier of the text. */
  words: ReadonlySet<string>;
  text: string;
}

/** Names of special methods are the same everywhere: nothing about them can be asked that needs reading. */
const askable = /^(?!__\w+__$|constructor$)[A-Za-z_$][\w$]{2,59}$/;
/** Of the lines by which a text names what it holds; how long its segments are does not matter for them. */
export const profile = profileOf(64);

/** Finds out what stands in a context. */
export function factsOf(context: Context): Facts {
  const text = context.segments.join('');
  const times = new Map<string, number>();
  for (const { chunk } of context.chunks) {
    for (const name of definedNames(chunk)) times.set(name, (times.get(name) ?? 0) + 1);
  }
  const cut = new Set([...context.names.filter((name) => !times.has(name)), ...context.partial.flatMap(definedNames)]);
  const definitions = context.chunks.flatMap((present): Definition[] => {
    const { chunk } = present;
    // Without cards, and with a body that was cut, a name may stand nowhere; and a card cuts a list of names that is too long.
    const shown = context.cards ? (cardLine(chunk, profile) ?? '') : present.body;
    return definedNames(chunk).flatMap((name) => {
      if (
        times.get(name) !== 1 ||
        cut.has(name) ||
        !askable.test(name) ||
        !hasWord(shown, name) ||
        shown.includes(`${name}…`)
      )
        return [];
      return [definitionOf(name, present, context.cards)];
    });
  });
  return {
    context,
    definitions,
    byName: new Map(definitions.map((one) => [one.name, one])),
    files: filesOf(context),
    words: wordSet([text]),
    text,
  };
}

function definitionOf(name: string, { chunk, body }: Present, cards: boolean): Definition {
  const single = definedNames(chunk).length === 1;
  const card = cardLine(chunk, profile) ?? '';
  const path = renderedPath(chunk.path);
  const signature = card.slice(2, card.indexOf(` - ${chunk.kind} in ${path}`));
  const has = (key: 'returns' | 'doc'): Partial<Record<typeof key, string>> => {
    const value = chunk[key]?.replace(/\s+/g, ' ').trim();
    // A card cuts what is too long; the answer must stand on it.
    return single && value && card.includes(value) ? { [key]: value } : {};
  };
  return {
    name,
    asked: name,
    kind: chunk.kind,
    path,
    ...(single && chunk.parameters !== undefined && !signature.includes('…') ? { signature } : {}),
    ...has('returns'),
    ...has('doc'),
    ...(cards ? { card } : {}),
    chunk,
    body,
  };
}

function filesOf({ chunks, partial }: Context): FileFact[] {
  const cut = new Set(partial.map((chunk) => chunk.path));
  const byShown = Map.groupBy(chunks, ({ chunk }) => renderedPath(chunk.path));
  return [...byShown].flatMap(([path, list]) => {
    const paths = new Set(list.map(({ chunk }) => chunk.path));
    if (paths.size > 1 || cut.has(list[0]!.chunk.path)) return [];
    return [{ path, names: [...new Set(list.flatMap(({ chunk }) => definedNames(chunk)))], chunks: list }];
  });
}

/** Parts of a card that answers are copied from. */
export type CardPart = 'name' | 'signature' | 'returns' | 'place' | 'path' | 'doc';

/** Where the card of a definition says a part of what can be asked about it; undefined where the context has no cards. */
export function copiedFrom(
  { card: line, kind, path, name, returns, doc }: Definition,
  part: CardPart,
): LinePlace | undefined {
  if (line === undefined) return undefined;
  const place = line.indexOf(` - ${kind} in ${path}`) + 3;
  const from = {
    name: line.indexOf(name, 2),
    signature: 2,
    returns: place - 3 - (returns ?? '').length,
    place,
    path: place + `${kind} in `.length,
    doc: line.length - (doc ?? '').length,
  };
  return { line, at: from[part] };
}

/** Does `name` stand as a whole word in `text`? */
export function hasWord(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/[\w$]/.test(text.charAt(at - 1)) && !/[\w$]/.test(text.charAt(at + name.length))) return true;
  }
  return false;
}
