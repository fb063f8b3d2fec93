import { parseArgs } from 'node:util';
import { measurements } from './measurements.ts';
import type { ShapeName } from './models/shapes.ts';

export interface Options {
  quick: boolean;
  shape: ShapeName;
  /** Names of measurements; all where none is given. */
  only: string[];
  threads: number;
  /** Name of the results; undefined: by what is run. */
  name: string | undefined;
  installLlamaCpp: boolean;
  help: boolean;
}

export const usage = `npm run bench -- [options]

  --quick               smoke test in under a minute; its results go to bench/work/results
  --only NAME           one measurement (may be given several times); results as for --quick
  --large               the shape of a 0.5B model instead of 20M: about an hour, 6 GB of disk
  --threads N           threads of every side (default 2)
  --name NAME           write bench/results/NAME.json whatever was run
  --install-llama-cpp   first install node-llama-cpp into bench/work (85 MB, with npm)
  --help

Measurements:
${measurements.map((m) => `  ${m.name.padEnd(20)}  ${m.title}`).join('\n')}
`;

/** @throws Error with a message for the user */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      threads: { type: 'string', default: '2' },
      name: { type: 'string' },
      'install-llama-cpp': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.find((name) => !measurements.some((m) => m.name === name));
  if (unknown !== undefined) throw new Error(`There is no measurement "${unknown}".`);
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1) throw new Error(`"${values.threads}" is no number of threads.`);
  const { name } = values;
  if (name !== undefined && !/^[a-z0-9][a-z0-9-]*$/i.test(name)) throw new Error(`"${name}" is no name for a file.`);
  return {
    quick: values.quick,
    shape: values.large ? 'qwen05b' : 'small20m',
    only: values.only,
    threads,
    name,
    installLlamaCpp: values['install-llama-cpp'],
    help: values.help,
  };
}
