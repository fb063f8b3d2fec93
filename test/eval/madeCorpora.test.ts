import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { chunkFile } from '../../src/engine/corpus/chunker.ts';
import { languageOf } from '../../src/engine/corpus/languages.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { extraction } from '../../src/eval/data/extraction.ts';
import { memberships, similarNames } from '../../src/eval/data/memberships.ts';
import { needles } from '../../src/eval/data/needles.ts';
import { padded } from '../../src/eval/data/padding.ts';
import { review } from '../../src/eval/data/review.ts';
import { taskShift, twin } from '../../src/eval/data/twin.ts';
import { Draw } from '../../src/eval/data/draw.ts';
import { scoreAnswer } from '../../src/eval/score/score.ts';
import { goldText } from '../../src/eval/run/runner.ts';
import type { CodeFile, EvalCorpus, EvalQuestion } from '../../src/eval/types.ts';
import { findingsIn } from '../../training/data/findings.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';
import { allText, count, readCode, request, textAt } from './made.ts';

let code: CodeFile[];
let grammars: Grammars;
let remove: () => Promise<void> | void;
beforeAll(async () => {
  const made = await grammarFolder();
  remove = made.remove;
  grammars = await Grammars.open(made.folder);
  code = await readCode(grammars);
});
afterAll(() => remove());

describe.each(dataSets)('$name', (set) => {
  const make = (more = {}): EvalCorpus[] => set.make(request({ code, ...more }));
  const bytes = (corpora: EvalCorpus[]): string => JSON.stringify(corpora.map((c) => [c, [...c.files]]));

  test('equal seed, equal bytes; another seed or draw asks other things', () => {
    expect(bytes(make())).toBe(bytes(make()));
    expect(bytes(make({ seed: 'other' }))).not.toBe(bytes(make()));
    expect(bytes(make({ draw: 2 }))).not.toBe(bytes(make()));
    expect(bytes(make({ draw: 0 }))).not.toBe(bytes(make()));
  });

  test('ids are unique, places exist, the gold answer has the full score, no answer none', () => {
    const corpora = make();
    expect(new Set(corpora.map((c) => c.id)).size).toBe(corpora.length);
    expect(corpora.flatMap((c) => c.questions).length).toBeGreaterThan(0);
    for (const corpus of corpora) {
      expect(new Set(corpus.questions.map((q) => q.id)).size).toBe(corpus.questions.length);
      for (const q of corpus.questions) {
        expect(q.evidence.length).toBeGreaterThan(0);
        for (const place of q.evidence) {
          const lines = corpus.files.get(place.path)!.split('\n').length;
          expect(place.startLine >= 1 && place.startLine <= place.endLine && place.endLine <= lines).toBe(true);
        }
        const said = q.scoring === 'signature' ? `f(${goldText(q)})` : goldText(q);
        expect([q.id, scoreAnswer(q, said).right]).toEqual([q.id, true]);
        expect(scoreAnswer(q, '').score).toBe(0);
      }
    }
  });

  test('as many questions as were asked for, where there are so many', () => {
    const few = make({ questions: 8, breadth: 'few' }).flatMap((c) => c.questions);
    expect(few.length).toBeGreaterThan(0);
    expect(few.length).toBeLessThanOrEqual(8);
  });
});

/** The entries of the registry, read back from its text alone. */
function registry(corpus: EvalCorpus) {
  const text = allText(corpus);
  const all = (pattern: RegExp): Record<string, string>[] => [...text.matchAll(pattern)].map((m) => ({ ...m.groups }));
  return {
    people: all(/Person: (?<name>[^.]+)\. Age/g),
    projects: all(
      /Project title: (?<title>[^.]+)\. Project domain: (?<domain>[^.]+)\. Sponsor: (?<sponsor>[^.]+)\. Year started: (?<year>\d+)\./g,
    ),
    members: all(
      /Member: (?<name>[^.]+)\. Member of: (?<title>[^.]+)\. Role held: (?<role>[^.]+)\. Sent by department: (?<department>[^.]+)\./g,
    ),
  };
}

