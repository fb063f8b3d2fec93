/**
 * A text for a message of VS Code, on one line and with nothing in it that does something: VS Code makes a link of
 * `[text](target)` in a notification, one that runs a command where the target is `command:…`, and texts hold names and
 * keys of the workspace. Control and invisible format characters go (but the joiners that scripts and emoji need), so
 * what is left stands where it is seen.
 */
export function plainMessage(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/(?![\u200C\u200D])\p{Cf}/gu, '')
    .replaceAll('](', '] (');
}
