import type { DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { Draw, inTurn } from './draw.ts';
import { FileLines, fill } from './lines.ts';
import { cleanAnswer, plants, type PlantedLines } from './plants.ts';
import { filledCorpora } from './shares.ts';
import { MOST_MODULES, moduleNames, type Language } from './timber.ts';
import { moduleText } from './twinText.ts';

const CORPUS_TOKENS = 4_000;
const QUESTIONS_PER_CORPUS = 30;

/** {n}: a function. */
export const reviewForms = [
  'Please review {n}.',
  'Which defect does {n} have?',
  'Is anything wrong with {n}?',
] as const;

/**
 * Defects written into made-up functions, and look-alikes that have none: an empty handler and one that throws on, a
 * secret and a setting's name. The labels are those that the task code-review asks for.
 */
export const review: DataSet = {
  name: 'review',
  about: 'injected defects beside clean look-alikes',
  make: (request) => filledCorpora(request, QUESTIONS_PER_CORPUS, corpus),
};

function corpus(request: MakeRequest, number: number, count: number): EvalCorpus {
  const draw = new Draw(`${request.seed}/review/${number}/${request.draw}`);
  const language: Language = number % 2 === 0 ? 'typescript' : 'python';
  const sampleDraw = new Draw('review/sample');
  const [sampleName, ...sampleUses] = moduleNames(2, language, sampleDraw);
  const perModule =
    request.count(
      Object.values(moduleText({ names: sampleName!, uses: sampleUses }, language, sampleDraw)).join('\n'),
    ) + 20;
  const wanted = Math.max(count, Math.min(3 * count, Math.round((request.tokens ?? CORPUS_TOKENS) / perModule)));
  const names = moduleNames(Math.min(MOST_MODULES, wanted + 1), language, draw);
  const pool = plants.filter((p) => p[language] !== undefined);
  const files = new Map<string, string>();
  const asked: { defect: Omit<EvalQuestion, 'id'>[]; clean: Omit<EvalQuestion, 'id'>[] } = { defect: [], clean: [] };
  const labels = plants.map((p) => p.label);
  for (const [i, module] of names.slice(1).entries()) {
    const plant = pool[Math.floor(i / 2) % pool.length]!;
    const isDefect = i % 2 === 0;
    const code: PlantedLines = plant[language]!(isDefect ? 'defect' : 'clean', module, draw);
    const file = new FileLines(module.path);
    const parts = {
      names: module,
      uses: [names[0]!],
      planted: code.lines,
      ...(code.parameters === undefined ? {} : { parameters: code.parameters }),
    };
    const text = moduleText(parts, language, draw);
    file.add(text.imports);
    const place = file.add(text.function);
    files.set(file.path, file.text);
    const label = isDefect ? plant.label : cleanAnswer;
    asked[isDefect ? 'defect' : 'clean'].push({
      kind: isDefect ? 'defect' : 'look-alike',
      group: 'code',
      question: fill(draw.pick(reviewForms), { n: module.function }),
      gold: [label],
      wrong: [...labels, cleanAnswer].filter((other) => other !== label),
      scoring: 'contains',
      evidence: [place],
      by: { plant: plant.label },
    });
  }
  const chosen = inTurn([asked.defect, asked.clean], count);
  const questions = chosen.map((q, i) => ({ ...q, id: `${q.kind}-${i + 1}` }));
  return { id: `${number + 1}-${language}`, files, task: 'code-review', questions };
}
