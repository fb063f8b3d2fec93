import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findLlamaCpp } from './llama/install.ts';
import type { Measurement } from './measure/context.ts';
import { BenchModels } from './models/models.ts';
import type { Precision, ShapeName } from './models/shapes.ts';
import { describeMachine } from './report/machine.ts';
import { markdown, type Report } from './report/markdown.ts';
import { cpuTimes } from './sampling/quiet.ts';

/** Precision of measurements that use one: what people install. */
const PRECISION: Precision = 'int4';

export interface BenchRun {
  /** Root of the checkout. */
  root: string;
  /** Folder for what is generated. */
  work: string;
  measurements: readonly Measurement[];
  shape: ShapeName;
  threads: number;
  quick: boolean;
  /** Name of the report. */
  name: string;
  say: (line: string) => void;
}

/** Runs the measurements one after the other. One that fails is reported as missing; the others still run. */
export async function runBench(run: BenchRun): Promise<Report> {
  const { root, work, shape, threads, quick, name, say } = run;
  const started = performance.now();
  const models = new BenchModels(path.join(work, 'models'), path.join(root, 'models', 'starter'));
  const llamaCpp = findLlamaCpp(root, work);
  const context = { root, work, models, shape, precision: PRECISION, threads, quick, llamaCpp, say };
  const report: Report = {
    name,
    model: `${shape} ${PRECISION} (generated, random weights)`,
    threads,
    quick,
    machine: describeMachine(root, {
      cribsheet: root,
      'onnxruntime-node': path.join(root, 'node_modules', 'onnxruntime-node'),
      'node-llama-cpp': llamaCpp,
    }),
    rejection: cpuTimes() !== undefined,
    seconds: 0,
    measurements: Object.fromEntries(run.measurements.map((m) => [m.name, m.title])),
    missing: {},
    rows: [],
  };
  for (const measurement of run.measurements) {
    const since = performance.now();
    say(`${measurement.name}: ${measurement.title}`);
    try {
      const result = await measurement.run(context);
      report.rows.push(...result.rows);
      if (result.missing !== undefined) report.missing[measurement.name] = result.missing;
    } catch (error) {
      report.missing[measurement.name] = `failed: ${error instanceof Error ? error.message : String(error)}`;
    }
    const missing = report.missing[measurement.name];
    if (missing !== undefined) say(`  missing: ${missing}`);
    say(`  ${((performance.now() - since) / 1000).toFixed(0)} s`);
  }
  report.seconds = Math.round((performance.now() - started) / 1000);
  return report;
}

/** Writes the report and the page of all reports in the folder. @returns the files written */
export function writeReport(folder: string, report: Report): string[] {
  mkdirSync(folder, { recursive: true });
  const json = path.join(folder, `${report.name}.json`);
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  const names = readdirSync(folder).filter((n) => n.endsWith('.json'));
  const reports = names.sort().map((n) => JSON.parse(readFileSync(path.join(folder, n), 'utf8')) as Report);
  const page = path.join(folder, 'README.md');
  writeFileSync(page, markdown(reports));
  return [json, page];
}
