import type { Node } from 'web-tree-sitter';
import {
  childOf,
  definition,
  isMultiLine,
  parameterText,
  several,
  typeText,
  type Definition,
  type LanguageRules,
} from './rules.ts';

const types: Readonly<Record<string, string>> = {
  class_declaration: 'class',
  interface_declaration: 'interface',
  trait_declaration: 'trait',
  enum_declaration: 'enum',
};
const blocks = new Set(['if_statement', 'else_clause', 'else_if_clause', 'compound_statement', 'colon_block']);

/** A namespace is a file's address, as a package is in Java: no chunk of its own and no part of qualified names. */
export const php: LanguageRules = {
  comments: new Set(['comment']),
  define,
  through(node) {
    if (node.type === 'namespace_definition') {
      const body = node.childForFieldName('body');
      return body ? [body] : undefined;
    }
    return blocks.has(node.type) ? [node] : undefined;
  },
};

function define(node: Node): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  const kind = types[node.type];
  if (kind !== undefined) return definition(kind, name, { body, split: 'always' });
  switch (node.type) {
    case 'function_definition':
      return functionDefinition('function', node, name);
    case 'method_declaration':
      return functionDefinition(name?.text === '__construct' ? 'constructor' : 'method', node, name);
    case 'const_declaration': {
      const elements = node.namedChildren.filter((child) => child.type === 'const_element');
      // Constants of a class belong to its head.
      if (node.parent?.type.includes('declaration_list')) return undefined;
      return several(
        'constant',
        elements.flatMap((element) => element.firstNamedChild ?? []),
      );
    }
    case 'expression_statement':
      return assignment(node.firstNamedChild);
    default:
      return undefined;
  }
}

function functionDefinition(kind: string, node: Node, name: Node | null): Definition | undefined {
  const body = node.childForFieldName('body');
  return definition(kind, name, {
    name: name?.text.replace(/^\$/, ''),
    parameters: parameterText(node.childForFieldName('parameters')) ?? '',
    returns: typeText(node.childForFieldName('return_type')),
    body,
    split: 'large',
    signature: !body,
  });
}

/** `$f = function (…) { … }`, `$config = [ … ]` of several lines, `define('NAME', …)`. */
function assignment(node: Node | null): Definition | undefined {
  if (node?.type === 'function_call_expression' && node.childForFieldName('function')?.text === 'define') {
    const first = childOf(node.childForFieldName('arguments'), 'argument');
    const name = first?.text.replace(/^['"]|['"]$/g, '');
    return name && /^\w+$/.test(name) ? definition('constant', first, { name, small: true }) : undefined;
  }
  const left = node?.childForFieldName('left');
  const right = node?.childForFieldName('right');
  if (node?.type !== 'assignment_expression' || left?.type !== 'variable_name' || !right) return undefined;
  if (right.type === 'anonymous_function' || right.type === 'arrow_function')
    return functionDefinition('function', right, left);
  return isMultiLine(right) ? definition('variable', left, { name: left.text.replace(/^\$/, '') }) : undefined;
}
