import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import { answerIn, finished } from './support/chatPage.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';

describe('chat', () => {
  let window: CodeWindow;
  let folder: string;
  inWindow(
    async () => {
      folder = await writeWorkspace(path.join(work, 'workspaces/chat'));
      const settings = {
        'cribsheet.mode': 'rag',
        'cribsheet.task': 'bug-hunt',
        'cribsheet.compareModes': ['rag', 'none'],
      };
      return { name: 'chat', folder, settings };
    },
    async (opened) => {
      window = opened;
      await window.openChat();
    },
  );

  test(
    'a new chat begins with the mode, the task and the compared modes of the settings',
    covers(['setting mode', 'setting task', 'setting compareModes'], async () => {
      // cribsheet.mode, cribsheet.task, cribsheet.compareModes
      const { chat } = window;
      await chat.button('Mode: RAG').waitFor();
      await chat.button('Task: Bug hunt').waitFor();
      await chat.button('Compare').click();
      await chat.button('Mode 1 of the comparison: RAG').waitFor();
      await chat.button('Mode 2 of the comparison: No context').waitFor();
      await chat.button('Compare').click();
    }),
  );

  test('Enter sends, the answer is in the chosen mode, and can be copied and asked again', async () => {
    const { chat } = window;
    await chat.choose('Task', 'API lookup');
    const turn = await chat.ask('What does roundCents return?');
    await answerIn(turn, 'RAG').waitFor();
    await turn.getByRole('button', { name: 'Copy answer' }).click();
    // The window's host copies, some time after the click.
    await expect
      .poll(async () => {
        await chat.question.press('Control+V');
        return chat.question.inputValue();
      })
      .toMatch(/\S/);
    await chat.question.fill('');
    await turn.getByRole('button', { name: 'Ask again in another mode' }).click();
    await turn.getByRole('menuitem', { name: /^No context/ }).click();
    await answerIn(turn, 'No context').waitFor();
    await finished(turn);
  });

  test(
    'Compare Answering Modes turns comparing on, and a comparison that was judged can be exported',
    covers(['command compare', 'command exportComparisons'], async () => {
      await window.run('Compare Answering Modes');
      const { chat } = window;
      await chat.button('Mode 1 of the comparison: RAG').waitFor();
      await chat.button('Mode 2 of the comparison: No context').waitFor();
      const turn = await chat.ask('Where is reportLine defined?');
      await turn.getByRole('radio', { name: 'RAG' }).click();
      await window.run('Export Comparisons…');
      const target = path.join(folder, 'judged.jsonl');
      await window.chooseInDialog(target);
      await window.tab('judged.jsonl').waitFor();
      const lines = (await readFile(target, 'utf8')).trim().split('\n');
      expect(JSON.parse(lines.at(-1)!)).toMatchObject({ question: 'Where is reportLine defined?' });
      await chat.button('Compare').click();
    }),
  );

  test(
    'Choose Task… changes the task of the chat',
    covers(['command chooseTask'], async () => {
      await window.run('Choose Task…');
      await window.quickRow('Tasks of this workspace').or(window.quickRow('money')).first().waitFor();
      await window.shoot('choose-task');
      await window.pick('money');
      await window.chat.button('Task: Money').waitFor();
    }),
  );

  test(
    'Ask About Selection puts the selected lines beside the question, and its key does, too',
    covers(['command askSelection', 'key askSelection', 'menu editor/context askSelection'], async () => {
      await window.openFile('src/ledger.ts');
      await window.editor.click();
      await window.page.keyboard.press('Control+Home');
      await window.page.keyboard.press('Shift+ArrowDown');
      await window.page.keyboard.press('Shift+ArrowDown');
      await window.run('Ask About Selection');
      const added = window.chat.frame.getByRole('list', { name: 'Added to the question' });
      await added.getByText('src/ledger.ts:1-2').waitFor();
      await window.shoot('chat-attachment');
      await window.chat.button('Remove src/ledger.ts:1-2').click();
      await added.waitFor({ state: 'hidden' });
      await window.editor.click();
      await window.page.keyboard.press('Control+Home');
      await window.page.keyboard.press('Shift+ArrowDown');
      await window.page.keyboard.press('Control+K');
      await window.page.keyboard.press('q');
      await added.getByText('src/ledger.ts:1').waitFor();
      await window.chat.button('Remove src/ledger.ts:1').click();
    }),
  );

  test(
    'Add File to Question adds the file, from the palette, an editor, its tab and the Explorer',
    covers(
      [
        'command addFile',
        'menu editor addFile',
        'menu editor/context editor',
        'menu editor/title/context addFile',
        'menu explorer/context addFile',
        'menu editor reviewFile',
        'menu editor reviewFunction',
      ],
      async () => {
        const { menus, chat } = window;
        const added = chat.frame.getByRole('list', { name: 'Added to the question' });
        const remove = async (): Promise<void> => {
          await added.getByText('ledger.ts').waitFor();
          await chat.button(/^Remove .*ledger\.ts/).click();
          await added.waitFor({ state: 'hidden' });
        };
        await window.openFile('src/ledger.ts');
        await window.run('Add File to Question');
        await remove();
        await menus.openOn(window.tab('ledger.ts'));
        await menus.choose('Add File to Question');
        await remove();
        await menus.openOn(window.editor);
        const submenu = await menus.openSubmenu('Cribsheet');
        expect(submenu).toEqual(
          expect.arrayContaining([
            'Add File to Question',
            'Review This Function with the Sheet',
            'Review This File with the Sheet',
          ]),
        );
        await menus.choose('Add File to Question');
        await remove();
        await menus.openOn(await window.inExplorer('README.md'));
        await menus.choose('Add File to Question');
        await chat.button(/^Remove README\.md/).click();
      },
    ),
  );

  test(
    'a question about added files reads these files first',
    covers(['color citation1Background', 'color citation2Background', 'color citation3Background'], async () => {
      const { menus, chat } = window;
      await chat.choose('Task', 'API lookup');
      await menus.openOn(await window.inExplorer('README.md'));
      await menus.choose('Add File to Question');
      await chat.button(/^Remove README\.md/).waitFor();
      const turn = await chat.ask('What does it keep?');
      await turn.getByRole('list', { name: 'Added to the question' }).getByText('README.md').waitFor();
      await turn.getByText(/Pieces that were read/).click();
      const pieces = turn.getByRole('list', { name: /Pieces that were read/ }).locator('.place');
      await pieces.first().filter({ hasText: 'README.md' }).waitFor();
    }),
  );

  test(
    'the title of the chat has a button to compress, and the rest behind three dots',
    covers(
      [
        'menu view/title(chat) newChat',
        'menu view/title(chat) compress',
        'menu view/title(chat) compare',
        'menu view/title(chat) newTaskFromChat',
        'menu view/title(chat) exportComparisons',
        'menu view/title(chat) chooseTask',
        'menu view/title(chat) chooseModel',
        'menu view/title(chat) openSettings',
        'menu view/title(chat) openWalkthrough',
        'menu view/title(chat) showLog',
      ],
      async () => {
        await window.openChat();
        const pane = await window.view('Chat');
        expect(await window.menus.titleButtons(pane)).toContain('Compress Workspace for Task…');
        await window.menus.openMore(pane);
        expect(await window.menus.labels()).toEqual([
          'New Chat',
          'Compare Answering Modes',
          'New Task from This Chat…',
          'Export Comparisons…',
          'Choose Task…',
          'Choose Model…',
          'Open Settings',
          'Open Walkthrough',
          'Show Log',
        ]);
        await window.menus.close();
      },
    ),
  );

  test(
    'New Chat begins an empty one; the earlier one is in the history, can be shown and deleted',
    covers(['command newChat'], async () => {
      await window.run('New Chat');
      const { chat } = window;
      await chat.frame.getByText('Ask a question about this code base.').waitFor();
      await expect.poll(() => chat.turns.count()).toBe(0);
      await chat.button('Earlier chats').click();
      const history = chat.frame.getByRole('list', { name: 'Earlier chats' });
      const earlier = history.getByRole('button', { name: /^What does roundCents return/ }).first();
      await earlier.waitFor();
      await window.shoot('chat-history');
      await earlier.click();
      await chat.frame.getByRole('heading', { name: 'What does roundCents return?' }).waitFor();
      await chat.button('Earlier chats').click();
      await history.getByRole('button', { name: /^Delete chat: What does roundCents/ }).click();
      await history.getByRole('button', { name: 'Delete', exact: true }).click();
      await expect
        .poll(() => chat.frame.getByRole('heading', { name: 'What does roundCents return?' }).count())
        .toBe(0);
    }),
  );

  test('everything can be done with the keyboard', async () => {
    const { chat, page } = window;
    await chat.question.focus();
    await page.keyboard.type('Where is parseAmount defined?');
    await page.keyboard.press('Enter');
    await finished(chat.turns.last());
    await chat.question.focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => chat.question.inputValue()).toBe('Where is parseAmount defined?');
    await chat.question.fill('');
    // From the box to the mode: a menu that opens, moves and closes without the mouse.
    await chat.button(/^Mode: /).focus();
    await page.keyboard.press('ArrowDown');
    await chat.frame.getByRole('menuitemradio', { name: /^RAG/, checked: true }).waitFor();
    await page.keyboard.press('ArrowUp');
    const other = (await chat.frame.locator('[role=menuitemradio]:focus').innerText()).trim().split('\n')[0]!;
    expect(other).not.toBe('RAG');
    await page.keyboard.press('Enter');
    await chat.button(`Mode: ${other}`).waitFor();
  });
});
