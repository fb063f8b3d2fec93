import type { Node } from 'web-tree-sitter';
import {
  definition,
  isClassLike,
  isMultiLine,
  isUpperCase,
  parameterText,
  typeText,
  type Definition,
  type LanguageRules,
  type Owner,
} from './rules.ts';

const blocks = new Set([
  'if_statement',
  'elif_clause',
  'else_clause',
  'try_statement',
  'except_clause',
  'except_group_clause',
  'finally_clause',
  'with_statement',
  'block',
]);

export const python: LanguageRules = {
  comments: new Set(['comment']),
  define,
  through: (node) => (blocks.has(node.type) ? [node] : undefined),
};

function define(node: Node, owner: Owner | undefined): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  switch (node.type) {
    case 'decorated_definition': {
      const inner = node.childForFieldName('definition');
      return inner ? define(inner, owner) : undefined;
    }
    case 'class_definition':
      return definition('class', name, { body, split: 'always', docstring: docstring(body) });
    case 'function_definition':
      return definition(functionKind(name, owner), name, {
        parameters: parameterText(node.childForFieldName('parameters')) ?? '',
        returns: typeText(node.childForFieldName('return_type')),
        docstring: docstring(body),
        body,
        split: 'large',
      });
    case 'type_alias_statement': {
      const left = node.childForFieldName('left');
      return definition('type', left, { name: left?.text.replace(/\[.*/s, ''), small: true });
    }
    case 'expression_statement':
      return owner ? undefined : assignment(node.firstNamedChild);
    default:
      return undefined;
  }
}

function functionKind(name: Node | null, owner: Owner | undefined): string {
  if (!isClassLike(owner)) return 'function';
  return name?.text === '__init__' ? 'constructor' : 'method';
}

/** Module-level names in capitals, of several lines, or bound to a lambda. */
function assignment(node: Node | null): Definition | undefined {
  const left = node?.childForFieldName('left');
  const right = node?.childForFieldName('right');
  if (node?.type !== 'assignment' || left?.type !== 'identifier' || !right) return undefined;
  if (right.type === 'lambda') {
    return definition('function', left, { parameters: parameterText(right.childForFieldName('parameters')) ?? '' });
  }
  if (!isUpperCase(left.text) && !isMultiLine(node)) return undefined;
  return definition('constant', left, { small: true });
}

function docstring(body: Node | null): string | undefined {
  const first = body?.namedChildren.find((child) => child.type !== 'comment');
  const string = first?.type === 'expression_statement' ? first.firstNamedChild : first;
  if (string?.type !== 'string') return undefined;
  return string.text.replace(/^[a-zA-Z]*(?:"""|'''|"|')/, '').replace(/(?:"""|'''|"|')$/, '');
}
