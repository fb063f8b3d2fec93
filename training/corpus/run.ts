import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CribsheetError, errorRecord } from '../../src/common/errors.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { bytes, plural } from '../../src/cli/format.ts';
import { Output } from '../../src/cli/output.ts';
import { Progress } from '../../src/cli/progress.ts';
import { fetchPackages } from './fetch.ts';
import { readPackageList } from './packages.ts';
import { preparePackages } from './prepare.ts';
import { bytesByLanguage, corpusReport } from './report.ts';
import { splitPackages } from './split.ts';
import { splits, WorkFolder, writeWhole } from './workFolder.ts';

const usage = `Makes the training corpus: downloads packages, leaves near-duplicates out, cuts chunks.

  node training/corpus/run.ts [--work DIR] [--packages FILE] [--report FILE]

  --work DIR       where downloads and chunks go; default $CRIBSHEET_TRAINING, else training/work
  --packages FILE  the pinned packages; default training/corpus/packages.json
  --report FILE    the page that says what is in the corpus; default training/CORPUS.md

Needs npm, python3 and pip on the PATH, and a build of this repository (npm run build). What is there is not made again.`;

const root = fileURLToPath(new URL('../../', import.meta.url));
const inRoot = (file: string): string => path.join(root, file);

interface Options {
  work: string;
  packages: string;
  report: string;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        work: { type: 'string', default: process.env['CRIBSHEET_TRAINING'] ?? inRoot('training/work') },
        packages: { type: 'string', default: inRoot('training/corpus/packages.json') },
        report: { type: 'string', default: inRoot('training/CORPUS.md') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CribsheetError('usage', message, 'node training/corpus/run.ts --help lists the options.', { cause });
  }
}

async function makeCorpus(options: Options, err: Output, signal: AbortSignal): Promise<void> {
  const work = new WorkFolder(options.work);
  const { specs, reserved } = await readPackageList(options.packages, inRoot('package.json'));
  const grammars = await Grammars.open(inRoot('dist/grammars'));
  const step = async <T>(label: string, make: (show: Progress['show']) => Promise<T>): Promise<T> => {
    const progress = new Progress(err, label);
    try {
      return await make(progress.show.bind(progress));
    } finally {
      await progress.end();
    }
  };

  const fetched = await step('Packages', (onProgress) => fetchPackages(specs, work, { signal, onProgress }));
  for (const { name } of reserved) await err.line(`Left out: ${name}: the evaluations use it`);
  for (const { spec, error } of fetched.failed) {
    await err.line(`Left out: ${spec.registry} ${spec.name} ${spec.version}: ${error.message}`);
  }
  for (const { spec, refused } of fetched.packages) {
    if (refused !== undefined) await err.line(`Left out: ${spec.registry} ${spec.name} ${spec.version}: ${refused}`);
  }
  const packages = fetched.packages.filter(({ refused }) => refused === undefined);
  if (packages.length === 0) {
    throw new CribsheetError(
      'workspace-empty',
      'None of the packages could be used.',
      'The lines above say why; run it again when that is mended.',
    );
  }
  const split = await step('Duplicates', (onProgress) => splitPackages(packages, work, { signal, onProgress }));
  const prepared = await step('Chunks', (onProgress) =>
    preparePackages(packages, split, work, grammars, { signal, onProgress }),
  );
  await writeWhole(options.report, corpusReport(prepared, fetched, reserved));

  const used = prepared.filter(({ skipped }) => skipped === undefined);
  for (const side of splits) {
    const list = used.filter((entry) => entry.split === side);
    const text = bytesByLanguage(list).reduce((n, [, size]) => n + size, 0);
    await err.line(`${side}: ${plural(list.length, 'package')}, ${bytes(text)}`);
  }
  await err.line(`Chunks in ${path.join(work.root, 'chunks')}, list in ${options.report}`);
}

async function main(): Promise<number> {
  const err = new Output(process.stderr);
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort();
  });
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.help) await new Output(process.stdout).line(usage);
    else await makeCorpus(options, err, abort.signal);
    return 0;
  } catch (error) {
    const { code, message, action } = errorRecord(error);
    await err.line(`Error: ${message}`);
    await err.line(`  ${action}`);
    if (code === 'internal' && error instanceof Error) await err.line(error.stack ?? '');
    return code === 'cancelled' ? 130 : code === 'usage' ? 2 : 1;
  }
}

process.exitCode = await main();
