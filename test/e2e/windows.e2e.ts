import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import { answerIn } from './support/chatPage.ts';
import type { CodeWindow, WindowOptions } from './support/codeWindow.ts';
import { prepared, work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';

/** Windows that are not one trusted folder on a disk. */
function describeWindow(
  title: string,
  options: () => Promise<WindowOptions>,
  tests: (window: () => CodeWindow) => void,
): void {
  describe(title, () => {
    let window: CodeWindow;
    inWindow(options, (opened) => {
      window = opened;
    });
    tests(() => window);
  });
}

const quietCommands = [
  'Choose Model…',
  'Import Model from Folder…',
  'Open Settings',
  'Open Task…',
  'Open Walkthrough',
  'Restart Engine',
  'Show Log',
  'Show Status',
  'Show Version',
];

describeWindow(
  'a window without a folder',
  () => Promise.resolve({ name: 'no-folder' }),
  (window) => {
    test(
      'says that a folder has to be opened, in the chat and in the sheets view',
      covers(['welcome noFolder'], async () => {
        const chat = await window().openChat();
        await chat.status.getByText('Open a folder to ask questions about its code.').waitFor();
        await chat.statusAction('openFolder').waitFor();
        await window().shoot('chat-no-folder');
        const sheets = await window().view('Crib Sheets');
        await sheets.getByText('Open a folder: its sheets are listed here.').waitFor();
        await sheets.getByRole('button', { name: 'Open Folder' }).waitFor();
      }),
    );

    test(
      'its palette has only what works without a folder',
      covers(['palette'], async () => {
        expect((await window().offeredCommands()).toSorted()).toEqual(quietCommands);
      }),
    );
  },
);

describeWindow(
  'a folder that is not trusted',
  async () => ({
    name: 'untrusted',
    folder: await writeWorkspace(path.join(work, 'workspaces/untrusted')),
    workspaceTrust: true,
    settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
  }),
  (window) => {
    test(
      'is not read, and the chat and the views say so with a button',
      covers(['welcome untrusted', 'palette'], async () => {
        const chat = await window().openChat();
        await chat.status.getByText('This workspace is not trusted yet').waitFor();
        await chat.statusAction('manageTrust').waitFor();
        await window().shoot('chat-untrusted');
        await chat.send('Where is openLedger defined?');
        await chat.turns.last().getByText(/trust/i).first().waitFor();
        const sheets = await window().view('Crib Sheets');
        await sheets.getByText('In Restricted Mode the folder is not read.').waitFor();
        expect((await window().offeredCommands()).toSorted()).toEqual(quietCommands);
        // Nothing was written about it either.
        expect(await readdir(window().store).catch(() => [])).not.toContain('workspaces');
      }),
    );

    test('is read as soon as it is trusted', async () => {
      const chat = await window().openChat();
      await chat.statusAction('manageTrust').click();
      await window()
        .page.locator('.workspace-trust-editor')
        .getByRole('button', { name: 'Trust', exact: true })
        .click();
      await chat.statusAction('compress').waitFor();
      const turn = await chat.ask('Where is openLedger defined?');
      await answerIn(turn, 'RAG').waitFor();
    });
  },
);

describeWindow(
  'a folder that is not on a disk',
  async () => {
    const file = path.join(work, 'workspaces/virtual.code-workspace');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ folders: [{ name: 'far', uri: 'crib-test:/far' }] }));
    return { name: 'virtual', folder: file };
  },
  (window) => {
    test(
      'is said to be out of reach, with a button that opens another',
      covers(['welcome virtual'], async () => {
        const chat = await window().openChat();
        await chat.status.getByText('This folder is not on a disk of this machine').waitFor();
        await chat.statusAction('openFolder').waitFor();
        await window().shoot('chat-virtual');
        const sheets = await window().view('Crib Sheets');
        await sheets.getByText('This folder is virtual').waitFor();
      }),
    );
  },
);

