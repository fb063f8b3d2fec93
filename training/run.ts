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
import { chosenVariant, readVariants } from './card/choose.ts';
import { smokeCorpus } from './smoke.ts';

const usage = `Trains the starter model and puts it into models/starter.

  npm run train [-- options]

  --work DIR     downloads, chunks, checkpoints, measurements; default $CRIBSHEET_TRAINING, else training/work
  --tokens N     tokens of the whole training, default 40e6
  --device NAME  cpu or cuda (written for it, seen on none so far); default cpu
  --makers N     processes that make data; default 1, which feeds two CPU cores; a GPU takes a dozen
  --steps LIST   some of: setup,test,corpus,train,keep,export,variants,install,measure,fit,card; default all, in this order
  --fresh        from nothing, also where training/checkpoint holds a network to go on from
  --twin         train the network that never sees compression, for comparison (steps setup to export)
  --smoke        a minute of training on this repository's own code; checks that every step works, replaces no model

Each step goes on where it stopped: Ctrl-C or a kill loses a few minutes at most. Needs Python 3.11 or later (or $CRIBSHEET_PYTHON),
npm and pip. On two CPU cores that multiply bfloat16 the default takes 4 to 6 hours from the kept checkpoint; memory 10 GB, disk 4 GB.`;

const root = fileURLToPath(new URL('../', import.meta.url));
const training = path.join(root, 'training');
/** The network before its learning rate fell, in version control (starter/kept.py). */
const kept = path.join(training, 'checkpoint');
const steps = [
  'setup',
  'test',
  'corpus',
  'train',
  'keep',
  'export',
  'variants',
  'install',
  'measure',
  'fit',
  'card',
] as const;
type Step = (typeof steps)[number];
const smokeSteps: readonly Step[] = ['setup', 'test', 'corpus', 'train', 'export', 'measure'];
/** fp16 is not among them: for the CPU the builder writes it with another attention operator, which the engine does not take. */
const precisions = ['fp32', 'int8', 'mixed', 'int4'] as const;

interface Options {
  work: string;
  tokens: string;
  device: string;
  makers: string;
  steps: Step[];
  run: string;
  fresh: boolean;
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
        fresh: { type: 'boolean', default: false },
        twin: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return undefined;
    const base = values.work ?? process.env['CRIBSHEET_TRAINING'] ?? path.join(training, 'work');
    const most = values.twin ? steps.slice(0, 6) : values.smoke ? smokeSteps : steps;
    const wanted = values.steps?.split(',') ?? most;
    const unknown = wanted.find((step) => !steps.includes(step as Step));
    if (unknown !== undefined) throw new Error(`There is no step "${unknown}".`);
    return {
      work: path.resolve(values.smoke ? path.join(base, 'smoke') : base),
      tokens: values.tokens ?? (values.smoke ? '40000' : '40e6'),
      device: values.device,
      makers: values.makers,
      steps: wanted as Step[],
      run: values.twin ? 'twin' : 'loop',
      fresh: values.fresh || values.twin || values.smoke,
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

/** `--name value` for each. */
const flags = (values: Record<string, string>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);

/** A script of this folder. */
const script = (file: string, values: Record<string, string>): Promise<void> =>
  run(process.execPath, [path.join(training, file), ...flags(values)]);

/** A module of `starter/`. */
const python = ({ work }: Options, module: string, args: readonly string[], env = {}): Promise<void> =>
  run(venvPython(work), ['-m', module, ...args], training, env);

async function setUp(work: string): Promise<void> {
  const own = venvPython(work);
  await mkdir(work, { recursive: true });
  if (!existsSync(own)) {
    await run(process.env['CRIBSHEET_PYTHON'] ?? 'python3', ['-m', 'venv', path.join(work, 'venv')]);
  }
  await run(own, ['-m', 'pip', 'install', '--quiet', '--requirement', path.join(training, 'requirements.txt')]);
}

const starter = path.join(root, 'models/starter');

/** For glibc: huge pages, and memory kept from step to step. Training is 8 % faster, with a fifth of the page faults. */
const memory = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 34),
};

