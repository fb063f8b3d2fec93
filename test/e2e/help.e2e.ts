import path from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';
import { workersBelow } from './support/worker.ts';

/** A title of package.json in English. */
function english(text: string): string {
  const key = /^%(.+)%$/.exec(text)?.[1];
  return key === undefined ? text : (texts as Record<string, string>)[key]!;
}

describe('help, status and settings', () => {
  let window: CodeWindow;
  inWindow(
    async () => ({ name: 'help', folder: await writeWorkspace(path.join(work, 'workspaces/help')) }),
    (opened) => {
      window = opened;
    },
  );

  test(
    'the palette offers the commands that make sense now, and no command that needs a row of a view',
    covers(['palette'], async () => {
      const never = manifest.contributes.menus.commandPalette
        .filter(({ when }) => when === 'false')
        .map(({ command }) => english(manifest.contributes.commands.find((one) => one.command === command)!.title));
      // While a window starts the palette offers less than a moment later.
      let offered: string[] = [];
      const now = expect.arrayContaining(['Compress Workspace for Task…', 'New Chat', 'Show Status']) as string[];
      await expect.poll(async () => (offered = await window.offeredCommands()), { timeout: 30_000 }).toEqual(now);
      expect(offered.filter((title) => never.includes(title))).toEqual([]);
      // No job, no answer, no finding, no selection, nothing highlighted yet.
      for (const title of ['Pause Compression', 'Resume Compression', 'Cancel Compression', 'Hide Highlights']) {
        expect(offered).not.toContain(title);
      }
    }),
  );

  test(
    'Show Version says the version and leads to the log',
    covers(['command showVersion'], async () => {
      await window.run('Show Version');
      const toast = window.toast(`Cribsheet ${manifest.version}`);
      await toast.waitFor();
      await toast.getByRole('button', { name: 'Show Log' }).click();
      await window.page.locator('.panel .output-view-container, .panel .monaco-editor').first().waitFor();
    }),
  );

  test(
    'Show Log opens the log of the extension',
    covers(['command showLog'], async () => {
      await window.run('View: Hide Panel', '');
      await window.run('Show Log');
      // Its lines are in a file that the server without its native parts does not write.
      await window.page
        .locator('.panel select, .panel .monaco-select-box')
        .filter({ hasText: 'Cribsheet' })
        .first()
        .waitFor();
      await window.run('View: Hide Panel', '');
    }),
  );

  test(
    'Open Settings shows the settings of the extension, each with its description',
    covers(['command openSettings'], async () => {
      await window.run('Open Settings');
      await window.page.locator('.settings-editor').waitFor();
      const settings = window.page.locator('.settings-editor');
      const section = (title: string) => settings.locator('.settings-toc-container').getByText(title, { exact: true });
      for (const title of ['Questions', 'Compression', 'Code Review']) await section(title).waitFor();
      await settings.getByText('How questions are answered in a new chat.').waitFor();
      await window.shoot('settings');
      // What names paths and devices belongs to the machine that the folder is on.
      await settings
        .getByRole('tab', { name: /^Remote/ })
        .or(settings.getByText(/^Remote \[/))
        .first()
        .click();
      await section('Model and Machine').waitFor();
      await window.page.keyboard.press('Escape');
      await settings.waitFor({ state: 'hidden' });
    }),
  );

  test(
    'Open Walkthrough leads through five steps, each with a picture',
    covers(
      [
        'command openWalkthrough',
        'walkthrough model',
        'walkthrough compress',
        'walkthrough ask',
        'walkthrough compare',
        'walkthrough task',
      ],
      async () => {
        await window.run('Open Walkthrough');
        const page = window.page.locator('.gettingStartedContainer');
        const { steps } = manifest.contributes.walkthroughs[0]!;
        expect(steps).toHaveLength(5);
        for (const step of steps) {
          await page.getByText(english(step.title), { exact: true }).click();
          const media = page
            .locator('.getting-started-media')
            .frameLocator('iframe')
            .frameLocator('iframe#active-frame');
          await media.locator('svg').first().waitFor();
          await window.shoot(`walkthrough-${step.id}`);
        }
      },
    ),
  );

  test(
    'the status item says where things stand; a click shows the details and what can be done',
    covers(['command showStatus'], async () => {
      await window.openChat();
      await window.statusItem().filter({ hasText: 'no sheet' }).waitFor();
      await window.statusItem().click();
      await window.quickRow('no sheet yet').waitFor();
      await window.quickRow('Compress Workspace for Task…').waitFor();
      await window.shoot('status-details');
      await window.page.keyboard.press('Escape');
      await window.run('Show Status');
      await window.quickRow('Restart Engine').waitFor();
    }),
  );

  test(
    'Restart Engine ends the worker and starts another',
    covers(['command restartEngine'], async () => {
      await window.chat.ask('Where is openLedger defined?');
      const before = workersBelow(window.serverPid);
      expect(before).toHaveLength(1);
      await window.run('Restart Engine');
      await expect.poll(() => workersBelow(window.serverPid), { timeout: 120_000 }).not.toContain(before[0]);
      await window.chat.ask('Where is parseAmount defined?');
    }),
  );

  test(
    'the sheets view and the models view are in the sidebar, and greet while they are empty',
    covers(['welcome noSheets'], async () => {
      const sheets = await window.view('Crib Sheets');
      const greeting = sheets.getByRole('region', { name: 'Welcome' });
      await greeting.getByText('There is no sheet yet.').waitFor();
      await greeting.getByRole('button', { name: 'Compress Workspace for Task…' }).waitFor();
      await greeting.getByText('Make a task of your own').waitFor();
      await window.shoot('sheets-welcome');
      const models = await window.view('Models');
      await window.menus.row(models, 'starter').waitFor();
    }),
  );
});
