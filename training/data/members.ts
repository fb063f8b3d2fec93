import type { WorkChunk } from './select.ts';

const mostMembers = 8;
const ecmascript = new Set(['typescript', 'tsx', 'javascript']);

/**
 * Names that an interface or enum of TypeScript lists in its own text, in order; undefined where the text was cut, where a line is something
 * else, or where they are too many.
 */
export function listedMembers({ kind, language }: WorkChunk, body: string): string[] | undefined {
  if (!ecmascript.has(language) || (kind !== 'interface' && kind !== 'enum')) return undefined;
  const lines = body.trimEnd().split('\n');
  const open = lines.findIndex((line) => /\{\s*$/.test(line));
  if (open < 0 || lines.at(-1) !== '}') return undefined;
  const names: string[] = [];
  for (const line of lines.slice(open + 1, -1)) {
    const text = line.trim();
    // What stands deeper belongs to a member; comments and closing brackets are none.
    if (text === '' || /^ {3,}/.test(line) || /^(?:\/\/|\/\*|\*|[)\]}])/.test(text)) continue;
    const pattern =
      kind === 'enum'
        ? /^([A-Za-z_$][\w$]*)\s*(?:=.*)?,?\s*(?:\/\/.*)?$/
        : /^(?:readonly )?([A-Za-z_$][\w$]*)\??\s*(?:[:(]|<\w)/;
    const name = pattern.exec(text)?.[1];
    if (name === undefined) return undefined;
    if (!names.includes(name)) names.push(name);
  }
  return names.length > 0 && names.length <= mostMembers ? names : undefined;
}
