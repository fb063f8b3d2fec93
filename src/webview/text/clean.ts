/**
 * Text of a workspace, a user or a model made harmless to look at. Nothing in here makes HTML: what comes out is text
 * that is set as text (or goes through marked and DOMPurify, see markdown.ts).
 */

/**
 * Terminal escape sequences: OSC and its relatives where they have a terminator (without one they would hide the rest of
 * the text), CSI with parameters (also one that is still being written), two-character escapes. After ECMA-48, chapter 5.
 */
const ESCAPES =
  // eslint-disable-next-line no-control-regex
  /(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u0090\u0098\u009C-\u009F]*(?:\u0007|\u001B\\|\u009C)|(?:\u001B\[|\u009B)[0-?]*[ -/]*(?:[@-~]|$)|\u001B[ -/]*[0-~]?/gu;

/** Control characters but line feed and tab. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu;

/**
 * Characters that are not seen but change what is: those that turn the direction of writing (CVE-2021-42574), zero-width
 * spaces, tags. The two joiners stay, scripts and emoji need them, and so do the signs of Arabic and Syriac that Unicode
 * counts here although they are seen. A run of one character is one match.
 */
const INVISIBLE = /(?![\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u200C\u200D])(\p{Cf})\1*/gu;

/** Without terminal escapes and control characters; every kind of line end becomes a line feed. */
export function withoutControls(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n?|[\u2028\u2029]/gu, '\n')
    .replace(CONTROLS, '');
}

/** For showing: invisible characters become `⟨U+202E⟩`, so that nobody is fooled by them. */
export function visible(text: string): string {
  return showInvisible(withoutControls(text));
}

/** The second half of `visible`. */
export function showInvisible(text: string): string {
  return text.replace(INVISIBLE, (run, character: string) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const times = run.length / character.length;
    return times === 1 ? `⟨U+${code}⟩` : `⟨U+${code} ×${String(times)}⟩`;
  });
}

/** For showing on one line: names, paths, titles. */
export function visibleLine(text: string): string {
  return visible(text).replace(/\s+/gu, ' ').trim();
}

/** For the clipboard and the editor: what is seen, without the invisible characters. */
export function plain(text: string): string {
  return withoutControls(text).replace(INVISIBLE, '');
}
