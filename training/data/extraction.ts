import { notHere } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import { cities, givenName, familyName, place, roles } from './entities.ts';
import { writeRecords, type Shape } from './extractionText.ts';
import { nearDuplicate, spelled } from './names.ts';
import type { Asked } from './request.ts';
import type { World, WorldFact } from './worlds.ts';

/** A named record with values to extract. */
export interface ValueRecord {
  name: string;
  values: Map<string, string | number | boolean>;
}

/** How an extraction is asked for; {k}: keys, {n}: the record. An evaluation's phrasings must be none of these. */
export const extractionPhrasings = [
  'Give {k} of {n} as JSON.',
  'Extract {k} of {n} as JSON.',
  '{k} of {n} as JSON',
  'JSON with {k} of {n}',
  'Return {k} for {n} as a JSON object.',
  'What are {k} of {n}? Answer in JSON.',
  'Read {k} from {n}, JSON only.',
  'As JSON: {k} of {n}.',
  'Write a JSON object with {k} of {n}.',
  'json: {k} for {n}',
] as const;

type Column = readonly [key: string, value: (draw: Draw) => string | number | boolean];

/** Sorts of records with their columns. */
const sorts: { noun: string; columns: Column[] }[] = [
  {
    noun: 'settings',
    columns: [
      ['size', (d) => d.int(1, 900)],
      ['unit', (d) => d.pick(['kB', 'MB', 'ms', 's', 'px', 'rows'])],
      ['ttl', (d) => d.int(5, 86400)],
      ['retries', (d) => d.int(0, 9)],
      ['enabled', (d) => d.chance(0.5)],
      ['mode', (d) => d.pick(['fast', 'safe', 'strict', 'lazy', 'eager', 'manual'])],
      ['level', (d) => d.int(1, 12)],
      ['region', (d) => d.pick(cities)],
    ],
  },
  {
    noun: 'product',
    columns: [
      ['price', (d) => d.int(100, 99999) / 100],
      ['stock', (d) => d.int(0, 400)],
      ['colour', (d) => d.pick(['red', 'blue', 'green', 'black', 'white', 'grey', 'brown'])],
      ['supplier', (d) => familyName(d)],
      ['weight', (d) => d.int(10, 9000)],
      ['shelf', (d) => `${d.pick([...'ABCDEFGH'])}${d.int(1, 40)}`],
    ],
  },
  {
    noun: 'order',
    columns: [
      ['customer', (d) => `${givenName(d)} ${familyName(d)}`],
      ['total', (d) => d.int(500, 99999) / 100],
      [
        'date',
        (d) => `${d.int(2015, 2026)}-${String(d.int(1, 12)).padStart(2, '0')}-${String(d.int(1, 28)).padStart(2, '0')}`,
      ],
      ['city', (d) => d.pick(cities)],
      ['items', (d) => d.int(1, 30)],
      ['paid', (d) => d.chance(0.6)],
    ],
  },
  {
    noun: 'contact',
    columns: [
      ['phone', (d) => String(d.int(10_000, 9_999_999))],
      ['room', (d) => d.int(100, 499)],
      ['role', (d) => d.pick(roles)],
      ['city', (d) => d.pick(cities)],
      ['since', (d) => d.int(1990, 2026)],
    ],
  },
];

/** Small records in code, tables, prose or docstrings, and questions whose answers are JSON with the keys in the order asked. */
export function extractionWorld(size: number, draw: Draw): World {
  const chunks: World['chunks'] = [];
  const facts: WorldFact[] = [];
  const known: ValueRecord[] = [];
  const names = new Set<string>();
  while (chunks.length < size) {
    const { columns: all } = draw.pick(sorts);
    const shape: Shape = draw.pick(['code', 'code', 'table', 'prose', 'docstring']);
    const columns = draw.some(all, draw.int(3, Math.min(5, all.length)));
    const records = Array.from({ length: shape === 'table' ? draw.int(3, 6) : 1 }, (): ValueRecord => {
      let name = nameFor(shape, [...names], draw);
      while (names.has(name)) name = `${nameFor(shape, [], draw)}${shape === 'code' ? '' : ` ${names.size}`}`;
      names.add(name);
      return { name, values: new Map(columns.map(([key, value]) => [key, value(draw)])) };
    });
    const chunk = writeRecords(records, shape, chunks.length, draw);
    chunks.push(chunk);
    for (const record of records) {
      known.push(record);
      for (let i = 0; i < 2; i++) facts.push({ weight: 1, needs: [chunk], ask: () => asked(record, draw) });
    }
  }
  return { chunks, facts, absent: () => absentRecord(known, names, draw), names: [...names] };
}

function nameFor(shape: Shape, known: readonly string[], draw: Draw): string {
  const words = [
    ...place(draw).split(' '),
    ...(shape === 'code' ? [draw.pick(['settings', 'options', 'entry', 'limits', 'profile', 'defaults'])] : []),
  ];
  const near = known.filter((name) => /[ ]/.test(name) === (shape !== 'code' && shape !== 'docstring'));
  if (near.length > 0 && draw.chance(0.25) && shape === 'code') return nearDuplicate(draw.pick(near), draw);
  if (shape === 'code' || shape === 'docstring') return spelled(words, draw.chance(0.6) ? 'camel' : 'snake');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

function asked({ name, values }: ValueRecord, draw: Draw): Asked {
  const keys = draw.some([...values.keys()], draw.int(1, Math.min(3, values.size)));
  const answer = JSON.stringify(Object.fromEntries(keys.map((key) => [key, values.get(key)!])));
  return { kind: 'extraction', question: phrased(keys, name, draw), answer };
}

function phrased(keys: readonly string[], name: string, draw: Draw): string {
  const listed = keys.length > 1 ? `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)!}` : keys[0]!;
  return draw
    .pick(extractionPhrasings)
    .replace('{k}', listed)
    .replace('{n}', () => name);
}

function absentRecord(known: readonly ValueRecord[], names: ReadonlySet<string>, draw: Draw): Asked {
  const { name, values } = draw.pick(known);
  const near = (from: string): string =>
    from.includes(' ')
      ? `${from.split(' ')[0]!} ${place(draw)
          .split(' ')[1]!
          .replace(/^./, (c) => c.toUpperCase())}`
      : nearDuplicate(from, draw);
  let other = near(name);
  while (names.has(other)) other = near(other);
  const keys = draw.some([...values.keys()], draw.int(1, 2));
  return { kind: 'absent', question: phrased(keys, other, draw), answer: notHere };
}
