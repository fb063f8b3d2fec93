import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { cribsheet } from './extension.ts';

// Named so that it is the first file: afterwards the extension is active.
describe('activation', () => {
  it('starting VS Code on a folder does not start the extension, a command does', async () => {
    assert.equal(cribsheet().isActive(), false);
    // Its message stays until somebody answers it, so it is not waited for.
    void vscode.commands.executeCommand('cribsheet.showVersion');
    await waitFor(() => cribsheet().isActive());
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
