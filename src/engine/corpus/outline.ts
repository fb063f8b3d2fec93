import type { Node } from 'web-tree-sitter';
import { isClassLike, type Definition, type LanguageRules, type Owner } from './definitions/rules.ts';
import { firstSentence } from './documentation.ts';
import type { Lines } from './lines.ts';

/** A definition with the lines that belong to it: comments, decorators and attributes directly above are part of it. */
export interface Item {
  definition: Definition;
  startLine: number;
  endLine: number;
  nameLine: number;
  doc?: string;
}

/** Wrappers inside wrappers are followed this far: hostile text nests without end. */
const maxDepth = 24;

/** Finds the definitions of one file's tree, one level at a time. */
export class Outline {
  private readonly lines: Lines;
  private readonly rules: LanguageRules;
  private readonly largeChars: number;
  /** Characters that the parser could not make sense of, outside of definitions. */
  errorChars = 0;

  /** `largeChars`: statements above this size are looked through for definitions inside. */
  constructor(lines: Lines, rules: LanguageRules, largeChars: number) {
    this.lines = lines;
    this.rules = rules;
    this.largeChars = largeChars;
  }

  /** Definitions among the children of `parent`, in text order; `owner` is the definition that they stand in. */
  items(parent: Node, owner: Owner | undefined): Item[] {
    const items: Item[] = [];
    this.collect(parent, owner, 0, items);
    const joined = joinSignatures(items, this.lines);
    return isClassLike(owner) ? joined.filter((item) => !item.definition.signature) : joined;
  }

  private collect(parent: Node, owner: Owner | undefined, depth: number, items: Item[]): void {
    const { rules, lines } = this;
    let above: Node[] = [];
    for (const child of parent.namedChildren) {
      const isComment = rules.comments.has(child.type);
      // A comment behind code speaks about that code.
      if (isComment && !lines.opensLine(child.startIndex)) continue;
      const previous = above.at(-1);
      const apart = previous && lines.at(child.startIndex) > this.lastLine(previous) + 1;
      if (apart && rules.comments.has(previous.type)) above = [];
      if (isComment || rules.attributes?.has(child.type)) {
        above.push(child);
        continue;
      }
      const definition = child.isError ? undefined : rules.define(child, owner);
      if (definition) items.push(this.item(child, definition, above));
      else if (depth < maxDepth) this.lookThrough(child, owner, depth, items);
      above = [];
    }
  }

  private lookThrough(node: Node, owner: Owner | undefined, depth: number, items: Item[]): void {
    if (node.isError) {
      const before = items.length;
      this.collect(node, owner, depth + 1, items);
      this.errorChars += node.endIndex - node.startIndex;
      for (const item of items.slice(before)) this.errorChars -= this.lines.size(item.startLine, item.endLine);
      return;
    }
    const large = node.endIndex - node.startIndex > this.largeChars;
    for (const inner of this.rules.through?.(node, large, owner) ?? []) this.collect(inner, owner, depth + 1, items);
  }

  private item(node: Node, definition: Definition, above: readonly Node[]): Item {
    const item: Item = {
      definition,
      startLine: this.lines.at((above[0] ?? node).startIndex),
      endLine: this.lastLine(node),
      nameLine: this.lines.at(definition.nameNode.startIndex),
    };
    const doc =
      firstSentence(definition.docstring ?? this.commentBlock(above)) ?? firstSentence(this.commentBlock(above));
    if (doc !== undefined) item.doc = doc;
    return item;
  }

  /** The last comment above a definition: one block comment, or a run of line comments. */
  private commentBlock(above: readonly Node[]): string {
    const comments = above.filter((node) => this.rules.comments.has(node.type)).map((node) => node.text);
    const block = comments.findLastIndex(
      (text) => text.startsWith('/*') && !/^\/\*\s*(?:eslint|istanbul|@ts-)/.test(text),
    );
    const run = block >= 0 ? comments.slice(block, block + 1) : comments;
    return run.map((text) => text.trimEnd()).join('\n');
  }

  /** The line of the last character that is not white space (some grammars count the line end in). */
  private lastLine(node: Node): number {
    let end = node.endIndex;
    while (end > node.startIndex + 1 && this.lines.text.charCodeAt(end - 1) <= 32) end--;
    return this.lines.at(Math.max(node.startIndex, end - 1));
  }
}

/** Overloads belong to their implementation; overloads without one make one item. */
function joinSignatures(items: readonly Item[], lines: Lines): Item[] {
  const joined: Item[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (last?.definition.signature && last.definition.name === item.definition.name && touches(last, item, lines)) {
      const doc = last.doc ?? item.doc;
      joined[joined.length - 1] = {
        ...(item.definition.signature ? last : item),
        startLine: last.startLine,
        endLine: item.endLine,
        ...(doc === undefined ? {} : { doc }),
      };
    } else joined.push(item);
  }
  return joined;
}

function touches(first: Item, second: Item, lines: Lines): boolean {
  return second.startLine > first.endLine && lines.slice(first.endLine + 1, second.startLine - 1).trim() === '';
}
