import type { Node } from 'web-tree-sitter';

/** What one syntax node defines. */
export interface Definition {
  kind: string;
  name: string;
  /** The node that spells the name: its first line is the definition's line. */
  nameNode: Node;
  /** Owner that the source spells at the name itself (Go receiver, C++ `Foo::`), joined by dots. */
  owner?: string;
  parameters?: string;
  returns?: string;
  /** Docstring with its quotes; wins over comments above. */
  docstring?: string;
  /** Node whose children may be definitions of their own. */
  body?: Node;
  /** `always`: definitions in the body are chunks (classes). `large`: only where the whole is over the limit (functions, objects). */
  split?: 'always' | 'large';
  /** What stands for this definition in the qualified names of what its body defines; default its name, empty: nothing. */
  ownsAs?: string;
  /** Opened again in file after file (a C++ namespace): owns what is inside, but is a chunk only where it is documented. */
  silent?: boolean;
  /** A signature without a body: joined with an implementation that follows; no chunk of its own inside a class. */
  signature?: boolean;
  /** May be merged with neighbours of its sort where it is short and not documented (constants, type aliases, macros …). */
  small?: boolean;
}

/** What surrounds a node: kind and name of the innermost definition, or undefined at the top of the file. */
export interface Owner {
  kind: string;
  name: string;
}

/** How one language spells its definitions. */
export interface LanguageRules {
  /** Node types of comments. */
  comments: ReadonlySet<string>;
  /** Node types that belong to the definition that follows them (decorators, attributes). */
  attributes?: ReadonlySet<string>;
  /** What `node` defines; undefined where it defines nothing worth a chunk. */
  define(node: Node, owner: Owner | undefined): Definition | undefined;
  /** Nodes whose children are looked through as if they stood in place of `node`. `large`: the node is over the chunk limit. */
  through?(node: Node, large: boolean, owner: Owner | undefined): readonly Node[] | undefined;
}

/** Kinds that own methods. */
const classKinds = new Set(['class', 'struct', 'interface', 'trait', 'enum', 'record', 'impl', 'union', 'annotation']);

export function isClassLike(owner: Owner | undefined): boolean {
  return owner !== undefined && classKinds.has(owner.kind);
}

/** White space folded to single spaces. */
export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The text of a parameter list without its brackets and comments, white space folded. */
export function parameterText(node: Node | null): string | undefined {
  if (!node) return undefined;
  const { text: source, startIndex } = node;
  let text = '';
  let from = 0;
  for (const child of node.children) {
    if (!child.type.includes('comment')) continue;
    text += `${source.slice(from, child.startIndex - startIndex)} `;
    from = child.endIndex - startIndex;
  }
  const folded = fold(text + source.slice(from));
  const open = folded[0] === '(' || folded[0] === '[' || folded[0] === '|';
  return fold(open ? folded.slice(1, -1) : folded)
    .replace(/\s+,/g, ',')
    .replace(/,$/, '');
}

/** A declared type without the punctuation that introduces it. */
export function typeText(node: Node | null | undefined): string | undefined {
  if (!node) return undefined;
  const text = fold(node.text).replace(/^(?::|->|=>)\s*/, '');
  return text === '' ? undefined : text;
}

/** A definition with only those optional parts that are there. */
export function definition(
  kind: string,
  nameNode: Node | null | undefined,
  rest: {
    [Key in Exclude<keyof Definition, 'kind' | 'nameNode'>]?: Definition[Key] | null | undefined;
  } = {},
): Definition | undefined {
  const name = fold(rest.name ?? nameNode?.text ?? '');
  if (!nameNode || name === '') return undefined;
  const found: Definition = { kind, name, nameNode };
  if (rest.owner) found.owner = rest.owner;
  if (rest.parameters !== undefined && rest.parameters !== null) found.parameters = rest.parameters;
  if (rest.returns) found.returns = rest.returns;
  if (rest.docstring) found.docstring = rest.docstring;
  if (rest.body) found.body = rest.body;
  if (rest.split) found.split = rest.split;
  if (rest.ownsAs !== undefined && rest.ownsAs !== null) found.ownsAs = rest.ownsAs;
  if (rest.silent) found.silent = true;
  if (rest.signature) found.signature = true;
  if (rest.small) found.small = true;
  return found;
}

/** Most names that one chunk lists. */
const maxNames = 12;

/** One definition that stands for several names (`const ( A = 1; B = 2 )`); the kind turns plural where there are several. */
export function several(kind: string, nameNodes: readonly Node[]): Definition | undefined {
  const names = [...new Set(nameNodes.map((node) => fold(node.text)))].slice(0, maxNames);
  return definition(names.length > 1 ? `${kind}s` : kind, nameNodes[0], { name: names.join(', '), small: true });
}

/** First named child of one of these types. */
export function childOf(node: Node | null | undefined, ...types: string[]): Node | null {
  return node?.namedChildren.find((child) => types.includes(child.type)) ?? null;
}

/** Does the node span more than one line? */
export function isMultiLine(node: Node): boolean {
  return node.endPosition.row > node.startPosition.row;
}

export function isUpperCase(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}
