import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A real VS Code that needs no download outside the npm registry: the server inside the code-server package, started by
 * its own entry point and driven with a browser. It is about 0.7 GB, so it is no dependency of this repository; it is
 * installed once, on demand, into a folder that git ignores (or into $CRIBSHEET_VSCODE).
 */
export const vscodeVersion = '1.139.1';
const codeServerVersion = '4.139.1';
const repository = path.resolve(import.meta.dirname, '../..');
const folder = process.env['CRIBSHEET_VSCODE'] ?? path.join(repository, 'test/work/vscode');
const server = path.join(folder, 'node_modules/code-server/lib/vscode');
const marker = path.join(folder, 'installed.json');

/** Installs the server where it is not there yet. @returns path of its entry point */
export async function installVscodeServer(): Promise<string> {
  const entry = path.join(server, 'out/server-main.js');
  if ((await installedVersion()) === codeServerVersion && existsSync(entry)) return entry;
  console.log(
    `Installing the VS Code server (code-server ${codeServerVersion}, about 0.7 GB) into ${folder}. ` +
      'This is done once and takes some minutes.',
  );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"name":"vscode-host","private":true}\n');
  npmInstall(folder, [`code-server@${codeServerVersion}`, '--save-exact']);
  // The package leaves the dependencies of VS Code itself to its install script; without it nothing is compiled.
  npmInstall(server, ['--omit=dev']);
  await writeFile(marker, JSON.stringify({ version: codeServerVersion }));
  return entry;
}

async function installedVersion(): Promise<string | undefined> {
  if (!existsSync(marker)) return undefined;
  return (JSON.parse(await readFile(marker, 'utf8')) as { version?: string }).version;
}

function npmInstall(cwd: string, args: string[]): void {
  const all = ['install', ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env['npm_execpath'];
  // `npm run` names its own script file; a bare `npm` is a batch file on Windows, which needs a shell.
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  };
  const shell = npm === undefined && process.platform === 'win32';
  const run = spawnSync(command, [...first, ...all], { cwd, env, shell, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) {
    throw new Error(`npm could not install the VS Code server in ${cwd}. Delete ${folder} and run this again.`);
  }
}

export interface ServerOptions {
  /** Folder for its settings, logs and the storage of extensions. */
  data: string;
  /** Folder of the installed extensions. */
  extensions: string;
  /** Ask whether a folder is trusted, as a desktop does. Default: every folder is. */
  workspaceTrust?: boolean;
  /** Lets a page run the tests of an extension under development. */
  testDriver?: boolean;
  env?: Record<string, string>;
}

function commonArgs(entry: string, options: ServerOptions): string[] {
  const { data, extensions } = options;
  return [entry, '--accept-server-license-terms', '--server-data-dir', data, '--extensions-dir', extensions];
}

/** Installs a VSIX into `options.extensions`, with VS Code's own command line. */
export function installVsix(entry: string, vsix: string, options: ServerOptions): void {
  const args = [...commonArgs(entry, options), '--install-extension', vsix];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', env: cleanEnvironment(options) });
  if (run.status !== 0 || !run.stdout.includes('was successfully installed')) {
    throw new Error(`${vsix} could not be installed:\n${run.stdout}${run.stderr}`);
  }
}

/** Without what npm and a surrounding VS Code leave in the environment: the server must not think it runs in them. */
function cleanEnvironment(options: ServerOptions): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VSCODE_|ELECTRON_|NODE_OPTIONS|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(own), ...options.env };
}

export class VscodeServer {
  readonly url: string;
  private readonly process: ChildProcess;
  private readonly exited: Promise<unknown>;

  private constructor(process: ChildProcess, exited: Promise<unknown>, url: string) {
    this.process = process;
    this.exited = exited;
    this.url = url;
  }

  static async start(entry: string, options: ServerOptions): Promise<VscodeServer> {
    await mkdir(options.data, { recursive: true });
    const args = [
      ...commonArgs(entry, options),
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--disable-telemetry'],
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...(options.testDriver === true ? ['--enable-smoke-test-driver'] : []),
    ];
    const child = spawn(process.execPath, args, { env: cleanEnvironment(options), stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(path.join(options.data, 'server.log'));
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.stderr.pipe(log, { end: false });
    let output = '';
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        log.write(data);
        output = (output + data.toString()).slice(-10_000);
        const listening = /Extension host agent listening on (\d+)/.exec(output);
        if (listening !== null) resolve(listening[1]!);
      });
      child.once('error', reject);
      void exited.then(() => {
        reject(new Error(`The VS Code server ended before it listened:\n${output}`));
      });
    });
    return new VscodeServer(child, exited, `http://127.0.0.1:${port}`);
  }

  get pid(): number {
    return this.process.pid!;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.exited;
    clearTimeout(timer);
  }
}
