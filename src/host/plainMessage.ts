/**
 * A text for a message of VS Code, on one line and with nothing in it that does something: VS Code makes a link of
 * `[text](target)` in a notification, one that runs a command where the target is `command:…`, and texts hold names and
 * keys of the workspace. Control and invisible format characters go (but the joiners that scripts and emoji need), so
 * what is left stands where it is seen. Invisible ones go first: spaces on both sides of one are one gap then.
 */
export function plainMessage(text: string): string {
  return text
    .replaceAll(/(?![\u200C\u200D])\p{Cf}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('](', '] (');
}
