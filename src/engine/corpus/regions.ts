import type { Node } from 'web-tree-sitter';
import { isClassLike, type Owner } from './definitions/rules.ts';
import type { Lines } from './lines.ts';
import { codeKind, partOf, type Label } from './naming.ts';
import type { Item, Outline } from './outline.ts';

/** Lines from `startLine` up to the next region. */
export interface Region {
  startLine: number;
  label: Label;
}

/** A class with nothing but a constructor stays whole up to this size, in characters. */
const tinyClass = 400;
/** Inside a large function or object only definitions of so many lines are chunks of their own. */
const minInnerLines = 4;
/** Text with fewer characters than this between two definitions goes to one of them. */
const scrap = 40;
/** The same inside a class: a field or two. */
const classScrap = 120;
const maxDepth = 24;

/** Lays the definitions of a file out as regions that cover every line once. */
export class RegionBuilder {
  private readonly lines: Lines;
  private readonly outline: Outline;
  private readonly maxChars: number;
  private readonly code: Label;
  readonly regions: Region[] = [];

  constructor(lines: Lines, outline: Outline, baseName: string, maxChars: number) {
    this.lines = lines;
    this.outline = outline;
    this.maxChars = maxChars;
    this.code = { kind: codeKind, name: baseName, qualifiedName: baseName };
  }

  build(root: Node): Region[] {
    const items = apart(this.outline.items(root, undefined), 0);
    this.fill(items, 1, this.lines.count, undefined, [], this.code, 0);
    return this.regions;
  }

  /** Covers lines `first`–`last`: the items, and what stands between them under the label `between`. */
  private fill(
    items: readonly Item[],
    first: number,
    last: number,
    body: Node | undefined,
    owners: readonly string[],
    between: Label,
    depth: number,
  ): void {
    let next = first;
    for (const item of items) {
      const start = this.gap(next, item.startLine - 1, between) ? item.startLine : next;
      this.item(item, start, owners, depth);
      next = item.endLine + 1;
    }
    if (next > last) return;
    // Closing brackets, an `end`, trailing comments: they go with what stands before.
    const closing =
      items.length > 0 && (body ? !beginsNode(body, this.lines, next, last) : this.isScrap(next, last, between));
    if (!closing) this.gap(next, last, between, true);
  }

  /** Lines between two definitions. False where they are too little for a chunk and go to the next one. */
  private gap(first: number, last: number, label: Label, trailing = false): boolean {
    if (first > last) return true;
    const nothingBefore = this.regions.length === 0;
    if (this.isScrap(first, last, label) && !(trailing && nothingBefore)) return trailing;
    this.regions.push({ startLine: first, label });
    return true;
  }

  private isScrap(first: number, last: number, label: Label): boolean {
    const text = this.lines.slice(first, last).replace(/\s+/g, '');
    return text.length < (label.kind === codeKind ? scrap : classScrap);
  }

  /** `startLine` may lie before the item's own: blank lines and scraps above. */
  private item(item: Item, startLine: number, owners: readonly string[], depth: number): void {
    const { definition } = item;
    const path = definition.owner === undefined ? owners : [...owners, definition.owner];
    const label: Label = {
      kind: definition.kind,
      name: definition.name,
      qualifiedName: [...path, definition.name].join('.'),
      nameLine: item.nameLine,
    };
    if (definition.parameters !== undefined) label.parameters = definition.parameters;
    if (definition.returns !== undefined) label.returns = definition.returns;
    if (item.doc !== undefined) label.doc = item.doc;
    if (definition.small) label.mergeable = item.doc === undefined && item.endLine - item.startLine < 2;
    const silent = definition.silent === true && item.doc === undefined;
    if (!silent) this.regions.push({ startLine, label });

    const members = depth < maxDepth ? this.members(item) : [];
    if (!definition.body || (members.length === 0 && !silent)) return;
    const inner = definition.ownsAs ?? definition.name;
    const between = definition.kind === 'namespace' || definition.kind === 'module' ? this.code : partOf(label);
    const head = silent ? startLine : members[0]!.startLine;
    this.fill(members, head, item.endLine, definition.body, inner === '' ? path : [...path, inner], between, depth + 1);
  }

  /** Definitions inside that are chunks of their own. */
  private members(item: Item): Item[] {
    const { definition } = item;
    const size = this.lines.size(item.startLine, item.endLine);
    const large = size > this.maxChars;
    if (!definition.body || !definition.split || (definition.split === 'large' && !large)) return [];
    const owner: Owner = { kind: definition.kind, name: definition.name };
    const found = this.outline.items(definition.body, owner).filter((member) => member.endLine <= item.endLine);
    if (definition.split === 'large') {
      const worth = (member: Item): boolean => member.endLine - member.startLine + 1 >= minInnerLines;
      return apart(found.filter(worth), item.nameLine);
    }
    if (definition.silent) return apart(found, item.startLine - 1);
    const plain = isClassLike(owner) && found.every((member) => member.definition.kind === 'constructor');
    return plain && size <= tinyClass ? [] : apart(found, item.nameLine);
  }
}

/** Items that share no line with each other nor with `afterLine`: of two on one line the first takes both. */
function apart(items: readonly Item[], afterLine: number): Item[] {
  const kept: Item[] = [];
  for (const item of items.toSorted((a, b) => a.startLine - b.startLine)) {
    const last = kept.at(-1);
    if (last && item.startLine <= last.endLine) {
      if (item.endLine > last.endLine) kept[kept.length - 1] = { ...last, endLine: item.endLine };
    } else if (item.startLine > afterLine) kept.push(item);
  }
  return kept;
}

/** Does something other than a comment begin in lines `first`–`last` directly inside `body`? */
function beginsNode(body: Node, lines: Lines, first: number, last: number): boolean {
  return body.namedChildren.some((child) => {
    const line = lines.at(child.startIndex);
    return line >= first && line <= last && !child.type.includes('comment');
  });
}
