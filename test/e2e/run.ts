import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { checkVsix } from '../../packaging/check.ts';
import { packageTarget } from '../../packaging/package.ts';
import { stageCommon } from '../../packaging/stage.ts';
import { hostTarget } from '../../packaging/targets.ts';
import { installVscodeServer, installVsix } from '../host-rig/vscodeServer.ts';
import { packDriver, packEmpty } from './driver/package.ts';
import { work, type RunFolders } from './support/folders.ts';

/**
 * `npm run test:e2e [-- FILE…]`: packs the extension for this machine, installs the VSIX in a real VS Code and runs the
 * tests of this folder against it. On Linux they run without any network where the kernel lets an ordinary user take it
 * away; CRIBSHEET_VSIX=FILE tests a VSIX that is there, CRIBSHEET_ONLINE=1 leaves the network as it is.
 */
/** A network namespace of its own, in which only this machine's loopback is there. */
const withoutNetwork = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
/** `--measure` (npm run bench:extension): measures instead, for bench/results. */
const measures = process.argv.includes('--measure');
const repository = path.resolve(import.meta.dirname, '../..');
await mkdir(work, { recursive: true });
const entry = await installVscodeServer();
const vsix = process.env['CRIBSHEET_VSIX'] ?? (await packHere());

const extensions = path.join(work, 'extensions');
rmSync(extensions, { recursive: true, force: true });
const install = { data: path.join(work, 'install'), extensions };
installVsix(entry, await packDriver(path.join(work, 'driver')), install);
installVsix(entry, vsix, install);
for (const name of measures ? ['warm', 'empty'] : []) {
  installVsix(entry, await packEmpty(path.join(work, name), name), install);
}

const folders: RunFolders = { entry, vsix, extensions };
const vitest = path.join(repository, 'node_modules/vitest/vitest.mjs');
const command = [process.execPath, vitest, 'run', '--reporter=verbose'];
const configFolder = measures ? path.join(repository, 'bench/extension') : import.meta.dirname;
command.push('--config', path.join(configFolder, 'vitest.config.ts'));
command.push(...process.argv.slice(2).filter((arg) => arg !== '--measure'));
const offline = canGoOffline();
if (!offline) console.log('The network stays on: this system does not let a test take it away.');
const [program, ...args] = offline ? [...withoutNetwork, ...command] : command;
const run = spawnSync(program!, args, {
  cwd: repository,
  stdio: 'inherit',
  env: { ...process.env, CRIBSHEET_E2E: JSON.stringify({ ...folders, offline }) },
});
process.exitCode = run.status ?? 1;

async function packHere(): Promise<string> {
  const stage = path.join(work, 'stage');
  await stageCommon(stage);
  const file = await packageTarget(stage, hostTarget(), work);
  const { problems } = await checkVsix(file);
  if (problems.length > 0) throw new Error(`${file} must not be given away:\n${problems.join('\n')}`);
  return file;
}

function canGoOffline(): boolean {
  if (process.platform !== 'linux' || process.env['CRIBSHEET_ONLINE'] !== undefined) return false;
  const [program, ...args] = withoutNetwork;
  return spawnSync(program!, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}
