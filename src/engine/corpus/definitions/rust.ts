import type { Node } from 'web-tree-sitter';
import {
  definition,
  fold,
  isClassLike,
  parameterText,
  typeText,
  type Definition,
  type LanguageRules,
  type Owner,
} from './rules.ts';

export const rust: LanguageRules = {
  comments: new Set(['line_comment', 'block_comment']),
  attributes: new Set(['attribute_item']),
  define,
  through: (node) =>
    node.type === 'foreign_mod_item' || node.type === 'declaration_list'
      ? [node.childForFieldName('body') ?? node]
      : undefined,
};

function define(node: Node, owner: Owner | undefined): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  switch (node.type) {
    case 'function_item':
    case 'function_signature_item':
      return definition(isClassLike(owner) ? 'method' : 'function', name, {
        parameters: parameterText(node.childForFieldName('parameters')) ?? '',
        returns: typeText(node.childForFieldName('return_type')),
        body,
        split: 'large',
        signature: !body,
      });
    case 'struct_item':
      return definition('struct', name);
    case 'enum_item':
      return definition('enum', name);
    case 'union_item':
      return definition('union', name);
    case 'trait_item':
      return definition('trait', name, { body, split: 'always' });
    case 'impl_item':
      return implementation(node);
    case 'mod_item':
      return body ? definition('module', name, { body, split: 'always' }) : undefined;
    case 'macro_definition':
      return definition('macro', name);
    case 'type_item':
      return isClassLike(owner) ? undefined : definition('type', name, { small: true });
    case 'const_item':
    case 'static_item':
      return isClassLike(owner) ? undefined : definition('constant', name, { small: true });
    default:
      return undefined;
  }
}

/** `impl Foo` is named `Foo`, `impl Display for Foo` is named so; both own their methods as `Foo`. */
function implementation(node: Node): Definition | undefined {
  const type = node.childForFieldName('type');
  const trait = node.childForFieldName('trait');
  const self = type && fold(type.text).replace(/^&\s*/, '').replace(/<.*/s, '');
  return definition('impl', type, {
    name: trait ? `${fold(trait.text)} for ${self}` : self,
    ownsAs: self,
    body: node.childForFieldName('body'),
    split: 'always',
  });
}
