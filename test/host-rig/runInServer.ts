import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchBrowser } from './browser.ts';
import { seedSettings } from './settings.ts';
import { installVscodeServer, VscodeServer } from './vscodeServer.ts';

export interface HostRun {
  /** Folder of the extension under development. */
  extension: string;
  /** File that exports `run()`. */
  tests: string;
  workspace: string;
  /** For settings, logs and other files of the run. */
  folder: string;
  env: Record<string, string>;
}

/** @returns exit code of the tests. @throws Error when the window went away without one */
export async function runInServer(run: HostRun): Promise<number> {
  const entry = await installVscodeServer();
  const data = path.join(run.folder, 'data');
  await seedSettings(data);
  const options = { data, extensions: path.join(run.folder, 'extensions'), testDriver: true, env: run.env };
  const server = await VscodeServer.start(entry, options);
  try {
    const browser = await launchBrowser();
    try {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
      page.setDefaultTimeout(300_000);
      const exited = new Promise<number>((resolve, reject) => {
        page.on('crash', () => {
          reject(new Error('The page with VS Code crashed.'));
        });
        const ready = Promise.all([
          page.exposeFunction('codeAutomationExit', resolve),
          page.exposeFunction('codeAutomationLog', () => undefined),
        ]);
        ready.then(() => page.goto(address(server, run)), reject).catch(reject);
      });
      return await exited;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

function address(server: VscodeServer, run: HostRun): string {
  const { host } = new URL(server.url);
  const remote = (file: string): string => `vscode-remote://${host}${pathToFileURL(file).pathname}`;
  const payload = [
    ['extensionDevelopmentPath', remote(run.extension)],
    ['extensionTestsPath', remote(run.tests)],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({
    folder: pathToFileURL(run.workspace).pathname,
    payload: JSON.stringify(payload),
  });
  return `${server.url}/?${query.toString()}`;
}
