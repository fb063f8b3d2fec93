import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installLlamaCpp } from './llama/install.ts';
import { measurements } from './measurements.ts';
import { readOptions, usage, type Options } from './options.ts';
import { figure } from './report/markdown.ts';
import type { Row } from './report/results.ts';
import { runBench, writeReport } from './runBench.ts';

const bench = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(bench);
const work = path.join(bench, 'work');

async function main(options: Options): Promise<void> {
  if (options.installLlamaCpp) installLlamaCpp(work);
  const { quick, shape, only, threads } = options;
  const whole = !quick && only.length === 0;
  const report = await runBench({
    root,
    work,
    measurements: measurements.filter((m) => only.length === 0 || only.includes(m.name)),
    shape,
    threads,
    quick,
    name: options.name ?? (whole ? shape : quick ? 'quick' : only.join('-')),
    say: (line) => {
      console.error(line);
    },
  });
  // Only whole runs are results; the rest would stand beside them with other dates and commits.
  const files = writeReport(path.join(whole || options.name ? bench : work, 'results'), report);
  for (const row of report.rows) console.log(line(row));
  console.log(`\nWritten: ${files.map((f) => path.relative(process.cwd(), f)).join(', ')}`);
  if (Object.values(report.missing).some((why) => why.startsWith('failed'))) process.exitCode = 1;
}

function line({ measurement, name, unit, a, b, ratio, bar, noisy }: Row): string {
  const sides = [a, ...(b ? [b] : [])].map((s) => `${s.label} ${figure(s.median)} ${unit}`).join(', ');
  const quotient = ratio ? ` -> ${figure(ratio.median)}` : '';
  const judged = bar ? ` (${bar.text}: ${bar.met ? 'met' : 'missed'})` : '';
  return `${measurement} | ${name}: ${sides}${quotient}${judged}${noisy ? ' [busy machine]' : ''}`;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('"npm run bench -- --help" lists the options.');
  process.exitCode = 2;
}
