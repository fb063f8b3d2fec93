#!/usr/bin/env node
/** Entry of the command line: checks the version of Node before anything is loaded that needs it. */

/** The first Node whose SQLite has full text search (FTS5). */
const needed: readonly [major: number, minor: number] = [22, 16];

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < needed[0] || (major === needed[0] && minor < needed[1]);
}

if (isOldNode(process.versions.node)) {
  const message = `Cribsheet needs Node ${needed.join('.')} or later; this is Node ${process.versions.node} (${process.execPath}).`;
  const action =
    'Install a newer Node from https://nodejs.org, or in the checkout run "npm run demo", which brings its own.';
  const error = { code: 'index-unavailable', message, action };
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error }));
  console.error(`Error: ${message}\n  ${action}`);
  process.exitCode = 1;
} else {
  // Node 22 warns that its SQLite is experimental; that is nothing for a user of this program to act on.
  process.removeAllListeners('warning').on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') console.error(`${warning.name}: ${warning.message}`);
  });
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv.slice(2));
}

export {};
