import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runtimeBinaries, targetOf, targets } from '../../packaging/targets.ts';

const binaries = path.join(import.meta.dirname, '../../node_modules/onnxruntime-node', runtimeBinaries);
const folders = readdirSync(binaries).flatMap((platform) =>
  readdirSync(path.join(binaries, platform)).map((arch) => `${platform}/${arch}`),
);

test('every platform that onnxruntime-node has binaries for gets a package with them, and no other does', () => {
  expect(targets.flatMap(({ runtime }) => (runtime ? [runtime.folder] : [])).sort()).toEqual(folders.sort());
});

test.each(folders)('%s: all files of the runtime are shipped, copies of one file once', (folder) => {
  const there = readdirSync(path.join(binaries, folder));
  const shipped = targets.find(({ runtime }) => runtime?.folder === folder)!.runtime!.files;
  const digest = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(binaries, folder, file)))
      .digest('hex');
  expect(shipped.filter((file) => !there.includes(file))).toEqual([]);
  const contents = shipped.map(digest);
  expect(new Set(contents).size).toBe(shipped.length);
  for (const file of there) expect(contents).toContain(digest(file));
});

test('the folder of the binaries is that of the installed version', () => {
  const versions = readdirSync(path.join(binaries, '..'));
  expect(versions.map((name) => `bin/${name}`)).toEqual([runtimeBinaries]);
});

test('an unknown target is refused with the known ones', () => {
  expect(() => targetOf('amiga')).toThrow(/Unknown target "amiga".*linux-x64/);
});