describe.each([memberships, similarNames])('$name', (set) => {
  const corpora = set.make(request({ questions: 160, tokens: 12_000 }));

  test('every gold answer follows from the text', () => {
    for (const corpus of corpora) {
      const { people, projects, members } = registry(corpus);
      const sorts = new Set<string>();
      for (const q of corpus.questions) {
        sorts.add(q.group);
        const name = people.map((p) => p['name']!).filter((n) => q.question.includes(n))[0]!;
        const mine = members.filter((m) => m['name'] === name);
        const of = (key: string): string[] => mine.map((m) => projects.find((p) => p['title'] === m['title'])![key]!);
        const here = mine.find((m) => q.question.includes(m['title']!));
        const answers: Record<string, () => string[]> = {
          projects: () => mine.map((m) => m['title']!),
          role: () => [here!['role']!],
          department: () => [here!['department']!],
          domains: () => of('domain'),
          years: () => of('year'),
          sponsors: () => of('sponsor'),
        };
        expect([...q.gold].sort()).toEqual([...new Set(answers[q.kind]!())].sort());
        const evidence = q.evidence.map((place) => textAt(corpus, place)).join('\n');
        for (const gold of q.gold) expect(evidence).toContain(gold);
      }
      expect([...sorts].sort()).toEqual(['direct', 'join']);
    }
  });

  test('everybody has exactly as many projects as the level says', () => {
    for (const corpus of corpora) {
      const level = Number(/k(\d)/.exec(corpus.id)![1]);
      const { people, members } = registry(corpus);
      for (const { name } of people) expect(members.filter((m) => m['name'] === name).length).toBe(level);
    }
  });

  test('the examples of the task say nothing about the corpus', () => {
    for (const corpus of corpora) expect(allText(corpus)).not.toMatch(/Sample Venture|Sam Example/);
  });
});

