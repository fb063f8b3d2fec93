import { readdirSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';
import { talker } from './support/talker.ts';
import { workersBelow } from './support/worker.ts';

/** The models view, and the settings that say how the engine runs. */
describe('models', () => {
  let window: CodeWindow;
  let model: string;
  inWindow(
    async () => ({ name: 'models', folder: await writeWorkspace(path.join(work, 'workspaces/models')) }),
    async (opened) => {
      window = opened;
      model = await talker('talker');
      await window.openChat();
    },
  );

  test(
    'the models view lists the bundled model with what it needs',
    covers(['view models'], async () => {
      const pane = await window.view('Models');
      const { menus } = window;
      await menus.row(pane, 'starter').filter({ hasText: 'in use' }).filter({ hasText: 'bundled' }).waitFor();
      await menus.row(pane, /^Memory: about/).waitFor();
      await menus.row(pane, 'Self-test: not run in this window').waitFor();
      // What comes with the extension cannot be removed.
      await menus.openOn(menus.row(pane, 'starter'));
      expect(await menus.labels()).toEqual(['Run Self-Test', "Open Model's Folder"]);
      await menus.close();
    }),
  );

  test(
    'Import Model from Folder… copies a model into the store and offers to test it',
    covers(
      ['command importModel', 'menu view/title(models) importModel', 'menu view/title(models) chooseModel'],
      async () => {
        const { menus } = window;
        const pane = await window.view('Models');
        await menus.openMore(pane);
        expect(await menus.labels()).toEqual(['Choose Model…']);
        await menus.close();
        await menus.pressTitleButton(pane, 'Import Model from Folder…');
        await window.chooseInDialog(model, 'Import');
        const toast = window.toast(/"talker\/[^"]*" is installed\./);
        await toast.waitFor();
        await window.shoot('models-imported');
        await toast.getByRole('button', { name: 'Run Self-Test' }).click();
        // A message that comes while another goes is not always shown as a toast; the list of messages has it.
        await window.run('Show Notifications', 'Notifications');
        const passed = window.message(/"talker\/[^"]*" passed: /);
        await passed.waitFor();
        // As long as the list is open, no message is shown as a toast: the tests that follow wait for theirs.
        await window.run('Clear All Notifications', 'Notifications');
        await passed.waitFor({ state: 'hidden' });
        await menus.row(pane, 'talker').waitFor();
        expect(await readdir(path.join(window.store, 'models'))).toEqual(['talker']);
      },
    ),
  );

  test(
    'the menu of a model: use it, test it, open its folder',
    covers(
      [
        'command useModel',
        'command testModel',
        'command openModelFolder',
        'menu view/item/context(models) useModel',
        'menu view/item/context(models, inline) useModel',
        'menu view/item/context(models) testModel',
        'menu view/item/context(models) openModelFolder',
        'menu view/item/context(models) removeModel',
      ],
      async () => {
        const { menus } = window;
        const pane = await window.view('Models');
        const row = menus.row(pane, 'talker').first();
        await menus.openOn(row);
        expect(await menus.labels()).toEqual([
          'Use This Model',
          'Run Self-Test',
          "Open Model's Folder",
          'Remove Model…',
        ]);
        await menus.choose("Open Model's Folder");
        const folder = window.toast(path.join(window.store, 'models/talker'));
        await window.chosenAgain(row, "Open Model's Folder", folder);
        await (await menus.inlineButton(row, 'Use This Model')).click();
        await row.filter({ hasText: 'in use' }).waitFor();
        await menus.unfold(row);
        await menus.chooseOn(row, 'Run Self-Test');
        await menus.row(pane, 'Self-test: passed').waitFor();
        await menus.row(pane, /^Speed: /).waitFor();
        await window.shoot('models-view');
        const starter = menus.row(pane, 'starter').first();
        await menus.chooseOn(starter, 'Use This Model');
        await starter.filter({ hasText: 'in use' }).waitFor();
      },
    ),
  );

  test(
    'Choose Model… takes another model; the answer is from it',
    covers(['command chooseModel'], async () => {
      await window.run('Choose Model…');
      await window.quickRow('starter').filter({ hasText: 'in use' }).waitFor();
      await window.shoot('choose-model');
      await window.pick('talker');
      const chat = await window.openChat();
      const turn = await chat.ask('Where is openLedger defined?');
      await turn
        .getByText(/tokens read/)
        .first()
        .waitFor();
      await window.statusItem().filter({ hasText: 'talker' }).waitFor();
      await chat.frame.getByText('Model: talker').waitFor();
    }),
  );

  test(
    'Remove Model… asks, and takes the model out of the store; the bundled one answers again',
    covers(['command removeModel'], async () => {
      const { menus } = window;
      await window.run('Choose Model…');
      await window.pick('starter');
      const pane = await window.view('Models');
      const row = menus.row(pane, 'talker').first();
      await menus.row(pane, 'starter').filter({ hasText: 'in use' }).waitFor();
      const dialog = window.dialog('Remove the model "talker/');
      await menus.chooseOn(row, 'Remove Model…');
      await dialog.waitFor();
      await window.shoot('remove-model');
      await dialog.getByRole('button', { name: 'Remove' }).click();
      await row.waitFor({ state: 'hidden' });
      expect(await readdir(path.join(window.store, 'models'))).toEqual([]);
    }),
  );

  test(
    'cribsheet.model takes a folder as well; a folder without a model is told with a way out',
    covers(['setting model'], async () => {
      await window.configure({ 'cribsheet.model': model });
      const chat = await window.openChat();
      await chat.ask('Where is openLedger defined?');
      await window.statusItem().filter({ hasText: 'talker' }).waitFor();
      const empty = path.join(work, 'models/empty');
      await mkdir(empty, { recursive: true });
      await window.configure({ 'cribsheet.model': empty });
      const turn = await chat.ask('Where is parseAmount defined?');
      await turn.getByText('There is no model in').first().waitFor();
      // The state has a sentence and a button, and does not go away.
      await chat.statusAction('chooseModel').waitFor();
      await window.shoot('chat-no-model');
      await window.configure({ 'cribsheet.model': null });
      await chat.ask('Where is formatCents defined?');
      await window.statusItem().filter({ hasText: 'starter' }).waitFor();
    }),
  );

  test(
    'cribsheet.device: one that is not there is refused with a reason and a way back',
    covers(['setting device'], async () => {
      const { chat } = window;
      await window.configure({ 'cribsheet.device': 'coreml' });
      await chat.ask('Where is parseAmount defined?');
      await chat.status.getByText('coreml').waitFor();
      await window.shoot('chat-no-device');
      await window.configure({ 'cribsheet.device': 'cpu' });
      await chat.ask('Where is openLedger defined?');
      await window.statusItem().filter({ hasText: 'starter' }).waitFor();
      await window.configure({ 'cribsheet.device': null });
    }),
  );

  test(
    'cribsheet.threads decides with how many threads the engine computes',
    covers(['setting threads'], async () => {
      const threads = async (n: number): Promise<number> => {
        await window.configure({ 'cribsheet.threads': n });
        await window.chat.ask('Where is openLedger defined?');
        const [worker] = workersBelow(window.serverPid);
        return readdirSync(`/proc/${String(worker)}/task`).length;
      };
      const one = await threads(1);
      expect(await threads(6)).toBeGreaterThanOrEqual(one + 5);
      await window.configure({ 'cribsheet.threads': null });
    }),
  );

  test(
    'cribsheet.store moves sheets and indexes',
    covers(['setting store'], async () => {
      const store = path.join(work, 'stores/models');
      await mkdir(store, { recursive: true });
      await window.configure({ 'cribsheet.store': store });
      await window.chat.ask('Where is openLedger defined?');
      expect(await readdir(store)).not.toEqual([]);
      await window.configure({ 'cribsheet.store': null });
    }),
  );
});
