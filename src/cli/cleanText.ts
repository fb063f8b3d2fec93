import { stripVTControlCharacters } from 'node:util';

/**
 * Text of a workspace, a user or a model made harmless for a terminal: escape sequences (colours, links, window
 * titles) go, and so do all control and invisible format characters, those that turn the direction of writing
 * included. Line feeds and tabs stay, as do the joiners that scripts and emoji need.
 */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text).replace(/(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}

/** The same on one line, for names and messages. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}

/**
 * One line of JSON. Characters that JSON allows in strings but a terminal acts on are written as `\u` escapes, so the
 * value is the same for a program and harmless for a person who looks at it.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
