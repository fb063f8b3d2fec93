import { describe, expect, test } from 'vitest';
import { codeForms } from '../../src/eval/data/codeFacts.ts';
import { longForms } from '../../src/eval/data/code.ts';
import { completionForms } from '../../src/eval/data/completion.ts';
import { extractionForms } from '../../src/eval/data/extraction.ts';
import { membershipForms } from '../../src/eval/data/memberships.ts';
import { needleForms } from '../../src/eval/data/needles.ts';
import { neutral } from '../../src/eval/data/padding.ts';
import * as names from '../../src/eval/data/people.ts';
import { reviewForms } from '../../src/eval/data/review.ts';
import { completionTask, extractionTask, membershipTask, needleTask, twinTask } from '../../src/eval/data/tasks.ts';
import { MOST_MODULES, moduleNames } from '../../src/eval/data/timber.ts';
import { twinForms } from '../../src/eval/data/twin.ts';
import { Draw } from '../../src/eval/data/draw.ts';
import { Draw as TrainingDraw } from '../../training/data/draw.ts';
import * as trained from '../../training/data/entities.ts';
import { extractionPhrasings, extractionWorld } from '../../training/data/extraction.ts';
import { membershipPhrasings } from '../../training/data/membershipPhrasings.ts';
import { membershipWorld } from '../../training/data/memberships.ts';
import { needlePhrasings } from '../../training/data/needles.ts';
import { phrasings } from '../../training/data/phrasings.ts';
import { findPhrasings, reviewPhrasings } from '../../training/data/reviewPhrasings.ts';
import { servicePhrasings } from '../../training/data/servicePhrasings.ts';
import { serviceWorld } from '../../training/data/services.ts';
import { wordsOf } from '../../training/data/names.ts';
import { request } from './made.ts';
import { dataSets } from '../../src/eval/data/sets.ts';

/** A phrasing without its slots, case and marks: two that differ only there are the same. */
const bare = (form: string): string =>
  form
    .replace(/\{\w+\}/g, ' _ ')
    .toLowerCase()
    .replace(/[^a-z_]+/g, ' ')
    .trim();
const values = (forms: Readonly<Record<string, readonly string[]>>): string[] => Object.values(forms).flat();

const ours = [
  ...values(codeForms),
  ...values(membershipForms),
  ...values(twinForms),
  ...longForms,
  ...completionForms,
  ...extractionForms,
  ...needleForms,
  ...reviewForms,
];
const theirs = [
  ...values(phrasings),
  ...values(membershipPhrasings),
  ...values(servicePhrasings),
  ...values(findPhrasings),
  ...extractionPhrasings,
  ...needlePhrasings,
  ...reviewPhrasings,
];

test('no phrasing of the evaluation is one of the training', () => {
  const known = new Set(theirs.map(bare));
  expect(known.size).toBeGreaterThan(300);
  expect(ours.filter((form) => known.has(bare(form)))).toEqual([]);
});

test('no example of a task is phrased as a question of its corpus, or names anything of it', () => {
  const tasks = [membershipTask, twinTask, needleTask, extractionTask, completionTask];
  const asked = new Set(ours.map(bare));
  for (const { question } of tasks.flatMap((t) => t.examples)) {
    for (const form of asked) expect(bare(question).split(' ')).not.toEqual(form.split(' '));
    expect(question).toMatch(/sample|example/i);
  }
  for (const set of dataSets.filter((d) => !d.needsCode)) {
    for (const corpus of set.make(request()))
      expect([...corpus.files.values()].join('\n')).not.toMatch(/sample|specimen/i);
  }
});

describe('names', () => {
  const draw = (): Draw => new Draw('names');
  const parts = (list: readonly string[]): Set<string> =>
    new Set(list.flatMap((name) => name.toLowerCase().split(/[ _]/)));
  const pool = (make: (d: TrainingDraw) => readonly string[]): Set<string> =>
    parts(Array.from({ length: 400 }, (_, i) => make(new TrainingDraw(`trained/${i}`))).flat());
  const common = (a: ReadonlySet<string>, b: ReadonlySet<string>): string[] => [...a].filter((x) => b.has(x));

  test('people, projects and sponsors', () => {
    const people = parts(names.people(1_600, false, draw()));
    expect(people.size).toBeGreaterThan(70);
    expect(
      common(
        people,
        pool((d) => trained.people(20, 0.5, d)),
      ),
    ).toEqual([]);
    expect(
      common(
        parts(names.projects(600, false, draw())),
        pool((d) => trained.projects(20, 0.5, d)),
      ),
    ).toEqual([]);
    expect(
      common(
        parts(names.sponsors(144, draw())),
        pool((d) => [trained.sponsor(d)]),
      ),
    ).toEqual([]);
  });

  test.each(['cities', 'occupations', 'hobbies', 'domains', 'roles', 'departments'] as const)('%s', (list) => {
    expect(common(new Set(names[list]), new Set<string>(trained[list]))).toEqual([]);
  });

  test('modules share no name with the services of the training', () => {
    const own = new Set(
      (['typescript', 'python'] as const).flatMap((language) =>
        moduleNames(MOST_MODULES, language, draw()).flatMap((m) => [m.name, m.function, m.className, m.returns]),
      ),
    );
    const services = Array.from(
      { length: 40 },
      (_, i) => serviceWorld(40, new TrainingDraw(`services/${i}`)).names,
    ).flat();
    expect(services.length).toBeGreaterThan(500);
    expect(services.filter((name) => own.has(name))).toEqual([]);
    const words = new Set([...own].flatMap(wordsOf));
    const shared = [...new Set(services.flatMap(wordsOf))].filter((word) => words.has(word));
    expect(shared).toEqual([]);
  });

  test('records and people of whole worlds', () => {
    const worlds = Array.from({ length: 40 }, (_, i) => [
      ...membershipWorld(40, new TrainingDraw(`m/${i}`)).names,
      ...extractionWorld(40, new TrainingDraw(`e/${i}`)).names,
    ]).flat();
    const theirs = new Set(worlds.map((name) => name.toLowerCase()));
    const text = dataSets
      .filter((d) => !d.needsCode)
      .flatMap((d) => d.make(request()))
      .flatMap((c) => [...c.files.values()])
      .join('\n')
      .toLowerCase();
    const multi = [...theirs].filter((name) => name.includes(' '));
    expect(multi.length).toBeGreaterThan(300);
    expect(multi.filter((name) => text.includes(name))).toEqual([]);
  });

  test('neutral sentences', () => {
    const trainedText = Array.from({ length: 20 }, (_, i) =>
      membershipWorld(40, new TrainingDraw(`f/${i}`)).chunks.map((c) => c.text),
    )
      .flat()
      .join('\n');
    expect(neutral.filter((sentence) => trainedText.includes(sentence))).toEqual([]);
  });
});
