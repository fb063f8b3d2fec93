import type { Node } from 'web-tree-sitter';
import { childOf, definition, fold, type Definition, type LanguageRules } from './rules.ts';

const atRules = new Set(['media_statement', 'supports_statement', 'keyframes_statement', 'at_rule', 'scope_statement']);

/** A rule is named by its selectors, an at-rule by everything before its block; short neighbours are merged. */
export const css: LanguageRules = {
  comments: new Set(['comment', 'js_comment']),
  define(node) {
    if (node.type === 'rule_set') return rule(node, childOf(node, 'selectors'));
    return atRules.has(node.type) && childOf(node, 'block', 'keyframe_block_list') ? rule(node, node) : undefined;
  },
};

function rule(node: Node, nameNode: Node | null): Definition | undefined {
  const body = childOf(node, 'block', 'keyframe_block_list');
  const prelude = body ? node.text.slice(0, body.startIndex - node.startIndex) : node.text;
  const name = fold(prelude.replace(/\/\*.*?\*\//gs, ' '));
  return definition('rule', nameNode, { name: name.slice(0, 80), body, split: 'large', ownsAs: '', small: true });
}
