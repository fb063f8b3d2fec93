import { codeKind, definedNames } from '../../src/engine/corpus/naming.ts';
import type { Pool } from './asking.ts';
import { ask, askForNothing } from './askDefinitions.ts';
import { callsIn, callsWithPlaces } from './calls.ts';
import type { Present } from './context.ts';
import type { Draw } from './draw.ts';
import { copiedFrom, hasWord, type CardPart, type Definition, type Facts } from './facts.ts';
import type { Copied, LinePlace } from './request.ts';

/** Calls between definitions of a context, as the parser and the text both have them. */
interface Relations {
  /** For each called definition: the names of those that call it. */
  callers: Map<Definition, string[]>;
  /** For each caller: the definitions that it calls, in order. */
  callees: Map<Definition, Definition[]>;
  /** Functions that nothing else in the context so much as names. */
  uncalled: Definition[];
}

/** Definitions called by more than this are known everywhere: their callers are no answer. */
const mostCallers = 4;
const mostCallees = 4;
const callable = new Set(['function', 'method', 'class', 'struct', 'constructor', 'macro']);

/** Questions about who calls whom, and about what is called. */
export function relationPools(facts: Facts, draw: Draw): Pool[] {
  const { callers, callees, uncalled } = relationsOf(facts);
  const slots = (one: Definition): { n: string; kind: string } => ({ n: one.name, kind: one.kind });
  const hops = [...callees].flatMap(([from, to]) =>
    to.length === 1 && /^(?:function|method)$/.test(to[0]!.kind) ? [{ from, to: to[0]! }] : [],
  );
  const { cards } = facts.context;
  const told = cards ? hops : [];
  const copied = (one: Definition, part: CardPart, from: Definition, to: Definition): Copied | undefined => {
    const source = copiedFrom(one, part);
    const via = callOf(to, from);
    return source && { ...source, ...(via ? { via } : {}) };
  };
  const sole = (names: readonly string[]): Definition | undefined =>
    names.length === 1 ? facts.byName.get(names[0]!) : undefined;
  return [
    {
      weight: 14,
      candidates: [...callers].map(([one, names]) => () => {
        const from = sole(names);
        return ask('callers', slots(one), names.join(', '), draw, from && copied(from, 'name', from, one));
      }),
    },
    { weight: 1.5, candidates: (cards ? uncalled : []).map((one) => () => askForNothing('callers', slots(one), draw)) },
    {
      weight: 3,
      candidates: [...callers].flatMap(([one, names]) => {
        const from = sole(names);
        return from ? [() => ask('caller file', slots(one), from.path, draw, copied(from, 'path', from, one))] : [];
      }),
    },
    {
      weight: 7,
      candidates: [...callees].map(([one, all]) => () => {
        const [to] = all;
        const names = all.map(({ name }) => name).join(', ');
        return ask('callees', slots(one), names, draw, all.length === 1 ? copied(to!, 'name', one, to!) : undefined);
      }),
    },
    {
      weight: 7,
      candidates: hops.map(
        ({ from, to }) =>
          () =>
            ask('two-hop where', slots(from), to.path, draw, copied(to, 'path', from, to)),
      ),
    },
    {
      weight: 3,
      candidates: told
        .filter(({ to }) => to.returns)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop returns', slots(from), to.returns!, draw, copied(to, 'returns', from, to)),
        ),
    },
    {
      weight: 3,
      candidates: told
        .filter(({ to }) => (to.doc ?? '').split(' ').length >= 3)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop documentation', slots(from), to.doc!, draw, copied(to, 'doc', from, to)),
        ),
    },
    {
      weight: 2,
      candidates: told
        .filter(({ to }) => to.signature)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop signature', slots(from), to.signature!, draw, copied(to, 'signature', from, to)),
        ),
    },
  ];
}

/** Only what can be decided from the text: a name that stands as a call where the parser saw none (in a comment, say) is left out. */
function relationsOf(facts: Facts): Relations {
  const callers = new Map<Definition, string[]>();
  const callees = new Map<Definition, Definition[]>();
  // What a chunk calls that is there in part can be seen or not.
  const elsewhere = new Set(facts.context.partial.flatMap(({ text }) => callsIn(text)));
  const unsure = new Set(facts.definitions.filter(({ name }) => elsewhere.has(name)));
  const called = facts.definitions.filter(({ kind, name }) => callable.has(kind) && name.length >= 4);
  const calling = facts.context.chunks.map(({ chunk, body }) => ({
    chunk,
    body,
    calls: new Set(chunk.calls),
    found: new Set(callsIn(body)),
  }));
  for (const target of called) {
    const names: string[] = [];
    for (const { chunk, body, calls, found } of calling) {
      if (chunk === target.chunk || target.chunk.members?.includes(chunk)) continue;
      const parsed = calls.has(target.name);
      const seen = found.has(target.name);
      if (parsed !== seen && hasWord(body, target.name)) unsure.add(target);
      if (!parsed || !seen) continue;
      const name = callerName({ chunk, body }, facts);
      if (name === undefined) unsure.add(target);
      else if (!names.includes(name)) names.push(name);
    }
    if (names.length > 0 && names.length <= mostCallers && !unsure.has(target)) callers.set(target, names);
  }
  for (const one of facts.definitions) {
    // What a chunk of several constants calls is called by one of them.
    if (definedNames(one.chunk).length > 1) continue;
    const found = new Set(callsIn(one.body));
    const targets = one.chunk.calls.flatMap((name) => facts.byName.get(name) ?? []);
    const known = targets.filter((to) => to !== one && found.has(to.name) && callable.has(to.kind));
    const whole = callsWithin(one, facts, known);
    if (known.length > 0 && known.length <= mostCallees && whole) callees.set(one, [...new Set(known)]);
  }
  const bodies = facts.context.partial.map(({ text }) => text);
  const uncalled = called.filter(
    (target) =>
      /^(?:function|method)$/.test(target.kind) &&
      !bodies.some((text) => hasWord(text, target.name)) &&
      calling.every(({ chunk, body }) => chunk === target.chunk || !hasWord(body, target.name)),
  );
  return { callers, callees, uncalled };
}

/** Does the text of `one` call just `known` of what the context defines, also by names that are defined twice? */
function callsWithin(one: Definition, { context, byName }: Facts, known: readonly Definition[]): boolean {
  const names = new Set(known.map(({ name }) => name));
  return callsIn(one.body).every(
    (name) => names.has(name) || name === one.name || !(byName.has(name) || context.names.includes(name)),
  );
}

/** What the text calls the chunk; further parts have their name from a card. */
function callerName({ chunk, body }: Present, { byName, context }: Facts): string | undefined {
  if (chunk.kind === codeKind || !byName.has(chunk.name)) return undefined;
  if (chunk.kind.endsWith(' part')) return context.cards ? chunk.name : undefined;
  return definedNames(chunk).length === 1 && (context.cards || hasWord(body, chunk.name)) ? chunk.name : undefined;
}

/** Where `from` calls `to` first: the last letter of the name. */
function callOf(to: Definition, from: Definition): LinePlace | undefined {
  for (const line of from.body.split('\n')) {
    const found = callsWithPlaces(line).find(({ name }) => name === to.name);
    if (found) return { line, at: found.at + to.name.length - 1 };
  }
  return undefined;
}
