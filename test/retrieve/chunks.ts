import { createHash } from 'node:crypto';
import type { Chunk } from '../../src/engine/corpus/types.ts';
import type { IndexedFile } from '../../src/engine/retrieve/update.ts';

type Definition = Pick<Chunk, 'name' | 'text'> & Partial<Chunk>;

/** A file made of definitions, one below the other. */
export function fileOf(path: string, definitions: readonly Definition[]): IndexedFile {
  let line = 1;
  const chunks = definitions.map((given): Chunk => {
    const startLine = line;
    const endLine = line + given.text.split('\n').length - 1;
    line = endLine + 1;
    const { name } = given;
    const rest = { nameLine: startLine, kind: 'function', qualifiedName: name, language: 'typescript' };
    return { ...rest, path, startLine, endLine, ...given };
  });
  const hash = createHash('sha256').update(JSON.stringify(chunks)).digest('hex');
  return { path, hash, chunks: () => chunks };
}

/** A small shop. */
export const shop: readonly IndexedFile[] = [
  fileOf('src/ledger/open.ts', [
    { name: 'openLedger', text: 'export function openLedger(path: string) {\n  return new Ledger(path);\n}' },
    { name: 'Ledger', kind: 'class', text: 'export class Ledger {\n  entries = [];' },
    {
      name: 'append',
      kind: 'method',
      qualifiedName: 'Ledger.append',
      parameters: 'entry: Entry',
      returns: 'void',
      doc: 'Adds one entry at the end.',
      text: '  append(entry: Entry): void {\n    this.entries.push(entry);\n  }\n}',
    },
  ]),
  fileOf('src/http/server.ts', [
    { name: 'parseHTTPUrl2', text: 'export function parseHTTPUrl2(text) {\n  return new URL(text);\n}' },
    {
      name: 'start',
      kind: 'method',
      qualifiedName: 'Server.start',
      text: 'start() { openLedger("a"); this.listen(); }',
    },
    { name: 'START', kind: 'constant', text: 'const START = 1;' },
    { name: 'read_all_rows', text: 'function read_all_rows(handle) {}' },
  ]),
  fileOf('src/jobs/server.ts', [
    { name: 'start', text: 'function start(jobs) { for (const job of jobs) job.run(); }' },
    { name: 'server.ts', kind: 'code', qualifiedName: 'server.ts', text: '// the end' },
  ]),
  fileOf('docs/guide.md', [
    { name: 'start', kind: 'section', text: '# start\nHow to start the server.', language: 'markdown' },
    { name: '検索', kind: 'section', text: '# 検索\n全文検索の説明。', language: 'markdown' },
  ]),
];
