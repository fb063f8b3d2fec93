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

  async choose(label: string): Promise<void> {
    await this.entry(label).click();
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
  }

  /** Buttons in the title of a view, by their names. */
  async titleButtons(pane: Locator): Promise<string[]> {
    await pane.locator('.pane-header').hover();
    const buttons = pane.locator('.pane-header .actions .action-label[aria-label]');
    await buttons.first().waitFor();
    return buttons.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  }

  titleButton(pane: Locator, label: string): Locator {
    return pane.locator(`.pane-header .actions .action-label[aria-label^="${label}"]`);
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
