import { appendFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import Mocha from 'mocha';

/**
 * Runs inside the extension host of a real VS Code: every `*.host.cjs` beside this file, with Mocha. Results go line by
 * line into the file that the runner named, so that they are there also when the window is lost.
 */
export async function run(): Promise<void> {
  const results = process.env['CRIBSHEET_HOST_RESULTS'];
  if (results === undefined) throw new Error('CRIBSHEET_HOST_RESULTS names no file.');
  const mocha = new Mocha({ ui: 'bdd', timeout: 300_000, slow: 60_000, reporter: Silent });
  for (const file of (await readdir(__dirname)).sort()) {
    if (file.endsWith('.host.cjs')) mocha.addFile(path.join(__dirname, file));
  }
  const lines: Promise<void>[] = [];
  const write = (line: object): void => {
    const before = lines.at(-1) ?? Promise.resolve();
    lines.push(before.then(() => appendFile(results, `${JSON.stringify(line)}\n`)));
  };
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on('pass', (test) => {
        write({ passed: test.fullTitle() });
      })
      .on('fail', (test, error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        write({ failed: test.fullTitle(), error: text });
      });
  });
  write({ done: true, failures });
  await Promise.all(lines);
  if (failures > 0) throw new Error(`${String(failures)} tests failed.`);
}

/** Prints nothing: the runner does. */
class Silent extends Mocha.reporters.Base {}
