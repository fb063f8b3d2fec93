import { appendFile, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { keptCount } from '../../src/engine/compress/select.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { arms } from '../../src/eval/arms/arms.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { evaluate, type EvaluateOptions } from '../../src/eval/evaluate.ts';
import { totalBytes } from '../../src/eval/run/bytes.ts';
import { Journal, keyOf, type Row } from '../../src/eval/run/journal.ts';
import { OpenCorpus } from '../../src/eval/run/openCorpus.ts';
import { answersOf, profiles, questionsOf, type Plan } from '../../src/eval/run/plan.ts';
import { tell } from '../../src/eval/run/teller.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { request } from './made.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
const codeFolder = fileURLToPath(new URL('../../src/eval/stats', import.meta.url));
const named = <T extends { name: string }>(all: readonly T[], ...names: string[]): T[] =>
  all.filter((a) => names.includes(a.name));

const plan: Plan = {
  profile: 'small',
  arms: named(
    arms,
    'none',
    'symbols',
    'full',
    'truncation',
    'rag',
    'rag-tuned',
    'rag-oracle',
    'm0-zs',
    'random',
    'no-card',
    'hybrid',
    'fs-q',
    'auto',
    'weighted',
  ),
  ratios: [4, 16],
  data: named(dataSets, 'twin', 'code'),
  draws: 1,
  questions: 4,
  breadth: 'few',
  size: 900,
  development: { questions: 2, budgets: [100, 200] },
};

let decoder: Decoder;
let grammars: Grammars;
beforeAll(async () => {
  decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 12, ratio: 4 });
  grammars = await Grammars.open(await small.grammarFolder());
});

async function options(more: Partial<EvaluateOptions> = {}): Promise<EvaluateOptions> {
  return {
    plan,
    seed: 'run',
    folders: [codeFolder],
    out: path.join(await small.folder('out'), 'run'),
    fresh: false,
    perplexity: true,
    decoder,
    grammars,
    task: () => Promise.resolve(lookupTask),
    program: 'test 1',
    command: 'cribsheet eval --seed run',
    ...more,
  };
}

/** What an answer says and took, without its times. */
const timeless = (row: Row): object => ({ ...row, ttftMs: 0, totalMs: 0, prepareMs: 0 });
const rowsOf = async (file: string): Promise<Row[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as Row);

