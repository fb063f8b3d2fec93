import { Lines } from './lines.ts';
import { codeKind, definedNames } from './naming.ts';
import type { Chunk, LineOrigin, RenderProfile } from './types.ts';

/** Part of every segment's id: another rendering gives other ids. */
export const rendererVersion = 'cribsheet-render-1';

type Profile = Pick<RenderProfile, 'fileMark' | 'pathParts' | 'dedentTabs'>;

/** Rendered text with the source line of each of its lines. Every line ends with `\n`. */
export interface Rendered {
  text: string;
  lines: LineOrigin[];
}

/** How much stands before the text: all of it, the path alone, nothing (where the rest would fill half a segment). */
export type Heading = 'full' | 'path' | 'none';

/** Longest parts of a heading, in characters; generated code has signatures of a page. */
const longest = { path: 240, name: 120, parameters: 300, returns: 160, doc: 160 };

/** A mark at the start of a text, which is no character of its first line. */
const byteOrderMark = '\uFEFF';

/** One chunk as a segment of its own would hold it: file line, card line, text. */
export function renderChunk(chunk: Chunk, profile: Profile): Rendered {
  return renderFiles([{ path: chunk.path, chunks: [chunk] }], profile);
}

/** Several files in the given order; `path` is the whole path and stands so in the origins. */
export function renderFiles(
  files: readonly { path: string; chunks: readonly Chunk[] }[],
  profile: Profile,
  heading: Heading = 'full',
): Rendered {
  const lines: LineOrigin[] = [];
  let text = '';
  const add = (path: string, line: number, content: string): void => {
    lines.push({ start: text.length, path, line });
    text += `${content}\n`;
  };
  for (const { path, chunks } of files) {
    const names = heading === 'full' ? chunks.flatMap(definedNames) : [];
    if (heading !== 'none') add(path, chunks[0]?.startLine ?? 1, fileLine(path, names, profile));
    for (const chunk of chunks) {
      const card = heading === 'full' ? cardLine(chunk, profile) : undefined;
      if (card !== undefined) add(path, chunk.nameLine, card);
      for (const { line, content } of bodyLines(chunk, profile.dedentTabs)) add(path, line, content);
    }
  }
  return { text, lines };
}

/** `{fileMark}{path} defines {name, name, …}`; a file (or the piece of it here) that defines nothing has only its path. */
export function fileLine(path: string, names: readonly string[], profile: Profile): string {
  const listed = [...new Set(names.map((name) => oneLine(name, longest.name)))];
  const defines = listed.length > 0 ? ` defines ${listed.join(', ')}` : '';
  return `${profile.fileMark}${renderedPath(path, profile)}${defines}`;
}

/** `# {name}({parameters}): {return type} - {kind} in {path} - {documentation}`; undefined for a chunk that defines nothing. */
export function cardLine(chunk: Chunk, profile: Profile): string | undefined {
  if (chunk.kind === codeKind) return undefined;
  const parameters = chunk.parameters === undefined ? '' : `(${oneLine(chunk.parameters, longest.parameters)})`;
  const returns = chunk.returns === undefined ? '' : `: ${oneLine(chunk.returns, longest.returns)}`;
  const doc = chunk.doc === undefined ? '' : ` - ${oneLine(chunk.doc, longest.doc)}`;
  const signature = `${oneLine(chunk.name, longest.name)}${parameters}${returns}`;
  return `# ${signature} - ${chunk.kind} in ${renderedPath(chunk.path, profile)}${doc}`;
}

/** The path as the decoder reads it: its last parts where the profile says so. */
function renderedPath(path: string, { pathParts }: Profile): string {
  const kept = pathParts === undefined ? path : path.split('/').slice(-pathParts).join('/');
  const line = kept.replace(/[\r\n\u2028\u2029]/g, ' ');
  return line.length <= longest.path ? line : `…${line.slice(1 - longest.path).replace(/^[\uDC00-\uDFFF]/, '')}`;
}

function oneLine(text: string, max: number): string {
  const folded = text.replace(/\s+/g, ' ').trim();
  return folded.length <= max ? folded : `${folded.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * The lines of a chunk's text, one for each source line, without line ends and byte-order mark, so that a checkout with other line ends
 * renders alike. Blank lines at both ends are left out. With `dedentTabs`, tabs become spaces and the common indentation goes.
 */
export function bodyLines(
  chunk: Pick<Chunk, 'text' | 'startLine'>,
  dedentTabs?: number,
): { line: number; content: string }[] {
  const lines = new Lines(chunk.text.startsWith(byteOrderMark) ? chunk.text.slice(1) : chunk.text);
  let body: { line: number; content: string }[] = [];
  for (let at = 1; at <= lines.count; at++) body.push({ line: chunk.startLine + at - 1, content: lines.content(at) });
  const isText = ({ content }: { content: string }): boolean => content.trim() !== '';
  body = body.slice(Math.max(0, body.findIndex(isText)), body.findLastIndex(isText) + 1);
  return dedentTabs === undefined ? body : dedented(body, dedentTabs);
}

function dedented(
  body: readonly { line: number; content: string }[],
  tab: number,
): { line: number; content: string }[] {
  const spaced = body.map(({ line, content }) => ({ line, content: content.replaceAll('\t', ' '.repeat(tab)) }));
  // The bracket that closes a class stands in the chunk of its last method, and does not say how far that is indented.
  const telling = spaced.filter(({ content }) => /[^\s)\]}>;,]/.test(content) && content.trim() !== 'end');
  const indentation = Math.min(...(telling.length > 0 ? telling : spaced).map(({ content }) => indentOf(content)));
  return spaced.map(({ line, content }) => ({
    line,
    content: content.slice(Math.min(indentOf(content), indentation)),
  }));
}

function indentOf(content: string): number {
  return content.trim() === '' ? content.length : content.length - content.trimStart().length;
}
