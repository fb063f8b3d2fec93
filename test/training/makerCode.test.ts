import { describe, expect, test } from 'vitest';
import { countTokens } from '../../src/engine/compress/encode.ts';
import { Tokenizer } from '../../src/engine/model/tokenizer.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SampleMaker } from '../../training/data/maker.ts';
import { Corpus } from '../../training/data/packages.ts';
import { families, readRequest, type Family, type Sample, type SampleRequest } from '../../training/data/request.ts';
import { wrongIn } from './codeChecks.ts';
import { readContext } from './contextReader.ts';
import { tokenizerFolder, useCorpus } from './makerCorpus.ts';

const tools = useCorpus();

function request(seed: number, family: Family): SampleRequest {
  const form = seed % 2 === 0 ? 'sheet' : 'rag';
  const bodyLines = [8, 20, null][seed % 3] ?? null;
  const [segmentTokens, contextTokens] = (
    [
      [256, 1024],
      [384, 2048],
      [512, 700],
    ] as const
  )[seed % 3]!;
  const augment = seed % 5 !== 0;
  return {
    seed: `test-${seed}`,
    split: 'train',
    family,
    form,
    segmentTokens,
    contextTokens,
    bodyLines,
    questions: 24,
    augment,
  };
}

function samples(family: Family, count: number): Sample[] {
  const maker = new SampleMaker(tools());
  return Array.from({ length: count }, (_, seed) => maker.make(request(seed, family)));
}

describe('every answer can be checked in its context', () => {
  test.each(['code', 'review', 'needles'] as const)('%s', (family) => {
    const made = samples(family, 60);
    for (const sample of made) expect(wrongIn(sample)).toEqual([]);
    // A maker that asked nothing would pass every check.
    expect(made.flatMap(({ questions }) => questions).length).toBeGreaterThan(60 * 8);
  });

  test('what an answer is copied from stands in the context, and the answer in it', () => {
    const shown = samples('code', 60).flatMap(({ segments, questions }) =>
      questions.flatMap(({ kind, question, answer, copied }) =>
        copied ? [{ segments, kind, question, answer, ...copied }] : [],
      ),
    );
    for (const { segments, answer, line, at } of shown) {
      const copy = answer.replace(/^Yes, /, (yes) => line.slice(at, at + yes.length));
      expect(line.slice(at, at + copy.length)).toBe(copy);
      expect(segments.some((text) => `\n${text}`.includes(`\n${line}\n`))).toBe(true);
    }
    const told = shown.filter(({ via }) => via);
    // Of a definition that was divided, a further part is indented differently: training finds no place for that.
    const found = told.filter(({ segments, via }) => segments.some((text) => `\n${text}`.includes(`\n${via!.line}\n`)));
    expect(found.length).toBeGreaterThan(0.9 * told.length);
    for (const { kind, via, question } of told.filter(({ kind }) => kind === 'callers')) {
      const name = /[\w$]+$/.exec(via!.line.slice(0, via!.at + 1))![0];
      expect(question, kind).toContain(name);
    }
    const toldKinds = new Set(told.map(({ kind }) => kind));
    for (const kind of ['callers', 'callees', 'two-hop where', 'reverse documentation'])
      expect(toldKinds).toContain(kind);
    const kinds = new Set(shown.map(({ kind }) => kind));
    for (const kind of [
      'where',
      'signature',
      'returns',
      'documentation',
      'reverse documentation',
      'two-hop where',
      'exists',
      'listing',
    ])
      expect(kinds).toContain(kind);
  });

  test.each(['code', 'review', 'needles'] as const)(
    '%s: the answers of another question would be noticed',
    (family) => {
      let all = 0;
      let noticed = 0;
      for (const sample of samples(family, 30)) {
        const telling = sample.questions.filter(
          ({ kind }) => kind !== 'beyond' && kind !== 'find' && kind !== 'count members',
        );
        for (const [i, asked] of telling.entries()) {
          const other = telling[(i + 1) % telling.length]!;
          if (other.kind !== asked.kind || other.answer === asked.answer) continue;
          all++;
          noticed += wrongIn({ ...sample, questions: [{ ...asked, answer: other.answer }] }).length;
        }
      }
      expect(all).toBeGreaterThan(20);
      expect(noticed / all).toBeGreaterThan(0.9);
    },
  );

  test('every kind of question about code comes up', () => {
    const kinds = new Set(samples('code', 120).flatMap(({ questions }) => questions.map(({ kind }) => kind)));
    for (const kind of [
      'where',
      'signature',
      'returns',
      'documentation',
      'reverse documentation',
      'members',
      'listing',
      'imports',
      'importer',
      'callers',
      'callees',
      'caller file',
      'two-hop where',
      'two-hop returns',
      'two-hop documentation',
      'count definitions',
      'count functions',
      'exists',
      'absent',
      'beyond',
    ]) {
      expect(kinds, kind).toContain(kind);
    }
  });

  test('reviews are half defects, half not', () => {
    const reviews = samples('review', 80).flatMap(({ questions }) => questions.filter(({ kind }) => kind === 'review'));
    const share = reviews.filter(({ answer }) => answer === 'No findings').length / reviews.length;
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.65);
  });
});

