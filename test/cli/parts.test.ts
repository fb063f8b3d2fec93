import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arguments } from '../../src/cli/arguments.ts';
import { commands } from '../../src/cli/commandTable.ts';
import { commonCitations } from '../../src/cli/commands/compare.ts';
import { commonFlags, type FlagSpec } from '../../src/cli/flags.ts';
import { Output } from '../../src/cli/output.ts';
import { Pace, Progress } from '../../src/cli/progress.ts';
import { parseQuestions } from '../../src/cli/questions.ts';
import { shellWord } from '../../src/cli/sheetView.ts';
import type { Answer } from '../../src/common/answers.ts';

describe('Arguments', () => {
  const flags: FlagSpec[] = [
    { name: 'ratio', value: 'N', number: { min: 1 }, about: '' },
    { name: 'tokens', value: 'N', number: { min: 1, whole: true }, about: '' },
    { name: 'mode', value: 'MODE', choices: ['cache', 'rag'], about: '' },
    { name: 'scope', value: 'GLOB', many: true, about: '' },
    ...commonFlags,
  ];
  const parse = (...argv: string[]): Arguments => Arguments.parse(argv, flags);

  it('reads flags in every form, wherever they stand', () => {
    const args = parse('.', '--ratio=2.5', '--scope', 'a', 'where', '--scope=-b', '-q', '--', '--json');
    expect(args.positionals).toEqual(['.', 'where', '--json']);
    expect(args.number('ratio')).toBe(2.5);
    expect(args.list('scope')).toEqual(['a', '-b']);
    expect([args.has('quiet'), args.has('json')]).toEqual([true, false]);
  });

  it.each([
    [['--ratoi', '2'], 'There is no flag --ratoi.', 'Did you mean "--ratio"?'],
    [['-x'], 'There is no flag -x.', 'There are:'],
    [['--ratio'], '--ratio needs a value', 'Write --ratio N'],
    [['--ratio', '--json'], '--ratio needs a value', 'begins with a dash'],
    [['--ratio', '0.5'], '--ratio cannot be "0.5".', 'at least 1'],
    [['--ratio', '1e3'], '--ratio cannot be "1e3".', 'at least 1'],
    [['--ratio', '2', '--ratio', '3'], '--ratio is given twice.', 'once'],
    [['--tokens', '1.5'], '--tokens cannot be "1.5".', 'whole number'],
    [['--mode', 'rga'], '--mode cannot be "rga".', 'Did you mean "rag"?'],
    [['--json=yes'], '--json takes no value.', 'only --json'],
  ])('refuses %j', (argv, message, action) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(message) as string,
        action: expect.stringContaining(action) as string,
      }),
    );
  });

  it('accepts the examples that the help shows', () => {
    for (const { name, flags: own, examples, positionals } of commands) {
      expect(examples.length).toBeGreaterThanOrEqual(2);
      for (const { line } of examples) {
        const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/gu)].map((m) => m[1] ?? m[2] ?? m[3]!);
        const end = words.findIndex((w) => w === '|' || w === '>');
        const [command, ...argv] = end < 0 ? words : words.slice(0, end);
        expect(command).toBe(name);
        const args = Arguments.parse(argv, [...own, ...commonFlags]);
        expect(args.positionals.length, line).toBeGreaterThanOrEqual(positionals.min);
        expect(args.positionals.length, line).toBeLessThanOrEqual(positionals.max ?? Infinity);
      }
    }
  });
});

describe('Progress', () => {
  const record = (isTTY: boolean): { output: Output; writes: string[] } => {
    const writes: string[] = [];
    const stream = { isTTY, columns: 80, write: (text: string) => writes.push(text) > 0, once: () => undefined };
    return { output: new Output(stream, {}), writes };
  };

  it('never goes back and never leaves its line, whatever it is told', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { output, writes } = record(true);
        let now = 0;
        const progress = new Progress(output, 'Working', { now: () => (now += 1_000) });
        for (const [done, total] of steps) progress.show(done, total, `${done} of ${total}`);
        expect(writes).toHaveLength(steps.length);
        const shares = writes.map((text) => Number(/(\d+) %/u.exec(text)?.[1]));
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
        for (const text of writes) {
          expect([text.at(0), text.slice(-3)]).toEqual(['\r', '\u001B[K']);
          expect(text.slice(1, -3)).toMatch(/^[^\r\n]{0,79}$/u);
        }
      }),
    );
  });

  it('writes a line every now and then where there is no terminal, and nothing when it is quiet', async () => {
    const { output, writes } = record(false);
    let now = 0;
    const progress = new Progress(output, 'Working', { now: () => now });
    const silent = new Progress(output, 'Silent', { now: () => now, silent: true });
    for (; now <= 25_000; now += 1_000) for (const p of [progress, silent]) p.show(now, 25_000, 'counts');
    await progress.end();
    expect(writes).toEqual(['Working 40 %: counts\n', 'Working 80 %: counts\n']);
  });

  it('measures the rate by what was work', () => {
    let now = 0;
    const pace = new Pace(() => now);
    pace.step(1_000, 0); // found in the store
    expect(pace.describe('tokens', 500)).toBe('');
    now = 2_000;
    pace.step(1_200, 1);
    expect(pace.rate).toBe(100);
    expect(pace.describe('tokens', 500)).toBe(', 100 tokens/s, 5.0 s left');
  });
});

describe('questions', () => {
  it('come back in their order, ids as text', () => {
    const text = '\uFEFF{"id":"a","question":"Where?"}\r\n\n{"id":2,"question":"What?","more":true}\n';
    expect(parseQuestions(text, 'q.jsonl')).toEqual([
      { id: 'a', question: 'Where?' },
      { id: '2', question: 'What?' },
    ]);
  });

  it.each([
    ['{"id":"a","question":"x"}\nnonsense', 'q.jsonl:2: this is no JSON object.'],
    ['\n["a"]', 'q.jsonl:2: this is no JSON object.'],
    ['{"question":"x"}', 'q.jsonl:1: the "id" is missing.'],
    ['{"id":"a","question":" "}', 'q.jsonl:1: the "question" is missing.'],
  ])('are refused with their line: %j', (text, message) => {
    expect(() => parseQuestions(text, 'q.jsonl')).toThrow(message);
  });
});

describe('common citations', () => {
  const answer = (...places: [string, number, number][]): Answer =>
    ({ citations: places.map(([path, startLine, endLine]) => ({ path, startLine, endLine })) }) as Answer;

  it('are places that every answer names; a failed answer has no say', () => {
    const first = answer(['a.ts', 1, 9], ['b.ts', 5, 6]);
    const failed = { ...answer(), error: { code: 'internal', message: '', action: '' } } as Answer;
    expect(commonCitations([first, answer(['a.ts', 9, 12], ['b.ts', 7, 8]), failed])).toEqual([
      { path: 'a.ts', startLine: 1, endLine: 9 },
    ]);
    expect(commonCitations([first, failed])).toEqual([]);
  });
});

describe('words for a shell', () => {
  it('are quoted where they need it', () => {
    expect(['src/a-b.ts', 'a b', "it's", '**/*.ts'].map(shellWord)).toEqual([
      'src/a-b.ts',
      "'a b'",
      "'it'\\''s'",
      "'**/*.ts'",
    ]);
  });
});
