import { describe, expect, test } from 'vitest';
import { answerOf, chatAnswer, comparisonOf, openAnswer, opening, turnOf } from './fixtures.ts';
import { browserPath, eventually, useRig, type Shown, type ShowOptions } from './harness.ts';

describe.skipIf(browserPath === undefined)('comparison', () => {
  const rig = useRig();
  let shown: Shown;

  const open = async (options: ShowOptions, turn = comparisonOf()): Promise<void> => {
    shown = await rig.show(options);
    await shown.post(...opening([turn]));
    await shown.sent();
  };
  const button = (name: string | RegExp) => shown.page.getByRole('button', { name });
  const answers = () => shown.page.locator('crib-answer');

  test('answers stand side by side where there is room, below each other where not', async () => {
    await open({ page: 'compare', width: 1000 });
    const places = async () => (await Promise.all([0, 1].map((i) => answers().nth(i).boundingBox()))).map((b) => b!);
    let [first, second] = await places();
    expect(second!.y).toBe(first!.y);
    expect(second!.x).toBeGreaterThan(first!.x + first!.width - 1);
    await open({ width: 340 });
    [first, second] = await places();
    expect(second!.x).toBe(first!.x);
    expect(second!.y).toBeGreaterThan(first!.y + first!.height - 1);
  });

  test('the words that differ are marked, and only these', async () => {
    await open({ page: 'compare', width: 1000 });
    await shown.page.locator('mark').first().waitFor();
    const marks = (i: number): Promise<string[]> => answers().nth(i).locator('mark').allTextContents();
    expect(await marks(0)).toEqual(['skipping', 'statement', 'never']);
    expect(await marks(1)).toEqual(['jumping', 'block', 'rarely']);
    expect(await shown.page.getByText('Marked words are only in one answer.').count()).toBe(1);
  });

  test('marks go when an answer is written anew, and come back with the end', async () => {
    await open({ page: 'compare', width: 1000 });
    await shown.page.locator('mark').first().waitFor();
    const turn = comparisonOf();
    await shown.post({
      type: 'turn',
      chat: 'c1',
      turn: { ...turn, answers: [turn.answers[0]!, openAnswer('The parser ', 'rag')] },
    });
    await eventually(() => shown.page.locator('mark').count()).toBe(0);
    await shown.post({ type: 'turn', chat: 'c1', turn: comparisonOf() });
    await eventually(() => shown.page.locator('mark').count()).toBe(6);
  });

  test.each([
    ['equal', undefined, 'The answers have the same words.'],
    ['unlike', 'Nothing of this is similar. '.repeat(30), 'The answers have little wording in common'],
  ])('%s answers have no marks', async (_, text, note) => {
    const answer = answerOf({ mode: 'rag', ...(text !== undefined && { answer: text }) });
    await open(
      { page: 'compare', width: 1000 },
      comparisonOf({ answers: [chatAnswer({ asked: 'cache' }), chatAnswer({ asked: 'rag', answer })] }),
    );
    await eventually(() => shown.page.locator('.notes').innerText()).toContain(note);
    expect(await shown.page.locator('mark').count()).toBe(0);
  });

  test('citations in common are marked in both and counted', async () => {
    await open({ page: 'compare', width: 1000 });
    const common = button('recover.ts:12-40 in every answer');
    expect(await common.count()).toBe(2);
    expect(await shown.page.locator('.notes').innerText()).toContain('1 citation in common');
    await common.last().click();
    expect(await shown.sent()).toMatchObject([{ type: 'open', answer: 1, of: 'citation', index: 0 }]);
  });

  test('an answer that should not be relied on says so there too, each for itself', async () => {
    const found = [{ path: 'src/a.ts', startLine: 3, endLine: 5, name: 'load' }];
    const answer = answerOf({ unsure: 'beyond', found, confidence: 0.4 });
    const turn = comparisonOf();
    await open(
      { page: 'compare', width: 1000 },
      { ...turn, answers: [turn.answers[0]!, chatAnswer({ asked: 'rag', text: '', answer })] },
    );
    expect(await answers().nth(0).getByRole('note').count()).toBe(0);
    expect(await answers().nth(1).getByRole('note').innerText()).toContain('beyond this model');
    await button('src/a.ts:3-5 load').click();
    expect(await shown.sent()).toMatchObject([{ type: 'open', answer: 1, of: 'found', index: 0 }]);
    expect(await shown.page.getByRole('row', { name: /^Confidence/u }).innerText()).toMatch(/–|40%/u);
  });

  test('latency, tokens and bytes stand in one table', async () => {
    await open({ page: 'compare', width: 1000 });
    const row = (name: string): Promise<string> =>
      shown.page.getByRole('row', { name: new RegExp(`^${name} `, 'u') }).innerText();
    expect(await row('First token')).toMatch(/780 ms\s+7\.1 s/u);
    expect(await row('Prompt tokens')).toMatch(/86\s+3,100/u);
    expect(await row('Source tokens not read')).toMatch(/228,000\s+0/u);
    expect(await row('Keys and values')).toMatch(/98\.3 MB\s+25\.6 MB/u);
    expect(await shown.page.getByRole('row', { name: 'Waited in the queue' }).count()).toBe(0);
    expect(await shown.page.locator('.table').getByRole('columnheader').allTextContents()).toEqual([
      'Figure',
      'Cache',
      'RAG',
    ]);
  });

  test('which was better: by mouse and by keyboard', async () => {
    await open({ page: 'compare', width: 1000 });
    const choice = (name: string) => shown.page.getByRole('radio', { name, exact: true });
    await choice('Cache').click();
    await shown.page.keyboard.press('ArrowRight');
    await shown.page.keyboard.press('Enter');
    await shown.page.keyboard.press('End');
    await shown.page.keyboard.press('Enter');
    expect(await shown.sent()).toEqual(
      ['first', 'same', 'second'].map((better) => ({ type: 'better', turn: 't1', better })),
    );
    await shown.post({ type: 'turn', chat: 'c1', turn: comparisonOf({ better: 'second' }) });
    expect(await choice('RAG').getAttribute('aria-checked')).toBe('true');
  });

  test('nobody is asked which was better before both are there', async () => {
    const turn = comparisonOf();
    await open({ width: 340 }, { ...turn, answers: [turn.answers[0]!, openAnswer('', 'rag')] });
    expect(await shown.page.getByRole('radiogroup').count()).toBe(0);
    const error = { code: 'model-missing', message: 'No.', action: 'Do.' } as const;
    await shown.post({
      type: 'turn',
      chat: 'c1',
      turn: { ...turn, answers: [turn.answers[0]!, { asked: 'rag', state: 'failed', text: '', error }] },
    });
    expect(await shown.page.getByRole('radiogroup').count()).toBe(0);
    expect(await shown.page.getByRole('row', { name: /^Total time/u }).innerText()).toMatch(/5\.4 s\s+–/u);
  });

  test('in the sidebar it opens the tab; all ask again together, or one alone', async () => {
    await open({ width: 340 });
    await button('Open side by side').click();
    await button('Ask all again').click();
    await answers().nth(1).getByRole('button', { name: 'Ask again for this answer only' }).click();
    expect(await shown.sent()).toEqual([
      { type: 'openComparison', turn: 't1' },
      { type: 'retry', turn: 't1' },
      { type: 'retry', turn: 't1', answer: 1 },
    ]);
  });

  test('nothing is asked again while an answer is on its way', async () => {
    const turn = comparisonOf();
    await open({ width: 340 }, { ...turn, answers: [turn.answers[0]!, openAnswer('The', 'rag')] });
    expect(await button(/Ask again|Ask all again/u).count()).toBe(0);
  });

  test('the tab takes no turns that it was not given, and none with one answer', async () => {
    await open({ page: 'compare', width: 1000 });
    await shown.post({ type: 'turn', chat: 'c1', turn: comparisonOf({ id: 'other' }) });
    expect(await shown.page.locator('crib-turn').count()).toBe(1);
    expect(await button('Open side by side').count()).toBe(0);
    await shown.post({ type: 'chat', id: 'c1', turns: [turnOf()] });
    expect(await shown.page.getByText('There is nothing to compare yet.').count()).toBe(1);
  });

  test('Escape stops both answers', async () => {
    await open(
      { page: 'compare', width: 1000 },
      comparisonOf({ answers: [openAnswer('A', 'cache'), openAnswer('', 'rag')] }),
    );
    await answers().first().getByRole('button', { name: 'Stop answer' }).press('Escape');
    expect(await shown.sent()).toEqual([{ type: 'stop', turn: 't1' }]);
  });
});
