import { textBreaks, type BreakCosts } from './breaks.ts';
import { fold } from './definitions/rules.ts';
import type { Lines } from './lines.ts';
import { codeKind } from './naming.ts';
import type { Region } from './regions.ts';

/** Of a longer heading only so many characters are read: its title is much shorter. */
const maxHeading = 2_000;

interface Heading {
  line: number;
  level: number;
  title: string;
}

/** Sections of a Markdown file, one for each heading (ATX or underlined, outside of fences and front matter), with costs for cutting long ones. */
export function markdownRegions(lines: Lines, baseName: string): { regions: Region[]; costs: BreakCosts } {
  const costs = textBreaks(lines);
  const regions: Region[] = [];
  const above: Heading[] = [];
  for (const heading of headings(lines, costs)) {
    while (above.length > 0 && above.at(-1)!.level >= heading.level) above.pop();
    above.push(heading);
    const qualifiedName = above.map((one) => one.title).join('.');
    regions.push({
      startLine: heading.line,
      label: { kind: 'section', name: heading.title, qualifiedName, nameLine: heading.line },
    });
  }
  const first = regions[0];
  if (!first || lines.slice(1, first.startLine - 1).trim() !== '') {
    regions.unshift({ startLine: 1, label: { kind: codeKind, name: baseName, qualifiedName: baseName } });
  } else first.startLine = 1;
  return { regions, costs };
}

/** Finds headings; lines inside fences and front matter become places where nothing is cut. */
function headings(lines: Lines, costs: BreakCosts): Heading[] {
  const found: Heading[] = [];
  let fence: string | undefined;
  let line = frontMatterEnd(lines) + 1;
  for (let inside = 2; inside < line; inside++) costs[inside - 1] = Infinity;
  for (; line <= lines.count; line++) {
    const text = lines.content(line).replace(/^\uFEFF/, '');
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1];
    if (fence !== undefined) {
      costs[line - 1] = Infinity;
      if (mark?.startsWith(fence) && text.trim() === mark) fence = undefined;
      continue;
    }
    if (mark !== undefined && !(mark.startsWith('`') && text.trim().slice(mark.length).includes('`'))) {
      fence = mark;
      continue;
    }
    const atx = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(text);
    const setext = /^ {0,3}(=+|-+)[ \t]*$/.exec(text);
    if (atx) add(found, line, atx[1]!.length, withoutClosing(text.slice(atx[0].length)));
    else if (setext && line > 1 && isParagraph(lines, line - 1)) {
      add(found, line - 1, setext[1]!.startsWith('=') ? 1 : 2, lines.content(line - 1));
    }
  }
  return found;
}

/** What an ATX heading says: without the hashes at its end, which blanks set off. A line may be a megabyte long: no expression looks for them. */
function withoutClosing(source: string): string {
  const text = source.trimEnd();
  let end = text.length;
  while (text[end - 1] === '#') end--;
  const isSetOff = text[end - 1] === ' ' || text[end - 1] === '\t';
  return isSetOff ? text.slice(0, end).trimEnd() : text;
}

function add(found: Heading[], line: number, level: number, source: string): void {
  const title = fold(
    source
      .trimStart()
      .slice(0, maxHeading)
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/<[^<>]*>/g, '')
      .replace(/[`*]|^_+|(?<!_)_+$/g, ''),
  ).slice(0, 120);
  if (title !== '' && found.at(-1)?.line !== line) found.push({ line, level, title });
}

/** One line of text that an underline turns into a heading: no list, quote, table or heading itself. */
function isParagraph(lines: Lines, line: number): boolean {
  const text = lines.content(line);
  const aboveBlank = line === 1 || lines.isBlank(line - 1);
  return aboveBlank && text.trim() !== '' && !/^\s*(?:[-*+>|#]|\d+[.)]|```|~~~| {4})/.test(text);
}

/** Last line of YAML front matter, 0 where there is none. */
function frontMatterEnd(lines: Lines): number {
  if (
    lines.count === 0 ||
    lines
      .content(1)
      .replace(/^\uFEFF/, '')
      .trimEnd() !== '---'
  )
    return 0;
  for (let line = 2; line <= lines.count; line++) if (/^(?:---|\.\.\.)\s*$/.test(lines.content(line))) return line;
  return 0;
}
