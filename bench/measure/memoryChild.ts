import path from 'node:path';
import type { Task } from '../../src/common/task.ts';
import { Engine } from '../../src/engine/engine.ts';
import { makeQuestion } from '../source.ts';
import type { MemoryJob, MemoryReport } from './memory.ts';

/** Of raw source for a RAG answer; about the size of the sheet here. */
const RAG_TOKENS = 512;

/** Opens a workspace as the product does, asks questions, and reports its resident memory as it goes. */
const job = JSON.parse(process.argv[2]!) as MemoryJob;
const product = {
  grammars: path.join(job.root, 'dist', 'grammars'),
  tasks: path.join(job.root, 'media', 'tasks'),
  models: path.join(job.root, 'models'),
};
const { store, model, threads } = job;
const engine = new Engine({ product, store, model, device: 'cpu', threads });
const workspace = await engine.workspace(job.workspace);
await workspace.refresh();
const task: Task = await engine.task('api-lookup');
await workspace.compress({ task });

const report: MemoryReport = { rss: [], used: [] };
for (let asked = 1; asked <= job.questions; asked++) {
  const question = {
    id: String(asked),
    question: makeQuestion(asked),
    mode: job.mode,
    task: task.id,
    budget: RAG_TOKENS,
  };
  const answer = await workspace.ask(question);
  if (answer.error) throw new Error(answer.error.message);
  const read = job.mode === 'cache' ? answer.tokens.sheet : (answer.chunks?.length ?? 0);
  if (read === 0 || answer.tokens.answer === 0) throw new Error(`Question ${asked} was answered from nothing.`);
  if (asked % job.every === 0) {
    globalThis.gc?.();
    // Finalisers of what the first collection freed hold memory until the next.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    report.rss.push(rss);
    report.used.push(heapUsed + external);
  }
}
process.send!(report);
await engine.close();
process.disconnect();