describe('a whole run', () => {
  let out: string;
  let rows: Row[];
  let result: Awaited<ReturnType<typeof evaluate>>;
  beforeAll(async () => {
    const asked = await options();
    out = asked.out;
    result = await evaluate(asked);
    rows = await rowsOf(result.files.answers);
    // Every kind of arm at two ratios: on a loaded machine this takes minutes.
  }, 400_000);

  test('asks every question of every cell once, the development split beside them', () => {
    const counted = rows.filter((r) => r.draw > 0);
    expect(new Set(rows.map(keyOf)).size).toBe(rows.length);
    expect(counted.length).toBe(answersOf(plan));
    const columns = new Set(counted.map((r) => `${r.arm}/${r.ratio ?? ''}`));
    expect(columns.size).toBe(5 + 2 * 9);
    const tuning = rows.filter((r) => r.draw === 0);
    expect([...new Set(tuning.map((r) => r.arm))].sort()).toEqual(['rag@100', 'rag@200']);
    expect(result.report.answers).toBe(counted.length);
  });

  test('at one ratio, raw text takes as many bytes as the sheet, and never more', async () => {
    const corpora = new Map(
      named(dataSets, 'twin')
        .flatMap((d) =>
          d.make({
            ...request({ seed: 'run', breadth: 'few', questions: 3 }),
            tokens: plan.size,
            count: (t) => decoder.tokenizer.encodeText(t).length,
            draw: 1,
          }),
        )
        .map((c) => [c.id, c]),
    );
    expect(corpora.size).toBe(1);
    for (const ratio of plan.ratios) {
      const at = (arm: string): Row[] => rows.filter((r) => r.arm === arm && r.ratio === ratio && r.data === 'twin');
      const [sheet] = at('m0-zs');
      for (const row of at('auto')) expect(['cache', 'rag']).toContain(row.routed);
      for (const row of [...at('rag'), ...at('hybrid'), ...at('auto'), ...at('weighted')]) {
        expect([row.arm, totalBytes(row.bytes) <= totalBytes(sheet!.bytes)]).toEqual([row.arm, true]);
      }
      expect(totalBytes(at('fs-q')[0]!.bytes)).toBe(totalBytes(sheet!.bytes));
      expect(at('hybrid')[0]!.positions).toBeGreaterThan(sheet!.positions / 2);
      const [cut] = at('truncation');
      const one = totalBytes(cut!.bytes) / cut!.positions;
      expect(totalBytes(sheet!.bytes) - totalBytes(cut!.bytes)).toBeGreaterThanOrEqual(0);
      expect(totalBytes(sheet!.bytes) - totalBytes(cut!.bytes)).toBeLessThan(one + sheet!.bytes.preamble);
      expect(totalBytes(at('random')[0]!.bytes)).toBe(totalBytes(sheet!.bytes));
    }
  });

  test('a sheet keeps what the ratio says of every segment', async () => {
    const folder = await small.folder('corpus');
    const [made] = dataSets
      .find((d) => d.name === 'twin')!
      .make({
        seed: 'run',
        draw: 1,
        questions: questionsOf(plan, plan.data[0]!),
        tokens: plan.size,
        breadth: 'few',
        count: (t) => decoder.tokenizer.encodeText(t).length,
        code: [],
      });
    const corpus = await OpenCorpus.open(made!, folder, decoder, grammars);
    const row = rows.find((r) => r.arm === 'm0-zs' && r.ratio === 4 && r.data === 'twin')!;
    const preamble = decoder.chat.preamble().length;
    expect(row.positions).toBe(preamble + corpus.segments.reduce((sum, s) => sum + keptCount(s.tokens, 4), 0));
    const full = rows.find((r) => r.arm === 'full' && r.data === 'twin')!;
    expect(full.positions).toBe(preamble + corpus.tokens);
    expect(
      corpus
        .withoutCards()
        .map((s) => s.text)
        .join(''),
    ).not.toMatch(/^# \w+\(/m);
    expect(corpus.segments.map((s) => s.text).join('')).toMatch(/^# \w+\(/m);
    corpus.close();
  });

  test('oracle chunks hold every place of an answer; the symbol table reads nothing; no context has no recall', () => {
    for (const row of rows.filter((r) => r.draw > 0)) {
      if (row.arm === 'rag-oracle') expect([row.question, row.recall]).toEqual([row.question, 1]);
      if (row.arm === 'symbols') expect([row.prefilled, totalBytes(row.bytes)]).toEqual([0, 0]);
      if (row.arm === 'none') expect(row.recall).toBe(undefined);
      if (row.arm !== 'symbols' && row.unable === undefined) expect(row.goldTokens).toBeGreaterThan(0);
    }
    expect(rows.some((r) => r.arm === 'symbols' && r.data === 'code' && r.right)).toBe(true);
  });

  test('writes the report: JSON, a page that begins with its command, charts', async () => {
    const json = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as typeof result.report;
    expect(json).toEqual(JSON.parse(JSON.stringify(result.report)));
    const page = await readFile(path.join(out, 'report.md'), 'utf8');
    expect(page.split('\n').slice(0, 6)).toContain('cribsheet eval --seed run');
    const charts = (await readdir(out)).filter((name) => name.endsWith('.svg'));
    expect(charts.length).toBeGreaterThan(1);
    for (const chart of charts) expect(page).toContain(chart);
    const left = rows.filter((r) => r.arm === 'symbols' && r.right).length;
    expect(json.modelFree.reduce((sum, m) => sum + m.right, 0)).toBe(left);
  });

  test('again: nothing is asked, the report is the same', async () => {
    let asked = 0;
    const again = await evaluate(await options({ out, onProgress: (p) => (asked = p.asked) }));
    expect([asked, again.resumed]).toEqual([0, rows.length]);
    expect({ ...again.report, createdAt: '' }).toEqual({ ...result.report, createdAt: '' });
  });

  test('cut off in the middle, also of a line, and gone on with, it gives the same answers', async () => {
    const fewer = { ...plan, arms: named(arms, 'none', 'symbols', 'rag', 'm0-zs'), data: named(dataSets, 'twin') };
    const whole = await evaluate(await options({ plan: fewer, perplexity: false }));
    const asked = await options({ plan: fewer, perplexity: false });
    const controller = new AbortController();
    const cut = evaluate({
      ...asked,
      signal: controller.signal,
      onProgress: (p) => {
        if (p.asked >= 10) controller.abort();
      },
    });
    await expect(cut).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }) as Error);
    const file = path.join(asked.out, 'answers.jsonl');
    const before = await rowsOf(file);
    const all = await rowsOf(whole.files.answers);
    expect(before.length).toBeGreaterThanOrEqual(10);
    expect(before.length).toBeLessThan(all.length);
    // A kill in the middle of a line.
    await appendFile(file, '{"arm":"none","ratio":null,"data":"tw');
    const done: number[] = [];
    const went = await evaluate({ ...asked, onProgress: (p) => done.push(p.done) });
    expect(went.resumed).toBe(before.length);
    expect((await rowsOf(file)).map(timeless)).toEqual(all.map(timeless));
    expect(done).toEqual([...done].sort((x, y) => x - y));
  });

  test('answers of another model, seed, program or size do not mix, and the message says what differs', async () => {
    for (const [more, said] of [
      [{ seed: 'other' }, 'seed'],
      [{ program: 'test 2' }, 'program'],
      [{ plan: { ...plan, size: 700 } }, 'size'],
      [{ folders: [path.join(codeFolder, '../score')] }, 'code'],
    ] as const) {
      const refused = evaluate(await options({ out, ...more }));
      await expect(refused).rejects.toThrow(
        expect.objectContaining({ code: 'usage', message: expect.stringContaining(said) as string }) as Error,
      );
    }
    expect((await rowsOf(path.join(out, 'answers.jsonl'))).length).toBe(rows.length);
  });

  test('more arms or ratios may be added to a folder', async () => {
    const more = { ...plan, ratios: [4, 8], arms: named(arms, 'none', 'recent') };
    const grown = await evaluate(await options({ out, plan: more }));
    const added = (await rowsOf(grown.files.answers)).slice(rows.length);
    expect(new Set(added.map((r) => `${r.arm}/${r.ratio}`))).toEqual(new Set(['recent/4', 'recent/8']));
  });
});

