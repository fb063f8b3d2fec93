import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleSuite } from './bundleSuite.ts';
import { runInServer, type HostRun } from './runInServer.ts';
import { vscodeVersion } from './vscodeServer.ts';
import { writeWorkspace } from './workspace.ts';

/**
 * `npm run test:host`: the tests of `suite/` inside the extension host of a real VS Code. On a desktop that is a
 * downloaded VS Code; without a display, in CI, and where the download fails it is the server from the npm registry.
 * CRIBSHEET_HOST=desktop or =server decides.
 */
const repository = path.resolve(import.meta.dirname, '../..');
const folder = path.join(repository, 'test/work/host-rig');
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const results = path.join(folder, 'results.jsonl');
const run: HostRun = {
  extension: process.env['CRIBSHEET_EXTENSION'] ?? repository,
  tests: await bundleSuite(path.join(folder, 'suite')),
  workspace: await writeWorkspace(path.join(folder, 'workspace')),
  folder,
  env: { CRIBSHEET_HOST_RESULTS: results, CRIBSHEET_STORE: path.join(folder, 'store') },
};

const exitCode = await runSomewhere();
const { passed, failed, finished } = await read();
console.log(`Tests  ${String(failed)} failed | ${String(passed)} passed (${String(passed + failed)})`);
if (!finished) console.error('The window closed before the tests were through.');
if (exitCode !== 0 || failed > 0 || !finished || passed === 0) process.exitCode = 1;

async function runSomewhere(): Promise<number> {
  const wanted = process.env['CRIBSHEET_HOST'];
  const headless = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  if (wanted === 'server' || (wanted === undefined && (headless || process.env['CI'] !== undefined))) {
    return runInServer(run);
  }
  try {
    return await runOnDesktop();
  } catch (error) {
    if (wanted === 'desktop' || existsSync(results)) throw error;
    console.log(`VS Code could not be started here (${String(error)}): using the server from the npm registry.`);
    return runInServer(run);
  }
}

function runOnDesktop(): Promise<number> {
  return runTests({
    version: vscodeVersion,
    cachePath: path.join(repository, 'test/work/vscode-desktop'),
    extensionDevelopmentPath: run.extension,
    extensionTestsPath: run.tests,
    extensionTestsEnv: run.env,
    launchArgs: [
      run.workspace,
      '--disable-workspace-trust',
      '--disable-telemetry',
      `--user-data-dir=${path.join(folder, 'data')}`,
      `--extensions-dir=${path.join(folder, 'extensions')}`,
    ],
  });
}

async function read(): Promise<{ passed: number; failed: number; finished: boolean }> {
  if (!existsSync(results)) return { passed: 0, failed: 0, finished: false };
  const count = { passed: 0, failed: 0, finished: false };
  for (const line of (await readFile(results, 'utf8')).trim().split('\n')) {
    const entry = JSON.parse(line) as { passed?: string; failed?: string; error?: string; done?: boolean };
    if (entry.passed !== undefined) {
      count.passed++;
      console.log(`✓ ${entry.passed}`);
    } else if (entry.failed !== undefined) {
      count.failed++;
      console.error(`✗ ${entry.failed}\n${entry.error ?? ''}`);
    } else if (entry.done === true) count.finished = true;
  }
  return count;
}
