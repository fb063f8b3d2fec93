import type { Node } from 'web-tree-sitter';
import {
  childOf,
  definition,
  isMultiLine,
  parameterText,
  typeText,
  type Definition,
  type LanguageRules,
} from './rules.ts';

const types: Readonly<Record<string, string>> = {
  class_declaration: 'class',
  interface_declaration: 'interface',
  struct_declaration: 'struct',
  record_declaration: 'record',
  record_struct_declaration: 'record',
  enum_declaration: 'enum',
};

/** A namespace is a file's address, as a package is in Java: no chunk of its own and no part of qualified names. */
export const csharp: LanguageRules = {
  comments: new Set(['comment']),
  attributes: new Set(['attribute_list']),
  define,
  through(node) {
    if (node.type === 'namespace_declaration') return [node.childForFieldName('body') ?? node];
    if (node.type === 'file_scoped_namespace_declaration' || node.type.startsWith('preproc_')) return [node];
    return undefined;
  },
};

function define(node: Node): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  const parameterList = node.childForFieldName('parameters') ?? childOf(node, 'parameter_list');
  const parameters = parameterText(parameterList);
  const kind = types[node.type];
  if (kind !== undefined) return definition(kind, name, { parameters, body, split: 'always' });
  const returns = typeText(node.childForFieldName('returns') ?? node.childForFieldName('type'));
  const rest = { parameters: parameters ?? '', body, split: 'large' as const, signature: !body };
  switch (node.type) {
    case 'method_declaration':
      return definition('method', name, { ...rest, returns });
    case 'constructor_declaration':
      return definition('constructor', name, rest);
    case 'destructor_declaration':
      return definition('method', name, { ...rest, name: `~${name?.text ?? ''}` });
    case 'operator_declaration': {
      const operator = node.childForFieldName('operator');
      return definition('method', operator, { ...rest, name: `operator ${operator?.text ?? ''}`, returns });
    }
    case 'local_function_statement':
      return definition('function', name, { ...rest, returns });
    case 'global_statement':
      return node.firstNamedChild ? define(node.firstNamedChild) : undefined;
    case 'delegate_declaration':
      return definition('delegate', name, { parameters, returns });
    case 'property_declaration':
      return hasAccessorBodies(node) ? definition('property', name, { returns }) : undefined;
    default:
      return undefined;
  }
}

/** `{ get; set; }` belongs to the class; a property that computes something is a chunk. */
function hasAccessorBodies(node: Node): boolean {
  const accessors = node.childForFieldName('accessors');
  const computes = accessors?.namedChildren.some((accessor) => accessor.childForFieldName('body') !== null) ?? false;
  return isMultiLine(node) && (computes || node.childForFieldName('value')?.type === 'arrow_expression_clause');
}
