import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { HostMessage, WebviewMessage } from '../../src/common/chat.ts';
import { pageHtml } from '../../src/host/view/html.ts';
import { usualBrowsers } from '../host-rig/browser.ts';
import { themes, type ThemeName } from './themes.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const dist = path.resolve(repository, process.env['CRIBSHEET_DIST'] ?? 'dist');
const screenshots = path.join(repository, 'test/screenshots/webview');

const candidates = [process.env['CRIBSHEET_BROWSER'], ...usualBrowsers];
/** A Chromium of this machine; the webview tests are skipped where there is none. */
export const browserPath = candidates.find((file) => file !== undefined && existsSync(file));
if (browserPath === undefined)
  console.warn(
    'Webview tests are skipped: no Chromium was found. Install it (Debian: apt-get install chromium) or set CRIBSHEET_BROWSER.',
  );

export interface Shown {
  page: Page;
  /** As the host posts it. */
  post(...messages: HostMessage[]): Promise<void>;
  /** What the page has sent to the host since the last call. */
  sent(): Promise<WebviewMessage[]>;
  /** What it kept with `setState` last. */
  kept(): Promise<unknown>;
  /** Rules of the content security policy that something tried to break, errors, and requests for other things than ours. */
  troubles: string[];
  screenshot(name: string): Promise<void>;
}

export interface ShowOptions {
  page?: 'chat' | 'compare';
  theme?: ThemeName;
  width?: number;
  height?: number;
  /** Of an earlier `setState`. */
  kept?: unknown;
  strings?: Record<string, string>;
  reducedMotion?: boolean;
}

declare global {
  interface Window {
    sent: WebviewMessage[];
    kept: unknown;
  }
}

/** The page draws when it can; how long that takes is no matter of these tests. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000, interval: 50 });

/** The real bundle in a real Chromium, in the host's own page and under its policy; the host's end is recorded. */
class WebviewRig {
  private readonly server: Server;
  private readonly browser: Browser;
  private readonly origin: string;
  private readonly pages = new Map<string, string>();

  private constructor(server: Server, browser: Browser) {
    this.server = server;
    this.browser = browser;
    this.origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    server.on('request', (request, response) => {
      void this.serve(request.url ?? '/').then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      });
    });
  }

  static async start(): Promise<WebviewRig> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
    return new WebviewRig(server, browser);
  }

  /** Closes the pages that were shown: after each test. */
  async clear(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    this.pages.clear();
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async show(options: ShowOptions = {}): Promise<Shown> {
    const context = await this.browser.newContext({
      viewport: { width: options.width ?? 340, height: options.height ?? 800 },
      reducedMotion: options.reducedMotion === false ? 'no-preference' : 'reduce',
    });
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
    });
    page.on('pageerror', (error) => troubles.push(String(error.stack)));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.origin)) troubles.push(`request for ${request.url()}`);
    });
    await page.addInitScript(
      ({ kept }) => {
        window.sent = [];
        window.kept = kept;
        let isTaken = false;
        Object.assign(window, {
          acquireVsCodeApi: () => {
            if (isTaken) throw new Error('acquireVsCodeApi was called twice');
            isTaken = true;
            return {
              postMessage: (message: WebviewMessage) => window.sent.push(structuredClone(message)),
              getState: () => window.kept,
              setState: (state: unknown) => (window.kept = structuredClone(state)),
            };
          },
        });
        document.addEventListener('securitypolicyviolation', (event) => {
          console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
        });
      },
      { kept: options.kept },
    );
    const name = `/${crypto.randomUUID()}.html`;
    this.pages.set(name, this.html(options));
    await page.goto(this.origin + name);
    await page.locator('crib-chat-page, crib-compare-page').waitFor();
    return {
      page,
      troubles,
      post: (...messages) =>
        page.evaluate(async (list) => {
          for (const message of list) window.postMessage(message, '*');
          // Messages, the page's frame, and the elements' own updates after it.
          for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
        }, messages),
      sent: () => page.evaluate(() => window.sent.splice(0)),
      kept: () => page.evaluate(() => window.kept),
      screenshot: async (file) => {
        await mkdir(screenshots, { recursive: true });
        await page.screenshot({ path: path.join(screenshots, `${file}.png`) });
      },
    };
  }

  private html({ page = 'chat', theme = 'dark', strings }: ShowOptions): string {
    const { kind, variables } = themes[theme];
    const style = Object.entries(variables)
      .map(([key, value]) => `--vscode-${key}: ${value};`)
      .join(' ');
    const background = page === 'chat' ? 'sideBar' : 'editor';
    // VS Code sets its variables from outside of the policy; here they come as one more style sheet of the origin.
    this.pages.set(
      `/theme-${theme}-${page}.css`,
      `html { ${style} } body { background: var(--vscode-${background}-background); padding: 0 20px; }`,
    );
    const html = pageHtml({
      name: page,
      language: 'en',
      source: this.origin,
      nonce: 'dGVzdA',
      script: '/webview.js',
      style: '/codicon.css',
      texts: strings ?? {},
    });
    return html
      .replace('<title>', `<link rel="stylesheet" href="/theme-${theme}-${page}.css"><title>`)
      .replace('<body ', `<body class="${kind}" `);
  }

  private async serve(url: string): Promise<{ status: number; type: string; body: string | Buffer }> {
    const name = url.split('?')[0]!;
    const made = this.pages.get(name);
    if (made !== undefined) return { status: 200, type: name.endsWith('.css') ? 'text/css' : 'text/html', body: made };
    const types = { '/webview.js': 'text/javascript', '/codicon.css': 'text/css', '/codicon.ttf': 'font/ttf' };
    const type = types[name as keyof typeof types] as string | undefined;
    if (type === undefined) return { status: name === '/favicon.ico' ? 204 : 404, type: 'text/plain', body: '' };
    return { status: 200, type, body: await readFile(path.join(dist, name)) };
  }
}

/** A rig for the tests of one `describe`: started before them, cleared after each, stopped at the end. */
export function useRig(): Pick<WebviewRig, 'show'> {
  let rig: WebviewRig;
  beforeAll(async () => {
    rig = await WebviewRig.start();
  });
  afterEach(async () => {
    await rig.clear();
  });
  afterAll(async () => {
    await rig.stop();
  });
  return { show: (...args) => rig.show(...args) };
}
