import type { LineRange } from '../../common/answers.ts';
import type { DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { Draw } from './draw.ts';
import { FileLines, fill } from './lines.ts';
import { filledCorpora } from './shares.ts';
import { needleTask } from './tasks.ts';
import { MOST_MODULES, moduleNames, type Language } from './timber.ts';
import { moduleText } from './twinText.ts';

const CORPUS_TOKENS = 6_000;
/** Needles of one corpus: more would make it a haystack of needles. */
const PER_CORPUS = 20;

const things =
  'cabinet chest coffer cupboard footlocker hatch hutch pantry safe strongbox tin trunk vat vitrine wardrobe'.split(
    ' ',
  );
const looks =
  'checkered dented engraved enamelled fluted gnarled knobbly lopsided moth-eaten oblong pewter rickety speckled tarnished varnished'.split(
    ' ',
  );
const sorts = ['combination', 'docket', 'plate number', 'tally'];

/** {s}: subject, {a}: what number. */
export const needleForms = [
  'Which {a} is noted for the {s}?',
  'What {a} has the {s}?',
  'Repeat the {a} of the {s}.',
] as const;

const sentences = [
  'Written down for later: the {a} of the {s} reads {v}.',
  'Do not lose this, the {s} opens with {a} {v}.',
  'As agreed, {v} is the {a} of the {s}.',
];

/**
 * Numbers of 7 and of 64 digits in comments of made-up code, at all depths: the needle test and its hard form, where a
 * single lost token shows (long answers cannot hide what short ones do).
 */
export const needles: DataSet = {
  name: 'needles',
  about: 'numbers of 7 and 64 digits in comments of code, evenly over all depths',
  make: (request) => filledCorpora(request, PER_CORPUS, corpus),
};

function corpus(request: MakeRequest, number: number, count: number): EvalCorpus {
  const draw = new Draw(`${request.seed}/needles/${number}/${request.draw}`);
  const language: Language = number % 2 === 0 ? 'typescript' : 'python';
  const sampleDraw = new Draw('needles/sample');
  const [sampleName, ...sampleUses] = moduleNames(2, language, sampleDraw);
  const sample = moduleText({ names: sampleName!, uses: sampleUses }, language, sampleDraw);
  const perModule = request.count(Object.values(sample).join('\n'));
  // In the order of their paths, which is the order of the sheet: depth is a place in it.
  const names = moduleNames(
    Math.min(MOST_MODULES, Math.max(4, Math.round((request.tokens ?? CORPUS_TOKENS) / perModule))),
    language,
    draw,
  ).sort((a, b) => (a.path < b.path ? -1 : 1));
  const subjects = draw.some(
    looks.flatMap((look) => things.map((thing) => `${look} ${thing}`)),
    count,
  );
  const hidden = subjects.map((subject, i) => {
    const depth = count === 1 ? 0.5 : i / (count - 1);
    const length = i % 2 === 0 ? 7 : 64;
    return {
      subject,
      sort: draw.pick(sorts),
      value: draw.digits(length),
      length,
      depth,
      at: Math.round(depth * (names.length - 1)),
    };
  });
  const mark = language === 'python' ? '#' : '//';
  const files = new Map<string, string>();
  const lines = new Map<string, LineRange>();
  for (const [i, module] of names.entries()) {
    const here = hidden.filter((h) => h.at === i);
    const planted = here.map((h) => `${mark} ${fill(draw.pick(sentences), { a: h.sort, s: h.subject, v: h.value })}`);
    const uses = [draw.pick(names.filter((n) => n !== module))];
    const file = new FileLines(module.path);
    const text = moduleText({ names: module, uses, planted }, language, draw);
    for (const block of [text.imports, text.class]) file.add(block);
    const { startLine } = file.add(text.function);
    const rows = text.function.split('\n');
    for (const h of here) {
      const line = startLine + rows.findIndex((row) => row.includes(h.value));
      lines.set(h.value, { path: module.path, startLine: line, endLine: line });
    }
    files.set(file.path, file.text);
  }
  const questions = hidden.map(({ subject, sort, value, length, depth }, i): EvalQuestion => ({
    id: `needle-${length}-${i + 1}`,
    kind: `needle of ${length} digits`,
    group: 'exact',
    question: fill(draw.pick(needleForms), { a: sort, s: subject }),
    gold: [value],
    scoring: 'digits',
    evidence: [lines.get(value)!],
    by: { depth: Math.round(100 * depth) },
  }));
  return { id: `${number + 1}-${language}`, files, task: needleTask, questions };
}
