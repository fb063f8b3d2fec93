import type { FrameLocator, Locator } from 'playwright-core';
import type { CodeWindow } from './codeWindow.ts';

/** The chat in the sidebar, or the comparison tab: one webview, found by the names and roles that users hear. */
export class ChatPage {
  readonly frame: FrameLocator;
  private readonly window: CodeWindow;
  private readonly kind: string;

  /** @param kind CSS that tells this webview from the others */
  constructor(window: CodeWindow, kind: string) {
    this.window = window;
    this.kind = kind;
    this.frame = window.page
      .frameLocator(`iframe.webview.ready[src*="extensionId=cribsheet.cribsheet"]${kind}`)
      .frameLocator('iframe#active-frame');
  }

  /** Runs a function of the browser inside the webview's document. */
  async evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    return (await this.window.webviewFrame(this.kind)).evaluate(run);
  }

  async evaluateText(script: string): Promise<unknown> {
    return (await this.window.webviewFrame(this.kind)).evaluate(script);
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
  await turn.getByRole('button', { name: 'Ask again', exact: true }).first().waitFor();
}

/** The buttons of the places that an answer cites. */
export function citations(answer: Locator): Locator {
  return answer.getByRole('list', { name: 'Citations' }).getByRole('button');
}
