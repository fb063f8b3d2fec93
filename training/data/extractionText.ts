import type { Draw } from './draw.ts';
import type { ValueRecord } from './extraction.ts';
import { FileWriter } from './fileWriter.ts';
import type { WorkChunk } from './select.ts';

export type Shape = 'code' | 'table' | 'prose' | 'docstring';

/** Writes records as one chunk of a file of its own. Values stand in the text as JSON writes them, texts perhaps without quotes. */
export function writeRecords(records: readonly ValueRecord[], shape: Shape, number: number, draw: Draw): WorkChunk {
  switch (shape) {
    case 'code':
      return codeRecord(records[0]!, number, draw);
    case 'table':
      return table(records, number, draw);
    case 'prose':
      return prose(records[0]!, number, draw);
    case 'docstring':
      return docstring(records[0]!, number, draw);
  }
}

function codeRecord({ name, values }: ValueRecord, number: number, draw: Draw): WorkChunk {
  const python = draw.chance(0.45);
  const file = new FileWriter(
    `${draw.pick(['src/config', 'config', 'app/settings', 'lib/data'])}/part${number}.${python ? 'py' : 'ts'}`,
    python ? 'python' : 'typescript',
  );
  const literal = (value: string | number | boolean): string => {
    if (typeof value === 'boolean' && python) return value ? 'True' : 'False';
    return typeof value === 'string' ? (python ? JSON.stringify(value) : `'${value}'`) : JSON.stringify(value);
  };
  const entries = [...values].map(([key, value]) =>
    python ? `"${key}": ${literal(value)}` : `${key}: ${literal(value)}`,
  );
  const oneLine = entries.join(', ').length < 70 && draw.chance(0.6);
  const body = oneLine
    ? `{ ${entries.join(', ')} }`
    : `{\n${entries.map((entry) => `${python ? '    ' : '  '}${entry},`).join('\n')}\n}`;
  return file.add({
    kind: python ? 'variable' : 'constant',
    name,
    text: python ? `${name} = ${body}` : `export const ${name} = ${body};`,
  });
}

function table(records: readonly ValueRecord[], number: number, draw: Draw): WorkChunk {
  const title = draw.pick(['Overview', 'Current entries', 'List', 'Table', 'Records', 'Inventory']);
  const file = new FileWriter(`${draw.pick(['docs', 'notes', 'data'])}/table${number}.md`, 'markdown');
  const keys = [...records[0]!.values.keys()];
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = records.map(({ name, values }) => row([name, ...keys.map((key) => String(values.get(key)!))]));
  const lines = [row(['name', ...keys]), row(['---', ...keys.map(() => '---')]), ...rows];
  return file.add({ kind: 'section', name: title, text: `## ${title}\n\n${lines.join('\n')}` });
}

function prose({ name, values }: ValueRecord, number: number, draw: Draw): WorkChunk {
  const file = new FileWriter(`${draw.pick(['docs', 'notes', 'log'])}/note${number}.md`, 'markdown');
  const said = [...values].map(([key, value]) => `${key} ${String(value)}`);
  const text = draw.pick([
    `${name} has ${said.join(', ')}.`,
    `${said.map((one) => `${one.replace(' ', ': ')}`).join('; ')}.`,
    said.map((one) => `- ${one.replace(' ', ': ')}`).join('\n'),
  ]);
  return file.add({ kind: 'section', name, text: `## ${name}\n\n${text}` });
}

function docstring({ name, values }: ValueRecord, number: number, draw: Draw): WorkChunk {
  const file = new FileWriter(`${draw.pick(['src', 'lib', 'app'])}/unit${number}.py`, 'python');
  const said = [...values].map(([key, value]) => `    ${key}: ${String(value)}`);
  return file.add({
    kind: 'function',
    name,
    parameters: '',
    text: `def ${name}():\n    """\n${said.join('\n')}\n    """\n    return ${draw.pick(['None', '{}', '[]', 'load()'])}`,
  });
}
