/**
 * A process of its own for engine.test.ts:
 * `node engineProcess.ts compress GRAMMARS STORE ROOT MODEL` builds a sheet and prints what it computed and reused;
 * `node --expose-gc engineProcess.ts memory …` asks 20 and then 100 questions and prints its memory after each.
 */
import { Engine } from '../../src/engine/engine.ts';
import { lookupTask } from './smallWorkspace.ts';

const [what = '', grammars = '', store = '', root = '', model = ''] = process.argv.slice(2);
const engine = new Engine({ product: { grammars, tasks: '', models: '' }, store, model, threads: 1 });
const workspace = await engine.workspace(root);
await workspace.refresh();
const { computed, reused, sheet } = await workspace.compress({ task: lookupTask });
if (what === 'compress') process.stdout.write(JSON.stringify({ computed, reused, segments: sheet.segments }));
if (what === 'memory') {
  const names = ['openHarbour', 'shipFlag', 'berthName', 'tide_level', 'Mooring'];
  const ask = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      const question = `Where is ${names[i % names.length]!} defined, and what does it do in case ${i}?`;
      const mode = (['cache', 'rag', 'auto', 'full', 'none'] as const)[Math.floor(i / 3) % 5]!;
      const answer = await workspace.ask({ id: String(i), question, mode, task: lookupTask.id });
      if (answer.error) throw new Error(answer.error.message);
    }
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  process.stdout.write(JSON.stringify([await ask(20), await ask(100)]));
}
await engine.close();
