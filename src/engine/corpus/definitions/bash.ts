import { definition, isUpperCase, type LanguageRules } from './rules.ts';

const blocks = new Set(['if_statement', 'elif_clause', 'else_clause', 'compound_statement', 'list']);

export const bash: LanguageRules = {
  comments: new Set(['comment']),
  define(node) {
    if (node.type === 'function_definition') {
      return definition('function', node.childForFieldName('name'), {
        parameters: '',
        body: node.childForFieldName('body'),
        split: 'large',
      });
    }
    const assigned =
      node.type === 'declaration_command'
        ? node.namedChildren.find((child) => child.type === 'variable_assignment')
        : node;
    if (assigned?.type !== 'variable_assignment') return undefined;
    const name = assigned.childForFieldName('name');
    return name && isUpperCase(name.text) ? definition('variable', name, { small: true }) : undefined;
  },
  through: (node) => (blocks.has(node.type) ? [node] : undefined),
};
