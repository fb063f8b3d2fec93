import type { Maker } from './asking.ts';
import { ask, notHere } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import type { Facts } from './facts.ts';
import { isFreeName, nearDuplicate } from './names.ts';
import type { Package } from './packages.ts';
import type { CodeKind } from './phrasings.ts';
import { renderedPath } from './select.ts';

const nameKinds: CodeKind[] = [
  'where',
  'where',
  'signature',
  'signature',
  'returns',
  'documentation',
  'documentation',
  'callers',
  'callers',
  'callees',
  'exists',
  'exists',
  'exists',
  'members',
  'two-hop where',
  'two-hop returns',
  'two-hop documentation',
  'count members',
  'caller file',
];

const namedKinds = ['function', 'function', 'function', 'method', 'class', 'constant', 'interface', 'type'];

/** Questions about what the context does not hold: names close to names that it holds, or from the same package. */
export function absentMaker(facts: Facts, packages: readonly Package[], draw: Draw): Maker {
  return () => {
    if (facts.context.cards && draw.chance(0.1)) return absentFile(facts, packages, draw);
    if (draw.chance(0.08)) return absentDocumentation(facts, packages, draw);
    const name = absentName(
      facts.words,
      facts.definitions.map((one) => one.name),
      packages,
      draw,
    );
    if (name === undefined) return undefined;
    return { ...ask(draw.pick(nameKinds), { n: name, kind: draw.pick(namedKinds) }, notHere, draw), kind: 'absent' };
  };
}

/** A name that is no word of the context; undefined where none was found. */
export function absentName(
  words: ReadonlySet<string>,
  present: readonly string[],
  packages: readonly Package[],
  draw: Draw,
): string | undefined {
  for (let tries = 0; tries < 8; tries++) {
    const names = draw.pick(packages).names;
    const near = present.length > 0 && draw.chance(0.6);
    if (!near && names.length === 0) continue;
    const name = near ? nearDuplicate(draw.pick(present), draw) : draw.pick(names);
    if (isFreeName(name) && !words.has(name)) return name;
  }
  return undefined;
}

function absentFile({ files, text }: Facts, packages: readonly Package[], draw: Draw): ReturnType<Maker> {
  const all = draw.pick(packages).files;
  const path = renderedPath(draw.pick(all).path);
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (text.includes(base) || files.some((file) => file.path.endsWith(base))) return undefined;
  const kind = draw.pick(['listing', 'imports', 'count definitions', 'count functions'] as const);
  return { ...ask(kind, { p: draw.chance(0.3) ? base : path }, notHere, draw), kind: 'absent' };
}

function absentDocumentation({ text }: Facts, packages: readonly Package[], draw: Draw): ReturnType<Maker> {
  const from = draw.pick(packages);
  const doc = draw.pick(from.chunks(draw.pick(from.files))).doc;
  if (!doc || doc.split(' ').length < 4 || text.toLowerCase().includes(doc.toLowerCase())) return undefined;
  return { ...ask('reverse documentation', { d: doc }, notHere, draw), kind: 'absent' };
}
