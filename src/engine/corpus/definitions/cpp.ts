import type { Node } from 'web-tree-sitter';
import {
  childOf,
  definition,
  fold,
  isClassLike,
  isMultiLine,
  parameterText,
  several,
  typeText,
  type Definition,
  type LanguageRules,
  type Owner,
} from './rules.ts';

const types: Readonly<Record<string, string>> = {
  class_specifier: 'class',
  struct_specifier: 'struct',
  union_specifier: 'union',
  enum_specifier: 'enum',
};
const wrappers = new Set([
  'declaration_list',
  'preproc_if',
  'preproc_ifdef',
  'preproc_else',
  'preproc_elif',
  'preproc_elifdef',
]);

/** C++ and C. */
export const cpp: LanguageRules = {
  comments: new Set(['comment']),
  define,
  through(node) {
    if (node.type === 'linkage_specification') return [childOf(node, 'declaration_list') ?? node];
    // An anonymous namespace names nothing.
    if (node.type === 'namespace_definition') return [node.childForFieldName('body') ?? node];
    return wrappers.has(node.type) ? [node] : undefined;
  },
};

function define(node: Node, owner: Owner | undefined): Definition | undefined {
  const name = node.childForFieldName('name');
  const kind = types[node.type];
  if (kind !== undefined) return typeDefinition(node, name);
  switch (node.type) {
    case 'template_declaration':
    case 'linkage_specification': {
      const inner = node.namedChildren.findLast((child) => child.type !== 'comment');
      return inner && inner.type !== 'declaration_list' ? define(inner, owner) : undefined;
    }
    case 'namespace_definition':
      return namespaceDefinition(node);
    case 'function_definition':
      return functionDefinition(node, owner);
    case 'type_definition': {
      const alias = node.childForFieldName('declarator');
      const type = node.childForFieldName('type');
      const found = type?.childForFieldName('body') && typeDefinition(type, identifierOf(alias));
      return found || definition('type', identifierOf(alias), { small: true });
    }
    case 'alias_declaration':
      return isClassLike(owner) ? undefined : definition('type', name, { small: true });
    case 'concept_definition':
      return definition('concept', name);
    case 'preproc_def':
      // Without a value it is a switch or an include guard.
      return node.childForFieldName('value') ? definition('constant', name, { small: true }) : undefined;
    case 'preproc_function_def':
      return definition('macro', name, { parameters: parameterText(node.childForFieldName('parameters')) ?? '' });
    case 'declaration':
      return declaration(node, owner);
    case 'field_declaration': {
      const type = node.childForFieldName('type');
      return type && types[type.type] ? typeDefinition(type, type.childForFieldName('name')) : undefined;
    }
    default:
      return undefined;
  }
}

/** `namespace a { namespace b {` on one line is one namespace; an anonymous one names nothing. */
function namespaceDefinition(node: Node): Definition | undefined {
  const name = node.childForFieldName('name');
  const body = node.childForFieldName('body');
  if (!name) return undefined;
  const inner = body?.firstNamedChild;
  const nested = inner?.type === 'namespace_definition' && inner.startPosition.row === node.startPosition.row;
  const deeper = nested && !inner.nextNamedSibling ? namespaceDefinition(inner) : undefined;
  const spelled = deeper ? `${name.text}::${deeper.name}` : name.text;
  return definition('namespace', name, {
    name: spelled,
    ownsAs: spelled.replaceAll('::', '.'),
    body: deeper?.body ?? body,
    split: 'always',
    silent: true,
  });
}

function typeDefinition(node: Node, name: Node | null): Definition | undefined {
  const body = node.childForFieldName('body');
  const kind = types[node.type];
  if (!body || kind === undefined) return undefined;
  if (!name && kind === 'enum')
    return several(
      'constant',
      body.namedChildren.flatMap((child) => child.childForFieldName('name') ?? []),
    );
  const { last, owner } = splitName(name?.text ?? '');
  return definition(kind, name, { name: last, owner, body, split: kind === 'enum' ? null : 'always' });
}