test('chunks of the registry are what the paper says: one entity each, of 256 tokens at most and at least 250', async () => {
  for (const corpus of memberships.make(request({ tokens: 32_768, questions: 40 }))) {
    for (const [path, text] of corpus.files) {
      const chunks = await chunkFile({ path, text, language: languageOf(path) }, grammars);
      const entities = text.match(/^## /gm)!.length;
      expect(chunks.length).toBe(entities);
      for (const chunk of chunks) {
        expect(count(chunk.text.trim())).toBeLessThanOrEqual(256);
        expect(count(chunk.text.trim())).toBeGreaterThanOrEqual(250);
      }
    }
  }
});

test('padding never goes beyond its size and keeps the text whole', () => {
  for (let size = 20; size < 300; size += 7) {
    const text = padded('## A\n\nSaid.', size, count, new Draw(String(size)));
    expect(count(text)).toBeLessThanOrEqual(size);
    expect(text.startsWith('## A\n\nSaid.')).toBe(true);
  }
});

interface Module {
  name: string;
  path: string;
  imports: string[];
  function: string;
  returns: string;
  class: string;
  calls: string[];
}

/** Modules of a twin, read back by patterns over the text, in either language. */
function modulesOf(corpus: EvalCorpus): { modules: Module[]; owners: Map<string, string> } {
  const owners = new Map<string, string>();
  const modules: Module[] = [];
  for (const [path, text] of corpus.files) {
    for (const [, name, owner] of text.matchAll(/^maintain\(["'](\w+)["'], (?:by=|\{ by: )["']([^"']+)["']/gm))
      owners.set(name!, owner!);
    const head = /^(?:export function|def) (\w+)\(.*?\)(?::| ->) (\w+)/m.exec(text);
    if (!head) continue;
    modules.push({
      name: /(\w+)\.\w+$/.exec(path)![1]!,
      path,
      imports: [...text.matchAll(/^(?:import \{ (\w+) \}|from \S+ import (\w+))/gm)].map((m) => m[1] ?? m[2]!),
      function: head[1]!,
      returns: head[2]!,
      class: /^(?:export )?class (\w+)/m.exec(text)![1]!,
      calls: [...text.matchAll(/step_?\d+ = (\w+)\(/g)].map((m) => m[1]!),
    });
  }
  return { modules, owners };
}

test('twin: every gold answer follows from the text', () => {
  for (const corpus of twin.make(request({ questions: 160, breadth: 'all' }))) {
    const { modules, owners } = modulesOf(corpus);
    const level = Number(/k(\d)/.exec(corpus.id)![1]);
    const byFunction = new Map(modules.map((m) => [m.function, m]));
    const groups = new Set<string>();
    for (const m of modules) expect([m.imports.length, m.calls.length]).toEqual([level, level]);
    for (const q of corpus.questions) {
      groups.add(q.group);
      const module = modules.find((m) => new RegExp(`\\b(?:${m.name}|${m.function})\\b`).test(q.question))!;
      const used = (names: string[]): Module[] => names.map((n) => byFunction.get(n)!);
      const answers: Record<string, () => string[]> = {
        owner: () => [owners.get(module.name)!],
        imports: () => module.imports,
        result: () => [module.returns],
        class: () => [module.class],
        'owners of imports': () => used(module.imports).map((m) => owners.get(m.name)!),
        'results of calls': () => used(module.calls).map((m) => m.returns),
        'files of calls': () => used(module.calls).map((m) => m.path),
      };
      expect([...q.gold].sort()).toEqual([...new Set(answers[q.kind]!())].sort());
      const evidence = q.evidence.map((place) => `${place.path}\n${textAt(corpus, place)}`).join('\n');
      for (const gold of q.gold) expect(evidence).toContain(gold);
    }
    expect([...groups].sort()).toEqual(['direct', 'join']);
  }
});

test('twin: the chunker finds its classes and functions', async () => {
  for (const corpus of twin.make(request())) {
    for (const m of modulesOf(corpus).modules) {
      const chunks = await chunkFile(
        { path: m.path, text: corpus.files.get(m.path)!, language: languageOf(m.path) },
        grammars,
      );
      const found = chunks.find((c) => c.name === m.function)!;
      expect([found.kind, found.returns]).toEqual(['function', m.returns]);
      expect(chunks.some((c) => c.name === m.class || c.qualifiedName.startsWith(`${m.class}.`))).toBe(true);
    }
  }
});

test('task shift: the corpora and questions of the twin, for another task', () => {
  const shown = (corpora: EvalCorpus[]): unknown[] =>
    corpora.map(({ id, files, questions }) => [id, [...files], questions]);
  const shifted = taskShift.make(request());
  expect(shown(shifted)).toEqual(shown(twin.make(request())));
  expect(shifted.map((c) => c.task)).toEqual(shifted.map(() => 'code-review'));
});

test('needles: the one comment that names subject and attribute holds the number; depths go from top to bottom', () => {
  const corpora = needles.make(request({ questions: 40 }));
  for (const corpus of corpora) {
    const comments = [...corpus.files.values()].flatMap((t) => t.match(/^\s*(?:\/\/|#) .*\d{7,}.*$/gm) ?? []);
    expect(comments.length).toBe(corpus.questions.length);
    for (const q of corpus.questions) {
      const parts = /(?:Which|What|Repeat the) (.+?) (?:is noted for|has|of) the (.+?)[?.]$/.exec(q.question)!;
      const telling = comments.filter((c) => c.includes(parts[1]!) && c.includes(`the ${parts[2]!}`));
      expect(telling.map((c) => /\d{7,}/.exec(c)![0])).toEqual([...q.gold]);
      expect(textAt(corpus, q.evidence[0]!)).toContain(q.gold[0]);
      expect([7, 64]).toContain(q.gold[0]!.length);
    }
    const depths = corpus.questions.map((q) => Number(q.by!['depth']));
    expect([Math.min(...depths), Math.max(...depths)]).toEqual([0, 100]);
    const order = corpus.questions.map((q) => [...corpus.files.keys()].sort().indexOf(q.evidence[0]!.path));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }
});

test('extraction: every list follows from the sentences of its collection', () => {
  const forms: Record<string, RegExp> = {
    products: /From (.+?)\. The (.+) costs (\d+) crowns, and (\d+) pieces/g,
    doctors: /From (.+?)\. (.+) practises in (\w+) and answers the pager (\d+)\./g,
    companies: /From (.+?)\. (.+) has its seat at (\w+) and a staff of (\d+)\./g,
    films: /From (.+?)\. The film "(.+)" was shot in (\d+) and runs for (\d+) minutes\./g,
  };
  for (const corpus of extraction.make(request({ questions: 24 }))) {
    for (const q of corpus.questions) {
      const found = [...allText(corpus).matchAll(forms[q.kind]!)]
        .filter((m) => q.question.includes(m[1]!))
        .map((m) => m.slice(2));
      const gold = JSON.parse(q.gold[0]!) as Record<string, string | number>[];
      expect(gold.map((row) => Object.values(row).map(String)).sort()).toEqual(found.sort());
      for (const row of gold) expect(Object.keys(row).length).toBe(3);
      expect(q.evidence.length).toBe(gold.length);
    }
  }
});

describe('review', () => {
  const asked = review
    .make(request({ questions: 120 }))
    .flatMap((corpus) => corpus.questions.map((q) => ({ corpus, q })));
  const functionOf = (corpus: EvalCorpus, q: EvalQuestion): string => textAt(corpus, q.evidence[0]!);

  test('what plants a defect and what only looks like one are told apart by the detector of the training', () => {
    for (const { corpus, q } of asked) {
      const expected = q.kind === 'defect' ? [q.gold[0]] : [];
      expect([functionOf(corpus, q), findingsIn(functionOf(corpus, q))]).toEqual([functionOf(corpus, q), expected]);
    }
  });

  test('both sorts of every defect are asked about, half of all are clean', () => {
    const sorts = new Set(asked.map(({ q }) => `${q.kind}/${String(q.by!['plant'])}`));
    expect(sorts.size).toBe(18);
    const clean = asked.filter(({ q }) => q.kind === 'look-alike').length;
    expect(Math.abs(clean / asked.length - 0.5)).toBeLessThan(0.1);
  });

  test('the question names the function that is meant', () => {
    for (const { corpus, q } of asked) {
      const name = /(?:function|def) (\w+)/.exec(functionOf(corpus, q))![1]!;
      expect(q.question).toContain(name);
    }
  });
});
