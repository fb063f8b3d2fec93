import type { Mention } from './query.ts';

/** A word this sure to be a name is looked for as it is written, not by its stem. */
const minStrength = 0.5;
const writtenShare = 0.2;
const declaredShare = 0.5;

/**
 * How much a text speaks of the mentioned names as they are written (0 to 0.5): the full text knows only stems, and
 * `compiling` must not drown in `compile`. A declaration of the name counts most; local names have no chunk of their own.
 */
export function verbatim(mentions: readonly Mention[]): (text: string) => number {
  const patterns = mentions
    .filter(({ strength }) => strength >= minStrength)
    .map(({ name, strength }) => {
      const escaped = name.replaceAll(/[.$]/gu, String.raw`\$&`);
      const start = String.raw`(?<![\p{L}\p{N}_$])`;
      const end = String.raw`(?![\p{L}\p{N}_$])`;
      return {
        strength,
        name,
        written: new RegExp(`${start}${escaped}${end}`, 'u'),
        declared: new RegExp(
          `${start}(?:class|const|def|enum|fn|func|function|interface|let|mod|module|namespace|struct|trait|type|val|var)` +
            String.raw`\s+${escaped}${end}|^\s*(?:[\w.]*\.)?${escaped}\s*(?:[:=](?![=>])|\([^()]*\)\s*\{)`,
          'mu',
        ),
      };
    });
  return (text) => {
    const shares = patterns.map(({ strength, name, written, declared }) => {
      if (!text.includes(name) || !written.test(text)) return 0;
      return strength * (declared.test(text) ? declaredShare : writtenShare);
    });
    return Math.max(0, ...shares);
  };
}