test('a corpus that does not fit is said, not guessed, and counts in no figure', async () => {
  const { report, files } = await evaluate(
    await options({
      plan: {
        ...plan,
        arms: named(arms, 'full', 'm0-zs'),
        data: named(dataSets, 'twin'),
        ratios: [16],
        size: 6_000,
        questions: 2,
      },
    }),
  );
  const full = (await rowsOf(files.answers)).filter((r) => r.arm === 'full');
  expect(full.map((r) => r.unable !== undefined)).toEqual(full.map(() => true));
  expect(report.cells.filter((c) => c.arm === 'full').every((c) => c.unable === c.questions)).toBe(true);
  expect(report.comparisons.some((c) => c.baseline === 'full')).toBe(false);
  expect(await readFile(files.page, 'utf8')).toContain('does not fit');
});

describe('journal', () => {
  const config = {
    version: 1,
    program: 'p',
    model: { name: 'm', fingerprint: 'f' },
    device: 'cpu',
    seed: 's',
    questions: 1,
    breadth: 'few',
    size: null,
    perplexity: true,
    data: 'twin',
    development: '',
    code: 'c',
    measured: null,
    router: null,
  } as const;
  const row = (question: string): Row => ({
    arm: 'none',
    ratio: null,
    data: 'twin',
    draw: 1,
    corpus: 'k',
    question,
    kind: 'x',
    group: 'code',
    asked: '',
    gold: [],
    said: 'ä\n"',
    score: 0,
    right: false,
    coverage: 0,
    ttftMs: 0,
    totalMs: 0,
    prepareMs: 0,
    prefilled: 0,
    positions: 0,
    answerTokens: 0,
    bytes: { keys: 0, values: 0, provenance: 0, bias: 0, preamble: 0 },
  });

  test('wherever a kill cuts the file, whole lines are kept and what was cut is asked again', async () => {
    const folder = await small.folder('journal');
    const journal = Journal.open(folder, config);
    for (const q of ['1', '2', '3']) journal.add(row(q));
    journal.close();
    const whole = await readFile(journal.file);
    for (let end = 0; end <= whole.length; end += 17) {
      await writeFile(journal.file, whole.subarray(0, end));
      const opened = Journal.open(folder, config);
      const kept = Math.max(0, whole.subarray(0, end).toString('latin1').split('\n').length - 2);
      expect(opened.rows.length).toBe(kept);
      for (const q of ['1', '2', '3']) if (!opened.has(row(q))) opened.add(row(q));
      opened.close();
      expect((await readFile(journal.file)).equals(whole)).toBe(true);
    }
  });

  test('a broken line in the middle stops the run and leaves the file alone', async () => {
    const folder = await small.folder('journal');
    const journal = Journal.open(folder, config);
    journal.add(row('1'));
    journal.close();
    for (const line of ['{"arm":', '[1,2]', '{"arm":"a"}']) {
      const text = (await readFile(journal.file, 'utf8')).split('\n').slice(0, 2).join('\n') + `\n${line}\n`;
      await writeFile(journal.file, text);
      expect(() => Journal.open(folder, config)).toThrow(
        expect.objectContaining({
          code: 'file-unreadable',
          message: expect.stringContaining('Line 3') as string,
        }) as Error,
      );
      expect(await readFile(journal.file, 'utf8')).toBe(text);
    }
  });

  test('a folder that cannot be written is said', async () => {
    const folder = await small.folder('journal');
    await writeFile(path.join(folder, 'file'), '');
    expect(() => Journal.open(path.join(folder, 'file'), config)).toThrow(CribsheetError);
  });
});

