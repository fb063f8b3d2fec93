import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Chromium, Chrome or Edge usually are; nothing is downloaded. */
export const usualBrowsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** @throws Error that says how to get a browser */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CRIBSHEET_BROWSER'] ?? usualBrowsers.find((file) => existsSync(file));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium was found. Install it ("apt-get install chromium" on Debian) or set CRIBSHEET_BROWSER to its path.',
    );
  }
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
