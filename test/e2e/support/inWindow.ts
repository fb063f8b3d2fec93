import { afterAll, afterEach, beforeAll } from 'vitest';
import { CodeWindow, type WindowOptions } from './codeWindow.ts';

/**
 * Opens one window for all tests of the group that calls this, and closes it after them. Of a test that fails there is a
 * picture; what a test leaves open (a menu, a picker) is closed before the next one.
 * @param opened is given the window before the first test: puts it where the tests find it, and prepares it
 */
export function inWindow(
  options: () => WindowOptions | Promise<WindowOptions>,
  opened: (window: CodeWindow) => void | Promise<void>,
): void {
  let window: CodeWindow | undefined;
  beforeAll(async () => {
    window = await CodeWindow.open(await options());
    await opened(window);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await window?.shootFailure(task.name);
    await window?.page.keyboard.press('Escape');
  });
  afterAll(() => window?.close());
}
