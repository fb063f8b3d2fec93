import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { describe, expect, test } from 'vitest';
import { answerOf, chatAnswer, comparisonOf, openAnswer, opening, turnOf } from './fixtures.ts';
import { browserPath, useRig, type Shown } from './harness.ts';
import { themes, type ThemeName } from './themes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(browserPath === undefined)('accessibility', () => {
  const rig = useRig();

  /** What axe finds wrong, best practices included: `rule: element`. */
  const problems = async ({ page }: Shown): Promise<string[]> => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary, html }) => `${id}: ${target.join(' ')} ${html} ${failureSummary ?? ''}`),
    );
  };

  const names = Object.keys(themes) as ThemeName[];
  const chunks = [{ path: 'a.ts', startLine: 3, endLine: 5, name: 'load', score: 1, text: 'function load() {\n}' }];
  const found = [{ path: 'a.ts', startLine: 3, endLine: 5, name: 'load' }];
  const error = { code: 'worker-dead', message: 'The worker stopped.', action: 'Start it again.' } as const;
  const turns = [
    turnOf({
      attachments: [{ path: 'src/', startLine: 0, endLine: 0 }],
      answers: [chatAnswer({ answer: answerOf({ chunks }) })],
    }),
    turnOf({ id: 't2', answers: [{ asked: 'auto', state: 'failed', text: '', error }] }),
    turnOf({
      id: 't3',
      answers: [
        chatAnswer({ text: '', answer: answerOf({ answer: '', mode: 'rag', chunks, evidence: [], citations: [] }) }),
      ],
    }),
    comparisonOf({ id: 't4' }),
    turnOf({ id: 't5', answers: [openAnswer('Half')] }),
    turnOf({ id: 't6', answers: [chatAnswer({ answer: answerOf({ unsure: 'low-confidence', found }) })] }),
  ];

  test.each(names)('the chat has no fault that axe knows, %s', async (theme) => {
    // High enough for everything to be on the screen: what is skipped is not looked at.
    const shown = await rig.show({ theme, height: 4_000 });
    await shown.post(
      ...opening(turns, {
        attachments: [{ path: 'src/a.ts', startLine: 1, endLine: 2 }],
        comparing: theme === 'light',
        status: {
          kind: 'compressing',
          message: 'Compressing.',
          progress: 0.3,
          detail: '3 of 10',
          actions: [
            { id: 'pauseCompress', label: 'Pause' },
            { id: 'cancelCompress', label: 'Cancel' },
          ],
        },
      }),
    );
    for (const summary of await shown.page.locator('summary').all()) await summary.click();
    await shown.page.getByRole('button', { name: 'Earlier chats' }).click();
    await shown.page.getByRole('button', { name: 'Delete chat: Where' }).click();
    expect(await problems(shown)).toEqual([]);
    await shown.page.getByRole('button', { name: 'Task: API lookup' }).click();
    expect(await problems(shown)).toEqual([]);
  });

  test.each(names)('the comparison has no fault that axe knows, %s', async (theme) => {
    const shown = await rig.show({ theme, page: 'compare', width: 1_000, height: 2_000 });
    await shown.post(...opening([comparisonOf({ better: 'same' })]));
    await shown.page.locator('mark').first().waitFor();
    expect(await problems(shown)).toEqual([]);
  });

  test('the page before the host has said anything', async () => {
    expect(await problems(await rig.show())).toEqual([]);
  });

  test('Tab goes from the top to the question box, and every stop has a name', async () => {
    const shown = await rig.show();
    await shown.post(...opening([turnOf()], { attachments: [{ path: 'src/a.ts', startLine: 1, endLine: 2 }] }));
    const stops: string[] = [];
    for (let i = 0; i < 40; i++) {
      await shown.page.keyboard.press('Tab');
      const name = await shown.page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element === document.body
          ? undefined
          : (element?.getAttribute('aria-label') ?? element?.textContent?.trim());
      });
      if (name === undefined || name === stops[0]) break;
      stops.push(name);
    }
    expect(stops).toEqual([
      'Earlier chats',
      'New chat',
      'Conversation',
      'Copy code',
      'Insert code at the cursor',
      'Code, ts',
      expect.stringContaining('recover.ts:12-40'),
      expect.stringContaining('What the answer looked at (3)'),
      expect.stringContaining('12,086 tokens read'),
      'Copy answer',
      'Remove src/a.ts:1-2',
      'Question',
      'Mode: Auto',
      'Task: API lookup',
      expect.stringContaining('Compare'),
      'Add files to the question',
      'Send question',
    ]);
  });

  test('motion stops where the user wants none', async () => {
    for (const [reducedMotion, names] of [
      [true, 'none'],
      [false, 'crib-writing'],
    ] as const) {
      const shown = await rig.show({ reducedMotion });
      await shown.post(...opening([turnOf({ answers: [openAnswer()] })]));
      const animation = await shown.page
        .locator('.writing')
        .evaluate((element) => getComputedStyle(element).animationName);
      expect(animation).toBe(names);
      if (reducedMotion) continue;
      // VS Code's own setting comes as a class of the body.
      await shown.page.evaluate(() => {
        document.body.classList.add('vscode-reduce-motion');
      });
      expect(await shown.page.locator('.writing').evaluate((element) => getComputedStyle(element).animationName)).toBe(
        'none',
      );
    }
  });
});
