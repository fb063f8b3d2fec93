import type { Node } from 'web-tree-sitter';

/** A module specifier, and the node where it stands. */
export interface Imported {
  node: Node;
  name: string;
}

type Rule = (node: Node) => Imported[];

/** What one node imports. Empty where it imports nothing. */
export function importsOf(node: Node, language: string): Imported[] {
  const rule = Object.hasOwn(rules, language) ? rules[language] : undefined;
  return rule ? rule(node).filter(({ name }) => name !== '') : [];
}

const rules: Readonly<Record<string, Rule>> = {
  typescript: ecmascript,
  tsx: ecmascript,
  javascript: ecmascript,
  python,
  go: (node) => (node.type === 'import_spec' ? quoted(node.childForFieldName('path')) : []),
  rust,
  java,
  c: include,
  cpp: include,
  csharp: (node) => (node.type === 'using_directive' ? plain(node.namedChildren.at(-1)) : []),
  ruby,
  php,
  bash,
};

function ecmascript(node: Node): Imported[] {
  switch (node.type) {
    case 'import_statement':
    case 'export_statement':
    case 'import_require_clause':
      return quoted(node.childForFieldName('source'));
    case 'call_expression': {
      const called = node.childForFieldName('function');
      const loads = called?.type === 'import' || (called?.type === 'identifier' && called.text === 'require');
      return loads ? quoted(node.childForFieldName('arguments')?.firstNamedChild) : [];
    }
    default:
      return [];
  }
}

function python(node: Node): Imported[] {
  if (node.type === 'import_from_statement') return plain(node.childForFieldName('module_name'));
  if (node.type === 'future_import_statement') return [{ node, name: '__future__' }];
  if (node.type !== 'import_statement') return [];
  return node
    .childrenForFieldName('name')
    .flatMap((name) => plain(name.type === 'aliased_import' ? name.childForFieldName('name') : name));
}

function rust(node: Node): Imported[] {
  if (node.type === 'extern_crate_declaration') return plain(node.childForFieldName('name'));
  const tree = node.type === 'use_declaration' ? node.childForFieldName('argument') : null;
  return tree ? usePaths(tree, '') : [];
}

/** `a::{b, c::{self, d}}` gives a::b, a::c and a::c::d. */
function usePaths(tree: Node, prefix: string): Imported[] {
  switch (tree.type) {
    case 'use_list':
      return tree.namedChildren.flatMap((child) => usePaths(child, prefix));
    case 'scoped_use_list': {
      const path = tree.childForFieldName('path');
      const list = tree.childForFieldName('list');
      return list ? usePaths(list, path ? `${prefix}${path.text}::` : prefix) : [];
    }
    case 'use_as_clause': {
      const path = tree.childForFieldName('path');
      return path ? usePaths(path, prefix) : [];
    }
    case 'line_comment':
    case 'block_comment':
      return [];
    default:
      return [{ node: tree, name: tree.text === 'self' ? prefix.replace(/::$/, '') : `${prefix}${fold(tree.text)}` }];
  }
}

function java(node: Node): Imported[] {
  if (node.type !== 'import_declaration') return [];
  const name = node.namedChildren.find((child) => child.type === 'scoped_identifier' || child.type === 'identifier');
  const all = node.namedChildren.some((child) => child.type === 'asterisk');
  return name ? [{ node: name, name: `${fold(name.text)}${all ? '.*' : ''}` }] : [];
}

function include(node: Node): Imported[] {
  const path = node.type === 'preproc_include' ? node.childForFieldName('path') : null;
  return path ? [{ node: path, name: path.text.replace(/^[<"]|[>"]$/g, '') }] : [];
}

function ruby(node: Node): Imported[] {
  const loads = ['require', 'require_relative', 'load'].includes(node.childForFieldName('method')?.text ?? '');
  if (node.type !== 'call' || !loads || node.childForFieldName('receiver')) return [];
  const argument = node.childForFieldName('arguments')?.firstNamedChild;
  return argument?.type === 'string' ? quoted(argument) : [];
}

function php(node: Node): Imported[] {
  if (node.type === 'namespace_use_clause') return plain(node.firstNamedChild);
  const includes = /^(?:require|include)(?:_once)?_expression$/.test(node.type);
  const argument = includes ? node.firstNamedChild : null;
  return argument && /string$/.test(argument.type) ? quoted(argument) : [];
}

function bash(node: Node): Imported[] {
  const loads = ['source', '.'].includes(node.type === 'command' ? (node.childForFieldName('name')?.text ?? '') : '');
  const argument = loads ? node.childForFieldName('argument') : null;
  return argument ? [{ node: argument, name: argument.text.replace(/^['"]|['"]$/g, '') }] : [];
}

/** The text of a string literal without its quotes; nothing where it is computed. */
function quoted(node: Node | null | undefined): Imported[] {
  if (
    !node ||
    !/string/.test(node.type) ||
    node.namedChildren.some((child) => /substitution|interpolation/.test(child.type))
  ) {
    return [];
  }
  return [{ node, name: node.text.replace(/^[`'"]|[`'"]$/g, '') }];
}

const plain = (node: Node | null | undefined): Imported[] => (node ? [{ node, name: fold(node.text) }] : []);

const fold = (text: string): string => text.replace(/\s+/g, '');
