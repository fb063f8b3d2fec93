import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkVsix, megabytes } from './check.ts';
import { packageTarget } from './package.ts';
import { repository, stageCommon } from './stage.ts';
import { hostTarget, targetOf, targets } from './targets.ts';

const help = `npm run package [-- --target NAME]…   a VSIX for every target, or for the named ones ("host": this machine's)
npm run package:check FILE.vsix…        opens VSIX files and says what is wrong with them
Targets: ${targets.map((target) => target.name).join(', ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    target: { type: 'string', multiple: true },
    out: { type: 'string', default: path.join(repository, 'vsix') },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || (values.check ? positionals.length === 0 : positionals.length > 0)) {
  console.log(help);
  process.exitCode = values.help ? 0 : 2;
} else {
  const files = values.check ? positionals : await makeAll();
  for (const file of files) await report(file);
}

async function makeAll(): Promise<string[]> {
  const stage = path.join(values.out, 'stage');
  const chosen = values.target?.map((name) => (name === 'host' ? hostTarget() : targetOf(name))) ?? targets;
  await stageCommon(stage);
  const files: string[] = [];
  for (const target of chosen) files.push(await packageTarget(stage, target, values.out));
  return files;
}

async function report(file: string): Promise<void> {
  const { target, bytes, files, problems } = await checkVsix(file);
  console.log(`${file}: ${target}, ${String(files)} files, ${megabytes(bytes)}`);
  for (const problem of problems) console.error(`  ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
