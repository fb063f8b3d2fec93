import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };
import { writeWorkspace } from '../host-rig/workspace.ts';
import { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { workersBelow } from './support/worker.ts';

/** A title of package.json in English. */
function english(text: string): string {
  const key = /^%(.+)%$/.exec(text)?.[1];
  return key === undefined ? text : (texts as Record<string, string>)[key]!;
}

describe('help, status and settings', () => {
  let window: CodeWindow;
  beforeAll(async () => {
    const folder = await writeWorkspace(path.join(work, 'workspaces/help'));
    window = await CodeWindow.open({ name: 'help', folder });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await window.shootFailure(task.name);
    await window.page.keyboard.press('Escape');
  });
  afterAll(() => window.close());

  test('the palette offers the commands that make sense now, and no command that needs a row of a view', async () => {
    const never = manifest.contributes.menus.commandPalette
      .filter(({ when }) => when === 'false')
      .map(({ command }) => english(manifest.contributes.commands.find((one) => one.command === command)!.title));
    const offered = await window.offeredCommands();
    expect(offered.filter((title) => never.includes(title))).toEqual([]);
    // No job, no answer, no finding, no selection, nothing highlighted yet.
    for (const title of ['Pause Compression', 'Resume Compression', 'Cancel Compression', 'Hide Highlights']) {
      expect(offered).not.toContain(title);
    }
    expect(offered).toEqual(expect.arrayContaining(['Compress Workspace for Task…', 'New Chat', 'Show Status']));
  });

  test('Show Version says the version and leads to the log', async () => {
    await window.run('Show Version');
    const toast = window.toast(`Cribsheet ${manifest.version}`);
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Show Log' }).click();
    await window.page.locator('.panel .output-view-container, .panel .monaco-editor').first().waitFor();
  });

  test('Show Log opens the log of the extension', async () => {
    await window.run('Show Log');
    await window.page.locator('.panel').getByText(`Cribsheet ${manifest.version} on`).first().waitFor();
    await window.page.locator('.panel [aria-label^="Hide Panel"], .panel [aria-label^="Close Panel"]').first().click();
  });

  test('Open Settings shows the settings of the extension, each with its description', async () => {
    await window.run('Open Settings');
    await window.page.locator('.settings-editor').waitFor();
    const count = manifest.contributes.configuration.flatMap(({ properties }) => Object.keys(properties)).length;
    await window.page
      .locator('.settings-editor .settings-count-widget', { hasText: `${String(count)} Settings Found` })
      .waitFor();
    await window.shoot('settings');
    await window.run('View: Close Editor', '');
  });

  test('Open Walkthrough leads through five steps, each with a picture', async () => {
    await window.run('Open Walkthrough');
    const steps = window.page.locator('.gettingStartedContainer .step-list-container .getting-started-step');
    await expect.poll(() => steps.count()).toBe(5);
    const { steps: contributed } = manifest.contributes.walkthroughs[0]!;
    for (const step of contributed) {
      await steps
        .filter({ hasText: english(step.title) })
        .first()
        .click();
      await window.page
        .locator('.gettingStartedContainer .step-description-container', { hasText: /\w/ })
        .first()
        .waitFor();
      await window.shoot(`walkthrough-${step.id}`);
    }
    await window.run('View: Close Editor', '');
  });

  test('the status item says where things stand; a click shows the details and what can be done', async () => {
    await window.openChat();
    await window.statusItem().filter({ hasText: 'no sheet' }).waitFor();
    await window.statusItem().click();
    await window.quickRow('no sheet yet').waitFor();
    await window.quickRow('Compress Workspace for Task…').waitFor();
    await window.shoot('status-details');
    await window.page.keyboard.press('Escape');
    await window.run('Show Status');
    await window.quickRow('Restart Engine').waitFor();
  });

  test('Restart Engine ends the worker and starts another', async () => {
    await window.chat.ask('Where is openLedger defined?');
    const before = workersBelow(window.serverPid);
    expect(before).toHaveLength(1);
    await window.run('Restart Engine');
    await expect.poll(() => workersBelow(window.serverPid), { timeout: 120_000 }).not.toContain(before[0]);
    await window.chat.ask('Where is parseAmount defined?');
  });

  test('the sheets view and the models view are in the sidebar, and greet while they are empty', async () => {
    const sheets = await window.view('Crib Sheets');
    await sheets.getByText('There is no sheet yet.').waitFor();
    await sheets.getByRole('button', { name: 'Compress Workspace for Task…' }).waitFor();
    await window.shoot('sheets-welcome');
    const models = await window.view('Models');
    await window.menus.row(models, 'starter').waitFor();
  });
});
