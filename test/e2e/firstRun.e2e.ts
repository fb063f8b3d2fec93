import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineOf, writeWorkspace } from '../host-rig/workspace.ts';
import { covers } from '../surfaces/covers.ts';
import { answerIn, citations, finished } from './support/chatPage.ts';
import type { CodeWindow } from './support/codeWindow.ts';
import { work } from './support/folders.ts';
import { inWindow } from './support/inWindow.ts';
import { workersBelow } from './support/worker.ts';

/** The way of a new user, in one window: each test goes on where the one before has left it. */
describe('first run', () => {
  let window: CodeWindow;
  let folder: string;
  inWindow(
    async () => {
      folder = await writeWorkspace(path.join(work, 'workspaces/first-run'));
      // The sheet must stay stale until the test has seen it.
      return { name: 'first-run', folder, settings: { 'cribsheet.rebuildWhenIdle': false } };
    },
    (opened) => {
      window = opened;
    },
  );

  test(
    'the sidebar greets, says where things stand, and has one button for the next step',
    covers(['view chat'], async () => {
      const chat = await window.openChat();
      await chat.frame.getByText('Ask a question about this code base.').waitFor();
      await chat.statusAction('compress').waitFor();
      await window.shoot('chat-first-run');
    }),
  );

  test('before there is a sheet, questions are answered by retrieval, and the answer says so', async () => {
    const turn = await window.chat.ask('Where is openLedger defined?');
    await answerIn(turn, 'RAG').waitFor();
    await turn.getByText('there is no sheet for this task yet').waitFor();
    // What a model says is its own affair; what was put before it is not.
    await turn.getByText(/^Pieces that were read/).click();
    await turn
      .getByRole('list', { name: /^Pieces that were read/ })
      .getByRole('button', { name: /^src\/ledger\.ts/ })
      .first()
      .waitFor();
    await window.shoot('chat-rag-answer');
  });

  test(
    'the sheet is made in the background, after a task and a size with its estimate were chosen',
    covers(['command compress'], async () => {
      await window.chat.statusAction('compress').click();
      await window.quickRow('api-lookup').waitFor();
      await window.shoot('compress-task');
      await window.pick('api-lookup');
      // The estimate: files, tokens, positions, time, size on disk.
      await window.estimate.waitFor();
      await window.shoot('compress-size');
      await window.page.keyboard.press('Enter');
      await window.chat.status.getByText('The crib sheet for API lookup is ready.').waitFor();
      await window.statusItem().filter({ hasText: 'sheet ready' }).waitFor();
    }),
  );

  test('a question is answered from the sheet', async () => {
    const turn = await window.chat.ask('Which parameters does addAmount take?');
    await answerIn(turn, 'Cache').waitFor();
    await turn.getByText(/tokens read/).waitFor();
  });

  test('a click on a citation opens the file at its lines', async () => {
    const turn = await window.chat.ask('Where is openLedger defined?');
    const citation = citations(turn).first();
    const [, file, line] = /(\S+):(\d+)/.exec(await citation.innerText())!;
    if ((await citation.getByText('not confirmed').isHidden()) && file === 'src/ledger.ts') {
      // Verified: the lines hold the definition, with its documentation.
      expect(Number(line)).toBeLessThanOrEqual(lineOf(file, 'export function openLedger'));
      expect(Number(line)).toBeGreaterThanOrEqual(lineOf(file, 'Opens the ledger'));
    }
    await citation.click();
    await window.tab(path.posix.basename(file!)).waitFor();
    await window.cursor.filter({ hasText: new RegExp(`Ln ${line!},`) }).waitFor();
    await turn.getByText(/^What the answer looked at/).click();
    await window.shoot('chat-cache-answer');
  });

  test('comparing asks both modes at once, shows the answers side by side and keeps which was better', async () => {
    const chat = window.chat;
    await chat.button('Compare').click();
    const turn = await chat.ask('What does roundCents return?');
    await answerIn(turn, 'Cache').waitFor();
    await answerIn(turn, 'RAG').waitFor();
    await turn.getByRole('rowheader', { name: 'First token' }).waitFor();
    await turn
      .getByText(/citations? in common/)
      .first()
      .waitFor();
    await turn.getByRole('radio', { name: 'RAG' }).click();
    await turn.getByRole('radio', { name: 'RAG', checked: true }).waitFor();
    await window.shoot('chat-comparison');
    await turn.getByRole('button', { name: 'Open side by side in an editor tab' }).click();
    await window.comparisonTab.frame.getByRole('heading', { name: 'What does roundCents return?' }).waitFor();
    await window.shoot('comparison-tab');
    await chat.button('Compare').click();
  });

  test('an edited file makes the sheet stale; rebuilding brings it up to date', async () => {
    await appendFile(
      path.join(folder, 'src/ledger.ts'),
      '\n/** Closes the ledger of a year for good. */\nexport function closeLedger(year: number): void {}\n',
    );
    await window.statusItem().filter({ hasText: 'stale' }).waitFor();
    await window.shoot('chat-stale');
    await window.chat.statusAction('rebuild').click();
    await window.statusItem().filter({ hasText: 'sheet ready' }).waitFor();
    await window.chat.status.getByText('The crib sheet for API lookup is ready.').waitFor();
    const turn = await window.chat.ask('Where is closeLedger defined?');
    // The question names what only the new text defines: the sheet covers it.
    await answerIn(turn, 'Cache').waitFor();
  });

  test('a worker that is killed in the middle of an answer costs one answer and nothing else', async () => {
    const [worker] = workersBelow(window.serverPid);
    const before = await window.chat.turns.count();
    // Stopped first, so that it is certainly in the middle of the answer.
    process.kill(worker!, 'SIGSTOP');
    await window.chat.send('Where is parseAmount defined?');
    await window.chat.turns.nth(before).getByText('Reading…').waitFor();
    process.kill(worker!, 'SIGKILL');
    const turn = window.chat.turns.nth(before);
    await finished(turn);
    // Reason and action stand in the answer itself, not only in a message that goes away.
    await turn.locator('.failure .message').waitFor();
    await window.shoot('chat-worker-died');
    const again = await window.chat.ask('Where is parseAmount defined?');
    await again.getByText(/tokens read/).waitFor();
    expect(workersBelow(window.serverPid)).not.toContain(worker);
  });

  test('after the window was closed and opened again the chat is there, and goes on', async () => {
    const questions = await window.chat.frame.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(questions.length).toBeGreaterThanOrEqual(6);
    await window.load();
    const chat = await window.openChat();
    await chat.turns.nth(questions.length - 1).waitFor();
    expect(await chat.frame.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(questions);
    await window.statusItem().filter({ hasText: 'sheet ready' }).waitFor();
    const turn = await chat.ask('Where is formatCents defined?');
    await answerIn(turn, 'Cache').waitFor();
  });

  test('nothing in the window has failed meanwhile', () => {
    expect(window.faults).toEqual([]);
  });
});
