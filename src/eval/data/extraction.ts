import type { LineRange } from '../../common/answers.ts';
import type { DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { Draw } from './draw.ts';
import { FileLines, fill } from './lines.ts';
import { padded } from './padding.ts';
import { cities, people } from './people.ts';
import { filledCorpora } from './shares.ts';
import { extractionTask } from './tasks.ts';

const CORPUS_TOKENS = 6_000;
/** Tokens of a paragraph with one record, padded. */
const PARAGRAPH_TOKENS = 64;
const QUESTIONS_PER_CORPUS = 8;

/** {w}: what is collected, {c}: from which collection, {k}: keys. */
export const extractionForms = [
  'Collect all {w} of {c} as a JSON list of objects with the keys {k}.',
  'Which {w} does the text give for {c}? Reply with a JSON list; keys {k}.',
  'Turn everything said about the {w} of {c} into JSON: a list of objects with {k}.',
] as const;

type Value = string | number;
interface Schema {
  what: string;
  keys: readonly [string, string, string];
  name: (draw: Draw) => string;
  first: (draw: Draw) => Value;
  second: (draw: Draw) => Value;
  said: (name: string, first: Value, second: Value) => string;
}

const wares =
  'abacus barometer colander decanter eyeglass funnel griddle hourglass icepick jug kaleidoscope ladle metronome nutcracker oilcan pestle rolling-pin sieve thimble whisk'.split(
    ' ',
  );
const finishes =
  'aluminium bamboo ceramic denim elastic felt glazed heirloom jute knitted leather marbled nylon pleated quilted rubber suede tinned'.split(
    ' ',
  );
const wards = [
  'cardiology',
  'dermatology',
  'endocrinology',
  'haematology',
  'neurology',
  'oncology',
  'paediatrics',
  'radiology',
];
const studios = 'Bluebell Cinder Dragonfly Elderberry Firefly Gooseberry Hazelnut Inkblot Jackdaw Kumquat'.split(' ');

/** The four schemas of the published set: products, medical staff, organisations, films; a name and two values each. */
const schemas: readonly Schema[] = [
  {
    what: 'products',
    keys: ['name', 'cost', 'pieces'],
    name: (d) => `${d.pick(finishes)} ${d.pick(wares)}`,
    first: (d) => d.int(2, 480),
    second: (d) => d.int(1, 96),
    said: (name, cost, pieces) => `The ${name} costs ${cost} crowns, and ${pieces} pieces of it are left.`,
  },
  {
    what: 'doctors',
    keys: ['name', 'ward', 'pager'],
    name: (d) => people(1, false, d)[0]!,
    first: (d) => d.pick(wards),
    second: (d) => d.int(100, 999),
    said: (name, ward, pager) => `${name} practises in ${ward} and answers the pager ${pager}.`,
  },
  {
    what: 'companies',
    keys: ['name', 'seat', 'staff'],
    name: (d) =>
      `${d.pick(studios)} ${d.pick(['Bakeries', 'Dyeworks', 'Foundries', 'Glassblowers', 'Sawmills', 'Vineyards'])}`,
    first: (d) => d.pick(cities),
    second: (d) => d.int(3, 4_000),
    said: (name, seat, staff) => `${name} has its seat at ${seat} and a staff of ${staff}.`,
  },
  {
    what: 'films',
    keys: ['name', 'shot', 'minutes'],
    name: (d) =>
      `The ${d.pick(finishes)} ${d.pick(['Accordion', 'Butler', 'Carousel', 'Diplomat', 'Eclipse', 'Funeral', 'Gondola', 'Heiress'])}`,
    first: (d) => d.int(1931, 2020),
    second: (d) => d.int(61, 204),
    said: (name, shot, minutes) => `The film "${name}" was shot in ${shot} and runs for ${minutes} minutes.`,
  },
];
const collections =
  'the Aster Annex|the Bramble Annex|the Clover Annex|the Daisy Annex|the Edelweiss Annex|the Fuchsia Annex|the Gentian Annex|the Heather Annex'.split(
    '|',
  );

/**
 * Lists of records to be collected from running text, after Text2JSON ("KV Cache Offloading for Context-Intensive
 * Tasks", arXiv 2604.08426): an answer needs a lot of the context, and a list of objects with three keys each.
 */
export const extraction: DataSet = {
  name: 'extraction',
  about: 'lists of records as JSON, scored as Text2JSON is',
  make: (request) => filledCorpora(request, QUESTIONS_PER_CORPUS, corpus),
};

function corpus(request: MakeRequest, number: number, count: number): EvalCorpus {
  const draw = new Draw(`${request.seed}/extraction/${number}/${request.draw}`);
  const lists = draw.some(
    schemas.flatMap((schema) => collections.map((collection) => ({ schema, collection }))),
    count,
  );
  const paragraphs = Math.floor((request.tokens ?? CORPUS_TOKENS) / PARAGRAPH_TOKENS);
  const each = Math.max(2, Math.min(14, Math.floor(paragraphs / Math.max(1, lists.length))));
  const known = new Set<string>();
  const records = lists.flatMap(({ schema, collection }) =>
    Array.from({ length: draw.int(Math.max(2, each - 2), each) }, () => {
      let name = schema.name(draw);
      while (known.has(`${schema.what}/${name}`)) name = `${schema.name(draw)} ${draw.int(2, 99)}`;
      known.add(`${schema.what}/${name}`);
      return { schema, collection, name, first: schema.first(draw), second: schema.second(draw) };
    }),
  );
  const files = new Map<string, string>();
  const lines = new Map<object, LineRange>();
  const shuffled = draw.shuffled(records);
  for (let start = 0; start < shuffled.length; start += 10) {
    const file = new FileLines(`reports/page-${String(start / 10 + 1).padStart(2, '0')}.md`);
    file.add(`# Page ${start / 10 + 1}`);
    for (const record of shuffled.slice(start, start + 10)) {
      const { schema, collection, name, first, second } = record;
      const said = `From ${collection}. ${schema.said(name, first, second)}`;
      lines.set(record, file.add(padded(said, PARAGRAPH_TOKENS, request.count, draw)));
    }
    files.set(file.path, file.text);
  }
  const questions = lists.map(({ schema, collection }, i): EvalQuestion => {
    const mine = records.filter((r) => r.schema === schema && r.collection === collection);
    const [a, b, c] = schema.keys;
    const gold = mine.map(({ name, first, second }) => ({ [a]: name, [b]: first, [c]: second }));
    return {
      id: `${schema.what}-${i + 1}`,
      kind: schema.what,
      group: 'long',
      question: fill(draw.pick(extractionForms), { w: schema.what, c: collection, k: `${a}, ${b} and ${c}` }),
      gold: [JSON.stringify(gold)],
      scoring: 'objects',
      evidence: mine.map((r) => lines.get(r)!),
      by: { records: mine.length },
    };
  });
  return { id: String(number + 1), files, task: extractionTask, questions };
}
