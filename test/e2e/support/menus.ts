import type { Locator, Page } from 'playwright-core';

/** Context menus, toolbars and trees of the workbench, as a user reaches them with the mouse. */
export class Menus {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Entries of the menu that is open; its separators have no name. */
  private get entries(): Locator {
    return this.page.locator('.monaco-menu .action-item:not(.disabled) .action-label:not(.separator)');
  }

  /** Opens the context menu of an element. */
  async openOn(target: Locator): Promise<void> {
    await target.click({ button: 'right' });
    await this.entries.first().waitFor();
  }

  /** Opens the menu behind "…" in the title of a view. */
  async openMore(pane: Locator): Promise<void> {
    await pane.locator('.pane-header').hover();
    await pane.locator('.pane-header .codicon-toolbar-more').click();
    await this.entries.first().waitFor();
  }

  async labels(): Promise<string[]> {
    return (await this.entries.allInnerTexts()).map((label) => label.trim()).filter((label) => label !== '');
  }

  entry(label: string): Locator {
    return this.entries.filter({ hasText: label }).first();
  }

  /** With the keyboard: right after it has opened, a menu takes a click for the end of the one that opened it. */
  async choose(label: string): Promise<void> {
    await this.entry(label).hover();
    await this.page.locator('.monaco-menu .action-item.focused', { hasText: label }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Chooses from the context menu of an element. */
  async chooseOn(target: Locator, label: string): Promise<void> {
    await this.openOn(target);
    await this.choose(label);
  }

  /** Opens a submenu of the menu that is open. @returns its labels */
  async openSubmenu(label: string): Promise<string[]> {
    const before = await this.labels();
    await this.entry(label).hover();
    await this.page.keyboard.press('ArrowRight');
    await this.page.locator('.monaco-submenu').waitFor();
    return (await this.labels()).filter((one) => !before.includes(one));
  }

  async close(): Promise<void> {
    while (await this.entries.first().isVisible()) await this.page.keyboard.press('Escape');
    await this.leave();
  }

  /** Moves the mouse to where nothing shows a tooltip that would lie over something else. */
  async leave(): Promise<void> {
    await this.page.mouse.move(700, 2);
    await this.page.locator('.workbench-hover, .hover-contents').first().waitFor({ state: 'hidden' });
  }

  /** Buttons in the title of a view, by their names. */
  async titleButtons(pane: Locator): Promise<string[]> {
    await pane.locator('.pane-header').hover();
    const buttons = pane.locator('.pane-header .actions .action-label[aria-label]');
    await buttons.first().waitFor();
    return buttons.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  }

  /** Presses a button in the title of a view; they are there while the mouse is over it. */
  async pressTitleButton(pane: Locator, label: string): Promise<void> {
    await pane.locator('.pane-header').hover();
    await pane.locator(`.pane-header .actions .action-label[aria-label^="${label}"]`).click();
  }

  row(pane: Locator, text: string | RegExp): Locator {
    return pane.locator('.monaco-list-row', { hasText: text });
  }

  /** Unfolds a row of a tree. */
  async unfold(row: Locator): Promise<void> {
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    await row.and(this.page.locator('[aria-expanded="true"]')).waitFor();
  }

  /** The button that a row shows under the mouse. */
  async inlineButton(row: Locator, label: string): Promise<Locator> {
    await row.hover();
    return row.locator(`.actions .action-label[aria-label^="${label}"]`);
  }
}
