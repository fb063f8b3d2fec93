import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchBrowser } from '../../host-rig/browser.ts';
import { seedSettings } from '../../host-rig/settings.ts';
import { VscodeServer } from '../../host-rig/vscodeServer.ts';
import { ChatPage } from './chatPage.ts';
import { askDriver } from './driver.ts';
import { prepared, screenshots, work } from './folders.ts';
import { Menus } from './menus.ts';

export interface WindowOptions {
  /** Names the folder of this window's settings, storage and logs. */
  name: string;
  /** Workspace folder, or a `.code-workspace` file; none: an empty window. */
  folder?: string;
  settings?: Record<string, unknown>;
  workspaceTrust?: boolean;
  env?: Record<string, string>;
  /** Default: the folder in which `run.ts` has installed the VSIX. */
  extensions?: string;
}

/** How long one step may take, in milliseconds: generous, because a slow machine is no failure. */
const stepTimeout = Number(process.env['CRIBSHEET_E2E_STEP_MS'] ?? 90_000);

/** Themes by the word that their screenshots carry. */
const themes = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  'hc-light': 'Default High Contrast Light',
  'hc-dark': 'Default High Contrast',
} as const;
const workbenchClass = { light: 'vs', dark: 'vs-dark', 'hc-light': 'hc-light', 'hc-dark': 'hc-black' } as const;
type Theme = keyof typeof themes;
const allThemes = Object.keys(themes) as Theme[];
/** Pictures of the extension's README; CRIBSHEET_README=1 takes them anew. */
const readmePictures: Record<string, string> = {
  'chat-cache-answer': 'chat',
  'compress-size': 'compress',
  'comparison-tab': 'compare',
  'kept-tokens': 'kept',
};
const readmeFolder = path.resolve(import.meta.dirname, '../../../media/readme');
/** In which themes pictures are taken: all, or what CRIBSHEET_THEMES lists (`dark,light`). */
const shotThemes = allThemes.filter((theme) => process.env['CRIBSHEET_THEMES']?.split(',').includes(theme) ?? true);

/** A VS Code with the extension installed, driven through its own user interface. */
export class CodeWindow {
  readonly page: Page;
  readonly menus: Menus;
  /** Store of the extension: sheets, indexes, models. */
  readonly store: string;
  /** Problems that the page itself reported: exceptions, violations of its content security policy. */
  readonly faults: string[] = [];
  private theme: Theme = 'dark';
  private readonly server: VscodeServer;
  private readonly browser: Browser;
  private readonly data: string;
  private readonly url: string;

  private constructor(parts: { page: Page; server: VscodeServer; browser: Browser; data: string; url: string }) {
    this.page = parts.page;
    this.menus = new Menus(parts.page);
    this.server = parts.server;
    this.browser = parts.browser;
    this.data = parts.data;
    this.url = parts.url;
    this.store = path.join(parts.data, 'store');
  }

