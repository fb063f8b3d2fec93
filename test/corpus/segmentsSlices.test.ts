import { expect, test } from 'vitest';
import { packSegments, packSegmentsInSlices } from '../../src/engine/corpus/segments.ts';
import type { Chunk } from '../../src/engine/corpus/types.ts';

const profile = { fileMark: '### ', segmentTokens: 128 };
/** Counts words, and takes its time like a tokenizer. */
const count = (text: string): number => {
  const until = performance.now() + 0.2;
  while (performance.now() < until);
  return text.split(/\s+/u).length;
};

function* files(): Generator<{ path: string; chunks: Chunk[] }> {
  for (let i = 0; i < 40; i++) {
    const path = `src/part${i % 7}/file${i}.ts`;
    const chunks = Array.from({ length: 1 + (i % 9) }, (_, at): Chunk => {
      const name = `f${i}x${at}`;
      const text = `function ${name}() {\n${'  work();\n'.repeat((i * at) % 23)}}\n`;
      const [startLine, endLine] = [at * 100 + 1, at * 100 + 100];
      const where = { path, startLine, endLine, nameLine: startLine };
      return { ...where, kind: 'function', name, qualifiedName: name, language: 'typescript', text };
    });
    yield { path, chunks };
  }
}

test('packing in slices packs the same, and lets others have their turn', async () => {
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const sliced = await packSegmentsInSlices(files(), profile, count);
  clearInterval(counting);
  expect(sliced).toEqual(packSegments([...files()], profile, count));
  expect(sliced.length).toBeGreaterThan(10);
  expect(turns).toBeGreaterThan(1);
});

test('packing can be cancelled between slices', async () => {
  const abort = new AbortController();
  const packing = packSegmentsInSlices(files(), profile, count, abort.signal);
  setImmediate(() => {
    abort.abort();
  });
  await expect(packing).rejects.toMatchObject({ code: 'cancelled' });
});
