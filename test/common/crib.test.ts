import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseCrib, validateCrib } from '../../src/common/crib.ts';
import { CribsheetError } from '../../src/common/errors.ts';
import { strategies } from '../../src/common/names.ts';
import type { Task } from '../../src/common/task.ts';

const complete = `---
id: payments
title: Payments
description: Where money is moved.
ratio: 12.5
tokens: 2048
strategy: m0-fs
scope:
  - src/pay/**
  - "!**/*.test.ts"
model: starter
---

Find where money is *moved*.

\`\`\`md
## Examples
Q: not an example
\`\`\`

## Examples

Q: Where is charge defined?

A: function in src/pay/charge.ts

Q: What does refund do,
and when?

A: It gives money back:

\`\`\`ts
Q: text
\`\`\`
`;

function errorOf(text: string): CribsheetError {
  try {
    parseCrib(text, 'tasks/x.crib');
  } catch (error) {
    if (CribsheetError.is(error)) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('a task', () => {
  test('has every part', () => {
    expect(parseCrib(complete, 'payments.crib')).toEqual({
      id: 'payments',
      title: 'Payments',
      description: 'Where money is moved.',
      ratio: 12.5,
      tokens: 2048,
      strategy: 'm0-fs',
      scope: ['src/pay/**', '!**/*.test.ts'],
      model: 'starter',
      instruction: 'Find where money is *moved*.\n\n```md\n## Examples\nQ: not an example\n```',
      examples: [
        { question: 'Where is charge defined?', answer: 'function in src/pay/charge.ts' },
        { question: 'What does refund do,\nand when?', answer: 'It gives money back:\n\n```ts\nQ: text\n```' },
      ],
    } satisfies Task);
  });

  test('needs only an id and an instruction', () => {
    expect(parseCrib('---\nid: a\n---\nLook.', 'a.crib')).toEqual({
      id: 'a',
      title: 'a',
      description: '',
      scope: [],
      instruction: 'Look.',
      examples: [],
    });
  });

  test('reads the same with a byte-order mark and Windows line ends', () => {
    expect(parseCrib(`\uFEFF${complete.replaceAll('\n', '\r\n')}`, 'x')).toEqual(parseCrib(complete, 'x'));
  });

  test('survives writing and reading', () => {
    const text = fc.stringMatching(/^[a-zåß漢"'#:{[&*!|>%@` -]{0,20}[a-z]$/u).map((line) => line.trim());
    const prose = fc.stringMatching(/^[a-z]{1,3}[a-z.?!(){}<>" ]{0,30}[a-z.]$/u);
    const task = fc.record(
      {
        id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/u),
        title: text,
        description: text,
        ratio: fc.double({ min: 1, max: 1000, noNaN: true }),
        tokens: fc.integer({ min: 1, max: 100_000 }),
        strategy: fc.constantFrom(...strategies),
        scope: fc.array(text, { maxLength: 3 }),
        model: text,
        instruction: prose,
        examples: fc.array(fc.record({ question: prose, answer: prose }), { maxLength: 4 }),
      },
      { requiredKeys: ['id', 'title', 'description', 'scope', 'instruction', 'examples'] },
    );
    fc.assert(
      fc.property(task, (given) => {
        const { instruction, examples, ...head } = given;
        const pairs = examples.map(({ question, answer }) => `Q: ${question}\n\nA: ${answer}\n`).join('\n');
        const section = pairs === '' ? '' : `## Examples\n\n${pairs}`;
        expect(parseCrib(`---\n${stringify(head)}---\n\n${instruction}\n\n${section}`, 'x')).toEqual(given);
      }),
    );
  });
});

describe('what is wrong', () => {
  test.each([
    ['an unknown key', '---\nid: a\ncolour: red\n---\nLook.', 3, /colour/u, /ratio, tokens/u],
    ['no id', '---\ntitle: A\n---\nLook.', 1, /id is missing/u, /id: …/u],
    ['no front matter', 'Look.', 1, /no front matter/u, /---/u],
    ['an open front matter', '---\nid: a\nLook.', 1, /closing/u, /---/u],
    ['an id with spaces', '---\nid: my task\n---\nLook.', 2, /"id"/u, /my-task/u],
    ['a number as a title', '---\nid: a\ntitle: 7\n---\nLook.', 3, /"title"/u, /text/u],
    ['a text as a ratio', '---\nid: a\n\n# note\nratio: much\n---\nLook.', 5, /"ratio"/u, /number/u],
    ['a ratio below 1', '---\nid: a\nratio: 0.5\n---\nLook.', 3, /"ratio"/u, /at least 1/u],
    ['half a token', '---\nid: a\ntokens: 1.5\n---\nLook.', 3, /"tokens"/u, /whole/u],
    ['an unknown strategy', '---\nid: a\nstrategy: magic\n---\nLook.', 3, /"strategy"/u, /m0-zs, m0-fs/u],
    ['a scope that is no list', '---\nid: a\nscope: src\n---\nLook.', 3, /"scope"/u, /list of globs/u],
    ['a scope with a number', '---\nid: a\nscope: [src, 3]\n---\nLook.', 3, /"scope"/u, /list of globs/u],
    ['an alias', '---\nid: &x a\ntitle: *x\n---\nLook.', 3, /"title"/u, /text/u],
    ['a key twice', '---\nid: a\nid: b\n---\nLook.', 3, /unique/u, /YAML/u],
    ['broken YAML', '---\nid: a\ntitle: "open\n---\nLook.', 3, /YAML/u, /---/u],
    ['a list as front matter', '---\n- id\n---\nLook.', 2, /key: value/u, /YAML/u],
    ['no instruction', '---\nid: a\n---\n\n## Examples\n\nQ: a\n\nA: b\n', 4, /instruction is missing/u, /below/u],
    [
      'a Q without an A',
      '---\nid: a\n---\nLook.\n## Examples\nQ: one\n\nQ: two\n\nA: 2',
      6,
      /"one" has no A/u,
      /A: …/u,
    ],
    ['a last Q without an A', '---\nid: a\n---\nLook.\n## Examples\nQ: one', 6, /"one" has no A/u, /A: …/u],
    ['an A without a Q', '---\nid: a\n---\nLook.\n## Examples\nA: one', 6, /without a Q/u, /Q: …/u],
    ['an empty Q', '---\nid: a\n---\nLook.\n## Examples\nQ:\n\nA: one', 6, /no text/u, /Q: …/u],
    ['an empty A', '---\nid: a\n---\nLook.\n## Examples\nQ: x\n\nA:\n', 6, /no text/u, /A: …/u],
    [
      'prose among the examples',
      '---\nid: a\n---\nLook.\n## Examples\nsome\n\nQ: x\n\nA: y',
      6,
      /Text before/u,
      /Q: …/u,
    ],
    ['no examples', '---\nid: a\n---\nLook.\n\n## Examples\n', 6, /no example/u, /leave the heading out/u],
    [
      'a section after',
      '---\nid: a\n---\nLook.\n## Examples\nQ: x\n\nA: y\n## Notes',
      9,
      /section after/u,
      /before them/u,
    ],
  ])('%s', (_, text, line, message, action) => {
    const error = errorOf(text);
    expect(error.code).toBe('task-invalid');
    expect(error.message).toMatch(new RegExp(`^tasks/x\\.crib:${line}: `, 'u'));
    expect(error.message).toMatch(message);
    expect(error.action).toMatch(action);
    expect(validateCrib(text)[0]?.line).toBe(line);
  });

  test('is reported all at once, in line order', () => {
    const problems = validateCrib('---\ncolour: red\nratio: x\n---\n## Examples\nA: one\n');
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3, 5, 6]);
    expect(errorOf('---\ncolour: red\nratio: x\n---\nLook.').message).toMatch(/\(and 2 more\)$/u);
    expect(validateCrib(complete)).toEqual([]);
  });

  test('never makes the validator throw, and its lines exist', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '---',
        'id: a',
        'scope: [',
        '## Examples',
        'Q: x',
        'A: y',
        '```',
        '&a *a',
        '? {a: b}\n: c',
        '\r\n',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, headed) => {
        const text = (headed ? '---\n' : '') + pieces.join('\n');
        const lines = text.split(/\r\n|\r|\n/u).length;
        for (const { line, message } of validateCrib(text)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines + 1);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
  });
});
