import path from 'node:path';

/** Everything that the tests write lies here; git ignores it. */
export const work = path.resolve(import.meta.dirname, '../../work/e2e');
export const screenshots = path.resolve(import.meta.dirname, '../../screenshots');

export interface RunFolders {
  /** Entry point of the VS Code server. */
  entry: string;
  /** The package under test, and the folder that it is installed in. */
  vsix: string;
  extensions: string;
}

/** What `run.ts` has prepared. `offline`: no network but the machine's own loopback can be reached. */
export function prepared(): RunFolders & { offline: boolean } {
  const json = process.env['CRIBSHEET_E2E'];
  if (json === undefined) throw new Error('Start these tests with "npm run test:e2e".');
  return JSON.parse(json) as RunFolders & { offline: boolean };
}
