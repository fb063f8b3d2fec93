import { describe, expect, test } from 'vitest';
import { comparisonOf, opening, turnOf, chatAnswer, answerOf, openAnswer } from './fixtures.ts';
import { browserPath, useRig } from './harness.ts';
import { themes, type ThemeName } from './themes.ts';

/** Each surface in each kind of theme, as pictures for people; that nothing was refused or failed is asserted. */
describe.skipIf(browserPath === undefined)('looks', () => {
  const rig = useRig();

  const names = Object.keys(themes) as ThemeName[];

  test.each(names)('chat, %s', async (theme) => {
    const shown = await rig.show({ theme });
    await shown.post(
      ...opening(
        [
          turnOf({
            id: 't0',
            question: 'Where are orders stored, and who may change them?',
            attachments: [{ path: 'src/orders/', startLine: 0, endLine: 0 }],
            answers: [
              {
                asked: 'auto',
                state: 'failed',
                text: '',
                error: {
                  code: 'model-missing',
                  message: 'The model cribsheet-starter is not there.',
                  action: 'Choose another model or install it again.',
                },
              },
            ],
          }),
          turnOf(),
        ],
        {
          attachments: [
            { path: 'src/parser/recover.ts', startLine: 10, endLine: 20 },
            { path: 'docs/', startLine: 0, endLine: 0 },
          ],
          status: {
            kind: 'compressing',
            message: 'Compressing for API lookup; questions are answered by RAG meanwhile.',
            progress: 0.26,
            detail: '312 of 1,204 segments · 41 per minute · 21 min left',
            actions: [
              { id: 'pauseCompress', label: 'Pause' },
              { id: 'cancelCompress', label: 'Cancel' },
            ],
          },
        },
      ),
    );
    await shown.page.evaluate(() => document.fonts.ready);
    await shown.screenshot(`chat-${theme}`);
    await shown.page.locator('.conversation').evaluate((element) => (element.scrollTop = 0));
    await shown.screenshot(`chat-top-${theme}`);
    await shown.page.locator('crib-menu.task button').first().click();
    await shown.screenshot(`menu-${theme}`);
    expect(shown.troubles).toEqual([]);
  });

  test.each(names)('empty chat and history, %s', async (theme) => {
    const shown = await rig.show({ theme, height: 560 });
    await shown.post(
      ...opening([], {
        status: {
          kind: 'no-sheet',
          message: 'There is no sheet for API lookup yet: questions are answered by RAG.',
          actions: [
            { id: 'compress', label: 'Compress workspace' },
            { id: 'openWalkthrough', label: 'How it works' },
          ],
        },
        comparing: true,
        roots: [
          { root: '/w/shop', name: 'shop' },
          { root: '/w/tools', name: 'tools' },
        ],
      }),
    );
    await shown.screenshot(`empty-${theme}`);
    await shown.page.getByRole('button', { name: 'Earlier chats' }).click();
    await shown.page.getByRole('button', { name: 'Delete chat: Where are orders stored?' }).click();
    await shown.screenshot(`history-${theme}`);
    expect(shown.troubles).toEqual([]);
  });

  test.each(names)('comparison in a tab and in the sidebar, %s', async (theme) => {
    const tab = await rig.show({ theme, page: 'compare', width: 1100, height: 900 });
    await tab.post(...opening([comparisonOf({ better: 'first' })]));
    await tab.page.locator('mark').first().waitFor();
    await tab.screenshot(`compare-${theme}`);
    expect(tab.troubles).toEqual([]);

    const side = await rig.show({ theme, height: 1300 });
    await side.post(...opening([comparisonOf()]));
    await side.page.locator('mark').first().waitFor();
    await side.page.locator('details.evidence summary').first().click();
    await side.screenshot(`compare-sidebar-${theme}`);
    expect(side.troubles).toEqual([]);
  });

  test.each(names)('answers that should not be relied on, %s', async (theme) => {
    const shown = await rig.show({ theme, height: 900 });
    const found = [
      { path: 'src/orders/store.ts', startLine: 10, endLine: 13, name: 'saveOrder' },
      {
        path: 'src/orders/deeply/nested/folder/of/parts/permissions.ts',
        startLine: 40,
        endLine: 66,
        name: 'mayChange',
      },
    ];
    const low = answerOf({ answer: 'function in src/orders/old.ts', unsure: 'low-confidence', found, evidence: [] });
    const beyond = answerOf({ answer: 'Beyond this model', unsure: 'beyond', found, citations: [], evidence: [] });
    await shown.post(
      ...opening([
        turnOf({ answers: [chatAnswer({ answer: low })] }),
        turnOf({ id: 't2', question: 'Explain how orders work.', answers: [chatAnswer({ text: '', answer: beyond })] }),
      ]),
    );
    await shown.page.evaluate(() => document.fonts.ready);
    await shown.screenshot(`unsure-${theme}`);
    expect(shown.troubles).toEqual([]);
  });

  test.each(names)('no model, an answer being written, %s', async (theme) => {
    const shown = await rig.show({ theme });
    const chunks = [
      {
        path: 'src/orders/store.ts',
        startLine: 10,
        endLine: 13,
        name: 'saveOrder',
        score: 3,
        text: 'export function saveOrder(order: Order): void {\n  orders.set(order.id, order);\n}',
      },
    ];
    const found = answerOf({
      mode: 'rag',
      answer: '',
      citations: [],
      evidence: [],
      chunks,
      reason: 'there is no model',
    });
    await shown.post(
      ...opening(
        [
          turnOf({ answers: [chatAnswer({ asked: 'auto', text: '', answer: found })] }),
          turnOf({ id: 't2', question: 'And where are they read?', answers: [openAnswer('They are read in `load')] }),
        ],
        {
          status: {
            kind: 'worker-dead',
            message: 'The worker stopped three times; search still works.',
            actions: [
              { id: 'restartWorker', label: 'Restart' },
              { id: 'showLog', label: 'Show log' },
            ],
          },
        },
      ),
    );
    await shown.screenshot(`no-model-${theme}`);
    expect(shown.troubles).toEqual([]);
  });
});