const actions: Record<Step, (options: Options) => Promise<void>> = {
  setup: ({ work }) => setUp(work),
  test: (options) =>
    python(options, 'unittest', ['discover', '--start-directory', 'tests', '--top-level-directory', '.']),
  corpus: ({ work, smoke }) => (smoke ? smokeCorpus(root, work) : script('corpus/run.ts', { work })),
  train: async (options) => {
    const { work, run: name, tokens, device, makers, fresh, smoke } = options;
    if (smoke)
      for (const made of ['runs', 'measured.jsonl']) await rm(path.join(work, made), { recursive: true, force: true });
    const args = [
      ...flags({ work, run: name, tokens, device, makers }),
      ...(fresh ? [] : ['--kept', kept]),
      ...(smoke ? ['--layers', '3', '--vocabulary', '2048'] : []),
      ...(name === 'twin' ? ['--without-compression'] : []),
    ];
    // Compiling takes longer than the whole smoke test does without.
    await python(options, 'starter.train', args, smoke ? { TORCH_COMPILE_DISABLE: '1' } : memory);
  },
  keep: async (options) => {
    const { work, run: name, smoke } = options;
    const folder = path.join(work, 'runs', name);
    const flat = path.join(folder, 'flat.pt');
    if (name !== 'loop' || smoke || !existsSync(flat)) return;
    const named = { tokenizer: path.join(work, 'tokenizer'), log: path.join(folder, 'log.jsonl'), out: kept };
    await python(options, 'starter.kept', [flat, ...flags(named)]);
  },
  export: async (options) => {
    const { work, run: name, smoke } = options;
    const out = path.join(work, 'export', name);
    const wanted = smoke ? ['int4'] : precisions.slice(1);
    const checkpoint = path.join(work, 'runs', name, 'checkpoint.pt');
    const named = { tokenizer: path.join(work, 'tokenizer'), out, precisions: wanted.join(',') };
    await python(options, 'starter.export', [checkpoint, ...flags(named)]);
    for (const precision of ['fp32', ...wanted]) {
      await cp(path.join(training, 'profile.json'), path.join(out, precision, 'cribsheet.json'));
    }
  },
  variants: ({ work }) =>
    script('card/variants.ts', {
      export: path.join(work, 'export/loop'),
      variants: precisions.join(','),
      chunks: path.join(work, 'chunks'),
      tokenizer: path.join(work, 'tokenizer'),
      out: path.join(work, 'variants.json'),
    }),
  install: async ({ work }) => {
    const { name } = chosenVariant(readVariants(path.join(work, 'variants.json')));
    await cp(path.join(work, 'export/loop', name), starter, { recursive: true });
    await cp(path.join(training, 'CORPUS.md'), path.join(starter, 'CORPUS.md'));
    process.stderr.write(`Installed ${name} in ${starter}.\n`);
  },
  measure: ({ work, smoke }) =>
    script('card/measure.ts', {
      model: smoke ? path.join(work, 'export/loop/int4') : starter,
      chunks: path.join(work, 'chunks'),
      out: path.join(work, 'measured.jsonl'),
      ...(smoke ? { sizes: '512', seeds: '1', contexts: '4', questions: '3', arms: 'full,cache 8x' } : {}),
    }),
  fit: async ({ work }) => {
    const measured = path.join(work, 'measured.jsonl');
    const profiles = [path.join(training, 'profile.json'), path.join(starter, 'cribsheet.json')];
    const args = profiles.flatMap((profile) => flags({ profile }));
    await run(process.execPath, [path.join(training, 'card/fit.ts'), ...flags({ measured }), ...args]);
  },
  card: ({ work }) =>
    script('card/write.ts', {
      measured: path.join(work, 'measured.jsonl'),
      model: starter,
      run: path.join(work, 'runs/loop'),
      variants: path.join(work, 'variants.json'),
    }),
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