function functionDefinition(node: Node, owner: Owner | undefined): Definition | undefined {
  const body = node.childForFieldName('body') ?? childOf(node, 'try_statement');
  const type = node.childForFieldName('type');
  // `class API Foo { … };` reads as a function where API is a macro.
  if (type && types[type.type] && !node.childForFieldName('declarator')?.text.includes('(')) {
    return definition(types[type.type]!, node.childForFieldName('declarator'), { body, split: 'always' });
  }
  const { declarator, pointer } = functionDeclarator(node.childForFieldName('declarator'));
  const named = declarator?.childForFieldName('declarator');
  if (!declarator || !named) return undefined;
  const { last, owner: spelled } = splitName(named.text);
  const className = spelled?.split('.').at(-1) ?? (isClassLike(owner) ? owner?.name : undefined);
  const kind = className === undefined ? 'function' : className === last && !type ? 'constructor' : 'method';
  const trailing = childOf(declarator, 'trailing_return_type');
  return definition(kind, named, {
    name: last,
    owner: spelled,
    parameters: parameterText(declarator.childForFieldName('parameters')) ?? '',
    returns: trailing ? typeText(trailing) : type && `${fold(type.text)}${pointer}`,
    body,
    split: 'large',
    signature: !body,
  });
}

/** Prototypes at file level, tables and constants; variables of one line are left to the code around them. */
function declaration(node: Node, owner: Owner | undefined): Definition | undefined {
  const type = node.childForFieldName('type');
  if (type && types[type.type] && type.childForFieldName('body')) {
    return typeDefinition(type, type.childForFieldName('name') ?? identifierOf(node.childForFieldName('declarator')));
  }
  if (isClassLike(owner)) return undefined;
  const declarators = node.childrenForFieldName('declarator');
  const { declarator, pointer } = functionDeclarator(declarators[0] ?? null);
  const named = declarator?.childForFieldName('declarator');
  if (declarator && named) {
    if (!['identifier', 'qualified_identifier', 'operator_name'].includes(named.type)) return undefined;
    return definition('declaration', named, {
      name: splitName(named.text).last,
      owner: splitName(named.text).owner,
      parameters: parameterText(declarator.childForFieldName('parameters')) ?? '',
      returns: type && `${fold(type.text)}${pointer}`,
      signature: true,
      small: true,
    });
  }
  const fixed = node.namedChildren.some((child) => child.type === 'type_qualifier' && /^const/.test(child.text));
  const initialised = declarators[0]?.type === 'init_declarator';
  if (!initialised || !(fixed || isMultiLine(node))) return undefined;
  return definition(fixed ? 'constant' : 'variable', identifierOf(declarators[0]!), { small: true });
}

/** Steps from a declarator through pointers and references to the function declarator inside, noting `*` and `&`. */
function functionDeclarator(node: Node | null): { declarator: Node | null; pointer: string } {
  let pointer = '';
  let at = node;
  while (at && at.type !== 'function_declarator') {
    if (at.type === 'pointer_declarator') pointer += '*';
    else if (at.type === 'reference_declarator') pointer += at.text.startsWith('&&') ? '&&' : '&';
    else if (at.type !== 'attributed_declarator') return { declarator: null, pointer: '' };
    at =
      at.childForFieldName('declarator') ??
      at.namedChildren.findLast((child) => child.type.endsWith('declarator')) ??
      null;
  }
  return { declarator: at, pointer };
}

/** The identifier that any declarator declares. */
function identifierOf(node: Node | null): Node | null {
  let at = node;
  while (at && !at.type.endsWith('identifier')) {
    at =
      at.childForFieldName('declarator') ??
      at.namedChildren.findLast((child) => /declarator$|identifier$/.test(child.type)) ??
      null;
  }
  return at;
}

/** `a::b::Foo<T>::bar` gives `bar`, owned by `a.b.Foo`. */
function splitName(text: string): { last: string; owner: string | undefined } {
  let depth = 0;
  let plain = '';
  // Template arguments go, but not the angle brackets of an operator.
  const operator = /\boperator\b.*$/s.exec(text);
  const head = operator ? text.slice(0, operator.index) : text;
  for (const character of head) {
    if (character === '<') depth++;
    if (depth === 0) plain += character;
    if (character === '>') depth--;
  }
  const spelled = fold(plain + (operator?.[0] ?? ''));
  const parts = (operator ? spelled.replace(/ ?\( ?\)$/, '()') : spelled).split(/ ?:: ?/);
  const last = parts.pop() ?? '';
  const owners = parts.filter((part) => part !== '');
  return { last, owner: owners.length > 0 ? owners.join('.') : undefined };
}
