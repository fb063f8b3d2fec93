import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { bySymbols } from '../../src/eval/arms/symbols.ts';
import { OpenCorpus } from '../../src/eval/run/openCorpus.ts';
import { smallFiles, lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
let corpus: OpenCorpus;
beforeAll(async () => {
  const decoder = await small.decoder('qwen3-fp32');
  const grammars = await Grammars.open(await small.grammarFolder());
  const made = { id: '1', files: new Map(Object.entries(smallFiles)), task: lookupTask, questions: [] };
  corpus = await OpenCorpus.open(made, path.join(await small.folder('corpus'), 'one'), decoder, grammars);
});
afterAll(async () => {
  corpus.close();
  await small.dispose();
});

test.each([
  ['Where is the definition of openHarbour?', 'src/harbour.ts'],
  ['What arguments does maximalDraught take?', 'maximalDraught(depth: number)'],
  ['What is returned by openHarbour?', 'Harbour'],
  ['What does the comment on shipLength say?', 'Reads the length of a ship from its papers'],
  ['Which definitions call berthName?', 'moor'],
  ['By which functions is shipLength called?', 'totalLength'],
  ['Which definitions are in src/ships/util.ts?', 'shipLength, shipFlag'],
  ['What is the meaning of life?', ''],
])('%s', (question, answer) => {
  expect(bySymbols(question, corpus)).toBe(answer);
});
