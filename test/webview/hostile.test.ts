import { describe, expect, test } from 'vitest';
import type { ChatTurn } from '../../src/common/chat.ts';
import { answerOf, chatAnswer, comparisonOf, openAnswer, opening, stateOf, turnOf } from './fixtures.ts';
import { browserPath, eventually, useRig, type Shown } from './harness.ts';

/** Text that wants to be more than text. The page has no network, no foreign element and no surprise. */
const hostile = [
  '<img src=x onerror="window.hacked=1">',
  '<script>window.hacked=1</script>',
  '<a href="command:workbench.action.terminal.new">click</a>',
  '[x](command:foo) and [y](https://evil.example/x "t") and <https://evil.example> and https://evil.example/bare',
  '![x](https://evil.example/x.png)',
  '[ref]: https://evil.example/ref\n\n[ref]',
  '<style>*{display:none}</style><base href="https://evil.example/">',
  '<svg/onload=window.hacked=1><math><mtext></form><form><mglyph><style></math><img src onerror=window.hacked=1>',
  '- <b onclick="window.hacked=1">bold</b>\n- `<i>`',
  '> # <h1 id="root">heading</h1>',
  '| <img src=x onerror=window.hacked=1> | b |\n| --- | --- |\n| [z](javascript:window.hacked=1) | d |',
  '```html\n<img src=x onerror="window.hacked=1">\n```',
  '${window.hacked=1} {{constructor.constructor("window.hacked=1")()}}',
].join('\n\n');

