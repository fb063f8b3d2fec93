import { bash } from './bash.ts';
import { cpp } from './cpp.ts';
import { csharp } from './csharp.ts';
import { css } from './css.ts';
import { ecmascript } from './ecmascript.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import type { LanguageRules } from './rules.ts';

const rules: Readonly<Record<string, LanguageRules>> = {
  typescript: ecmascript,
  tsx: ecmascript,
  javascript: ecmascript,
  python,
  go,
  rust,
  java,
  c: cpp,
  cpp,
  csharp,
  ruby,
  php,
  bash,
  css,
};

/** How `language` spells its definitions; undefined for a language that is cut by lines or headings. */
export function rulesOf(language: string): LanguageRules | undefined {
  return Object.hasOwn(rules, language) ? rules[language] : undefined;
}