  static async open(options: WindowOptions): Promise<CodeWindow> {
    const { entry, extensions } = prepared();
    const data = path.join(work, 'windows', options.name);
    await rm(data, { recursive: true, force: true });
    await mkdir(data, { recursive: true });
    await seedSettings(data, { 'workbench.colorTheme': themes.dark, ...options.settings });
    const server = await VscodeServer.start(entry, {
      data,
      extensions: options.extensions ?? extensions,
      ...(options.workspaceTrust === undefined ? {} : { workspaceTrust: options.workspaceTrust }),
      env: {
        CRIBSHEET_STORE: path.join(data, 'store'),
        CRIBSHEET_DRIVER: path.join(data, 'driver.sock'),
        ...options.env,
      },
    });
    const browser = await launchBrowser();
    const context = await browser.newContext({
      viewport: { width: 1400, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(stepTimeout);
    const query = new URLSearchParams();
    if (options.folder !== undefined) {
      const kind = options.folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
      query.set(kind, pathToFileURL(options.folder).pathname);
    } else query.set('ew', 'true');
    const opened = new CodeWindow({ page, server, browser, data, url: `${server.url}/?${query.toString()}` });
    page.on('pageerror', (error) => opened.faults.push(error.message));
    await opened.load();
    return opened;
  }

  /** Opens the workbench, or closes the window and opens it again: the extension host starts anew. */
  async load(): Promise<void> {
    await this.page.goto(this.url);
    await this.page.locator('.monaco-workbench').waitFor();
    // What extensions contribute is there: the palette would not notice it later.
    await this.page.locator('.activitybar a.action-label[aria-label^="Cribsheet"]').waitFor();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  get serverPid(): number {
    return this.server.pid;
  }

  // ---- commands, pickers, messages ----

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** Rows of the picker that is open. */
  quickRow(text: string | RegExp): Locator {
    return this.quickInput.locator('.quick-input-list .monaco-list-row', { hasText: text });
  }

  /** The first row of the size picker whose estimate has come: files, tokens, time, size on disk, positions. */
  get estimate(): Locator {
    return this.quickRow(/\d files?\b.* tokens · .* [kM]?B · [\d,]+ positions/).first();
  }

  /** Runs a command of the extension by its title, as a user finds it. */
  async run(title: string, category = 'Cribsheet'): Promise<void> {
    await this.findCommand(title, category);
    await this.page.keyboard.press('Enter');
  }

  /** Opens the palette with one command chosen. @throws after the time limit where it is not offered */
  async findCommand(title: string, category = 'Cribsheet'): Promise<void> {
    const label = category === '' ? title : `${category}: ${title}`;
    const row = this.quickInput.locator(`.quick-input-list .monaco-list-row.focused[aria-label^="${label}"]`);
    // The palette shows what could be run when it was opened: while a window starts that may be less than a moment later.
    for (let tries = 1; ; tries++) {
      await this.typeInPalette(`>${label}`);
      try {
        await row.waitFor({ timeout: 5_000 });
        return;
      } catch (error) {
        if (tries === 6) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /**
   * Opens the palette and types. While the focus still moves (out of a webview, into a panel that opens) a key may go
   * nowhere, and the palette may close again: tried until it has worked.
   */
  private async typeInPalette(text: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    for (let tries = 1; ; tries++) {
      await this.page.keyboard.press('F1');
      try {
        await input.fill(text, { timeout: 4_000 });
        return;
      } catch (error) {
        if (tries === 20) throw error;
      }
    }
  }

  /** Titles of the extension's commands that the palette offers now. */
  async offeredCommands(): Promise<string[]> {
    await this.typeInPalette('>Cribsheet');
    await this.quickRow(/^Cribsheet: /)
      .first()
      .waitFor();
    // Only rows in sight are there; each says how many there are in all. The first page down goes to the last in sight.
    const titles = new Map<string, string>();
    const rows = this.quickInput.locator('.monaco-list-row');
    for (let pages = 0, total = 1; titles.size < total; pages++) {
      if (pages === 500)
        throw new Error(`${String(titles.size)} of ${String(total)} rows of the palette came into sight.`);
      for (const row of await rows.all()) {
        const [place, all] = await Promise.all(['aria-posinset', 'aria-setsize'].map((name) => row.getAttribute(name)));
        total = Number(all);
        titles.set(place!, (await row.innerText()).split('\n')[0]!);
      }
      await this.page.keyboard.press('PageDown');
    }
    await this.page.keyboard.press('Escape');
    // VS Code itself makes a command for each view.
    return [...titles.values()]
      .filter((title) => title.startsWith('Cribsheet: '))
      .map((title) => title.replace('Cribsheet: ', ''))
      .filter((title) => !/^Focus on .* View$/.test(title));
  }

  /** Chooses a row of the picker. */
  async pick(text: string | RegExp): Promise<void> {
    await this.quickRow(text).first().click();
  }

  /** Messages at the lower right. */
  toast(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /**
   * Waits for the message after something was chosen from a row's menu; chooses once more, as a user does, where the tree
   * was drawn anew in between (Cribsheet says so, src/host/commands/rowOf.ts) or the menu has swallowed the choice.
   */
  async chosenAgain(row: Locator, label: string, message: Locator): Promise<void> {
    const lost = this.toast('The list has just changed.');
    const either = message.or(lost).first();
    await either.waitFor({ timeout: 15_000 }).catch(() => undefined);
    if (await message.isVisible()) return;
    console.log(`Chosen again: ${label}, ${(await lost.isVisible()) ? 'the row was lost' : 'nothing had happened'}.`);
    await this.menus.chooseOn(row, label);
    await message.waitFor();
  }

  /** In the list of messages, which has to be open. */
  message(text: string | RegExp): Locator {
    return this.page.locator('.notifications-center .notification-list-item', { hasText: text });
  }

  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box', { hasText: text });
  }

  // ---- the sidebar ----

  /** Opens the sidebar and waits until its chat is there. */
  async openChat(): Promise<ChatPage> {
    const icon = this.page.locator('.activitybar a.action-label[aria-label^="Cribsheet"]');
    const isOpen = await this.page.locator('.sidebar .composite.title', { hasText: /cribsheet/i }).isVisible();
    if (!isOpen) await icon.click();
    const header = this.page.locator('.sidebar .pane-header[aria-label^="Chat"]');
    await header.waitFor();
    if ((await header.getAttribute('aria-expanded')) !== 'true') await header.click({ position: { x: 60, y: 10 } });
    const chat = this.chat;
    await chat.question.waitFor();
    return chat;
  }

  get chat(): ChatPage {
    return new ChatPage(this.page, 'sidebar');
  }

  /** The comparison in the editor area. */
  get comparisonTab(): ChatPage {
    return new ChatPage(this.page, 'editor');
  }

  /** A view of the sidebar by its title, unfolded and the others folded: a tree shows only the rows that have room. */
  async view(title: string): Promise<Locator> {
    if (!(await this.page.locator('.sidebar .pane-header[aria-label^="Crib Sheets"]').isVisible()))
      await this.openChat();
    const headers = this.page.locator('.sidebar .pane-header');
    await headers.first().waitFor();
    for (const header of await headers.all()) {
      const isWanted = ((await header.getAttribute('aria-label')) ?? '').startsWith(title);
      const isOpen = (await header.getAttribute('aria-expanded')) === 'true';
      if (isWanted !== isOpen) await header.click({ position: { x: 60, y: 10 } });
    }
    return this.page.locator('.sidebar .pane', { has: this.page.locator(`.pane-header[aria-label^="${title}"]`) });
  }

  statusItem(): Locator {
    return this.page.locator('.statusbar-item[id^="cribsheet.cribsheet"]');
  }

  /** Shows the Explorer. @returns a file or folder in it, by its name */
  async inExplorer(name: string): Promise<Locator> {
    const files = this.page.locator('.explorer-folders-view');
    if (!(await files.isVisible()))
      await this.page.locator('.activitybar a.action-label[aria-label^="Explorer"]').click();
    const row = files.locator(`.monaco-list-row[aria-label^="${name}"]`).first();
    await row.waitFor();
    return row;
  }

  /** Makes a sheet through the user interface, with the first size that is offered, and waits until it is there. */
  async makeSheet(task: string): Promise<void> {
    await this.run('Compress Workspace for Task…');
    await this.quickRow(task).waitFor();
    await this.pick(task);
    await this.estimate.waitFor();
    await this.page.keyboard.press('Enter');
    await this.statusItem()
      .filter({ hasText: /sheet (ready|partly built)/ })
      .waitFor();
  }

  // ---- editors ----

  /** Opens a file of the workspace by its path. */
  async openFile(file: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.quickInput.locator('input').first().fill(file);
    await this.quickRow(path.posix.basename(file)).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.tab(path.posix.basename(file)).first().waitFor();
  }

  tab(label: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: label });
  }

  /** Text of the active editor's cursor or selection in the status bar: `Ln 4, Col 1`. */
  get cursor(): Locator {
    return this.page.locator('.statusbar-item#status\\.editor\\.selection');
  }

  get editor(): Locator {
    return this.page.locator('.editor-group-container.active .monaco-editor').first();
  }

  /** Puts the cursor of the active editor somewhere, 1-based. */
  async goToLine(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press('Control+G');
    await this.quickInput
      .locator('input')
      .first()
      .fill(`:${String(line)}:${String(column)}`);
    await this.page.keyboard.press('Enter');
    await this.cursor.filter({ hasText: `Ln ${String(line)},` }).waitFor();
  }

  /** Applies a quick fix at the cursor. */
  async quickFix(title: string): Promise<void> {
    await this.page.keyboard.press('Control+.');
    const action = this.page.locator('.action-widget .monaco-list-row', { hasText: title });
    await action.first().waitFor();
    await action.first().click();
  }

  /** The rows of the Problems view, which is closed again. */
  async problems(): Promise<string[]> {
    await this.run('Problems: Focus on Problems View', '');
    const panel = this.page.locator('.panel .markers-panel');
    await panel.waitFor();
    const rows = panel.locator('.monaco-list-row');
    await rows.first().or(panel.getByText('No problems have been detected')).first().waitFor();
    const all = await rows.allInnerTexts();
    await this.run('View: Hide Panel', '');
    return all.map((row) => row.replaceAll(/\s+/g, ' ')).filter((row) => row.includes('[Ln '));
  }

  /** Names a file or folder in the dialog that VS Code shows where the system has none. */
  async chooseInDialog(file: string, button?: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    // The dialog writes where it begins: what is typed before that is lost in it.
    await expect.poll(() => input.inputValue(), { timeout: 30_000 }).toContain('/');
    const typed = async (): Promise<string> => {
      if ((await input.inputValue()) !== file) await input.fill(file);
      await this.page.waitForTimeout(300);
      return input.inputValue();
    };
    await expect.poll(typed, { timeout: 30_000 }).toBe(file);
    if (button === undefined) await this.page.keyboard.press('Enter');
    else await this.quickInput.locator('.quick-input-action .monaco-button', { hasText: button }).click();
  }

  // ---- settings, pictures ----

  /** Changes user settings at once; `null` takes one away. */
  async configure(settings: Record<string, unknown>): Promise<void> {
    await askDriver(path.join(this.data, 'driver.sock'), { settings });
  }

  /** Activates extensions that are not active yet. @returns how long each took, in milliseconds */
  async activate(...ids: string[]): Promise<number[]> {
    return (await askDriver(path.join(this.data, 'driver.sock'), { activate: ids })).activated!;
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.configure({ 'workbench.colorTheme': themes[theme] });
    await this.page.locator(`.monaco-workbench.${workbenchClass[theme]}`).waitFor();
    this.theme = theme;
  }

  /** One picture of the window in each of the four themes. */
  async shoot(name: string): Promise<void> {
    await mkdir(screenshots, { recursive: true });
    await this.menus.leave();
    for (const theme of shotThemes) {
      if (theme !== this.theme) await this.setTheme(theme);
      await this.page.screenshot({ path: path.join(screenshots, `${name}-${theme}.png`), animations: 'disabled' });
    }
    if (this.theme !== 'dark') await this.setTheme('dark');
    const readme = readmePictures[name];
    if (readme === undefined || process.env['CRIBSHEET_README'] === undefined) return;
    await mkdir(readmeFolder, { recursive: true });
    // Without the lower edge, where VS Code's own messages come and go.
    const clip = { x: 0, y: 0, width: 1400, height: 826 };
    await this.page.screenshot({ path: path.join(readmeFolder, `${readme}.png`), clip, animations: 'disabled' });
  }

  /** A picture of what was there when a test failed. */
  async shootFailure(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(this.data, `${name.replaceAll(/[^\w]+/g, '-')}.png`) });
  }
}