describeWindow(
  'two folders',
  async () => {
    const folder = path.join(work, 'workspaces/two');
    await rm(folder, { recursive: true, force: true });
    const lib = (value: string): Record<string, string> => ({
      'src/shared.ts': `/** Says who it is. */\nexport function ${value}Name(): string {\n  return '${value}';\n}\n`,
    });
    await writeWorkspace(path.join(folder, 'alpha'), lib('alpha'));
    await writeWorkspace(path.join(folder, 'beta'), lib('beta'));
    const file = path.join(folder, 'two.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'alpha' }, { path: 'beta' }] }));
    return { name: 'two', folder: file };
  },
  (window) => {
    test('the chat says which one it asks; the same file name leads to the right one', async () => {
      const chat = await window().openChat();
      for (const name of ['beta', 'alpha']) {
        if (!(await chat.button(`Folder: ${name}`).isVisible())) await chat.choose('Folder', name);
        const turn = await chat.ask(`Where is ${name}Name defined?`);
        await turn
          .getByText(/^Pieces that were read/)
          .first()
          .click();
        await turn
          .getByRole('list', { name: /^Pieces that were read/ })
          .getByRole('button', { name: /^src\/shared\.ts/ })
          .first()
          .click();
        await window().page.locator('.breadcrumbs-control', { hasText: name }).first().waitFor();
        await window()
          .editor.locator('.view-line', { hasText: `${name}Name` })
          .waitFor();
      }
      await window().shoot('chat-two-folders');
    });

    test('commands ask which folder is meant', async () => {
      for (const [command, next] of [
        ['Compress Workspace for Task…', 'api-lookup'],
        ['Copy Built-in Task to Workspace…', 'bug-hunt.crib'],
      ] as const) {
        await window().run(command);
        await window().quickRow('alpha').waitFor();
        await window().pick('beta');
        await window().quickRow(next).waitFor();
        await window().page.keyboard.press('Escape');
      }
      await window().run('New Task…');
      await window().pick('beta');
      await window().quickInput.getByText('What shall the task be called?').waitFor();
    });

    test('each folder has its own sheet in the sheets view', async () => {
      await window().run('Compress Workspace for Task…');
      await window().pick('beta');
      await window().pick('api-lookup');
      await window().estimate.waitFor();
      await window().page.keyboard.press('Enter');
      const pane = await window().view('Crib Sheets');
      await window().menus.row(pane, 'API lookup').waitFor();
      expect(await window().menus.row(pane, 'API lookup').count()).toBe(1);
      await window().menus.row(pane, 'alpha').filter({ hasText: 'no sheet yet' }).waitFor();
      await window().shoot('sheets-two-folders');
    });
  },
);

describeWindow(
  'an installation without a model',
  async () => {
    const extensions = path.join(work, 'extensions-without-model');
    await rm(extensions, { recursive: true, force: true });
    await cp(prepared().extensions, extensions, { recursive: true });
    const [installed] = (await readdir(extensions)).filter((name) => name.startsWith('cribsheet.cribsheet-'));
    await rm(path.join(extensions, installed!, 'models'), { recursive: true });
    return { name: 'no-model', extensions, folder: await writeWorkspace(path.join(work, 'workspaces/no-model')) };
  },
  (window) => {
    test(
      'says so in the models view, and what search finds is shown',
      covers(['welcome noModels'], async () => {
        const chat = await window().openChat();
        await chat.frame.getByText('Ask a question about this code base.').waitFor();
        const turn = await chat.ask('Where is openLedger defined?');
        await turn
          .getByRole('button', { name: /^src\/ledger\.ts/ })
          .first()
          .waitFor();
        await chat.statusAction('chooseModel').waitFor();
        const pane = await window().view('Models');
        await pane.getByText('No model was found, not even the bundled one.').waitFor();
        await pane
          .getByRole('region', { name: 'Welcome' })
          .getByRole('button', { name: 'Import Model from Folder…' })
          .waitFor();
      }),
    );
  },
);
