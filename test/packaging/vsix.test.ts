import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { afterAll, expect, test } from 'vitest';
import { checkVsix } from '../../packaging/check.ts';
import { required } from '../../packaging/contents.ts';
import { targetOf } from '../../packaging/targets.ts';
import { readZip } from '../../packaging/zip.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const manifest = {
  name: 'cribsheet',
  publisher: 'cribsheet',
  version: '1.2.3',
  displayName: 'Cribsheet',
  description: 'Test.',
  license: 'MIT',
  main: './dist/extension.cjs',
  activationEvents: [],
  engines: { vscode: '^1.106.0' },
};

/** Names that vsce changes, as they are before. */
const sourceNames: Record<string, string> = {
  'readme.md': 'README.md',
  'changelog.md': 'CHANGELOG.md',
  'LICENSE.txt': 'LICENSE',
};

/**
 * A VSIX made by vsce itself, in which every required file has a few bytes. `files` are added, `without` left out.
 * @param allowList use the repository's .vscodeignore
 */
async function makeVsix(
  change: { files?: Record<string, string | Buffer>; without?: string[]; target?: string; allowList?: boolean } = {},
): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-vsix-'));
  folders.push(folder);
  const stage = path.join(folder, 'stage');
  const target = change.target ?? 'linux-x64';
  const files = new Map<string, string | Buffer>();
  for (const name of required(targetOf(target))) {
    const inside = name.replace(/^extension\//, '');
    files.set(sourceNames[inside] ?? inside, `content of ${inside}\n`);
  }
  files.set('package.json', JSON.stringify(manifest));
  for (const [name, content] of Object.entries(change.files ?? {})) files.set(name, content);
  for (const name of change.without ?? []) files.delete(name);
  const ignore = path.join(import.meta.dirname, '../../.vscodeignore');
  files.set('.vscodeignore', change.allowList ? await readFile(ignore) : '');
  for (const [name, content] of files) {
    await mkdir(path.dirname(path.join(stage, name)), { recursive: true });
    await writeFile(path.join(stage, name), content);
  }
  const file = path.join(folder, 'out.vsix');
  const options = { cwd: stage, target, packagePath: file, dependencies: false };
  await createVSIX({ ...options, allowMissingRepository: true, allowUnusedFilesPattern: true });
  return file;
}

test('a package with all parts passes, for a target with a runtime and for one without', async () => {
  for (const target of ['linux-x64', 'darwin-x64']) {
    const report = await checkVsix(await makeVsix({ target, allowList: true }));
    expect(report).toMatchObject({ target, problems: [] });
  }
});

test('what the allow-list does not name does not get in', async () => {
  const files = {
    'src/host/extension.ts': 'source',
    'dist/host.cjs.map': '{}',
    'dist/cli.js': 'cli',
    'node_modules/left-pad/index.js': 'left',
    '.env': 'SECRET=1',
    'media/notes.txt': 'notes',
    'dist/node_modules/onnxruntime-node/lib/index.ts': 'source',
  };
  const vsix = await makeVsix({ allowList: true, files });
  expect((await checkVsix(vsix)).problems).toEqual([]);
  const names = readZip(await readFile(vsix)).map(({ name }) => name);
  expect(names.filter((name) => Object.keys(files).some((file) => name.endsWith(file)))).toEqual([]);
});

test.each([
  ['a source map', 'dist/host.cjs.map', '{}'],
  ['the command line', 'dist/cli.js', 'cli'],
  ['sources', 'src/host/extension.ts', 'source'],
  ['another platform', 'dist/node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll', 'dll'],
])('%s in it is found', async (_what, file, content) => {
  const { problems } = await checkVsix(await makeVsix({ files: { [file]: content } }));
  expect(problems).toEqual([`Unexpected: extension/${file}`]);
});

test.each([
  'dist/host.cjs',
  'dist/worker.js',
  'dist/grammars/tree-sitter-typescript.wasm',
  'models/starter/model.onnx',
  'THIRD-PARTY-NOTICES.txt',
  'dist/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
])('%s that is missing, or empty, is found', async (file) => {
  const missing = await checkVsix(await makeVsix({ without: [file] }));
  expect(missing.problems).toEqual([`Missing: extension/${file}`]);
  const empty = await checkVsix(await makeVsix({ files: { [file]: '' } }));
  expect(empty.problems).toEqual([`Empty: extension/${file}`]);
});

test('files that package.json names have to be there', async () => {
  const contributes = { grammars: [{ language: 'crib', scopeName: 'text.crib', path: './syntaxes/other.json' }] };
  const vsix = await makeVsix({ files: { 'package.json': JSON.stringify({ ...manifest, contributes }) } });
  expect((await checkVsix(vsix)).problems).toEqual([
    'package.json names a file that is missing: ./syntaxes/other.json',
  ]);
});

test('a pointer to a source map, and the folder of the build, are found in bundles', async () => {
  const here = path.resolve(import.meta.dirname, '../..');
  const vsix = await makeVsix({
    files: { 'dist/host.cjs': 'run();\n//# sourceMappingURL=host.cjs.map\n', 'dist/worker.js': `open('${here}/x')` },
  });
  expect((await checkVsix(vsix)).problems).toEqual([
    'extension/dist/host.cjs names a source map.',
    'extension/dist/worker.js names the folder that it was built in.',
  ]);
});

test('one wrong byte is found', async () => {
  const file = await makeVsix({ files: { 'models/starter/tokenizer.json': randomBytes(5_000) } });
  const archive = await readFile(file);
  const entry = readZip(archive).find(({ name }) => name.endsWith('/tokenizer.json'))!;
  const at = archive.indexOf(Buffer.from(entry.name)) + entry.name.length + Math.floor(entry.compressed / 2);
  archive[at] = archive[at]! ^ 0xff;
  await writeFile(file, archive);
  expect((await checkVsix(file)).problems).toHaveLength(1);
});

test('a package that is too large is found', async () => {
  const data = randomBytes(400_000);
  const file = await makeVsix({ files: { 'models/starter/model.onnx.data': data } });
  expect((await checkVsix(file)).problems).toEqual([]);
  expect((await checkVsix(file, 400_000)).problems).toEqual(['It has 0.4 MB, more than 0.4 MB.']);
});

test('what is no ZIP is refused', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-vsix-'));
  folders.push(folder);
  const file = path.join(folder, 'x.vsix');
  await writeFile(file, 'not a package');
  await expect(checkVsix(file)).rejects.toThrow('This is not a ZIP file.');
});