describe.skipIf(browserPath === undefined)('hostile text', () => {
  const rig = useRig();
  let shown: Shown;

  const open = async (...args: Parameters<typeof opening>): Promise<void> => {
    shown = await rig.show();
    await shown.post(...opening(...args));
  };
  const withText = (text: string): ChatTurn =>
    turnOf({ answers: [chatAnswer({ answer: answerOf({ answer: text }) })] });
  /** Names of all elements of the page, shadow trees included. */
  const elements = (): Promise<string[]> =>
    shown.page.evaluate(() => {
      const names = new Set<string>();
      const walk = (root: ParentNode): void => {
        for (const element of root.querySelectorAll('*')) {
          names.add(element.localName);
          if (element.shadowRoot) walk(element.shadowRoot);
        }
      };
      walk(document.body);
      return [...names].sort();
    });
  const harmless = async (): Promise<void> => {
    const names = await elements();
    expect(
      names.filter((name) => /^(?:a|img|iframe|object|embed|form|base|link|style|math|video|audio|b|i)$/u.test(name)),
    ).toEqual([]);
    expect(await shown.page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(shown.troubles).toEqual([]);
  };

  test('in an answer stays text: no image, link, script or style', async () => {
    await open([withText(hostile)]);
    const text = await shown.page.locator('crib-markdown .markdown').innerText();
    for (const piece of [
      '<script>window.hacked=1</script>',
      '[x](command:foo)',
      '![x](https://evil.example/x.png)',
      '<style>',
    ])
      expect(text).toContain(piece);
    await harmless();
    await shown.page.getByText('[x](command:foo)').click();
    expect(await shown.sent()).toEqual([{ type: 'ready' }]);
  });

  test('while it is written, at every length', async () => {
    await open([turnOf({ answers: [openAnswer()] })]);
    for (let i = 0; i < hostile.length; i += 7)
      await shown.page.evaluate(
        (message) => {
          window.postMessage(message, '*');
        },
        { type: 'text', chat: 'c1', turn: 't1', answer: 0, text: hostile.slice(i, i + 7) },
      );
    await eventually(() => shown.page.locator('crib-markdown .markdown').innerText()).toContain(
      'constructor.constructor',
    );
    await harmless();
  });

  test('in every other place of the page', async () => {
    const evil = '<img src=x onerror="window.hacked=1">[x](command:foo)\u202Egpj\u001B[31m';
    const shownEvil = '<img src=x onerror="window.hacked=1">[x](command:foo)⟨U+202E⟩gpj';
    const at = { path: `src/${evil}.ts`, startLine: 1, endLine: 2 };
    const error = { code: 'internal', message: evil, action: evil } as const;
    const answer = answerOf({
      reason: evil,
      citations: [{ ...at, from: 'answer', verified: true, stale: false }],
      evidence: [{ ...at, weight: 0.5 }],
      chunks: [{ ...at, name: evil, score: 1, text: evil }],
    });
    await open(
      [
        turnOf({ question: evil, attachments: [at], answers: [chatAnswer({ answer })] }),
        turnOf({ id: 't2', answers: [{ asked: 'auto', state: 'failed', text: '', error }] }),
        comparisonOf({ id: 't3', question: evil }),
      ],
      {
        roots: [evil, 'b'].map((name) => ({ root: name, name })),
        root: evil,
        status: { kind: 'failed', message: evil, detail: evil, actions: [{ id: 'showLog', label: evil }] },
        tasks: [{ id: 'x', title: evil, description: evil, sheet: 'none' }],
        task: 'x',
        model: evil,
        chats: [{ id: 'c1', title: evil, changedAt: evil, turns: 1 }],
        attachments: [at],
      },
    );
    await shown.page.getByRole('button', { name: 'Earlier chats' }).click();
    const text = await shown.page.evaluate(() => {
      const texts: string[] = [];
      const walk = (root: Node): void => {
        for (const node of root.childNodes) {
          if (node instanceof Text) texts.push(node.data);
          if (node instanceof Element && node.shadowRoot) walk(node.shadowRoot);
          walk(node);
        }
      };
      walk(document.body);
      return texts.join('');
    });
    expect(text.split(shownEvil).length).toBeGreaterThan(14);
    expect(text).not.toContain('\u202E');
    expect(text).not.toContain('\u001B');
    await harmless();
  });

  test('strings of the translation are text as well', async () => {
    shown = await rig.show({ strings: { send: '<img src=x onerror=window.hacked=1>', greeting: '<b>x</b>' } });
    await shown.post(...opening());
    expect(await shown.page.getByText('<b>x</b>').count()).toBe(1);
    await harmless();
  });

  test('terminal escapes go, bidi controls are shown; copied code has neither', async () => {
    await open([
      withText(
        'A \u001B[31mred\u001B[0m `x\u202Ey`\n\n```js\nlet a; \u2066// \u202E } \u001B[1mif\n```\n\n- b\n\n  ```\n  in\u200B list\n  ```\n',
      ),
    ]);
    const text = await shown.page.locator('crib-markdown .markdown').innerText();
    expect(text).toContain('A red x⟨U+202E⟩y');
    expect(text).toContain('let a; ⟨U+2066⟩// ⟨U+202E⟩ } if');
    await shown.sent();
    await shown.page.getByRole('button', { name: 'Copy code' }).first().click();
    await shown.page.getByRole('button', { name: 'Insert code' }).last().click();
    expect(await shown.sent()).toEqual([
      { type: 'copyText', text: 'let a; //  } if' },
      { type: 'insert', text: 'in list' },
    ]);
  });

  test.each([
    ['words', 'word '.repeat(200_000)],
    ['one line', 'x'.repeat(1_000_000)],
    ['brackets', '['.repeat(1_000_000)],
    ['stars', '*a_ '.repeat(250_000)],
    ['quotes', '>'.repeat(1_000_000)],
    [
      'nested lists',
      Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i * 2)}- a`)
        .join('\n')
        .slice(0, 1_000_000),
    ],
    ['backticks', '`'.repeat(500_000) + 'a'.repeat(500_000)],
    ['tables', '| a | b |\n|---|---|\n' + '| | |\n'.repeat(160_000)],
    ['markers', '\u202E\u2066'.repeat(500_000)],
    ['entities', '&#x202e;&lt;img&gt;'.repeat(60_000)],
  ])('1 MB of %s: the page stays responsive and shows the beginning', async (_, text) => {
    await open([withText(text)]);
    const box = shown.page.getByRole('textbox', { name: 'Question' });
    await box.fill('still there?', { timeout: 20_000 });
    expect(await box.inputValue()).toBe('still there?');
    expect(await shown.page.getByRole('button', { name: /^Show [\d,]+ more characters$/u }).count()).toBe(1);
    expect(shown.troubles).toEqual([]);
  });

  test('the rest of a long text comes when it is asked for', async () => {
    await open([withText('word '.repeat(100_000) + 'END')]);
    const text = (): Promise<string> =>
      shown.page.locator('crib-markdown .markdown').evaluate((element) => element.textContent);
    expect(await text()).not.toContain('END');
    await shown.page.getByRole('button', { name: /^Show 400,003 more/u }).click();
    await shown.page.getByRole('button', { name: /^Show 3 more/u }).click();
    await eventually(text).toMatch(/END$/u);
  });

  test('200 turns: writing the next one touches nothing else', async () => {
    const turns = Array.from({ length: 200 }, (_, i) =>
      turnOf({ id: `t${String(i)}`, question: `Question ${String(i)}?` }),
    );
    await open([...turns, turnOf({ id: 'last', answers: [openAnswer()] })]);
    await eventually(() => shown.page.locator('crib-turn').count()).toBe(201);
    const drawn = await shown.page.evaluate(async () => {
      const page = document.querySelector('crib-chat-page')!.shadowRoot!;
      const drawn = new Map<string, number>();
      const turns = [...page.querySelectorAll('crib-turn')];
      for (const [i, turn] of turns.entries()) {
        const element = turn as HTMLElement & { updated: () => void };
        element.updated = () => drawn.set(String(i), (drawn.get(String(i)) ?? 0) + 1);
      }
      for (let i = 0; i < 50; i++) {
        window.postMessage({ type: 'text', chat: 'c1', turn: 'last', answer: 0, text: `word${String(i)} ` }, '*');
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
      return [...drawn.keys()];
    });
    expect(drawn).toEqual(['200']);
    await shown.post({ type: 'state', state: stateOf({ mode: 'rag' }) });
    expect(await shown.page.getByRole('button', { name: 'Mode: RAG' }).count()).toBe(1);
    expect(shown.troubles).toEqual([]);
  });

  test('the page cannot reach the network, whatever runs in it', async () => {
    await open([turnOf()]);
    const reached = await shown.page.evaluate(async () => {
      const tries = [
        () => fetch('https://evil.example/'),
        () => fetch('/codicon.css'),
        () =>
          new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = resolve;
            image.onerror = reject;
            image.src = '/codicon.ttf';
          }),
      ];
      const results = await Promise.allSettled(tries.map((run) => run()));
      return results.map(({ status }) => status);
    });
    expect(reached).toEqual(['rejected', 'rejected', 'rejected']);
    expect(shown.troubles.some((trouble) => trouble.includes('policy: connect-src'))).toBe(true);
  });
});