describe('contexts', () => {
  const exact = countTokens(
    new Tokenizer({
      tokenizer: JSON.parse(readFileSync(path.join(tokenizerFolder, 'tokenizer.json'), 'utf8')) as Record<
        string,
        unknown
      >,
      tokenizerConfig: JSON.parse(readFileSync(path.join(tokenizerFolder, 'tokenizer_config.json'), 'utf8')) as Record<
        string,
        unknown
      >,
    }),
    '<chunk>',
  );

  test.each(families)("%s: inside of its budget, by the engine's own tokenizer", (family) => {
    for (const [i, { segments, form }] of samples(family, 24).entries()) {
      const { contextTokens, segmentTokens } = request(i, family);
      // Each file mark is one token, wherever it stands.
      const sizes = segments.map((one) => one.split(/^(?=<chunk>)/m).reduce((sum, part) => sum + exact(part), 0));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(contextTokens);
      expect(segments.length).toBeGreaterThan(0);
      if (form === 'rag') expect(segments).toHaveLength(1);
      else expect(Math.max(...sizes)).toBeLessThanOrEqual(segmentTokens);
    }
  });

  test.each(families)('%s: nothing looks like a special token but the file marks', (family) => {
    const special = /<(?:pad|chunk|task|user|bot|end)>/;
    for (const { segments, questions, instruction, examples, names } of samples(family, 24)) {
      for (const segment of segments) {
        expect(segment.startsWith('<chunk>')).toBe(true);
        expect(segment.replace(/^<chunk>/gm, '')).not.toMatch(special);
      }
      const said = questions.map(({ question, answer }) => [question, answer]);
      expect(JSON.stringify([said, instruction, examples, names])).not.toMatch(special);
    }
  });

  test('names are all names that file lines list, and examples name none of the context', () => {
    for (const sample of samples('code', 60)) {
      const { runs, text } = readContext(sample);
      for (const name of runs.flatMap((run) => run.names)) expect(sample.names.join(', ')).toContain(name);
      for (const { question } of sample.examples) {
        for (const name of sample.names.filter((one) => /[a-z][A-Z]/.test(one))) {
          expect(new RegExp(`\\b${name}\\b`).test(question), `${question} ${name}`).toBe(false);
        }
      }
      expect(text.length).toBeGreaterThan(0);
    }
  });
});

describe('a sample is a function of its request', () => {
  test.each(families)('%s: whatever was made before it, and by whom', (family) => {
    const maker = new SampleMaker(tools());
    const first = [0, 1, 2, 3].map((seed) => JSON.stringify(maker.make(request(seed, family))));
    const other = new SampleMaker({ ...tools(), corpus: new Corpus(tools().folder, 1) });
    const again = [3, 2, 1, 0].map((seed) => JSON.stringify(other.make(request(seed, family)))).reverse();
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(first.length);
  });

  test('augmentation gives other names and paths than the corpus has', () => {
    const maker = new SampleMaker(tools());
    const named = (augment: boolean): Set<string> =>
      new Set(
        Array.from({ length: 20 }, (_, seed) => maker.make({ ...request(seed, 'code'), augment })).flatMap(
          ({ names }) => names,
        ),
      );
    const real = new Set(
      tools()
        .corpus.packages('train')
        .flatMap(({ names }) => names),
    );
    const known = (names: Set<string>): number => [...names].filter((name) => real.has(name)).length / names.size;
    expect(known(named(false))).toBeGreaterThan(0.85);
    expect(named(true)).not.toEqual(named(false));
  });
});

describe('requests', () => {
  const whole = JSON.stringify(request(1, 'code'));
  test('what is written is read', () => {
    expect(readRequest(whole)).toEqual(request(1, 'code'));
  });
  test.each(['seed', 'split', 'family', 'form', 'segmentTokens', 'contextTokens', 'questions'])(
    'without %s it is refused by name',
    (key) => {
      const rest = Object.fromEntries(Object.entries(JSON.parse(whole) as object).filter(([name]) => name !== key));
      expect(() => readRequest(JSON.stringify(rest))).toThrow(key);
    },
  );
});
