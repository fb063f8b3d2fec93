import { describe, expect, it } from 'vitest';
import { summary, useChunker } from './samples.ts';

const { chunks } = useChunker();

async function sections(text: string): Promise<string[]> {
  return (await chunks('a.md', text)).map(summary);
}

describe('markdown', () => {
  it('a section is a heading with its text, named with its parents', async () => {
    expect(await sections('# A\ntext\n## B\n### C\n## D\n# E\n')).toEqual([
      '1-2 @1 section A',
      '3-3 @3 section A.B',
      '4-4 @4 section A.B.C',
      '5-5 @5 section A.D',
      '6-6 @6 section E',
    ]);
  });

  it('underlined headings count, rules and lists do not', async () => {
    expect(await sections('A\n===\n\nB\n---\n\n- one\n---\n\n---\n')).toEqual([
      '1-3 @1 section A',
      '4-10 @4 section A.B',
    ]);
  });

  it('headings inside fences, front matter and indented code are text', async () => {
    const text = '---\n# no\n---\n# A\n```md\n# no\n~~~\n```\n~~~~\n# no\n~~~\n~~~~\n    # no\n#no\n####### no\n';
    expect(await sections(text)).toEqual(['1-3 @1 code a.md', '4-15 @4 section A']);
  });

  it('a fence that never ends reaches to the end', async () => {
    expect(await sections('# A\n```\n# B\n')).toEqual(['1-3 @1 section A']);
  });

  it('marks, links and closing hashes are no part of a name', async () => {
    expect(await sections('## The `x` **and** [y](z.md) ##\n')).toEqual(['1-1 @1 section The x and y']);
    expect(await sections('# __A__ #\n#\tB\t##\t\n## C#\n### D # E ###\n## ##\n#\n')).toEqual([
      '1-1 @1 section A',
      '2-2 @2 section B',
      '3-3 @3 section B.C#',
      '4-6 @4 section B.C#.D # E',
    ]);
  });

  // Any expression here whose time grows with the square of a line would take an hour.
  const many = 900_000;
  it.each([
    ['blanks', `# a${' '.repeat(many)}b`, 'section a'],
    ['blanks before the title', `#${' '.repeat(many)}b`, 'section b'],
    ['hashes', `# a ${'#'.repeat(many)}b`, `section a ${'#'.repeat(118)}`],
    ['closing hashes', `# a ${'#'.repeat(many)}`, 'section a'],
    ['brackets', `# ${'[ '.repeat(many / 2)}`, `section ${'[ '.repeat(60)}`],
    ['links', `# ${'[a]( '.repeat(many / 5)}`, `section ${'[a]( '.repeat(24)}`],
    ['tags', `# ${'<a '.repeat(many / 3)}`, `section ${'<a '.repeat(40)}`],
    ['underscores', `# a${'_ '.repeat(many / 2)}`, `section a${'_ '.repeat(59)}_`],
    ['underlined blanks', `a${' '.repeat(many)}b\n=`, 'section a'],
    ['underscores over a line', `${'_ _'.repeat(many / 3)}a\n=`, `section ${'__ '.repeat(40)}`],
    ['an underline that ends otherwise', `a\n${'-'.repeat(900)}${' '.repeat(many)}x`, 'code a.md'],
  ])('a line of a megabyte is read at once: %s', async (_, text, first) => {
    expect((await sections(text))[0]!.replace(/^\S+ @1 /u, '').slice(0, 128)).toBe(first.slice(0, 128));
  });

  it('a long section is cut between paragraphs', async () => {
    const text = `# A\n\n${'Words in a paragraph.\nMore words of it.\n\n'.repeat(150)}`;
    const found = await chunks('a.md', text);
    expect(found.length).toBeGreaterThan(2);
    expect(found.map((chunk) => chunk.kind)).toEqual([
      'section',
      ...Array<string>(found.length - 1).fill('section part'),
    ]);
    for (const part of found.slice(1)) expect(part.text.trimStart()).toMatch(/^Words/);
  });
});
