import { test } from 'vitest';
import { SmallWorkspaces, lookupTask } from './smallWorkspace.ts';
import { starterFolder } from '../model/fixtures.ts';
test('x', async () => {
  const s = new SmallWorkspaces();
  for (const d of [await s.decoder('qwen3-fp32', {segmentTokens: 160}), await s.decoder('qwen3-fp32'), await s.open(starterFolder)]) {
  const t0=performance.now();
  const { workspace } = await s.workspace(d);
  const segs = await workspace.segments();
  console.log(segs.map(x=>[x.tokens, x.paths.join(' ')]));
  const t=performance.now();
  const r = await workspace.compress({ task: lookupTask });
  console.log(t-t0, performance.now()-t, r.computed, r.sheet.coverage, r.sheet.leftOut, r.sheet.segments.map(s=>s.kept));
  for (const mode of ['cache','rag','full','none','auto'] as const) {
    const a = await workspace.ask({ id: '1', question: 'Where is openHarbour defined?', mode, task: 'api-lookup' });
    console.log(JSON.stringify(a).slice(0, 900));
  }
  console.log(segs[0].text);
  }
  await s.dispose();
});
