import type { Node } from 'web-tree-sitter';
import {
  childOf,
  definition,
  isClassLike,
  parameterText,
  type Definition,
  type LanguageRules,
  type Owner,
} from './rules.ts';

export const ruby: LanguageRules = {
  comments: new Set(['comment']),
  define,
  through(node, large, owner) {
    if (node.type === 'singleton_class' || node.type === 'body_statement' || node.type === 'begin') return [node];
    if (/^(?:if|unless|else|then)$/.test(node.type)) return [node];
    // `included do … end` in a module; a long specification.
    const block = node.type === 'call' && (large || owner !== undefined) ? node.childForFieldName('block') : null;
    return block ? [block.childForFieldName('body') ?? block] : undefined;
  },
};

function define(node: Node, owner: Owner | undefined): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  switch (node.type) {
    case 'module':
    case 'class':
      return definition(node.type, name, {
        name: name?.text.split('::').at(-1),
        owner: name?.text.split('::').slice(0, -1).join('.'),
        body,
        split: 'always',
      });
    case 'method':
    case 'singleton_method': {
      const inClass = isClassLike(owner) || owner?.kind === 'module';
      const kind = inClass ? (name?.text === 'initialize' ? 'constructor' : 'method') : 'function';
      const parameters = parameterText(node.childForFieldName('parameters')) ?? '';
      return definition(kind, name, { parameters, body, split: 'large' });
    }
    case 'call': {
      // `private def m(x)`
      const method = childOf(node.childForFieldName('arguments'), 'method', 'singleton_method');
      return method ? define(method, owner) : undefined;
    }
    case 'assignment': {
      const left = node.childForFieldName('left');
      if (left?.type !== 'constant' || owner?.kind === 'class') return undefined;
      const block = node.childForFieldName('right')?.childForFieldName('block');
      if (!block) return definition('constant', left, { small: true });
      return definition('class', left, { body: block.childForFieldName('body') ?? block, split: 'always' });
    }
    default:
      return undefined;
  }
}
