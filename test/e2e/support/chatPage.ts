import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';

/**
 * The chat in the sidebar, or the comparison tab: one webview, found by the names and roles that users hear. All webviews
 * lie in layers over the workbench, with nothing that says where they belong but the edges of the window they touch.
 */
export class ChatPage {
  readonly frame: FrameLocator;
  private readonly page: Page;
  private readonly outer: string;

  constructor(page: Page, where: 'sidebar' | 'editor') {
    const layer = '.webview-overlay-content';
    const right = `${layer}.webview-overlay-outer-right`;
    this.page = page;
    this.outer = `${where === 'editor' ? right : `${layer}:not(.webview-overlay-outer-right)`} iframe.webview.ready`;
    this.frame = page.frameLocator(this.outer).frameLocator('iframe#active-frame');
  }

  /** The frame of the webview's own document, for scripts that a test runs in it. */
  async document(): Promise<Frame> {
    const outer = await this.page.waitForSelector(this.outer);
    const inner = await (await outer.contentFrame())!.waitForSelector('iframe#active-frame');
    return (await inner.contentFrame())!;
  }

  get question(): Locator {
    return this.frame.getByRole('textbox', { name: 'Question' });
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  /** The sentence on where the workspace stands. */
  get status(): Locator {
    return this.frame.locator('crib-status');
  }

  /** A button of the sentence on where the workspace stands. */
  statusAction(id: string): Locator {
    return this.status.locator(`vscode-button[data-action="${id}"]`);
  }

  /** Questions with their answers, oldest first. */
  get turns(): Locator {
    return this.frame.locator('crib-turn');
  }

  /** Sends a question; does not wait for the answer. */
  async send(question: string): Promise<void> {
    await this.question.fill(question);
    await this.question.press('Enter');
    await this.frame.getByRole('heading', { level: 2, name: question }).last().waitFor();
  }

  /** Asks, and waits until the answer (or each of the answers) is finished. @returns the turn */
  async ask(question: string): Promise<Locator> {
    const before = await this.turns.count();
    await this.send(question);
    const turn = this.turns.nth(before);
    await finished(turn);
    return turn;
  }

  /** Chooses from one of the menus below the question box. */
  async choose(menu: 'Mode' | 'Task' | 'Folder', item: string): Promise<void> {
    await this.button(new RegExp(`^${menu}: `)).click();
    await this.frame.getByRole('menuitemradio', { name: item }).first().click();
  }
}

/** Waits until a turn is not being answered any more. */
export async function finished(turn: Locator): Promise<void> {
  await turn
    .getByRole('button', { name: /^Ask (all )?again$/ })
    .first()
    .waitFor();
}

/** The answers of a turn that were made in a mode: its name as it is shown. */
export function answerIn(turn: Locator, mode: 'Cache' | 'RAG' | 'Full' | 'No context'): Locator {
  return turn.getByRole('group', { name: `Answer, ${mode}`, exact: true });
}

/** The buttons of the places that an answer cites. */
export function citations(answer: Locator): Locator {
  return answer.getByRole('list', { name: 'Citations' }).getByRole('button');
}
