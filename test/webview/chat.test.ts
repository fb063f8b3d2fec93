import { beforeEach, describe, expect, test } from 'vitest';
import type { ChatStatus, ChatTurn } from '../../src/common/chat.ts';
import { answerOf, chatAnswer, openAnswer, opening, stateOf, turnOf } from './fixtures.ts';
import { browserPath, eventually, useRig, type Shown } from './harness.ts';

describe.skipIf(browserPath === undefined)('chat', () => {
  const rig = useRig();
  let shown: Shown;

  const open = async (...args: Parameters<typeof opening>): Promise<Shown> => {
    shown = await rig.show();
    expect(await shown.sent()).toEqual([{ type: 'ready' }]);
    await shown.post(...opening(...args));
    return shown;
  };
  const button = (name: string | RegExp) => shown.page.getByRole('button', { name });
  const box = () => shown.page.getByRole('textbox', { name: 'Question' });
  const focused = (): Promise<string> =>
    shown.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });

  describe('question box', () => {
    beforeEach(async () => {
      await open([turnOf({ question: 'First?' }), turnOf({ id: 't2', question: 'Second?' })]);
    });

    test('Enter sends, Shift and Enter adds a line', async () => {
      await box().fill('What is this?');
      await box().press('Shift+Enter');
      await box().pressSequentially('And that?');
      await box().press('Enter');
      expect(await shown.sent()).toEqual([{ type: 'ask', question: 'What is this?\nAnd that?' }]);
      expect(await box().inputValue()).toBe('');
      await box().press('Enter');
      expect(await shown.sent()).toEqual([]);
    });

    test('the button sends too, and does nothing while the box is empty', async () => {
      await button('Send question').press('Enter');
      expect(await shown.sent()).toEqual([]);
      await box().fill('Why?');
      await button('Send question').click();
      expect(await shown.sent()).toEqual([{ type: 'ask', question: 'Why?' }]);
    });

    test('Enter of an input method does not send', async () => {
      await box().fill('質問');
      await box().dispatchEvent('keydown', { key: 'Enter', isComposing: true });
      expect(await shown.sent()).toEqual([]);
    });

    test('Up recalls earlier questions, Down goes back to what was there', async () => {
      const value = (): Promise<string> => box().inputValue();
      const values: string[] = [];
      for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown']) {
        await box().press(key);
        values.push(await value());
      }
      expect(values).toEqual(['Second?', 'First?', 'First?', 'Second?', '']);
      await box().fill('being typed');
      await box().press('ArrowUp');
      expect(await value()).toBe('being typed');
    });

    test('the host puts the cursor and a text into it', async () => {
      await shown.post({ type: 'focus', text: 'Explain `recover`' });
      await shown.page.keyboard.type('!');
      expect(await box().inputValue()).toBe('Explain `recover`!');
      await shown.post({ type: 'focus' });
      expect(await box().inputValue()).toBe('Explain `recover`!');
    });
  });

  test('nothing can be asked where no folder is open', async () => {
    const state = stateOf({ roots: [] });
    delete state.root;
    await open();
    await shown.post({ type: 'state', state });
    await box().fill('Anything?');
    await box().press('Enter');
    expect(await shown.sent()).toEqual([]);
    expect(await box().getAttribute('placeholder')).toBe('Open a folder to ask about it');
    expect(await button('Send question').getAttribute('aria-disabled')).toBe('true');
    expect(await box().inputValue()).toBe('Anything?');
  });

  describe('while an answer is written', () => {
    beforeEach(async () => {
      await open([turnOf(), turnOf({ id: 't2', answers: [openAnswer()] })]);
    });

    test.each([
      ['Escape in the box', () => box().press('Escape')],
      ['the button beside the box', () => button('Stop answer').last().click()],
      ['the button of the answer', () => button('Stop answer').first().click()],
    ])('%s stops it', async (_, stop) => {
      await stop();
      expect(await shown.sent()).toEqual([{ type: 'stop', turn: 't2' }]);
    });

    test('Escape stops nothing once it is finished', async () => {
      await shown.post({ type: 'turn', chat: 'c1', turn: turnOf({ id: 't2' }) });
      await box().press('Escape');
      expect(await shown.sent()).toEqual([]);
    });

    test('text appears as it comes', async () => {
      for (const text of ['It is ', '**bold**', ' now.\n\n', 'Second'])
        await shown.post({ type: 'text', chat: 'c1', turn: 't2', answer: 0, text });
      const last = shown.page.locator('crib-turn').last().locator('crib-markdown');
      await eventually(() => last.locator('strong').textContent()).toBe('bold');
      expect(await last.locator('.markdown > div').count()).toBe(2);
    });

    test('blocks that are finished keep their elements', async () => {
      const write = (text: string) => shown.post({ type: 'text', chat: 'c1', turn: 't2', answer: 0, text });
      await write('One.\n\n```ts\nlet a');
      const code = shown.page.locator('crib-turn').last().locator('figure');
      const first = await code.elementHandle();
      await write(' = 1;\n```\n\nTwo.');
      expect(await code.locator('code').textContent()).toBe('let a = 1;');
      expect(await first!.evaluate((element) => element.isConnected)).toBe(true);
    });

    test('finished paragraphs are spoken once each, then the end', async () => {
      const spoken = (): Promise<string[]> => shown.page.locator('.crib-spoken p').allTextContents();
      const write = (text: string) => shown.post({ type: 'text', chat: 'c1', turn: 't2', answer: 0, text });
      await write('It is');
      expect(await spoken()).toEqual(['Answering.']);
      await write(' here.\n\nThe sec');
      expect(await spoken()).toEqual(['Answering.', 'It is here.']);
      const text = 'It is here.\n\nThe second.';
      await shown.post({
        type: 'turn',
        chat: 'c1',
        turn: turnOf({ id: 't2', answers: [chatAnswer({ answer: answerOf({ answer: text }) })] }),
      });
      expect(await spoken()).toEqual(['Answering.', 'It is here.', 'The second.', 'Answer finished, 3 citations.']);
      expect(await shown.page.locator('.crib-spoken').getAttribute('aria-live')).toBe('polite');
    });
  });

  describe('choices', () => {
    test('mode and task are menus that the keyboard works', async () => {
      await open();
      await button('Mode: Auto').focus();
      await shown.page.keyboard.press('ArrowDown');
      const menu = shown.page.getByRole('menu', { name: 'Mode: Auto' });
      expect(await menu.getByRole('menuitemradio').count()).toBe(4);
      expect(await menu.getByRole('menuitemradio', { checked: true }).textContent()).toContain('Auto');
      await shown.page.keyboard.press('ArrowDown');
      await shown.page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('RAG');
      await shown.page.keyboard.press('Enter');
      expect(await shown.sent()).toEqual([{ type: 'setMode', mode: 'rag' }]);
      expect(await focused()).toBe('Mode: Auto');

      await button('Task: API lookup').press('Enter');
      await eventually(focused).toContain('sheet ready');
      await shown.page.keyboard.press('b');
      expect(await focused()).toContain('no sheet yet');
      await shown.page.keyboard.press('Escape');
      expect(await focused()).toBe('Task: API lookup');
      expect(await shown.page.getByRole('menu').count()).toBe(0);
      await button('Task: API lookup').click();
      await shown.page.getByRole('menuitemradio', { name: 'Code review' }).click();
      expect(await shown.sent()).toEqual([{ type: 'setTask', task: 'code-review' }]);
    });

    test('Escape in a menu closes it and does not stop the answer', async () => {
      await open([turnOf({ answers: [openAnswer()] })]);
      await button('Mode: Auto').click();
      await eventually(focused).toContain('Auto');
      await shown.page.keyboard.press('Escape');
      expect(await shown.sent()).toEqual([]);
      await shown.page.keyboard.press('Escape');
      expect(await shown.sent()).toEqual([{ type: 'stop', turn: 't1' }]);
    });

    test('comparing is a toggle that says what is compared', async () => {
      await open();
      await button('Compare').click();
      expect(await shown.sent()).toEqual([{ type: 'setComparing', comparing: true }]);
      await shown.post({ type: 'state', state: stateOf({ comparing: true }) });
      expect(await button('Compare').getAttribute('aria-pressed')).toBe('true');
      expect(await button('Compare').getAttribute('title')).toContain('Cache and RAG');
      await button('Compare').click();
      expect(await shown.sent()).toEqual([{ type: 'setComparing', comparing: false }]);
    });

    test('each side of a comparison is chosen; a mode of the other side changes places', async () => {
      await open([], { comparing: true });
      await button('Mode 2 of the comparison: RAG').click();
      const menu = shown.page.getByRole('menu', { name: 'Mode 2 of the comparison: RAG' });
      expect(await menu.getByRole('menuitemradio').count()).toBe(3);
      expect(await menu.getByRole('menuitemradio', { name: 'Auto' }).count()).toBe(0);
      await menu.getByRole('menuitemradio', { name: 'Full' }).click();
      await button('Mode 1 of the comparison: Cache').click();
      await shown.page.getByRole('menuitemradio', { name: 'RAG' }).click();
      expect(await shown.sent()).toEqual([
        { type: 'setCompareModes', modes: ['cache', 'full'] },
        { type: 'setCompareModes', modes: ['rag', 'cache'] },
      ]);
    });

    test('with several folders, one is chosen', async () => {
      const roots = ['shop', 'tools'].map((name) => ({ root: `/w/${name}`, name }));
      await open([], { roots });
      await button('Folder: shop').click();
      await shown.page.getByRole('menuitemradio', { name: 'tools' }).click();
      expect(await shown.sent()).toEqual([{ type: 'setRoot', root: '/w/tools' }]);
    });
  });

  describe('attachments', () => {
    beforeEach(async () => {
      await open([], {
        attachments: [
          { path: 'src/a.ts', startLine: 1, endLine: 9 },
          { path: 'docs/', startLine: 0, endLine: 0 },
          { path: 'b.ts', startLine: 4, endLine: 4 },
        ],
      });
    });

    test('are removed by mouse and by keyboard; arrows walk through them', async () => {
      await button('Remove docs/').click();
      await button('Remove src/a.ts:1-9').focus();
      await shown.page.keyboard.press('End');
      expect(await focused()).toBe('Remove b.ts:4');
      await shown.page.keyboard.press('Delete');
      expect(await shown.sent()).toEqual([
        { type: 'removeAttachment', index: 1 },
        { type: 'removeAttachment', index: 2 },
      ]);
    });

    test('removing the last one leads back to the box, and deletes nothing there', async () => {
      await shown.post({
        type: 'state',
        state: stateOf({ attachments: [{ path: 'a.ts', startLine: 1, endLine: 1 }] }),
      });
      await box().fill('text');
      await button('Remove a.ts:1').press('Backspace');
      expect(await shown.sent()).toEqual([{ type: 'removeAttachment', index: 0 }]);
      expect(await focused()).toBe('Question');
      expect(await box().inputValue()).toBe('text');
    });

    test('are added by a button and by dropping files', async () => {
      await button('Add files to the question').click();
      await shown.page.locator('crib-composer .box').evaluate((element) => {
        const data = new DataTransfer();
        data.setData('application/vnd.code.uri-list', 'file:///w/shop/a.ts\r\nfile:///w/shop/b%20c.ts\r\n');
        for (const type of ['dragover', 'drop'])
          element.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      });
      expect(await shown.sent()).toEqual([
        { type: 'addAttachment' },
        { type: 'attach', uris: ['file:///w/shop/a.ts', 'file:///w/shop/b%20c.ts'] },
      ]);
    });
  });

  describe('status', () => {
    const kinds = {
      'no-folder': 0, untrusted: 0, virtual: 0, starting: 1, indexing: 1, 'no-model': 0, 'worker-dead': 0,
      compressing: 1, paused: 0, 'no-sheet': 0, stale: 0, partial: 0, ready: 0, failed: 0,
    } satisfies Record<ChatStatus['kind'], number>; // prettier-ignore

    test('every kind shows its sentence and its buttons, running ones a bar', async () => {
      await open();
      for (const [kind, bars] of Object.entries(kinds) as [ChatStatus['kind'], number][]) {
        await shown.post({
          type: 'state',
          state: stateOf({
            status: { kind, message: `This is ${kind}.`, actions: [{ id: 'showLog', label: `Log of ${kind}` }] },
          }),
        });
        expect(await shown.page.getByRole('status').textContent()).toContain(`This is ${kind}.`);
        expect(await shown.page.getByRole('progressbar').count()).toBe(bars);
        await button(`Log of ${kind}`).press('Enter');
        expect(await shown.sent()).toEqual([{ type: 'action', id: 'showLog' }]);
      }
    });

    test('a path in its sentence breaks: nothing is cut off at the edge', async () => {
      const message = `There is no model in /${'a-long-folder-name/'.repeat(12)}.`;
      await open([], { status: { kind: 'no-model', message, actions: [] } });
      const sentence = shown.page.locator('crib-status p').first();
      await sentence.waitFor();
      const right = await sentence.evaluate((p) => p.getBoundingClientRect().right);
      expect(right).toBeLessThanOrEqual(shown.page.viewportSize()!.width);
    });

    test('the bar and the counts', async () => {
      await open([], {
        status: {
          kind: 'compressing',
          message: 'Compressing.',
          progress: 0.26,
          detail: '312 of 1,204 segments',
          actions: [],
        },
      });
      const bar = shown.page.getByRole('progressbar', { name: 'Compressing.' });
      expect(await bar.getAttribute('aria-valuenow')).toBe('26');
      expect(await bar.locator('.indicator').evaluate((element) => (element as HTMLElement).style.width)).toBe('26%');
      expect(await shown.page.getByText('312 of 1,204 segments').count()).toBe(1);
    });
  });

  describe('history', () => {
    beforeEach(async () => {
      await open();
      await button('Earlier chats').click();
    });

    test('arrows walk through it, Enter shows a chat', async () => {
      expect(await focused()).toContain('How does the parser recover?');
      await shown.page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('Where are orders stored?');
      await shown.page.keyboard.press('Enter');
      expect(await shown.sent()).toEqual([{ type: 'showChat', id: 'c2' }]);
      expect(await shown.page.locator('crib-history').count()).toBe(0);
    });

    test('deleting asks first', async () => {
      await shown.page.keyboard.press('Delete');
      expect(await focused()).toBe('Keep');
      await shown.page.keyboard.press('Enter');
      expect(await shown.sent()).toEqual([]);
      expect(await focused()).toContain('How does the parser recover?');
      await button('Delete chat: Where are orders stored?').click();
      await shown.page.getByRole('button', { name: 'Delete', exact: true }).click();
      expect(await shown.sent()).toEqual([{ type: 'deleteChat', id: 'c2' }]);
    });

    test('Escape closes it and gives the focus back', async () => {
      await shown.page.keyboard.press('Escape');
      expect(await shown.page.locator('crib-history').count()).toBe(0);
      expect(await focused()).toBe('Earlier chats');
    });

    test('a new chat begins with the cursor in the box', async () => {
      await button('New chat').click();
      expect(await shown.sent()).toEqual([{ type: 'newChat' }]);
      expect(await focused()).toBe('Question');
    });
  });

  test('shows its last state at once, and the question being typed', async () => {
    await open([turnOf()]);
    await box().fill('half a quest');
    await eventually(async () => ((await shown.kept()) as { draft?: string } | undefined)?.draft).toBe('half a quest');
    const kept = await shown.kept();
    shown = await rig.show({ kept });
    expect(await shown.page.locator('h2').textContent()).toBe('How does the parser recover from an error?');
    expect(await box().inputValue()).toBe('half a quest');
    expect(await button('Mode: Auto').count()).toBe(1);
    shown = await rig.show({ kept: { version: 0, draft: 'old' } });
    expect(await box().inputValue()).toBe('');
  });

  test('follows the end of the conversation until the user scrolls up', async () => {
    const turns = Array.from({ length: 8 }, (_, i): ChatTurn => turnOf({ id: `t${String(i)}` }));
    await open([...turns, turnOf({ id: 'last', answers: [openAnswer('Begin.')] })]);
    const gap = (): Promise<number> =>
      shown.page.locator('.conversation').evaluate((e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight));
    const write = () => shown.post({ type: 'text', chat: 'c1', turn: 'last', answer: 0, text: '\n\nMore.'.repeat(40) });
    await eventually(gap).toBeLessThan(3);
    await write();
    await eventually(gap).toBeLessThan(3);
    await shown.page.locator('.conversation').hover();
    await shown.page.mouse.wheel(0, -700);
    await button('Scroll to the latest answer').waitFor();
    await write();
    expect(await gap()).toBeGreaterThan(300);
    await button('Scroll to the latest answer').click();
    await eventually(gap).toBeLessThan(3);
  });

  test('its words are those of the page', async () => {
    shown = await rig.show({ strings: { send: 'Frage senden', mode: 'Modus: {0}', modeAuto: 'Automatisch' } });
    await shown.post(...opening());
    expect(await button('Frage senden').count()).toBe(1);
    expect(await button('Modus: Automatisch').count()).toBe(1);
  });

  test('messages of nobody are left alone', async () => {
    await open([turnOf()]);
    await shown.page.evaluate(() => {
      for (const data of [null, 'x', 7, {}, { type: 'nothing' }, { type: 'setImmediate$0' }])
        window.postMessage(data, '*');
    });
    await shown.post({ type: 'turn', chat: 'elsewhere', turn: turnOf({ id: 'x' }) });
    expect(await shown.page.locator('crib-turn').count()).toBe(1);
    expect(shown.troubles).toEqual([]);
  });
});
