import { describe, expect, test } from 'vitest';
import { SampleMaker } from '../../training/data/maker.ts';
import type { Asked, Sample, SampleRequest } from '../../training/data/request.ts';
import { membershipPhrasings } from '../../training/data/membershipPhrasings.ts';
import { servicePhrasings } from '../../training/data/servicePhrasings.ts';
import { standsIn } from './contextReader.ts';
import { useCorpus } from './makerCorpus.ts';
import { isRightInWorld, slotsIn } from './worldChecks.ts';

const tools = useCorpus();

function samples(family: SampleRequest['family'], count: number): Sample[] {
  const maker = new SampleMaker(tools());
  return Array.from({ length: count }, (_, seed) =>
    maker.make({
      seed: `world-${seed}`,
      split: 'train',
      family,
      form: seed % 2 === 0 ? 'sheet' : 'rag',
      segmentTokens: 384,
      contextTokens: seed % 3 === 0 ? 700 : 2048,
      bodyLines: 12,
      questions: 24,
      augment: true,
    }),
  );
}

const own = new Set([...Object.keys(membershipPhrasings), ...Object.keys(servicePhrasings), 'extraction']);
const ofWorld = ({ questions }: Sample): Asked[] => questions.filter(({ kind }) => own.has(kind));

describe('every answer follows from the text', () => {
  test.each(['memberships', 'extraction'] as const)('%s', (family) => {
    const made = samples(family, 90);
    for (const sample of made) {
      for (const asked of ofWorld(sample)) {
        const { kind, question, answer } = asked;
        expect(isRightInWorld(asked, sample.segments), `${sample.seed} ${kind}: ${question} -> ${answer}`).toBe(true);
      }
    }
    expect(made.flatMap(ofWorld).length).toBeGreaterThan(90 * 9);
  });

  test('every kind comes up', () => {
    const kinds = new Set(
      samples('memberships', 150)
        .flatMap(ofWorld)
        .map(({ kind }) => kind),
    );
    expect([...own].filter((kind) => kind !== 'extraction' && !kinds.has(kind))).toEqual([]);
  });

  test('the answer of another question would be noticed', () => {
    const swapped = [...samples('memberships', 40), ...samples('extraction', 20)].flatMap((sample) => {
      const asked = ofWorld(sample);
      const pairs = asked.flatMap((one) => asked.map((other) => ({ one, other })));
      const alike = pairs.filter(({ one, other }) => one.kind === other.kind && one.answer !== other.answer);
      return alike.map(({ one, other }) => isRightInWorld({ ...one, answer: other.answer }, sample.segments));
    });
    expect(swapped.length).toBeGreaterThan(100);
    expect(swapped.filter((right) => right).length / swapped.length).toBeLessThan(0.02);
  });

  test('who or what is not there is named nowhere', () => {
    const all = [...Object.values(membershipPhrasings), ...Object.values(servicePhrasings)].flat();
    for (const { questions, segments, seed } of samples('memberships', 40)) {
      for (const { kind, question } of questions) {
        if (kind !== 'absent') continue;
        const names = slotsIn(question, all).flatMap(({ n }) => n ?? []);
        expect(
          names.some((name) => !standsIn(segments.join(''), name)),
          `${seed} ${question}`,
        ).toBe(true);
      }
    }
  });

  test('extractions are short', () => {
    for (const { questions } of samples('extraction', 40)) {
      for (const { kind, answer } of questions)
        if (kind === 'extraction') expect(tools().count(answer)).toBeLessThanOrEqual(64);
    }
  });
});
