import { describe, expect, test } from 'vitest';
import { answerOf, chatAnswer, opening, turnOf } from './fixtures.ts';
import { browserPath, useRig, type Shown } from './harness.ts';

describe.skipIf(browserPath === undefined)('an answer', () => {
  const rig = useRig();
  let shown: Shown;

  const open = async (...args: Parameters<typeof opening>): Promise<void> => {
    shown = await rig.show();
    await shown.post(...opening(...args));
    await shown.sent();
  };
  const button = (name: string | RegExp) => shown.page.getByRole('button', { name });

  test('citations open their place, with Ctrl beside', async () => {
    await open([turnOf()]);
    await button('src/parser/recover.ts:12-40').click();
    await button('src/parser/tokens.ts:7 changed').click({ modifiers: ['Control'] });
    expect(await shown.sent()).toEqual([
      { type: 'open', turn: 't1', answer: 0, of: 'citation', index: 0, beside: false },
      { type: 'open', turn: 't1', answer: 0, of: 'citation', index: 1, beside: true },
    ]);
  });

  test('each citation says whether it holds', async () => {
    await open([turnOf()]);
    const title = (name: string): Promise<string | null> => button(name).getAttribute('title');
    expect(await title('recover.ts:12-40')).toContain('The lines hold what the answer names.');
    expect(await title('tokens.ts:7 changed')).toContain('The file has changed since it was read.');
    expect(await title('old.ts:1-4 not confirmed, from the question')).toMatch(/Not confirmed.*From the question/su);
  });

  test('a list is one stop of the Tab key', async () => {
    await open([turnOf()]);
    const stops = await shown.page
      .getByRole('list', { name: 'Citations' })
      .getByRole('button')
      .evaluateAll((all) => all.map((element) => (element as HTMLElement).tabIndex));
    expect(stops).toEqual([0, -1, -1]);
    await button('src/parser/recover.ts:12-40').focus();
    await shown.page.keyboard.press('ArrowDown');
    await shown.page.keyboard.press('Enter');
    expect(await shown.sent()).toMatchObject([{ of: 'citation', index: 1 }]);
  });

  test('places whose file has changed since say so', async () => {
    const at = { path: 'src/a.ts', startLine: 3, endLine: 5 };
    const answer = answerOf({
      mode: 'rag',
      unsure: 'low-confidence',
      evidence: [{ ...at, weight: 0.4, stale: true }],
      found: [{ ...at, name: 'load', stale: true }],
      chunks: [{ ...at, name: 'load', score: 1, text: '', stale: true }],
    });
    await open([turnOf({ answers: [chatAnswer({ answer })] })]);
    await shown.page.getByText('What the answer looked at (1)').click();
    await shown.page.getByText(/^Pieces that were read/).click();
    expect(await button('src/a.ts:3-5 changed').getAttribute('title')).toContain('The file has changed');
    expect(await button('src/a.ts:3-5 load, changed').count()).toBe(2);
  });

  test('evidence is folded, with weights; figures in full', async () => {
    await open([turnOf()]);
    await shown.page.getByText('What the answer looked at (3)').click();
    const list = shown.page.getByRole('list', { name: 'What the answer looked at (3)' });
    expect(await list.locator('rect.bar').evaluateAll((all) => all.map((bar) => bar.getAttribute('width')))).toEqual([
      '100%',
      '41%',
      '5%',
    ]);
    await list.getByRole('button').last().click();
    expect(await shown.sent()).toMatchObject([{ of: 'evidence', index: 2 }]);
    await shown.page.getByText('12,086 tokens read · 228,000 skipped · first token 780 ms').click();
    expect(await shown.page.locator('dl').innerText()).toMatch(
      /Total time\s+5\.4 s[^]*Source tokens not read\s+228,000/u,
    );
  });

  test('says which mode was taken and why', async () => {
    await open([turnOf()]);
    expect(await shown.page.locator('.head').innerText()).toMatch(
      /Auto: Cache\s+the sheet covers what the question names/u,
    );
  });

  test('is copied, asked again, asked again in another mode', async () => {
    await open([turnOf()]);
    await button('Copy answer').press('Enter');
    await shown.page.keyboard.press('ArrowRight');
    await shown.page.keyboard.press('Enter');
    await button('Ask again in another mode').click();
    await shown.page.getByRole('menuitem', { name: 'RAG' }).click();
    expect(await shown.sent()).toEqual([
      { type: 'copy', turn: 't1', answer: 0 },
      { type: 'retry', turn: 't1' },
      { type: 'retry', turn: 't1', mode: 'rag' },
    ]);
  });

  test('what was added to its question opens', async () => {
    await open([turnOf({ attachments: [{ path: 'docs/', startLine: 0, endLine: 0 }] })]);
    await button('docs/').click();
    expect(await shown.sent()).toEqual([
      { type: 'open', turn: 't1', answer: 0, of: 'attachment', index: 0, beside: false },
    ]);
  });

  test('its code is copied and inserted', async () => {
    await open([turnOf()]);
    await button('Copy code').click();
    await button('Insert code at the cursor').click();
    const text =
      'export function recover(tokens: Token[]): number {\n  while (tokens.length > 0 && !isKeyword(tokens[0]!)) tokens.shift();\n  return tokens.length;\n}';
    expect(await shown.sent()).toEqual([
      { type: 'copyText', text },
      { type: 'insert', text },
    ]);
  });

  test('a failure says what happened and what to do, with a button', async () => {
    const error = { code: 'worker-dead', message: 'The worker stopped.', action: 'Start it again.' } as const;
    await open([turnOf({ answers: [{ asked: 'auto', state: 'failed', text: 'Half an', error }] })]);
    expect(await shown.page.locator('.failure').innerText()).toMatch(/The worker stopped\.\s+Start it again\./u);
    expect(await shown.page.locator('crib-markdown .markdown').innerText()).toBe('Half an');
    await button('Restart').click();
    await button('Ask again').first().click();
    expect(await shown.sent()).toEqual([
      { type: 'action', id: 'restartWorker' },
      { type: 'retry', turn: 't1' },
    ]);
  });

  test.each([
    ['stopped by the user', { state: 'stopped' }, 'Stopped.'],
    ['cut off', { answer: answerOf({ stopped: 'length' }) }, 'Cut off at the longest answer.'],
    ['empty', { answer: answerOf({ answer: '' }) }, 'The model had nothing to say.'],
  ] as const)('%s: says so', async (_, changes, sentence) => {
    await open([turnOf({ answers: [chatAnswer(changes)] })]);
    expect(await shown.page.locator('crib-answer section').innerText()).toContain(sentence);
  });

  test.each([
    ['low-confidence', 'The model is not sure of this answer.', true],
    ['contradicted', 'The model did not find it', true],
    ['beyond', 'beyond this model', false],
  ] as const)(
    'that is %s says so, with places to look at and a way to a larger model',
    async (unsure, says, isShown) => {
      const found = [
        { path: 'src/a.ts', startLine: 3, endLine: 5, name: 'load' },
        { path: 'src/b.ts', startLine: 9, endLine: 9, name: 'store' },
      ];
      const text = isShown ? 'Somewhere else' : '';
      const answer = answerOf({ answer: 'Somewhere else', citations: [], unsure, found, confidence: 0.42 });
      await open([turnOf({ answers: [chatAnswer({ text, answer })] })]);
      const note = shown.page.getByRole('note');
      expect(await note.innerText()).toContain(says);
      expect(await shown.page.getByText('Somewhere else').count()).toBe(isShown ? 1 : 0);
      // Nothing else stands in the answer's place.
      expect(await shown.page.getByText('nothing to say').count()).toBe(0);
      await button('src/b.ts:9 store').click();
      await button('Use a larger model').click();
      expect(await shown.sent()).toEqual([
        { type: 'open', turn: 't1', answer: 0, of: 'found', index: 1, beside: false },
        { type: 'action', id: 'chooseModel' },
      ]);
      await shown.page.getByText('tokens read').click();
      expect(await shown.page.locator('dl').innerText()).toMatch(/Confidence of the model\s+42%/u);
    },
  );

  test('that is sure has no such note; one for which search finds nothing says so', async () => {
    await open([turnOf({ answers: [chatAnswer({ answer: answerOf({ confidence: 0.98 }) })] })]);
    expect(await shown.page.getByRole('note').count()).toBe(0);
    await open([turnOf({ answers: [chatAnswer({ answer: answerOf({ unsure: 'low-confidence', found: [] }) })] })]);
    expect(await shown.page.getByRole('note').innerText()).toContain('The search finds no place for it.');
    // A state of a later version.
    const later = { ...answerOf(), unsure: 'tired' as 'beyond' };
    await open([turnOf({ answers: [chatAnswer({ answer: later })] })]);
    expect(await shown.page.getByRole('note').count()).toBe(0);
  });

  test('pieces without their text are a list of places, with no empty box for code', async () => {
    const chunk = { path: 'a.ts', startLine: 3, endLine: 5, name: 'load', score: 1 };
    const chunks = [
      { ...chunk, text: '' },
      { ...chunk, startLine: 8, endLine: 8, text: 'load();' },
    ];
    await open([turnOf({ answers: [chatAnswer({ answer: answerOf({ mode: 'rag', chunks }) })] })]);
    await shown.page.getByText(/^Pieces that were read/).click();
    const list = shown.page.getByRole('list', { name: /^Pieces that were read/ });
    expect(await list.getByRole('button').count()).toBe(2);
    expect(await list.locator('pre').allInnerTexts()).toEqual(['load();']);
  });

  test('without a model, what was found is the answer', async () => {
    const chunks = [
      { path: 'src/a.ts', startLine: 3, endLine: 5, name: 'load', score: 1, text: 'function load() {\n}' },
    ];
    const found = answerOf({ mode: 'rag', answer: '', citations: [], evidence: [], chunks });
    await open([turnOf({ answers: [chatAnswer({ text: '', answer: found })] })]);
    expect(await shown.page.getByText('No model is running. The search found these places:').count()).toBe(1);
    expect(await shown.page.locator('crib-places pre').innerText()).toBe('function load() {\n}');
    await button('src/a.ts:3-5 load').click();
    expect(await shown.sent()).toMatchObject([{ of: 'chunk', index: 0 }]);
    expect(await shown.page.locator('.doubt').count()).toBe(0);

    const withoutModel = { code: 'model-broken', message: 'The model is cut off.', action: 'Choose another.' } as const;
    const broken = turnOf({ answers: [chatAnswer({ asked: 'cache', text: '', answer: { ...found, withoutModel } })] });
    await open([broken]);
    expect(await shown.page.locator('.doubt').innerText()).toMatch(/The model is cut off\.\s+Choose another\./u);
    expect(await shown.page.getByText('The search found these places:').count()).toBe(1);
    await button('src/a.ts:3-5 load').click();
    await button('Choose a model').click();
    expect(await shown.sent()).toMatchObject([
      { of: 'chunk', index: 0 },
      { type: 'action', id: 'chooseModel' },
    ]);
  });
});
