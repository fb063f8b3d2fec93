import { throwIfCancelled } from '../../common/errors.ts';
import type { SkippedFile } from '../../engine/corpus/types.ts';
import {
  checked,
  checkGit,
  checkGrammars,
  checkModel,
  checkNode,
  checkRuntime,
  checkSqlite,
  checkStore,
  type CheckResult,
} from '../checks.ts';
import type { Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { plural, reasonCounts } from '../format.ts';
import { readCorpus } from '../../engine/corpus/read.ts';
import { product } from '../product.ts';
import { dim, green, red, yellow, type Styled } from '../styled.ts';

const marks: Record<CheckResult['status'], Styled> = { ok: green('ok  '), warn: yellow('warn'), fail: red('fail') };

/** Checks every part that Cribsheet needs, one line each. */
export const run: Run = async ({ args, engine, out, json, signal }) => {
  const main = engine();
  const [folder] = args.positionals;
  let skipped: SkippedFile[] = [];
  const checks: [name: string, check: Parameters<typeof checked>[1]][] = [
    ['node', checkNode],
    ['sqlite', checkSqlite],
    ['onnxruntime', checkRuntime],
    ...(args.has('no-model') ? [] : [['model', () => checkModel(main, signal)] satisfies (typeof checks)[number]]),
    ['store', () => checkStore(main.store)],
    ['grammars', () => checkGrammars(product.grammars)],
    ['git', checkGit],
  ];
  if (folder !== undefined) {
    checks.push([
      'folder',
      async () => {
        const corpus = await readCorpus(folder, { signal });
        skipped = corpus.skipped;
        const out = skipped.length > 0 ? `; left out: ${reasonCounts(skipped)}` : '';
        return { status: 'ok', message: `${plural(corpus.files.length, 'file')} let in${out}` };
      },
    ]);
  }
  const results: CheckResult[] = [];
  for (const [name, check] of checks) {
    throwIfCancelled(signal);
    const result = await checked(name, check);
    results.push(result);
    if (json) continue;
    await out.line(marks[result.status], `  ${name.padEnd(12)} ${cleanLine(result.message)}`);
    if (result.action !== undefined) await out.line(`        ${cleanLine(result.action)}`);
  }
  const ok = results.every((r) => r.status !== 'fail');
  const listed = args.has('skipped') ? skipped : [];
  if (json) await out.json({ ok, checks: results, ...(args.has('skipped') ? { skipped } : {}) });
  else for (const { path, reason } of listed) await out.line(`        ${cleanLine(path)}  `, dim(reason));
  return ok ? undefined : 1;
};
