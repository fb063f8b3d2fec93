/**
 * From nothing to models/starter, or on from where an earlier run stopped: npm run train
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CribsheetError, errorRecord } from '../src/common/errors.ts';
import { smokeCorpus } from './smoke.ts';

const usage = `Trains the starter model and puts it into models/starter.

  npm run train [-- options]

  --work DIR     downloads, chunks, checkpoints, measurements; default $CRIBSHEET_TRAINING, else training/work
  --tokens N     tokens of the whole training, default 90e6
  --device NAME  cpu or cuda (written for it, seen on none so far); default cpu
  --makers N     processes that make data; default 1, which feeds two CPU cores; a GPU takes a dozen
  --steps LIST   some of: setup,test,corpus,train,export,install,measure,fit,card; default all, in this order
  --twin         train the network that never sees compression, for comparison (steps setup to export)
  --smoke        a minute of training on this repository's own code; checks that every step works, replaces no model

Each step goes on where it stopped: Ctrl-C or a kill loses a few minutes at most. Needs Python 3.11 or later (or $CRIBSHEET_PYTHON),
npm and pip. On two CPU cores the default takes about 12 hours; memory 4 GB, disk 4 GB.`;

const root = fileURLToPath(new URL('../', import.meta.url));
const training = path.join(root, 'training');
const steps = ['setup', 'test', 'corpus', 'train', 'export', 'install', 'measure', 'fit', 'card'] as const;
type Step = (typeof steps)[number];

interface Options {
  work: string;
  tokens: string;
  device: string;
  makers: string;
  steps: Step[];
  run: string;
  smoke: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        work: { type: 'string' },
        tokens: { type: 'string' },
        device: { type: 'string', default: 'cpu' },
        makers: { type: 'string', default: '1' },
        steps: { type: 'string' },
        twin: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return undefined;
    const base = values.work ?? process.env['CRIBSHEET_TRAINING'] ?? path.join(training, 'work');
    const most = values.twin ? steps.slice(0, 5) : values.smoke ? steps.slice(0, 7) : steps;
    const wanted = values.steps?.split(',') ?? most;
    const unknown = wanted.find((step) => !steps.includes(step as Step));
    if (unknown !== undefined) throw new Error(`There is no step "${unknown}".`);
    return {
      work: path.resolve(values.smoke ? path.join(base, 'smoke') : base),
      tokens: values.tokens ?? (values.smoke ? '40000' : '90e6'),
      device: values.device,
      makers: values.makers,
      steps: wanted as Step[],
      run: values.twin ? 'twin' : 'loop',
      smoke: values.smoke,
    };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CribsheetError('usage', message, 'npm run train -- --help lists the options.', { cause });
  }
}

/** Runs a program with our own output and input. @throws CribsheetError where it fails */
async function run(program: string, args: readonly string[], cwd = root, env = {}): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  // Ctrl-C reaches the child by itself; it saves, ends, and then we do.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
    child.on('error', () => {
      resolve(127);
    });
  });
  process.off('SIGINT', ignore);
  if (code === 0) return;
  const command = [program, ...args].join(' ');
  throw new CribsheetError(
    'internal',
    `"${command}" ended with code ${code ?? 'of a signal'}.`,
    'Its own message stands above. Run the same command again: it goes on where it stopped.',
  );
}

const venvPython = (work: string): string =>
  path.join(work, 'venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

async function setUp(work: string): Promise<void> {
  const python = venvPython(work);
  await mkdir(work, { recursive: true });
  if (!existsSync(python)) {
    await run(process.env['CRIBSHEET_PYTHON'] ?? 'python3', ['-m', 'venv', path.join(work, 'venv')]);
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', path.join(training, 'requirements.txt')]);
}

const actions: Record<Step, (options: Options) => Promise<void>> = {
  setup: ({ work }) => setUp(work),
  test: ({ work }) =>
    run(
      venvPython(work),
      ['-m', 'unittest', 'discover', '--start-directory', 'tests', '--top-level-directory', '.'],
      training,
    ),
  corpus: ({ work, smoke }) =>
    smoke ? smokeCorpus(root, work) : run(process.execPath, [path.join(training, 'corpus/run.ts'), '--work', work]),
  train: async ({ work, run: name, tokens, device, makers, smoke }) => {
    if (smoke)
      for (const made of ['runs', 'measured.jsonl']) await rm(path.join(work, made), { recursive: true, force: true });
    const small = smoke ? ['--layers', '3', '--vocabulary', '2048'] : [];
    const twin = name === 'twin' ? ['--without-compression'] : [];
    const args = [
      '-m',
      'starter.train',
      '--work',
      work,
      '--run',
      name,
      '--tokens',
      tokens,
      '--device',
      device,
      '--makers',
      makers,
      ...small,
      ...twin,
    ];
    // Compiling takes longer than the whole smoke test does without.
    await run(venvPython(work), args, training, smoke ? { TORCH_COMPILE_DISABLE: '1' } : {});
  },
  export: ({ work, run: name }) =>
    run(
      venvPython(work),
      [
        '-m',
        'starter.export',
        path.join(work, 'runs', name, 'checkpoint.pt'),
        '--tokenizer',
        path.join(work, 'tokenizer'),
        '--out',
        path.join(work, 'export', name),
      ],
      training,
    ),
  install: async ({ work, smoke }) => {
    const model = path.join(work, 'export/loop/int4');
    await cp(path.join(training, 'profile.json'), path.join(model, 'cribsheet.json'));
    if (smoke) return;
    const to = path.join(root, 'models/starter');
    await cp(model, to, { recursive: true });
    process.stderr.write(`Installed in ${to}.\n`);
  },
  measure: ({ work, smoke }) => {
    const model = smoke ? path.join(work, 'export/loop/int4') : path.join(root, 'models/starter');
    const few = ['--sizes', '512', '--seeds', '1', '--contexts', '4', '--questions', '3', '--arms', 'full,cache 8x'];
    const args = ['--model', model, '--chunks', path.join(work, 'chunks'), '--out', path.join(work, 'measured.jsonl')];
    return run(process.execPath, [path.join(training, 'card/measure.ts'), ...args, ...(smoke ? few : [])]);
  },
  fit: ({ work }) =>
    run(process.execPath, [
      path.join(training, 'card/fit.ts'),
      '--measured',
      path.join(work, 'measured.jsonl'),
      '--profile',
      path.join(training, 'profile.json'),
      '--profile',
      path.join(root, 'models/starter/cribsheet.json'),
    ]),
  card: ({ work }) =>
    run(process.execPath, [
      path.join(training, 'card/write.ts'),
      '--measured',
      path.join(work, 'measured.jsonl'),
      '--model',
      path.join(root, 'models/starter'),
      '--run',
      path.join(work, 'runs/loop'),
    ]),
};

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    for (const step of options.steps) {
      process.stderr.write(`── ${step}\n`);
      await actions[step](options);
    }
    return 0;
  } catch (error) {
    const { code, message, action } = errorRecord(error);
    process.stderr.write(`Error: ${message}\n  ${action}\n`);
    return code === 'usage' ? 2 : 1;
  }
}

process.exitCode = await main();
