import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { cribsheet } from './extension.ts';

describe('what package.json promises', () => {
  it('every contributed command is there once the extension runs', async () => {
    const extension = cribsheet();
    await extension.activate();
    const known = new Set(await vscode.commands.getCommands(true));
    const contributed = extension.manifest.contributes.commands.map(({ command }) => command);
    assert.deepEqual(
      contributed.filter((command) => !known.has(command)),
      [],
    );
  });

  it('every setting has the default that package.json says', () => {
    const configuration = vscode.workspace.getConfiguration();
    for (const { properties } of cribsheet().manifest.contributes.configuration) {
      for (const [id, { default: value }] of Object.entries(properties)) {
        assert.deepEqual(configuration.inspect(id)?.defaultValue, value, id);
      }
    }
  });

  it('texts of package.json are translated, none is left as a key', () => {
    const left = JSON.stringify(cribsheet().manifest).match(/"%[\w.-]+%"/g);
    assert.equal(left, null);
  });
});
