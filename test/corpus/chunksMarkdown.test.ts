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
