import { codeKind, definedNames } from '../../src/engine/corpus/naming.ts';
import type { Pool } from './asking.ts';
import { ask, askForNothing } from './askDefinitions.ts';
import type { Present } from './context.ts';
import type { Draw } from './draw.ts';
import { copiedFrom, hasWord, type Definition, type Facts } from './facts.ts';
import type { Asked } from './request.ts';

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
  const soleName = (names: readonly string[]): Asked['copied'] => {
    const sole = names.length === 1 ? facts.byName.get(names[0]!) : undefined;
    return sole && copiedFrom(sole, 'name');
  };
  return [
    {
      weight: 14,
      candidates: [...callers].map(
        ([one, names]) =>
          () =>
            ask('callers', slots(one), names.join(', '), draw, soleName(names)),
      ),
    },
    { weight: 1.5, candidates: (cards ? uncalled : []).map((one) => () => askForNothing('callers', slots(one), draw)) },
    {
      weight: 3,
      candidates: [...callers].flatMap(([one, names]) => {
        const caller = names.length === 1 ? facts.byName.get(names[0]!) : undefined;
        return caller ? [() => ask('caller file', slots(one), caller.path, draw, copiedFrom(caller, 'path'))] : [];
      }),
    },
    {
      weight: 7,
      candidates: [...callees].map(
        ([one, to]) =>
          () =>
            ask(
              'callees',
              slots(one),
              to.map(({ name }) => name).join(', '),
              draw,
              soleName(to.map(({ name }) => name)),
            ),
      ),
    },
    {
      weight: 7,
      candidates: hops.map(
        ({ from, to }) =>
          () =>
            ask('two-hop where', slots(from), to.path, draw, copiedFrom(to, 'path')),
      ),
    },
    {
      weight: 3,
      candidates: told
        .filter(({ to }) => to.returns)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop returns', slots(from), to.returns!, draw, copiedFrom(to, 'returns')),
        ),
    },
    {
      weight: 3,
      candidates: told
        .filter(({ to }) => (to.doc ?? '').split(' ').length >= 3)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop documentation', slots(from), to.doc!, draw, copiedFrom(to, 'doc')),
        ),
    },
    {
      weight: 2,
      candidates: told
        .filter(({ to }) => to.signature)
        .map(
          ({ from, to }) =>
            () =>
              ask('two-hop signature', slots(from), to.signature!, draw, copiedFrom(to, 'signature')),
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

/** Names that stand before an opening bracket. */
function callsIn(body: string): string[] {
  return [...body.matchAll(/([A-Za-z_$][\w$]*)(?:<[\w\s,.[\]]*>)?!?\s*\(/g)].map(([, name]) => name!);
}