test('the likelihood of a gold answer is that of its tokens one after the other, and the lane is left as it was', async () => {
  const lane = decoder.lane(priorities.answer, 64);
  await lane.append([...decoder.chat.preamble(), ...decoder.tokenizer.encodeText('The harbour opens at dawn.')]);
  const before = lane.kv.length;
  const gold = 'at dawn';
  const told = await tell(decoder, lane, 'When?', { gold, perplexity: true });
  expect(lane.kv.length).toBe(before);
  const ids = decoder.tokenizer.encodeText(gold);
  expect(told.gold!.tokens).toBe(ids.length + 1);
  await lane.append(decoder.chat.question('When?'));
  let nll = 0;
  const logOf = (wanted: readonly number[]): number => {
    const all = Array.from(lane.logits, Math.exp);
    return Math.log(wanted.reduce((sum, id) => sum + all[id]!, 0) / all.reduce((sum, x) => sum + x, 0));
  };
  for (const id of ids) {
    nll -= logOf([id]);
    await lane.append([id]);
  }
  nll -= logOf([...decoder.endTokens]);
  expect(told.gold!.nll).toBeCloseTo(nll, 4);
  const without = await tell(decoder, lane, 'When?', { gold, perplexity: false });
  expect(without.gold).toBe(undefined);
});

test('profiles name what there is, and the core grid is what the issue asks for', () => {
  for (const profile of Object.values(profiles)) {
    expect(profile.arms.every((a) => a !== undefined)).toBe(true);
    expect(profile.data.every((d) => d !== undefined)).toBe(true);
    const total = profile.data.reduce((sum, d) => sum + questionsOf(profile, d), 0);
    expect(Math.abs(total - profile.questions)).toBeLessThanOrEqual(profile.data.length);
  }
  expect([profiles.core.draws, profiles.core.questions, profiles.core.arms.length]).toEqual([3, 400, 8]);
});
