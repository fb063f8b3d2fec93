import type { Node } from 'web-tree-sitter';
import {
  childOf,
  definition,
  isClassLike,
  isMultiLine,
  isUpperCase,
  parameterText,
  several,
  typeText,
  type Definition,
  type LanguageRules,
  type Owner,
} from './rules.ts';

const functionValues = new Set(['arrow_function', 'function_expression', 'function', 'generator_function']);
const blocks = new Set(['statement_block', 'if_statement', 'else_clause', 'try_statement', 'catch_clause']);

/** TypeScript, TSX and JavaScript. */
export const ecmascript: LanguageRules = {
  comments: new Set(['comment', 'html_comment', 'hash_bang_line']),
  attributes: new Set(['decorator']),
  define: (node, owner) => define(node, owner, false),
  through,
};

function define(node: Node, owner: Owner | undefined, exported: boolean): Definition | undefined {
  const name = node.childForFieldName('name');
  switch (node.type) {
    case 'export_statement': {
      const declared = node.childForFieldName('declaration');
      if (declared) return define(declared, owner, true);
      const value = node.childForFieldName('value');
      // `export default name` says only what the name's own chunk is for.
      if (!value || value.type === 'identifier') return undefined;
      return valueDefinition(value, value.childForFieldName('name') ?? value, 'default');
    }
    case 'ambient_declaration': {
      const declared = node.namedChildren.find((child) => child.type !== 'statement_block' && child.type !== 'comment');
      return declared && define(declared, owner, true);
    }
    case 'class_declaration':
    case 'abstract_class_declaration':
      return definition('class', name, { body: node.childForFieldName('body'), split: 'always' });
    case 'function_declaration':
    case 'generator_function_declaration':
    case 'function_signature':
      return functionDefinition('function', node, name);
    case 'interface_declaration':
      return definition('interface', name);
    case 'enum_declaration':
      return definition('enum', name);
    case 'type_alias_declaration':
      return definition('type', name, { small: true });
    case 'internal_module':
    case 'module':
      return definition('namespace', name, {
        name: name?.text.replace(/^['"]|['"]$/g, ''),
        body: node.childForFieldName('body'),
        split: 'always',
      });
    case 'lexical_declaration':
    case 'variable_declaration':
      return variableDefinition(node, exported);
    case 'expression_statement': {
      const inner = node.firstNamedChild;
      if (inner?.type === 'internal_module') return define(inner, owner, exported);
      return inner?.type === 'assignment_expression' ? assignedDefinition(inner) : undefined;
    }
    case 'method_definition':
    case 'method_signature':
    case 'abstract_method_signature':
      return functionDefinition(methodKind(name, owner), node, name);
    case 'public_field_definition':
    case 'field_definition': {
      const property = name ?? node.childForFieldName('property');
      const value = node.childForFieldName('value');
      return value && functionValues.has(value.type) ? functionDefinition('method', value, property) : undefined;
    }
    case 'pair': {
      const value = node.childForFieldName('value');
      const key = node.childForFieldName('key');
      return value && functionValues.has(value.type) ? functionDefinition('method', value, key) : undefined;
    }
    default:
      return undefined;
  }
}

function methodKind(name: Node | null, owner: Owner | undefined): string {
  return isClassLike(owner) && name?.text === 'constructor' ? 'constructor' : 'method';
}

/** `node` holds parameters, return type and body; `nameNode` may stand elsewhere (`const f = (a) => …`). */
function functionDefinition(kind: string, node: Node, nameNode: Node | null, name?: string): Definition | undefined {
  const body = node.childForFieldName('body');
  return definition(kind, nameNode, {
    name: name ?? nameNode?.text.replace(/^['"]|['"]$/g, ''),
    parameters: parameterText(node.childForFieldName('parameters') ?? node.childForFieldName('parameter')) ?? '',
    returns: typeText(node.childForFieldName('return_type')),
    body,
    split: 'large',
    signature: !body,
  });
}

/** Strips what stands around a value: `as const`, `satisfies T`, parentheses, a further assignment (`exports = module.exports = …`). */
function bareValue(value: Node): Node {
  const wrapped = ['as_expression', 'satisfies_expression', 'parenthesized_expression'].includes(value.type);
  const assigned = value.type === 'assignment_expression' ? value.childForFieldName('right') : null;
  const inner = wrapped ? value.firstNamedChild : assigned;
  return inner ? bareValue(inner) : value;
}

function valueDefinition(value: Node, nameNode: Node, name?: string): Definition | undefined {
  const bare = bareValue(value);
  if (functionValues.has(bare.type)) return functionDefinition('function', bare, nameNode, name);
  if (bare.type === 'class') {
    return definition('class', nameNode, { name, body: bare.childForFieldName('body'), split: 'always' });
  }
  const object = bare.type === 'object' ? bare : null;
  return definition('constant', nameNode, { name, body: object, split: object ? 'large' : null, small: true });
}

/** `const`, `let`, `var`: functions and classes always, other values where they are exported, in capitals or longer than a line. */
function variableDefinition(node: Node, exported: boolean): Definition | undefined {
  const declarators = node.namedChildren.filter((child) => child.type === 'variable_declarator');
  const first = declarators[0];
  const nameNode = first?.childForFieldName('name');
  if (!first || !nameNode) return undefined;
  const value = first.childForFieldName('value');
  const found = value && nameNode.type === 'identifier' ? valueDefinition(value, nameNode) : undefined;
  if (found && found.kind !== 'constant' && declarators.length === 1) return found;
  const loads = value !== null && /^(?:await import|require)\s*\(/.test(value.text.slice(0, 20));
  const worth = exported || (!loads && (isMultiLine(node) || isUpperCase(nameNode.text)));
  if (!worth) return undefined;
  const kind = node.childForFieldName('kind')?.text === 'const' ? 'constant' : 'variable';
  if (found && declarators.length === 1) return { ...found, kind };
  return several(
    kind,
    declarators.flatMap((declarator) => boundNames(declarator.childForFieldName('name'))),
  );
}

/** The names that a pattern binds: `{ a, b: [c] }` gives a and c. */
function boundNames(pattern: Node | null): Node[] {
  if (!pattern) return [];
  if (pattern.type === 'identifier' || pattern.type === 'shorthand_property_identifier_pattern') return [pattern];
  const value = pattern.childForFieldName('value') ?? pattern.childForFieldName('left');
  if (value) return boundNames(value);
  return pattern.namedChildren.flatMap(boundNames);
}

/** `exports.f = function …`, `Foo.prototype.bar = …`, `Foo.bar = class …`. */
function assignedDefinition(assignment: Node): Definition | undefined {
  const left = assignment.childForFieldName('left');
  const right = assignment.childForFieldName('right');
  if (!left || !right || !['member_expression', 'identifier'].includes(left.type)) return undefined;
  const exported = /^(?:module\.)?exports\b/.test(left.text);
  const path = left.text.split('.').filter((part) => !['module', 'exports', 'prototype', 'this'].includes(part));
  const bare = bareValue(right);
  const name = path.pop() ?? bare.childForFieldName('name')?.text ?? 'exports';
  if (!/^[\w$#]+$/.test(name)) return undefined;
  const found = valueDefinition(right, left.childForFieldName('property') ?? left, name);
  const worth = isMultiLine(bare) && (exported || bare.type === 'object');
  if (!found || (found.kind === 'constant' && !worth)) return undefined;
  if (path.length > 0) {
    found.owner = path.join('.');
    if (found.kind === 'function') found.kind = 'method';
  }
  return found;
}

/** Blocks of large statements: a module wrapped in a function, `if`, `try`, `declare global`. */
function through(node: Node, large: boolean): readonly Node[] | undefined {
  if (node.type === 'ambient_declaration') return [childOf(node, 'statement_block')].filter((block) => block !== null);
  if (!large) return undefined;
  if (blocks.has(node.type)) return [node];
  return node.type === 'expression_statement' ? wrappedBodies(node.firstNamedChild, 0) : undefined;
}

/** Bodies of the functions that an expression calls or passes on: `(function () { … })()`, `define([], () => { … })`. */
function wrappedBodies(node: Node | null, depth: number): Node[] {
  if (!node || depth > 8) return [];
  if (functionValues.has(node.type)) return [childOf(node, 'statement_block')].filter((block) => block !== null);
  const inside = ['call_expression', 'parenthesized_expression', 'arguments', 'unary_expression', 'member_expression'];
  return inside.includes(node.type) ? node.namedChildren.flatMap((child) => wrappedBodies(child, depth + 1)) : [];
}
