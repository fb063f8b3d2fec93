import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { AxeResults } from 'axe-core';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';

const code = `/** Opens the gate. <img src=x onerror="window.hacked=1"> [run](command:workbench.action.quit)
 * ![x](https://evil.example/x.png) \u001b[31mred\u001b[0m \u202eright to left\u202c <script>window.hacked=1</script> */
export function openGate(): void {}
`;
const files = {
  'src/<img src=x onerror=window.hacked=1>.ts': code,
  'src/[gate](command:workbench.action.quit).ts': code.replaceAll('openGate', 'openOther'),
  'src/\u202egate.ts': code.replaceAll('openGate', 'openTurned'),
  '.cribsheet/tasks/evil.crib':
    '---\nid: evil\ntitle: "<img src=x onerror=window.hacked=1> [x](command:foo)"\ndescription: "![x](https://evil.example/x.png)"\n---\n\nLook.\n',
};

/** What a folder holds is text for Cribsheet, in the window as well as in its own page. */
describe('a hostile workspace', () => {
  let window: CodeWindow;
  inWindow(
    async () => ({ name: 'hostile', folder: await writeWorkspace(path.join(work, 'workspaces/hostile'), files) }),
    async (opened) => {
      window = opened;
      // Without a model the answer is the source that was found: its text comes into the chat unchanged.
      const empty = path.join(work, 'models/none');
      await mkdir(empty, { recursive: true });
      await window.configure({ 'cribsheet.model': empty });
    },
  );

  test('its text stays text in the chat', async () => {
    const chat = await window.openChat();
    await chat.statusAction('compress').waitFor();
    const turn = await chat.ask('Where is openGate defined?');
    await turn.getByText('<script>window.hacked=1</script>').first().waitFor();
    await turn.getByText('[run](command:workbench.action.quit)').first().waitFor();
    await window.shoot('chat-hostile');
    const document = await chat.document();
    const found = await document.evaluate(() => {
      const names: string[] = [];
      let text = '';
      const walk = (root: ParentNode): void => {
        for (const element of root.querySelectorAll('*')) {
          names.push(element.localName);
          if (element.shadowRoot) walk(element.shadowRoot);
          if (element.localName === 'pre') text += element.textContent;
        }
      };
      walk(globalThis.document.body);
      return { names, text, hacked: 'hacked' in globalThis };
    });
    expect(found.names.filter((name) => /^(?:a|img|iframe|object|embed|form|base)$/.test(name))).toEqual([]);
    expect(found.hacked).toBe(false);
    expect(found.text).toContain('right to left');
    // Neither terminal escapes nor turned writing.
    // eslint-disable-next-line no-control-regex
    expect(found.text).not.toMatch(/[\u001b\u202e]/u);
  });

  test('its names stay text in pickers, views and messages', async () => {
    await window.run('Choose Task…');
    await window.quickRow('[x](command:foo)').first().waitFor();
    await window.shoot('choose-task-hostile');
    await window.page.keyboard.press('Escape');
    const sheets = await window.view('Crib Sheets');
    await sheets.locator('.pane-body').waitFor();
    const hacked = await window.page.evaluate(() => 'hacked' in globalThis);
    expect(hacked).toBe(false);
    // Nothing of it has become an element of the workbench.
    expect(await window.page.locator('img[src="x"], a[href*="command:foo"], a[href*="quit"]').count()).toBe(0);
    expect(await window.page.locator('img[src*="evil.example"]').count()).toBe(0);
  });

  test('the page cannot reach the network', async () => {
    const document = await (await window.openChat()).document();
    const outcomes = await document.evaluate(async () => {
      const image = (src: string): Promise<void> =>
        new Promise((resolve, reject) => {
          const element = new Image();
          element.onload = () => {
            resolve();
          };
          element.onerror = reject;
          element.src = src;
        });
      const socket = (url: string): Promise<void> =>
        new Promise((resolve, reject) => {
          const opened = new WebSocket(url);
          opened.onopen = () => {
            resolve();
          };
          opened.onerror = reject;
        });
      const here = globalThis.location.origin;
      const tries = [
        fetch('https://example.com/'),
        fetch(here),
        image('https://example.com/x.png'),
        socket('wss://example.com/'),
      ];
      return (await Promise.allSettled(tries)).map(({ status }) => status);
    });
    expect(outcomes).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    const refused = await document.evaluate(
      () =>
        new Promise<string>((resolve) => {
          globalThis.document.addEventListener('securitypolicyviolation', (event) => {
            resolve(event.effectiveDirective);
          });
          void fetch('https://example.com/').catch(() => undefined);
        }),
    );
    // By the page's own policy, and not only because there is no network here.
    expect(refused).toBe('connect-src');
  });

  test('axe finds nothing to complain about in the page as VS Code shows it', async () => {
    const document = await (await window.openChat()).document();
    await document.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const violations = await document.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run: (context: object) => Promise<AxeResults> } };
      // The page lets the side bar behind it show through, which axe takes for white.
      globalThis.document.documentElement.style.background = 'var(--vscode-sideBar-background)';
      // Of the page around ours VS Code is in charge.
      const result = await axe.run(globalThis.document.body);
      return result.violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join(' ')}`,
      );
    });
    expect(violations).toEqual([]);
  });
});
