import type { Node } from 'web-tree-sitter';
import type { Grammars } from './grammars.ts';
import { calleeOf } from './callees.ts';
import { importsOf } from './imports.ts';

/** A name that the source mentions, with the line where the name stands. */
export interface Reference {
  /** 1-based. */
  line: number;
  name: string;
}

export interface References {
  calls: Reference[];
  imports: Reference[];
}

/** Trees are deep where somebody chained a thousand calls; no person reads further. */
const maxDepth = 2_000;

/**
 * What the text calls and imports, in text order, by its syntax tree. Nothing where the language has no grammar or the
 * text cannot be parsed. Broken parts of a file are passed over.
 */
export async function referencesOf(
  { language, text }: { language: string; text: string },
  grammars: Grammars,
  signal?: AbortSignal,
): Promise<References> {
  // As the chunker reads it: grammars know no lone carriage return.
  const tree = await grammars.parse(language, text.replace(/\r(?!\n)/g, '\n'), signal);
  if (!tree) return { calls: [], imports: [] };
  try {
    return collect(tree.rootNode, language);
  } finally {
    tree.delete();
  }
}

interface Mention {
  at: number;
  reference: Reference;
}

function collect(root: Node, language: string): References {
  const calls: Mention[] = [];
  const imports: Mention[] = [];
  const open: { node: Node; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    const found = importsOf(node, language);
    for (const { node: where, name } of found) imports.push(mention(where, name));
    const callee = found.length === 0 ? calleeOf(node, language) : undefined;
    if (callee) calls.push(mention(callee, callee.text));
    if (depth >= maxDepth) continue;
    for (const child of node.namedChildren) open.push({ node: child, depth: depth + 1 });
  }
  return { calls: inOrder(calls), imports: inOrder(imports) };
}

function mention(node: Node, name: string): Mention {
  return { at: node.startIndex, reference: { line: node.startPosition.row + 1, name } };
}

/** Sort is stable: imports of one statement keep their order. */
const inOrder = (mentions: Mention[]): Reference[] =>
  mentions.sort((a, b) => a.at - b.at).map(({ reference }) => reference);

/** The names mentioned in lines `startLine`–`endLine`, each once, in order. */
export function namesWithin(
  references: readonly Reference[],
  { startLine, endLine }: { startLine: number; endLine: number },
): string[] {
  const inside = references.filter(({ line }) => line >= startLine && line <= endLine);
  return [...new Set(inside.map(({ name }) => name))];
}
