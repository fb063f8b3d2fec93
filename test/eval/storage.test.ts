import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { droppingStrategies, storages } from '../../src/common/names.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { armNamed, arms } from '../../src/eval/arms/arms.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { evaluate } from '../../src/eval/evaluate.ts';
import { totalBytes } from '../../src/eval/run/bytes.ts';
import type { Row } from '../../src/eval/run/journal.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

describe('arms by name', () => {
  test('every strategy in every storage, and nothing else', () => {
    for (const strategy of droppingStrategies) {
      expect(armNamed(strategy)?.name).toBe(strategy);
      for (const storage of storages) {
        const name = `${strategy}@${storage}`;
        expect(armNamed(name)?.name).toBe(storage === 'f16' ? undefined : name);
      }
    }
    for (const name of ['rag@int4', 'm0-fs@', '@int4', 'm0-fs@int4@int4', 'm9']) expect(armNamed(name)).toBe(undefined);
    const names = arms.map((arm) => arm.name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('fewer bits take as many bytes of memory and fewer on disk, and the answers move away from those of f16', async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 12 });
  const chosen = ['m0-fs', 'm0-fs@flexgen4', 'm0-fs@int2'];
  const { files, report } = await evaluate({
    plan: {
      profile: 'small',
      arms: chosen.map((name) => armNamed(name)!),
      ratios: [4],
      data: dataSets.filter((d) => d.name === 'twin'),
      draws: 1,
      questions: 2,
      breadth: 'few',
      size: 500,
      development: { questions: 1, budgets: [100] },
    },
    seed: 'storage',
    folders: [],
    out: path.join(await small.folder('out'), 'run'),
    fresh: false,
    perplexity: true,
    decoder,
    grammars: await Grammars.open(await small.grammarFolder()),
    task: () => Promise.resolve(lookupTask),
    program: 'test',
    command: 'cribsheet eval',
  });
  const rows = (await readFile(files.answers, 'utf8'))
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as Row);
  const of = (arm: string): Row[] => rows.filter((r) => r.arm === arm);
  expect(new Set(rows.map((r) => totalBytes(r.bytes))).size).toBe(1);
  const disk = chosen.map((arm) => of(arm)[0]!.disk!);
  expect(disk).toEqual([...disk].sort((a, b) => b - a));
  expect(new Set(disk).size).toBe(chosen.length);
  const off = chosen.map((arm) =>
    of(arm).reduce((sum, r, i) => sum + Math.abs(r.goldNll! - of('m0-fs')[i]!.goldNll!), 0),
  );
  expect(off[0]).toBe(0);
  expect(off[1]).toBeGreaterThan(0);
  expect(off[1]!).toBeLessThan(off[2]!);
  expect(report.cells.find((c) => c.arm === 'm0-fs@int2')!.disk).toBe(disk[2]);
  expect(await readFile(files.page, 'utf8')).toContain('| disk MB |');
});
