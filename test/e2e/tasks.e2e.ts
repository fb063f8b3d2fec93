import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';

/** `.crib` files: making them, and what the editor does for them. */
describe('tasks', () => {
  let window: CodeWindow;
  let folder: string;
  inWindow(
    async () => {
      folder = await writeWorkspace(path.join(work, 'workspaces/tasks'));
      return { name: 'tasks', folder };
    },
    (opened) => {
      window = opened;
    },
  );

  const task = (name: string): Promise<string> => readFile(path.join(folder, '.cribsheet/tasks', name), 'utf8');

  test(
    'New Task… asks for a name and opens a task whose instruction is selected',
    covers(['command newTask'], async () => {
      await window.run('New Task…');
      await window.quickInput.getByText('What shall the task be called?').waitFor();
      await window.quickInput.locator('input').first().fill('Error handling');
      await window.page.keyboard.press('Enter');
      await window.tab('error-handling.crib').waitFor();
      await window.cursor.filter({ hasText: 'selected' }).waitFor();
      expect(await task('error-handling.crib')).toContain('title: "Error handling"');
    }),
  );

  test(
    'Copy Built-in Task to Workspace… copies one to be edited, once',
    covers(['command copyTask'], async () => {
      await window.run('Copy Built-in Task to Workspace…');
      await window.pick('bug-hunt.crib');
      await window.tab('bug-hunt.crib').waitFor();
      const text = await task('bug-hunt.crib');
      expect(text).toContain('id: bug-hunt');
      await writeFile(path.join(folder, '.cribsheet/tasks/bug-hunt.crib'), `${text}\n`);
      await window.run('Copy Built-in Task to Workspace…');
      await window.pick('bug-hunt.crib');
      await window.toast('bug-hunt.crib is in the workspace already.').waitFor();
      expect(await task('bug-hunt.crib')).toBe(`${text}\n`);
    }),
  );

  test(
    'Open Task… opens a task of the workspace, and a built-in one to be read',
    covers(['command openTask'], async () => {
      await window.run('Open Task…');
      await window.quickRow('money.crib').waitFor();
      await window.shoot('open-task');
      await window.pick(/onboarding\.crib.*read-only/s);
      await window.tab('onboarding.crib').waitFor();
      await window.editor.click();
      await window.page.keyboard.type('x');
      await window.page.getByText('Editor is read-only').first().waitFor();
    }),
  );

  test(
    'New Task from This Chat… makes examples of what was asked',
    covers(['command newTaskFromChat'], async () => {
      const chat = await window.openChat();
      await chat.ask('Where is openLedger defined?');
      await window.run('New Task from This Chat…');
      await window.quickInput.locator('input').first().fill('Ledgers');
      await window.page.keyboard.press('Enter');
      await window.tab('ledgers.crib').waitFor();
      expect(await task('ledgers.crib')).toContain('Q: Where is openLedger defined?');
    }),
  );

  test(
    'a .crib file has its language, icon, colours and word wrap',
    covers(['language crib', 'language grammar text.crib', 'language defaults [crib]'], async () => {
      await window.openFile('.cribsheet/tasks/money.crib');
      await window.page.locator('.statusbar-item#status\\.editor\\.mode', { hasText: 'Cribsheet Task' }).waitFor();
      // The head is coloured as YAML, the words of an example in a colour of their own.
      const colour = (text: string): Promise<string> =>
        window.editor
          .locator('.view-line span > span', { hasText: text })
          .first()
          .evaluate((span) => getComputedStyle(span).color);
      expect(await colour('title')).not.toBe(await colour('Money'));
      expect(await colour('Q:')).not.toBe(await colour('Which function'));
      await writeFile(
        path.join(folder, '.cribsheet/tasks/long.crib'),
        `---\nid: long\n---\n\n${'many words '.repeat(60)}\n`,
      );
      await window.openFile('.cribsheet/tasks/long.crib');
      // One line of the file takes several of the editor.
      await expect
        .poll(() => window.editor.locator('.view-line', { hasText: 'many words' }).count())
        .toBeGreaterThan(2);
      await window.shoot('crib-wrapped');
    }),
  );

  test(
    'snippets write a whole task, and keys and values are completed',
    covers(['language snippets crib'], async () => {
      const { page } = window;
      await writeFile(path.join(folder, '.cribsheet/tasks/fresh.crib'), '');
      await window.openFile('.cribsheet/tasks/fresh.crib');
      await window.editor.click();
      await page.keyboard.type('task');
      const widget = page.locator('.suggest-widget.visible');
      await widget.getByText('A whole task: front matter').first().or(widget.getByText('Task').first()).waitFor();
      await page.keyboard.press('Enter');
      await window.editor.locator('.view-line', { hasText: 'id: fresh' }).waitFor();
      await page.keyboard.press('Escape');
      await window.goToLine(4, 80);
      await page.keyboard.press('Enter');
      await page.keyboard.type('str');
      await widget.locator('.monaco-list-row', { hasText: 'strategy' }).waitFor();
      await window.shoot('crib-completion');
      await page.keyboard.press('Escape');
    }),
  );

  test(
    'a mistake is marked at its line, and its quick fix mends it',
    covers(['language crib'], async () => {
      await writeFile(
        path.join(folder, '.cribsheet/tasks/wrong.crib'),
        '---\nid: wrong\nscop: [src/**]\n---\n\nLook.\n',
      );
      await window.openFile('.cribsheet/tasks/wrong.crib');
      await window.page.locator('.editor-group-container.active .squiggly-error').first().waitFor();
      await window.goToLine(3, 2);
      await window.shoot('crib-problem');
      await window.quickFix('Change to "scope"');
      await window.editor.locator('.view-line', { hasText: 'scope:' }).waitFor();
      await expect.poll(() => window.page.locator('.editor-group-container.active .squiggly-error').count()).toBe(0);
    }),
  );
});
