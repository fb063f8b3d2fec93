import type { Node } from 'web-tree-sitter';
import { definition, parameterText, several, typeText, type Definition, type LanguageRules } from './rules.ts';

export const go: LanguageRules = {
  comments: new Set(['comment']),
  define,
};

function define(node: Node): Definition | undefined {
  switch (node.type) {
    case 'function_declaration':
    case 'method_declaration': {
      const receiver = node.childForFieldName('receiver');
      return definition(receiver ? 'method' : 'function', node.childForFieldName('name'), {
        owner: receiver ? receiverType(receiver) : undefined,
        parameters: parameterText(node.childForFieldName('parameters')) ?? '',
        returns: typeText(node.childForFieldName('result')),
        body: node.childForFieldName('body'),
        split: 'large',
      });
    }
    case 'type_declaration': {
      const specs = node.namedChildren.filter((child) => child.type === 'type_spec' || child.type === 'type_alias');
      if (specs.length > 1) return several('type', specs.map(nameOf));
      const type = specs[0]?.childForFieldName('type')?.type;
      const kind = type === 'struct_type' ? 'struct' : type === 'interface_type' ? 'interface' : 'type';
      return definition(kind, specs[0]?.childForFieldName('name'), { small: kind === 'type' });
    }
    case 'const_declaration':
      return several('constant', names(node, 'const_spec'));
    case 'var_declaration':
      return several('variable', names(node, 'var_spec'));
    default:
      return undefined;
  }
}

function nameOf(spec: Node): Node {
  return spec.childForFieldName('name') ?? spec;
}

/** Names of all specs; `var (…)` wraps them in a list. */
function names(node: Node, spec: string): Node[] {
  return node.namedChildren.flatMap((child) => {
    if (child.type === `${spec}_list`) return names(child, spec);
    if (child.type !== spec) return [];
    return child.childrenForFieldName('name').filter((name) => name.isNamed && name.text !== '_');
  });
}

/** `(s *Server[T])` gives `Server`. */
function receiverType(receiver: Node): string | undefined {
  const type = receiver.namedChildren
    .find((child) => child.type === 'parameter_declaration')
    ?.childForFieldName('type');
  return type?.text.replace(/^[*\s]+/, '').replace(/\[.*/s, '');
}
