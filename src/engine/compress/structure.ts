import type { Node } from 'web-tree-sitter';
import { calleeOf } from '../corpus/callees.ts';
import type { Grammars } from '../corpus/grammars.ts';
import { importsOf } from '../corpus/imports.ts';
import { languageOf } from '../corpus/languages.ts';
import type { Segment } from '../corpus/types.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import type { EncodedText } from './encode.ts';

/** How much a reader of code looks for a token, 0–1. The kinds are those that CodeComp (arXiv 2604.10235) protects. */
const weights = { heading: 1, name: 1, signature: 0.7, call: 0.6, import: 0.5, returns: 0.5 } as const;

const definition =
  /^(?:(?:.*_)?(?:function|method|class|interface|struct|enum|trait|type|constructor|module|namespace|record)_(?:definition|declaration|item|specifier|alias|signature)|method|class|module|singleton_method|impl_item)$/;
/** Bound names count where they are a file's own (`export const NAME = …`), not where they are a function's. */
const binding = 'variable_declarator';
const bindingDepth = 3;
const returning = /^(?:return|yield)(?:_statement|_expression)?$/;
const maxDepth = 500;

interface Mark {
  /** UTF-16 offsets into the parsed text. */
  start: number;
  end: number;
  weight: number;
}

/** One file's lines in a segment: what is parsed, and which rendered line each of its lines is. */
interface Part {
  path: string;
  text: string;
  lines: number[];
}

/**
 * The structural prior of every token of a segment, read off its parse tree: names of definitions, signatures, what is
 * called, what is imported, what is returned; file and card lines count as names. Zero elsewhere, and for the text of
 * languages without a grammar. Nothing here looks at the model or the task.
 */
export async function structuralPrior(
  segment: Segment,
  encoded: EncodedText,
  tokenizer: Tokenizer,
  fileMark: string,
  grammars: Grammars | undefined,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { text, lines } = segment;
  const lineText = lines.map((l, i) => text.slice(l.start, lines[i + 1]?.start ?? text.length));
  const headings = headingLines(segment, lineText, fileMark);
  // Per rendered line: marks as byte columns.
  const marks = new Map<number, Mark[]>();
  const addMark = (line: number, start: number, end: number, weight: number): void => {
    const bytes = (upTo: number): number => tokenizer.textBytes(lineText[line]!.slice(0, upTo));
    let list = marks.get(line);
    if (!list) marks.set(line, (list = []));
    list.push({ start: bytes(start), end: bytes(end), weight });
  };
  headings.forEach((line) => addMark(line, 0, lineText[line]!.length, weights.heading));
  for (const part of partsOf(segment, lineText, headings)) {
    const language = languageOf(part.path);
    const tree = await grammars?.parse(language, part.text, signal);
    if (!tree) continue;
    try {
      for (const mark of marksOf(tree.rootNode, language)) spread(mark, part, addMark);
    } finally {
      tree.delete();
    }
  }
  return Float32Array.from(encoded.lineOf, (line, i) => {
    const start = encoded.columnOf[i]!;
    const end = start + Math.max(1, tokenizer.byteLength(encoded.ids[i]!));
    const over = (marks.get(line) ?? []).filter((m) => m.start < end && m.end > start);
    return over.reduce((most, m) => Math.max(most, m.weight), 0);
  });
}

/** Rendered lines that are file or card lines (see `renderFiles`). */
function headingLines({ lines, chunks }: Segment, lineText: readonly string[], fileMark: string): Set<number> {
  const named = new Set(chunks.map((c) => `${c.path}\n${c.nameLine}`));
  const found = new Set<number>();
  lines.forEach(({ path, line }, i) => {
    const text = lineText[i]!;
    const isFile = path !== lines[i - 1]?.path && text.startsWith(fileMark);
    // A body line with the same origin follows sooner or later; the card stands before it.
    const isCard = text.startsWith('# ') && text.includes(' in ') && named.has(`${path}\n${line}`);
    if (isFile || isCard) found.add(i);
  });
  return found;
}

function partsOf({ lines }: Segment, lineText: readonly string[], headings: ReadonlySet<number>): Part[] {
  const parts: Part[] = [];
  lines.forEach(({ path }, i) => {
    if (headings.has(i)) return;
    let part = parts.at(-1);
    if (part?.path !== path) parts.push((part = { path, text: '', lines: [] }));
    part.lines.push(i);
    part.text += lineText[i]!;
  });
  return parts;
}

function marksOf(root: Node, language: string): Mark[] {
  const marks: Mark[] = [];
  const mark = (node: Node | null | undefined, weight: number, end = node?.endIndex): void => {
    if (node && end !== undefined && end > node.startIndex) marks.push({ start: node.startIndex, end, weight });
  };
  const open: { node: Node; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next;
    if (definition.test(node.type) || (node.type === binding && depth <= bindingDepth)) {
      const name = node.childForFieldName('name') ?? node.childForFieldName('declarator');
      const body = node.childForFieldName('body') ?? node.childForFieldName('value');
      mark(node, weights.signature, body ? body.startIndex : firstLineEnd(node));
      mark(name, weights.name);
    } else if (returning.test(node.type)) mark(node, weights.returns);
    const imported = importsOf(node, language);
    if (imported.length > 0) mark(node, weights.import);
    else mark(calleeOf(node, language), weights.call);
    if (depth >= maxDepth) continue;
    for (const child of node.namedChildren) open.push({ node: child, depth: depth + 1 });
  }
  return marks;
}

function firstLineEnd(node: Node): number {
  const end = node.text.indexOf('\n');
  return end < 0 ? node.endIndex : node.startIndex + end;
}

/** Cuts a mark at line ends and hands over its pieces, by rendered line and column. */
function spread(mark: Mark, part: Part, add: (line: number, start: number, end: number, weight: number) => void): void {
  let at = 0;
  const texts = part.text.split(/(?<=\n)/);
  texts.forEach((text, i) => {
    const start = Math.max(mark.start, at);
    const end = Math.min(mark.end, at + text.length);
    if (start < end && part.lines[i] !== undefined) add(part.lines[i], start - at, end - at, mark.weight);
    at += text.length;
  });
}
