import path from 'node:path';
import { errorRecord, type ErrorRecord } from '../../common/errors.ts';
import type { ModelNeeds } from '../../common/protocol.ts';
import { bytesBelow } from '../../engine/diskSize.ts';
import type { InstalledModel } from '../../engine/engine.ts';
import { importModel, modelNameForm } from '../../engine/importModel.ts';
import { modelNeeds } from '../../engine/model/needs.ts';
import { selfTest } from '../../engine/model/selfTest.ts';
import { wrong } from '../arguments.ts';
import type { Context, Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { bytes, count } from '../format.ts';
import { Pace } from '../progress.ts';
import { bold, dim, green, red } from '../styled.ts';
import { suggestion } from '../suggest.ts';
import { fitRouterFrom } from './modelsFitRouter.ts';
import { measure } from './modelsMeasure.ts';

const actions = ['list', 'check', 'measure', 'fit-router', 'import'];

/** Lists, checks, measures and imports models, and fits their routers. */
export const run: Run = (context) => {
  const [action = 'list', what, ...more] = context.args.positionals;
  const extra = action === 'list' ? what : more[0];
  if (extra !== undefined) throw wrong(`"models ${action}" does not know what to do with "${extra}".`, 'Leave it out.');
  if (action === 'list') return list(context);
  if (action === 'check') return check(context, what);
  if (action === 'measure') return measure(context, what);
  if (action === 'fit-router') return fitRouterFrom(context, what);
  if (action !== 'import')
    throw wrong(`"${action}" is nothing that can be done with models.`, suggestion(action, actions));
  if (what === undefined)
    throw wrong('"models import" needs the folder of a model.', 'Write cribsheet models import FOLDER');
  return take(context, what);
};

interface ListedModel extends InstalledModel {
  bytes: number;
  needs?: ModelNeeds;
  error?: ErrorRecord;
}

async function list({ engine, out, json }: Context): Promise<undefined> {
  const models: ListedModel[] = [];
  for (const model of await engine().models()) {
    const size = await bytesBelow(model.folder);
    const looked = await modelNeeds(model.folder).then(
      (needs) => ({ needs }),
      (error: unknown) => ({ error: errorRecord(error) }),
    );
    models.push({ ...model, bytes: size, ...looked });
  }
  if (json) {
    await out.json(models.map(({ needs, ...model }) => ({ ...model, ...needs })));
    return;
  }
  for (const { name, bundled, bytes: size, needs, error } of models) {
    await out.line(bold(cleanLine(name)), `  ${bytes(size)} on disk`, bundled ? dim('  bundled') : '');
    if (needs)
      await out.line(
        dim(`  window ${count(needs.window)} positions, about ${bytes(needs.memoryBytes)} of memory with a full sheet`),
      );
    if (error) await out.line(red('  cannot be used: '), `${cleanLine(error.message)} ${cleanLine(error.action)}`);
  }
}

/** Loads a model and runs the self-test. */
async function check(
  { engine, args, out, json, signal }: Context,
  name: string | undefined,
): Promise<number | undefined> {
  const model = name ?? args.text('model') ?? 'starter';
  const started = performance.now();
  const decoder = await engine({ model, noModel: false }).decoder();
  const loadMs = performance.now() - started;
  const test = await selfTest(decoder, signal);
  const { device, window, profile, fingerprint, graph, weightBytes, kvBytesPerPosition } = decoder;
  if (json) {
    const { attention, heads, kvHeads, headSize, vocabulary } = graph;
    const shape = { layers: attention.length, heads, kvHeads, headSize, vocabulary };
    await out.json({
      name: profile.name,
      fingerprint,
      device,
      window,
      ...shape,
      weightBytes,
      kvBytesPerPosition,
      loadMs,
      selfTest: test,
    });
    return test.passed ? undefined : 1;
  }
  const rows: [string, string][] = [
    ['model', `${profile.name} (${fingerprint.slice(0, 12)})`],
    [
      'shape',
      `${graph.attention.length} layers, ${graph.heads} heads, ${graph.kvHeads} of keys and values × ${graph.headSize}, ${count(graph.vocabulary)} tokens`,
    ],
    ['window', `${count(window)} positions, ${bytes(kvBytesPerPosition)} each`],
    ['weights', `${bytes(weightBytes)}, loaded in ${count(loadMs)} ms`],
    ['device', `${device.device}${device.verified ? '' : ', not verified'}: ${device.reason}`],
    [
      'speed',
      `${count(test.prefillTokensPerSecond)} tokens/s prefill, ${count(test.decodeTokensPerSecond)} tokens/s decoding (short text)`,
    ],
  ];
  for (const [label, value] of rows) await out.line(dim(label.padEnd(8)), cleanLine(value));
  await out.line(dim('test'.padEnd(8)), test.passed ? green('passed: ') : red('failed: '), test.finding);
  return test.passed ? undefined : 1;
}

/** Loads a model where it is, and copies it into the store if that works. */
async function take(
  { engine, args, out, json, signal, progress }: Context,
  folder: string,
): Promise<number | undefined> {
  const decoder = await engine({ model: path.resolve(folder), noModel: false }).decoder();
  const test = await selfTest(decoder, signal);
  const name = nameOf(args.text('name') ?? path.basename(path.resolve(folder)));
  const copying = progress('Copying');
  const pace = new Pace();
  const { store } = engine({ noModel: true });
  const imported = await importModel(path.resolve(folder), store, {
    name,
    signal,
    onProgress: (done, total) => {
      pace.step(done, done);
      copying.show(done, total, `${bytes(done)} of ${bytes(total)}${pace.describe('bytes', total - done)}`);
    },
  }).finally(() => copying.end());
  if (json) await out.json({ ...imported, selfTest: test });
  else {
    await out.line(
      imported.copied ? green('Imported ') : 'Already there: ',
      bold(imported.name),
      ` (${bytes(imported.bytes)}), self-test ${test.passed ? 'passed' : `failed: ${test.finding}`}`,
    );
    await out.line(dim(`Use it: cribsheet ask . "…" --model ${name}`));
  }
  return test.passed ? undefined : 1;
}

/** A name that is one folder on every system. */
function nameOf(wanted: string): string {
  if (modelNameForm.test(wanted)) return wanted;
  throw wrong(
    `A model cannot be named "${wanted}".`,
    'Give it letters, digits, dots, hyphens and underscores with --name.',
  );
}
