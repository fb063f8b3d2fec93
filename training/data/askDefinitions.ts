import type { Pool } from './asking.ts';
import type { Draw } from './draw.ts';
import { copiedFrom, hasWord, type CardPart, type Definition, type Facts } from './facts.ts';
import { listedMembers } from './members.ts';
import { phrasings, type CodeKind } from './phrasings.ts';
import type { Asked, Copied } from './request.ts';
import { worded, type Slots } from './wording.ts';

/** What an answer says where the context does not hold it. */
export const notHere = 'Not in this workspace';

export function ask(kind: CodeKind, slots: Slots, answer: string, draw: Draw, copied?: Copied): Asked {
  const question = worded(draw.pick(phrasings[kind]), slots, draw);
  return { kind, question, answer, ...(copied ? { copied } : {}) };
}

/** What it says where the thing is there and has not what was asked for. */
export const nothing = {
  returns: 'No declared type',
  documentation: 'No documentation',
  callers: 'No callers',
} as const;

/** A question worded like any other of its kind, to which the answer is that there is nothing. */
export function askForNothing(kind: keyof typeof nothing, slots: Slots, draw: Draw): Asked {
  return { ...ask(kind, slots, nothing[kind], draw), kind: `no ${kind}` };
}

/** Words by which code itself says what kind of thing it defines, for contexts without card lines. */
const kindWords = new Map([
  ['function', /\b(?:function|def|fn|func)\b|=>/],
  ['class', /\bclass\b/],
  ['interface', /\binterface\b/],
  ['enum', /\benum\b/],
  ['type', /\btype\b/],
  ['struct', /\bstruct\b/],
  ['trait', /\btrait\b/],
]);

/** How the answer to whether something exists begins, before its place. */
const yes = 'Yes, ';

/** Definitions of one file that are asked for by their place: were there more, the commonest answer would mostly be right. */
const alike = 2;

/** Of things that are alike the first `most`. */
function atMost<T>(most: number, things: readonly T[], likeness: (one: T) => string): T[] {
  return [...Map.groupBy(things, likeness).values()].flatMap((same) => same.slice(0, most));
}

/** Questions about one definition. */
export function definitionPools(facts: Facts, draw: Draw): Pool[] {
  const { definitions, context } = facts;
  const { cards } = context;
  const slots = (one: Definition): Slots => ({ n: askedName(one, facts, draw), kind: one.kind });
  const about = (
    kind: CodeKind,
    weight: number,
    part: CardPart,
    answer: (one: Definition) => string | undefined,
  ): Pool => ({
    weight,
    candidates: definitions.flatMap((one) => {
      const text = answer(one);
      return text === undefined ? [] : [() => ask(kind, slots(one), text, draw, copiedFrom(one, part))];
    }),
  });
  const few = new Set(atMost(alike, draw.shuffled(definitions), ({ kind, path }) => `${kind} in ${path}`));
  const place = (one: Definition): string | undefined =>
    few.has(one) && (cards || showsKind(one)) ? `${one.kind} in ${one.path}` : undefined;
  const without = (kind: keyof typeof nothing, isSo: (one: Definition) => boolean): Pool => ({
    weight: 1.2,
    candidates: definitions.filter(isSo).map((one) => () => askForNothing(kind, slots(one), draw)),
  });
  const docs = new Map<string, number>();
  for (const { doc } of definitions) if (doc) docs.set(doc, (docs.get(doc) ?? 0) + 1);
  const told = (one: Definition): boolean =>
    (one.doc ?? '').split(' ').length >= 3 && (cards || stands(one.doc!, one.body));
  return [
    about('where', 10, 'place', place),
    about('signature', 11, 'signature', (one) =>
      cards || (one.signature && stands(one.signature, one.body)) ? one.signature : undefined,
    ),
    about('returns', 6, 'returns', (one) =>
      cards || (one.returns && stands(one.returns, one.body)) ? one.returns : undefined,
    ),
    about('documentation', 10, 'doc', (one) => (told(one) ? one.doc : undefined)),
    {
      weight: 9,
      candidates: definitions.flatMap((one) => {
        if (!told(one) || docs.get(one.doc!) !== 1 || hasWord(one.doc!, one.name)) return [];
        const name = copiedFrom(one, 'name');
        const copied = name && { ...name, via: { line: name.line, at: name.line.length - 1 } };
        return [() => ask('reverse documentation', { d: one.doc! }, one.name, draw, copied)];
      }),
    },
    without('returns', ({ chunk }) => cards && chunk.parameters != null && !chunk.returns),
    without('documentation', ({ doc }) => cards && !doc),
    {
      weight: 2,
      candidates: definitions.flatMap((one) => {
        const there = place(one);
        const said = copiedFrom(one, 'place');
        return there === undefined
          ? []
          : [() => ask('exists', slots(one), `${yes}${there}`, draw, said && { ...said, at: said.at - yes.length })];
      }),
    },
    ...memberPools(facts, draw),
  ];
}

/** The plain name, or now and then owner and name, where the owner stands there too. */
function askedName(one: Definition, { byName }: Facts, draw: Draw): string {
  const parts = one.chunk.qualifiedName.split('.');
  const owner = parts.at(-2);
  if (parts.at(-1) !== one.name || owner === undefined || byName.get(owner)?.path !== one.path) return one.name;
  return draw.chance(0.25) ? `${owner}.${one.name}` : one.name;
}

function showsKind({ kind, body }: Definition): boolean {
  return kindWords.get(kind)?.test(body) === true;
}

/** Does `part` stand in `text`, white space aside? */
function stands(part: string, text: string): boolean {
  return text.replace(/\s+/g, '').includes(part.replace(/\s+/g, ''));
}

const mostMembers = 8;
const ownerKinds = new Set([
  'class',
  'interface',
  'struct',
  'trait',
  'enum',
  'namespace',
  'module',
  'record',
  'object',
]);

function memberPools({ definitions, context }: Facts, draw: Draw): Pool[] {
  if (!context.cards) return [];
  const whole = new Set(context.chunks.map(({ chunk }) => chunk));
  const owners = definitions.flatMap((one) => {
    if (!ownerKinds.has(one.kind)) return [];
    const { members } = one.chunk;
    const listed = members ? undefined : listedMembers(one.chunk, one.body);
    if (listed) return [{ one, names: listed }];
    if (!members || members.length > mostMembers) return [];
    if (members.some((member) => !whole.has(member) || !/^[\w$#]+$/.test(member.name))) return [];
    return [{ one, names: [...new Set(members.map(({ name }) => name))] }];
  });
  return [
    {
      weight: 5,
      candidates: owners.map(
        ({ one, names }) =>
          () =>
            ask('members', { n: one.name, kind: one.kind }, names.join(', '), draw),
      ),
    },
    {
      weight: 2,
      candidates: owners.map(
        ({ one, names }) =>
          () =>
            ask('count members', { n: one.name, kind: one.kind }, String(names.length), draw),
      ),
    },
  ];
}
