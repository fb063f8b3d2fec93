import { decodeSource } from '../../src/engine/corpus/filters.ts';

/** What compilers and bundlers leave in JavaScript; nobody writes it by hand. */
const compiled =
  /__webpack_require__|regeneratorRuntime|__generator\(this|__awaiter\(|_classCallCheck|_createClass\(|_interopRequire|__extends\(|__decorate\(\[|System\.register\(|Object\.defineProperty\(exports, ['"]__esModule['"]|\(0, \w+_\d+\.|\$protobuf\b.*\$util\b/;

/** A table of numbers or escapes has fewer letters among its characters than this. */
const leastLetters = 0.5;
/** Mean length of a line that a person writes. */
const mostPerLine = 110;
/** Files that mostly list one literal a line have hardly any of these. */
const leastStatements = 0.02;

/** The text of a source file that a person wrote, by the product's own filters and a few more; else undefined. */
export function humanSource(bytes: Uint8Array, path: string): string | undefined {
  const decoded = decodeSource(bytes, path);
  if (!('text' in decoded)) return undefined;
  const { text } = decoded;
  if (/\.[cm]?jsx?$/.test(path) && compiled.test(text)) return undefined;
  if (text.length / (text.split('\n').length + 1) > mostPerLine && !/\.md$/.test(path)) return undefined;
  const solid = text.replace(/\s+/g, '').length;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < leastLetters * solid) return undefined;
  const statements = text.match(/[()=:{]/g)?.length ?? 0;
  return statements < leastStatements * solid && !/\.md$/.test(path) ? undefined : text;
}
