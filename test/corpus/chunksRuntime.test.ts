import { expect, it } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { chunkFile } from '../../src/engine/corpus/chunker.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { grammarFolder } from './grammarFolder.ts';

// The runtime is loaded once per process: this file has a process of its own.
it('a folder without a runtime is an error with an action; a good one then works, opened twice at a time', async () => {
  await expect(Grammars.open('/nowhere')).rejects.toSatisfy((error) => CribsheetError.is(error, 'file-unreadable'));
  const { folder, remove } = await grammarFolder();
  try {
    const both = await Promise.all([Grammars.open(folder), Grammars.open(folder)]);
    const file = { path: 'a.go', text: 'package a\n\nfunc F() int {\n\treturn 1\n}\n', language: 'go' };
    const found = await Promise.all(both.map((grammars) => chunkFile(file, grammars)));
    for (const chunks of found) expect(chunks.map((chunk) => chunk.name)).toEqual(['F']);
  } finally {
    await remove();
  }
});
