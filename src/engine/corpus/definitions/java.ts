import type { Node } from 'web-tree-sitter';
import { definition, parameterText, typeText, type Definition, type LanguageRules } from './rules.ts';

const kinds: Readonly<Record<string, string>> = {
  class_declaration: 'class',
  interface_declaration: 'interface',
  enum_declaration: 'enum',
  record_declaration: 'record',
  annotation_type_declaration: 'annotation',
};

export const java: LanguageRules = {
  comments: new Set(['line_comment', 'block_comment']),
  define,
  through: (node) => (node.type === 'enum_body_declarations' ? [node] : undefined),
};

function define(node: Node): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  const parameters = parameterText(node.childForFieldName('parameters'));
  const kind = kinds[node.type];
  if (kind !== undefined) return definition(kind, name, { parameters, body, split: 'always' });
  switch (node.type) {
    case 'method_declaration':
      return definition('method', name, {
        parameters: parameters ?? '',
        returns: typeText(node.childForFieldName('type')),
        body,
        split: 'large',
        signature: !body,
      });
    case 'constructor_declaration':
    case 'compact_constructor_declaration':
      return definition('constructor', name, { parameters: parameters ?? '', body, split: 'large' });
    default:
      return undefined;
  }
}
