import { appendFile, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import { answerIn } from './support/chatPage.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';

/** Sheets of a small workspace: making them in all ways, looking at them, and what the editor shows of them. */
describe('sheets', () => {
  let window: CodeWindow;
  let folder: string;
  inWindow(
    async () => {
      folder = await writeWorkspace(path.join(work, 'workspaces/sheets'));
      return { name: 'sheets', folder, settings: { 'cribsheet.rebuildWhenIdle': false } };
    },
    async (opened) => {
      window = opened;
      await window.openChat();
    },
  );

  const size = (): Promise<string> =>
    window
      .quickRow(/positions/)
      .first()
      .innerText();

  test(
    'ratio, sheetTokens and scope of the settings come first in the size picker',
    covers(['setting ratio', 'setting sheetTokens', 'setting scope'], async () => {
      const open = async (): Promise<string> => {
        await window.run('Compress Workspace for Task…');
        await window.pick('api-lookup');
        await window.estimate.waitFor();
        const first = await size();
        await window.page.keyboard.press('Escape');
        return first;
      };
      await window.configure({ 'cribsheet.ratio': 12 });
      expect(await open()).toContain('Keep one of 12');
      await window.configure({ 'cribsheet.sheetTokens': 512 });
      expect(await open()).toContain('Sheet of 512 positions');
      await window.configure({
        'cribsheet.ratio': null,
        'cribsheet.sheetTokens': null,
        'cribsheet.scope': ['src/money/**'],
      });
      expect(await open()).toMatch(/2 files · /);
      await window.configure({ 'cribsheet.scope': null });
      expect(await open()).not.toMatch(/2 files · /);
    }),
  );

  test('a number that is typed is a ratio or a size', async () => {
    await window.run('Compress Workspace for Task…');
    await window.pick('api-lookup');
    await window.estimate.waitFor();
    await window.quickInput.locator('input').first().fill('6');
    await window
      .quickRow(/Keep one of 6/)
      .filter({ hasText: 'positions' })
      .waitFor();
    await window.quickInput.locator('input').first().fill('600');
    await window.quickRow(/Sheet of 600 positions/).waitFor();
  });

  test(
    'Compress Folder for Task… in the Explorer takes that folder alone',
    covers(['command compressFolder', 'menu explorer/context compressFolder'], async () => {
      const { menus } = window;
      const money = await window.inExplorer('src');
      await menus.openOn(money);
      await menus.choose('Compress Folder for Task…');
      await window.pick('onboarding');
      const row = window.estimate;
      await row.waitFor();
      const [files] = /\d+ files/.exec(await row.innerText())!;
      expect(files).toBe('6 files');
      await window.page.keyboard.press('Enter');
      await window.statusItem().filter({ hasText: 'sheet ready' }).waitFor();
    }),
  );

  test(
    'Compress Workspace for This Task… makes a sheet for the task file, from its title and from the Explorer',
    covers(
      ['command compressForTask', 'menu editor/title compressForTask', 'menu explorer/context compressForTask'],
      async () => {
        await window.openFile('.cribsheet/tasks/money.crib');
        const button = window.page.locator(
          '.editor-actions .action-label[aria-label^="Compress Workspace for This Task"]',
        );
        await button.waitFor();
        await window.shoot('crib-file');
        const { menus } = window;
        await window.inExplorer('src');
        await menus.openOn(
          window.page.locator('.explorer-folders-view .monaco-list-row[aria-label^="money.crib"]').first(),
        );
        expect(await menus.labels()).toContain('Compress Workspace for This Task…');
        await menus.close();
        await button.click();
        await window.estimate.waitFor();
        await window.page.keyboard.press('Enter');
        const chat = await window.openChat();
        await chat.button('Task: Money').waitFor();
        await chat.status.getByText('The crib sheet for Money is ready.').waitFor();
      },
    ),
  );

  test(
    'the sheets view shows what a sheet holds and why other files are out',
    covers(
      [
        'view sheets',
        'menu view/title(sheets) compress',
        'menu view/title(sheets) refresh',
        'menu view/title(sheets) newTask',
        'menu view/title(sheets) copyTask',
        'menu view/title(sheets) openTask',
        'menu view/item/context(sheets, inline) compress',
      ],
      async () => {
        const { menus } = window;
        const pane = await window.view('Crib Sheets');
        const sheet = menus.row(pane, 'Money').first();
        await sheet.waitFor();
        await menus.unfold(sheet);
        const covered = menus.row(pane, 'Covered files');
        await menus.unfold(covered);
        await menus.row(pane, 'round.ts').waitFor();
        await window.shoot('sheets-view');
        await menus.row(pane, 'round.ts').click();
        await window.tab('round.ts').waitFor();
        await menus.openMore(pane);
        expect(await menus.labels()).toEqual(
          expect.arrayContaining(['New Task…', 'Copy Built-in Task to Workspace…', 'Open Task…']),
        );
        await menus.close();
        const buttons = await menus.titleButtons(pane);
        expect(buttons).toEqual(expect.arrayContaining(['Compress Workspace for Task…', 'Read Workspace Again']));
      },
    ),
  );

  test(
    'Show What the Sheet Kept colours the lines, in the theme colours, until it is hidden',
    covers(
      [
        'command showKept',
        'command hideKept',
        'key hideKept',
        'menu editor/title hideKept',
        'menu view/item/context(sheets, inline) showKept',
        'color kept1Background',
        'color kept2Background',
        'color kept3Background',
        'color kept4Background',
        'color kept5Background',
      ],
      async () => {
        const { menus, page } = window;
        const red = 'rgb(200, 0, 0)';
        const steps = Object.fromEntries(
          [1, 2, 3, 4, 5].map((n) => [`cribsheet.kept${String(n)}Background`, '#c80000']),
        );
        await window.configure({ 'workbench.colorCustomizations': steps });
        const pane = await window.view('Crib Sheets');
        const show = await menus.inlineButton(menus.row(pane, 'round.ts'), 'Show What the Sheet Kept');
        await show.click();
        const coloured = (): Promise<number> =>
          page
            .locator('.editor-group-container.active .view-overlays .cdr')
            .evaluateAll(
              (all, color) => all.filter((one) => getComputedStyle(one).backgroundColor === color).length,
              red,
            );
        await expect.poll(coloured, { timeout: 60_000 }).toBeGreaterThan(0);
        await window.configure({ 'workbench.colorCustomizations': null });
        await window.shoot('kept-tokens');
        await window.configure({ 'workbench.colorCustomizations': steps });
        // Another file is coloured, too, until the button in the title is pressed.
        await window.openFile('src/ledger.ts');
        await expect.poll(coloured, { timeout: 60_000 }).toBeGreaterThan(0);
        await page.locator('.editor-actions .action-label[aria-label^="Hide Highlights"]').click();
        await expect.poll(coloured, { timeout: 60_000 }).toBe(0);
        await window.run('Show What the Sheet Kept');
        await expect.poll(coloured, { timeout: 60_000 }).toBeGreaterThan(0);
        await window.statusItem().filter({ hasText: 'Highlights on' }).click();
        await expect.poll(coloured, { timeout: 60_000 }).toBe(0);
        await window.run('Show What the Sheet Kept');
        await expect.poll(coloured, { timeout: 60_000 }).toBeGreaterThan(0);
        await window.editor.click();
        await page.keyboard.press('Escape');
        await expect.poll(coloured, { timeout: 60_000 }).toBe(0);
        await window.configure({ 'workbench.colorCustomizations': null });
      },
    ),
  );

  test(
    'Show What the Last Answer Looked At colours the lines of its evidence',
    covers(
      ['command showAttention', 'menu editor showKept', 'menu editor showAttention', 'menu editor hideKept'],
      async () => {
        const { menus, page } = window;
        const turn = await (await window.openChat()).ask('Which function rounds an amount?');
        await answerIn(turn, 'Cache').waitFor();
        await turn.getByText(/^What the answer looked at/).waitFor();
        await window.run('Show What the Last Answer Looked At');
        const marked = page.locator('.editor-group-container.active .view-overlays [class*="ced-"]');
        await marked.first().waitFor();
        await window.shoot('attention');
        await menus.openOn(window.editor.locator('.view-line').first());
        const labels = await menus.openSubmenu('Cribsheet');
        expect(labels).toEqual(
          expect.arrayContaining([
            'Show What the Sheet Kept',
            'Show What the Last Answer Looked At',
            'Hide Highlights',
          ]),
        );
        await menus.choose('Hide Highlights');
        await expect.poll(() => marked.count()).toBe(0);
      },
    ),
  );

  test(
    'Rebuild Sheet from its row brings a stale sheet up to date; Read Workspace Again finds changes',
    covers(
      ['command rebuildSheet', 'command refresh', 'menu view/item/context(sheets, inline) rebuildSheet'],
      async () => {
        const { menus } = window;
        await appendFile(path.join(folder, 'src/money/round.ts'), '\nexport const cent = 1;\n');
        const pane = await window.view('Crib Sheets');
        await menus.pressTitleButton(pane, 'Read Workspace Again');
        const sheet = menus.row(pane, 'Money').first();
        await sheet.filter({ hasText: '1 stale' }).waitFor();
        await menus.unfold(sheet);
        await menus.row(pane, 'Changed since').waitFor();
        await window.shoot('sheets-stale');
        await (await menus.inlineButton(sheet, 'Rebuild Sheet')).click();
        await expect.poll(() => sheet.innerText(), { timeout: 120_000 }).not.toContain('stale');
        await writeFile(path.join(folder, 'src/extra.ts'), 'export const extra = 1;\n');
        await window.run('Read Workspace Again');
        await sheet.filter({ hasText: 'stale' }).waitFor();
        await rm(path.join(folder, 'src/extra.ts'));
        await window.run('Read Workspace Again');
        await expect.poll(() => sheet.innerText(), { timeout: 120_000 }).not.toContain('stale');
      },
    ),
  );

  test(
    "Open Sheet's Folder says where a sheet lies, Delete Sheet… asks and deletes it",
    covers(
      [
        'command openSheetFolder',
        'command deleteSheet',
        'menu view/item/context(sheets) rebuildSheet',
        'menu view/item/context(sheets) openSheetFolder',
        'menu view/item/context(sheets) deleteSheet',
      ],
      async () => {
        const { menus } = window;
        const pane = await window.view('Crib Sheets');
        const sheet = menus.row(pane, 'Onboarding').first();
        await menus.openOn(sheet);
        expect(await menus.labels()).toEqual(['Rebuild Sheet', "Open Sheet's Folder", 'Delete Sheet…']);
        await menus.choose("Open Sheet's Folder");
        await window.chosenAgain(sheet, "Open Sheet's Folder", window.toast(window.store));
        await window.toast(window.store).getByRole('button', { name: 'Copy Path' }).click();
        await window.toast(window.store).waitFor({ state: 'hidden' });
        const dialog = window.dialog('Delete the sheet "Onboarding"?');
        await menus.chooseOn(sheet, 'Delete Sheet…');
        await dialog.waitFor();
        await window.shoot('delete-sheet');
        await dialog.getByRole('button', { name: 'Delete' }).click();
        await sheet.waitFor({ state: 'hidden' });
      },
    ),
  );

  test(
    'rebuildWhenIdle: a stale sheet is rebuilt when nothing happens for a while',
    covers(['setting rebuildWhenIdle'], async () => {
      await window.configure({ 'cribsheet.rebuildWhenIdle': true });
      await appendFile(path.join(folder, 'src/money/round.ts'), '\nexport const euro = 100;\n');
      await window.run('Read Workspace Again');
      await window.statusItem().filter({ hasText: 'stale' }).waitFor();
      await window.statusItem().filter({ hasText: 'sheet ready' }).waitFor({ timeout: 600_000 });
    }),
  );
});

/** A job that takes a while: on a copy of this repository's sources. */
describe('a long compression', () => {
  let window: CodeWindow;
  inWindow(
    async () => {
      const folder = path.join(work, 'workspaces/long');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const source = path.resolve(import.meta.dirname, '../../src');
      for (const part of await readdir(source))
        await cp(path.join(source, part), path.join(folder, part), { recursive: true });
      const settings = { 'cribsheet.resumeOnStart': false, 'cribsheet.rebuildWhenIdle': false };
      return { name: 'long', folder, settings };
    },
    async (opened) => {
      window = opened;
      await window.openChat();
    },
  );

  test(
    'says in view and status bar how far it is; Pause Compression stops it, Resume Compression goes on',
    covers(['command pauseCompress', 'command resumeCompress'], async () => {
      await window.run('Compress Workspace for Task…');
      await window.pick('api-lookup');
      await window.estimate.waitFor();
      // The fewer positions of each file, the more files to compute.
      await window.quickInput.locator('input').first().fill('64');
      await window
        .quickRow(/Keep one of 64/)
        .filter({ hasText: 'positions' })
        .waitFor();
      await window.page.keyboard.press('Enter');
      const { chat } = window;
      await chat.status.getByText(/of [\d,]+ segments/).waitFor();
      await window.statusItem().filter({ hasText: '%' }).waitFor();
      await chat.statusAction('pauseCompress').waitFor();
      await window.run('Pause Compression');
      await window.statusItem().filter({ hasText: 'paused at' }).waitFor();
      await chat.statusAction('resumeCompress').waitFor();
      await window.shoot('compress-paused');
      await window.run('Resume Compression');
      await window
        .statusItem()
        .filter({ hasText: /^.*\d+%/ })
        .waitFor();
      await window.shoot('compressing');
    }),
  );

  test('questions are answered meanwhile, and the answer says from what', async () => {
    const turn = await window.chat.ask('Where is parseCrib defined?');
    await turn.getByText(/tokens read/).waitFor();
  });

  test('resumeOnStart off: after closing the window it waits, and goes on where it was', async () => {
    await window.statusItem().filter({ hasText: /\d+%/ }).waitFor();
    await window.load();
    const chat = await window.openChat();
    await window.statusItem().filter({ hasText: 'paused at' }).waitFor();
    await chat.statusAction('resumeCompress').waitFor();
  });

  test(
    'resumeOnStart on: after closing the window it goes on by itself',
    covers(['setting resumeOnStart'], async () => {
      await window.chat.statusAction('resumeCompress').click();
      await window
        .statusItem()
        .filter({ hasText: /^.*\d+%/ })
        .waitFor();
      await window.configure({ 'cribsheet.resumeOnStart': true });
      await window.load();
      await window.openChat();
      await window
        .statusItem()
        .filter({ hasText: /: \d+%/ })
        .waitFor();
    }),
  );

  test(
    'Cancel Compression ends it; what is done answers, with its coverage',
    covers(['command cancelCompress'], async () => {
      await window.run('Cancel Compression');
      const { chat } = window;
      await chat.status.getByText('is not finished; it answers for the files that it covers').waitFor();
      await window.shoot('sheet-partial');
      await chat.choose('Mode', 'Cache');
      const turn = await chat.ask('Where is CribsheetError defined?');
      await turn.getByText(/covers \d+ of \d+ files/).waitFor();
    }),
  );
});
