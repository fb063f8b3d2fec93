import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notices } from '../../packaging/notices.ts';
import { repository, stageCommon, stageRuntime } from '../../packaging/stage.ts';
import { targetOf } from '../../packaging/targets.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-stage-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the staged folder', () => {
  let stage: string;
  beforeAll(async () => {
    stage = path.join(folder, 'stage');
    await stageCommon(stage);
  });

  test('holds the bundles of the extension without source maps, and not the command line', async () => {
    const files = await readdir(path.join(stage, 'dist'));
    expect(files).toEqual(expect.arrayContaining(['extension.cjs', 'host.cjs', 'worker.js', 'webview.js', 'grammars']));
    expect(files.filter((file) => /cli|\.map$/.test(file))).toEqual([]);
  });

  test('the bundles of the extension host are under 250 kB, and what activation waits for under 4 kB', async () => {
    const size = async (file: string): Promise<number> => (await stat(path.join(stage, 'dist', file))).size;
    expect(await size('extension.cjs')).toBeLessThan(4_000);
    expect((await size('extension.cjs')) + (await size('host.cjs'))).toBeLessThan(250_000);
  });

  test('its README is about the extension, and each picture and link of it is there', async () => {
    const readme = await readFile(path.join(stage, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);
    expect(links).toContain('media/readme/chat.png');
    let bytes = 0;
    for (const link of links) bytes += (await stat(path.join(stage, link))).size;
    expect(bytes).toBeLessThan(600_000);
  });

  test('its package.json has nothing that is for development only', async () => {
    const manifest = JSON.parse(await readFile(path.join(stage, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/scripts|ependencies|^bin$|private/)]),
    );
    expect(manifest).toMatchObject({ name: 'cribsheet', main: './dist/extension.cjs' });
  });

  test('the notices name what is bundled and what is shipped beside it, each with a licence text', async () => {
    const text = await readFile(path.join(stage, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const sections = text.split(/^-{80}$/m).slice(1);
    const names = sections.map((section) => /^(\S+) \d/.exec(section.trim())?.[1]);
    for (const name of ['onnxruntime-node', 'web-tree-sitter', '@huggingface/tokenizers', 'yaml', '@vscode/codicons']) {
      expect(names).toContain(name);
    }
    for (const section of sections) expect(section.length, section.slice(0, 100)).toBeGreaterThan(500);
  });

  test('the runtime of a target takes the place of the one before', async () => {
    const binaries = path.join(stage, 'dist/node_modules/onnxruntime-node/bin/napi-v6');
    await stageRuntime(stage, targetOf('linux-arm64'));
    expect(await readdir(binaries)).toEqual(['linux']);
    await stageRuntime(stage, targetOf('win32-x64'));
    expect(await readdir(binaries)).toEqual(['win32']);
    expect(await readdir(path.join(binaries, 'win32'))).toEqual(['x64']);
    await stageRuntime(stage, targetOf('darwin-x64'));
    await expect(stat(path.join(stage, 'dist/node_modules'))).rejects.toThrow(/ENOENT/);
  });
});

describe('licence notices', () => {
  test('a package without any licence text stops the packaging', async () => {
    const bare = path.join(folder, 'bare');
    await mkdir(bare);
    await writeFile(path.join(bare, 'package.json'), '{"name":"bare","version":"1.0.0","license":"MIT"}');
    await expect(notices([bare])).rejects.toThrow(/bare 1\.0\.0 \(MIT\) brings no licence text/);
  });

  test('every licence and notice file of a package is in, and a package once', async () => {
    const own = path.join(folder, 'own');
    await mkdir(own);
    await writeFile(path.join(own, 'package.json'), '{"name":"own","version":"2.0.0","license":"MIT"}');
    await writeFile(path.join(own, 'LICENSE-MIT'), 'the licence');
    await writeFile(path.join(own, 'NOTICE'), 'the notice');
    const text = await notices([own, own, path.join(repository, 'node_modules/onnxruntime-common')]);
    expect(text.match(/own 2\.0\.0/g)).toHaveLength(1);
    expect(text).toContain('the licence\n\nthe notice');
    expect(text).toContain('Copyright (c) Microsoft Corporation\n\nPermission is hereby granted');
  });
});
