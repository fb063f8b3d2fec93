import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChunkRecord } from '../../training/corpus/records.ts';
import { jsonLines, makeScratch, run, type Scratch } from '../cli/run.ts';

const root = path.resolve(import.meta.dirname, '../..');
let scratch: Scratch;
let work: string;

/** As many small functions as make a package worth keeping. */
function functions(prefix: string, count: number): string {
  return Array.from(
    { length: count },
    (_, n) =>
      `/** Does ${prefix} ${String(n)}. */\nexport function ${prefix}${String(n)}(value: number): number {\n  return helper${String(n)}(value + ${String(n)});\n}\n`,
  ).join('\n');
}

/** Puts a package where the client of its registry would have put it, so that no network is needed. */
async function placeNpm(name: string, version: string, licence: string, files: Record<string, string>): Promise<void> {
  const folder = path.join(scratch.folder, 'made', name, 'package');
  const all = { 'package.json': JSON.stringify({ name, version, license: licence }), ...files };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  const downloads = path.join(work, 'downloads/npm');
  await mkdir(downloads, { recursive: true });
  const archive = path.join(downloads, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  expect(spawnSync('tar', ['-czf', archive, '-C', path.dirname(folder), 'package']).status).toBe(0);
}

async function placeWheel(
  name: string,
  version: string,
  metadata: string,
  files: Record<string, string>,
): Promise<void> {
  const folder = path.join(scratch.folder, 'made', name);
  for (const [file, text] of Object.entries({ [`${name}-${version}.dist-info/METADATA`]: metadata, ...files })) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  const downloads = path.join(work, 'downloads/pypi');
  await mkdir(downloads, { recursive: true });
  const archive = path.join(downloads, `${name}-${version}-py3-none-any.whl`);
  const made = spawnSync('python3', ['-m', 'zipfile', '-c', archive, ...(await readdir(folder))], { cwd: folder });
  expect(made.status).toBe(0);
}

async function makeCorpus(packages: unknown): Promise<{ code: number | null; stderr: string; report: string }> {
  const list = path.join(scratch.folder, 'packages.json');
  const report = path.join(scratch.folder, 'CORPUS.md');
  await writeFile(list, JSON.stringify(packages));
  const args = ['training/corpus/run.ts', '--work', work, '--packages', list, '--report', report];
  // No test asks a registry: what is not there already cannot be had.
  const env = {
    ...process.env,
    ...{ npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' },
    ...{ PIP_NO_INDEX: '1', PIP_FIND_LINKS: path.join(scratch.folder, 'links') },
  };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
  return { code: status, stderr, report: await readFile(report, 'utf8').catch(() => '') };
}

async function records(split: string, id: string): Promise<ChunkRecord[]> {
  const text = await readFile(path.join(work, 'chunks', split, `${id}.jsonl`), 'utf8');
  return jsonLines(text) as unknown as ChunkRecord[];
}

const metadata = 'Metadata-Version: 2.1\nName: tool\nClassifier: License :: OSI Approved :: MIT License\n\nText.\n';
const python = Array.from(
  { length: 9 },
  (_, n) =>
    `def work_${String(n)}(a, b=${String(n)}):\n    """Does step ${String(n)}.\n\n    More words about it.\n    """\n    return combine(a, b, os.path.join("x", str(${String(n)})))\n`,
).join('\n\n');
const specs = [
  { registry: 'npm', name: '@shop/prices', version: '1.2.3' },
  { registry: 'npm', name: 'copycat', version: '2.0.0' },
  { registry: 'npm', name: 'closed', version: '1.0.0' },
  { registry: 'npm', name: 'tiny', version: '1.0.0' },
  { registry: 'pypi', name: 'tool', version: '0.1' },
];

beforeAll(async () => {
  scratch = await makeScratch();
  work = path.join(scratch.folder, 'work');
  await placeNpm('@shop/prices', '1.2.3', 'MIT', {
    'src/prices.ts': `import { helper0 } from './helpers.ts';\n\n${functions('price', 12)}`,
    'src/Cart.ts': `${functions('cart', 4)}\nexport class Cart extends Base {\n  /** Adds. */\n  add(item: string) {\n    return this.items.push(item);\n  }\n}\n`,
    'src/prices.test.ts': functions('test', 4),
    'dist/prices.js': functions('price', 12).replaceAll(': number', ''),
    'README.md': '# Prices\n\nHow to use it.\n',
  });
  await placeNpm('copycat', '2.0.0', 'ISC', {
    'lib/prices.ts': `// The same again.\n${functions('price', 12)}`,
    'lib/own.ts': functions('own', 10),
  });
  await placeNpm('closed', '1.0.0', 'UNLICENSED', { 'src/a.ts': functions('closed', 12) });
  await placeNpm('tiny', '1.0.0', 'MIT', { 'src/a.ts': functions('small', 5) });
  await placeWheel('tool', '0.1', metadata, {
    'tool/work.py': `import os\n\n\n${python}`,
    'tool/tests/test_work.py': python,
  });
});
afterAll(() => scratch.remove());

describe('node training/corpus/run.ts', () => {
  test('goes from archives to chunks, and a second run makes nothing again', async () => {
    const { code, stderr, report } = await makeCorpus(specs);
    expect(stderr).toContain('Left out: npm closed 1.0.0: licence UNLICENSED');
    expect(code).toBe(0);
    const prices = await records('train', 'npm-@shop__prices');
    expect([...new Set(prices.map((record) => record.path))]).toEqual(['src/Cart.ts', 'src/prices.ts']);
    const work1 = (await records('heldout', 'pypi-tool')).find((record) => record.name === 'work_1');
    expect(work1).toMatchObject({
      ...{ path: 'tool/work.py', kind: 'function', parameters: 'a, b=1', returns: null, doc: 'Does step 1' },
      ...{ calls: ['combine', 'join', 'str'], imports: [] },
    });
    expect(prices.find((record) => record.name === 'price3')).toMatchObject({ returns: 'number', calls: ['helper3'] });
    expect(prices[0]).toMatchObject({ nameLine: 2 });
    expect(prices.flatMap((record) => record.imports)).toEqual(['./helpers.ts']);

    expect(report).toContain('| npm @shop/prices | 1.2.3 | MIT | 2 |');
    expect(report).toContain('| npm tiny | 1.0.0 | only 5 definitions |');
    const file = path.join(work, 'chunks/train/npm-@shop__prices.jsonl');
    const { mtimeMs } = await stat(file);
    expect((await makeCorpus(specs)).report).toBe(report);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  });

  test('a package that cannot be had is reported and left out', async () => {
    const { code, stderr, report } = await makeCorpus([
      ...specs,
      { registry: 'npm', name: 'nowhere', version: '9.9.9' },
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('Left out: npm nowhere 9.9.9: "npm pack');
    // Messages name folders and hosts of this machine; the page is for everybody.
    expect(report).toContain('| npm nowhere | 9.9.9 | could not be downloaded |');
    expect(await records('train', 'npm-copycat')).not.toEqual([]);
  });

  test('what the evaluations use is never fetched', async () => {
    const reserved = [
      { registry: 'pypi', name: 'kvpress', version: '1.0' },
      { registry: 'npm', name: 'web-tree-sitter', version: '0.27.1' },
    ];
    const { code, stderr, report } = await makeCorpus([...specs, ...reserved]);
    expect(code).toBe(0);
    for (const { registry, name, version } of reserved) {
      expect(stderr).toContain(`Left out: ${name}: the evaluations use it`);
      expect(report).toContain(`| ${registry} ${name} | ${version} | the evaluations use it |`);
    }
    expect(await readdir(path.join(work, 'downloads/npm'))).not.toContain('web-tree-sitter-0.27.1.tgz');
  });

  test('takes the sources of a source distribution and runs none of its code', async () => {
    const folder = path.join(scratch.folder, 'made/rusty/rusty-1.0');
    const links = path.join(scratch.folder, 'links');
    const proof = path.join(scratch.folder, 'setup-has-run');
    await mkdir(path.join(folder, 'src'), { recursive: true });
    await mkdir(links);
    await writeFile(
      path.join(folder, 'PKG-INFO'),
      'Metadata-Version: 2.1\nName: rusty\nVersion: 1.0\nLicense: MIT\n\n',
    );
    await writeFile(path.join(folder, 'setup.py'), `open(${JSON.stringify(proof)}, 'w').close()\n${python}`);
    await writeFile(
      path.join(folder, 'src/lib.rs'),
      Array.from(
        { length: 10 },
        (_, n) => `pub fn weigh${String(n)}(amount: u32) -> u32 {\n    measure${String(n)}(amount) + amount\n}\n`,
      ).join('\n'),
    );
    const archive = path.join(links, 'rusty-1.0.tar.gz');
    expect(spawnSync('tar', ['-czf', archive, '-C', path.dirname(folder), 'rusty-1.0']).status).toBe(0);

    const spec = { registry: 'pypi', name: 'rusty', version: '1.0', sdist: true, languages: ['rust'] };
    const { code, stderr } = await makeCorpus([...specs, spec]);
    expect(stderr).not.toContain('Left out: pypi');
    expect(code).toBe(0);
    const made = await records('train', 'pypi-rusty');
    expect(made[3]).toMatchObject({ path: 'src/lib.rs', name: 'weigh3', returns: 'u32', calls: ['measure3'] });
    expect(made.every((record) => record.language === 'rust')).toBe(true);
    await expect(stat(proof)).rejects.toThrow('ENOENT');
  }, 180_000);

  test('leaves the repeated file of another package out', async () => {
    await makeCorpus(specs);
    expect(new Set((await records('train', 'npm-copycat')).map((record) => record.path))).toEqual(
      new Set(['lib/own.ts']),
    );
  });

  test('records say what `cribsheet chunks --json` says, and three things more', async () => {
    await makeCorpus(specs);
    const folder = path.join(work, 'packages/npm/@shop__prices');
    const { stdout, code } = await run(['chunks', folder, '--json', '--store', scratch.store]);
    expect(code).toBe(0);
    const printed = jsonLines(stdout);
    const made = await records('train', 'npm-@shop__prices');
    expect(printed.length).toBeGreaterThan(15);
    const added = new Set(['nameLine', 'calls', 'imports']);
    const rest = made.map((record) => Object.fromEntries(Object.entries(record).filter(([key]) => !added.has(key))));
    expect(rest).toEqual(printed);
    expect(Object.keys(made[0]!)).toHaveLength(Object.keys(printed[0]!).length + added.size);
  });

  test('a package that leaves the list leaves the corpus', async () => {
    await makeCorpus(specs);
    expect(await readdir(path.join(work, 'chunks/heldout'))).toEqual(['pypi-tool.jsonl']);
    await makeCorpus(specs.filter(({ name }) => name !== 'tool'));
    expect(await readdir(path.join(work, 'chunks/train'))).toEqual(['npm-@shop__prices.jsonl', 'npm-copycat.jsonl']);
    expect(await readdir(path.join(work, 'chunks/heldout'))).toEqual([]);
  });

  test.each([
    [[{ registry: 'npm', name: 'x' }], 'is no pinned package'],
    [[{ registry: 'npm', name: '../x', version: '1.0.0' }], 'is no pinned package'],
    [[{ registry: 'npm', name: 'x', version: '--help' }], 'is no pinned package'],
    [[specs[0], specs[0]], 'stands in it twice'],
  ])('a wrong list is an error with a next step: %j', async (list, message) => {
    const { code, stderr } = await makeCorpus(list);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain('Mend the list');
  });
});
