import path from 'node:path';
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';
import { talker } from './support/talker.ts';

/** Code review in the editor, with a model that always finds something. */
describe('review', () => {
  let window: CodeWindow;
  inWindow(
    async () => ({
      name: 'review',
      folder: await writeWorkspace(path.join(work, 'workspaces/review')),
      settings: { 'typescript.validate.enable': false },
    }),
    async (opened) => {
      window = opened;
      await window.configure({ 'cribsheet.model': await talker('reviewer') });
    },
  );

  const marks = (severity: 'warning' | 'info' | 'hint'): Locator =>
    window.page.locator(`.editor-group-container.active .squiggly-${severity}`);

  test(
    'Review This Function with the Sheet marks the name of the definition at the cursor',
    covers(['command reviewFunction'], async () => {
      await window.openFile('src/defects.ts');
      await window.goToLine(4);
      await window.run('Review This Function with the Sheet');
      // Without a sheet it asks before it reads everything anew.
      const question = window.toast('There is no sheet for code review yet.');
      await question.waitFor();
      await window.shoot('review-question');
      await question.getByRole('button', { name: 'Review Without a Sheet' }).click();
      await marks('warning').first().waitFor();
      expect(await marks('warning').count()).toBe(1);
      expect(await window.problems()).toEqual([expect.stringMatching(/\[Ln 2, Col 17\]/)]);
      await window.shoot('review-finding');
    }),
  );

  test(
    'a finding is dismissed from its light bulb',
    covers(['command dismissFinding'], async () => {
      await window.goToLine(2, 18);
      await window.quickFix('Dismiss this finding');
      await expect.poll(() => marks('warning').count()).toBe(0);
    }),
  );

  test(
    'cribsheet.review.severity says how findings look, cribsheet.review.maxDefinitions how many are asked about',
    covers(['setting review.severity', 'setting review.maxDefinitions', 'command reviewFile'], async () => {
      const review = async (): Promise<void> => {
        await window.run('Review This File with the Sheet');
        await window
          .toast('There is no sheet for code review yet.')
          .getByRole('button', { name: 'Review Without a Sheet' })
          .click();
      };
      await window.configure({ 'cribsheet.review.severity': 'information', 'cribsheet.review.maxDefinitions': 2 });
      await review();
      await expect.poll(() => window.problems(), { timeout: 60_000 }).toHaveLength(2);
      expect(await marks('info').count()).toBe(2);
      await window.configure({ 'cribsheet.review.severity': 'hint', 'cribsheet.review.maxDefinitions': null });
      await review();
      await expect.poll(() => marks('hint').count(), { timeout: 60_000 }).toBe(4);
      expect(await window.problems()).toEqual([]);
      await window.configure({ 'cribsheet.review.severity': null });
    }),
  );

  test(
    'Dismiss All Review Findings takes all of them away; the menu of the editor has it while there are any',
    covers(['command dismissFindings', 'menu editor dismissFindings'], async () => {
      const { menus } = window;
      await menus.openOn(window.editor.locator('.view-line').first());
      expect(await menus.openSubmenu('Cribsheet')).toContain('Dismiss All Review Findings');
      await menus.close();
      await window.run('Dismiss All Review Findings');
      await expect.poll(() => marks('hint').count()).toBe(0);
      await menus.openOn(window.editor.locator('.view-line').first());
      expect(await menus.openSubmenu('Cribsheet')).not.toContain('Dismiss All Review Findings');
      await menus.close();
    }),
  );

  test(
    'cribsheet.review.codeLens shows a line above each definition that reviews it',
    covers(['setting review.codeLens'], async () => {
      const lens = window.page.locator('.editor-group-container.active .codelens-decoration a');
      await window.configure({ 'cribsheet.review.codeLens': true });
      await lens.first().waitFor();
      expect(await lens.first().innerText()).toBe('Review with the sheet');
      await window.shoot('review-lens');
      await lens.first().click();
      await window
        .toast('There is no sheet for code review yet.')
        .getByRole('button', { name: 'Review Without a Sheet' })
        .click();
      await marks('warning').first().waitFor();
      // A finding is about the text as it was: an edit takes it away.
      await window.goToLine(1);
      await window.page.keyboard.type('// ');
      await expect.poll(() => marks('warning').count()).toBe(0);
      await window.configure({ 'cribsheet.review.codeLens': null });
      await lens.first().waitFor({ state: 'hidden' });
    }),
  );
});
