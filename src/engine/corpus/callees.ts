import type { Node } from 'web-tree-sitter';

/** Node types that call something, with the field that holds what is called. */
type CallTable = Readonly<Record<string, string>>;

const ecmascript: CallTable = { call_expression: 'function', new_expression: 'constructor' };
const cpp: CallTable = { call_expression: 'function', new_expression: 'type' };

const calls: Readonly<Record<string, CallTable>> = {
  typescript: ecmascript,
  tsx: ecmascript,
  javascript: ecmascript,
  python: { call: 'function' },
  // The grammar takes a call with type arguments for a conversion; conversions to unnamed types give no name.
  go: { call_expression: 'function', type_conversion_expression: 'type' },
  rust: { call_expression: 'function', macro_invocation: 'macro' },
  java: { method_invocation: 'name', object_creation_expression: 'type' },
  c: cpp,
  cpp,
  csharp: { invocation_expression: 'function', object_creation_expression: 'type' },
  ruby: { call: 'method' },
  php: {
    function_call_expression: 'function',
    member_call_expression: 'name',
    nullsafe_member_call_expression: 'name',
    scoped_call_expression: 'name',
  },
  bash: { command: 'name' },
};

/** Fields that lead from what is called to its last name: `a.b.c` to `c`, `Vec::<u8>::new` to `new`. */
const lastParts = ['property', 'attribute', 'field', 'name', 'function', 'type'];

/** Wrappers without such a field: their first child is what is called. */
const wrappers = new Set([
  ...['parenthesized_expression', 'non_null_expression', 'await_expression', 'as_expression', 'command_name'],
  ...['satisfies_expression', 'instantiation_expression', 'generic_type', 'parenthesized_type', 'generic_name'],
  'annotated_type',
]);

/** Paths without such a field: their last child is what is called. */
const paths = new Set([
  'scoped_type_identifier',
  'qualified_name',
  'conditional_access_expression',
  'member_binding_expression',
]);

const names = new Set([
  ...['identifier', 'property_identifier', 'private_property_identifier', 'field_identifier', 'type_identifier'],
  ...[
    'constant',
    'name',
    'word',
    'super',
    'simple_identifier',
    'namespace_identifier',
    'shorthand_property_identifier',
  ],
]);

/** The node with the plain name of what `node` calls: function, method, constructor or macro. Undefined where it calls nothing by name. */
export function calleeOf(node: Node, language: string): Node | undefined {
  const table = Object.hasOwn(calls, language) ? calls[language] : undefined;
  const field = table && Object.hasOwn(table, node.type) ? table[node.type] : undefined;
  if (field === undefined) return language === 'php' ? phpConstructor(node) : undefined;
  const called = node.childForFieldName(field);
  return called ? lastName(called, 0) : undefined;
}

function lastName(node: Node, depth: number): Node | undefined {
  if (names.has(node.type)) return node;
  if (depth > 16) return undefined;
  for (const field of lastParts) {
    const part = node.childForFieldName(field);
    // The callee of a call that is called again, `f(a)(b)`, has no name of its own.
    if (part && !node.type.endsWith('call_expression') && node.type !== 'call') return lastName(part, depth + 1);
  }
  const inner = wrappers.has(node.type) ? node.firstNamedChild : paths.has(node.type) ? node.lastNamedChild : null;
  return inner ? lastName(inner, depth + 1) : undefined;
}

/** `new Foo(…)` has no field for the class. */
function phpConstructor(node: Node): Node | undefined {
  if (node.type !== 'object_creation_expression') return undefined;
  const type = node.firstNamedChild;
  return type && /name$/.test(type.type) ? lastName(type, 0) : undefined;
}
