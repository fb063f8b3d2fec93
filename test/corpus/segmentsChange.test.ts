import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupFiles } from '../../src/engine/corpus/grouping.ts';
import { packSegments } from '../../src/engine/corpus/segments.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import { countTokens, ids, profile, smallFile } from './packing.ts';
import { useChunker } from './samples.ts';

const { chunks } = useChunker();
const room = 1_024;

const name = fc.stringMatching(/^[a-z]{1,8}\.ts$/);
const size = fc.oneof(fc.integer({ min: 1, max: room / 2 }), fc.integer({ min: 1, max: 80 }));
const folder = fc
  .uniqueArray(fc.record({ path: name, size }), {
    selector: (file) => file.path,
    minLength: 1,
    maxLength: 60,
    size: 'max',
  })
  .map((files) => files.map((file) => ({ ...file, path: `src/${file.path}` })));

const keyOf = (group: readonly { path: string }[]): string =>
  group
    .map((file) => file.path)
    .sort()
    .join();

describe('groups of small files', () => {
  it('fit, hold every file once and do not depend on the order', () => {
    fc.assert(
      fc.property(folder, fc.integer(), (files, seed) => {
        const groups = groupFiles(files, room);
        expect(
          groups
            .flat()
            .map((file) => file.path)
            .sort(),
        ).toEqual(files.map((file) => file.path).sort());
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.reduce((sum, file) => sum + file.size, 0)).toBeLessThanOrEqual(room);
        }
        const shuffled = fc.sample(fc.shuffledSubarray(files, { minLength: files.length }), { seed, numRuns: 1 })[0]!;
        expect(groupFiles(shuffled, room).map(keyOf).sort()).toEqual(groups.map(keyOf).sort());
      }),
    );
  });

  it('a new file takes at most one group apart, a removed one makes at most one new', () => {
    fc.assert(
      fc.property(folder, (files) => {
        const [added, ...others] = files;
        const [before, after] = [groupFiles(others, room), groupFiles(files, room)];
        const [old, fresh] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
        // Adding: the groups that are gone. Read backwards, removing: the groups that are new.
        const gone = before.filter((group) => !fresh.has(keyOf(group)));
        expect(gone.length).toBeLessThanOrEqual(1);
        // What is new then is made of the one that is gone and of the new file.
        const made = after.filter((group) => !old.has(keyOf(group)));
        expect(
          made
            .flat()
            .map((file) => file.path)
            .sort(),
        ).toEqual([...gone.flat().map((file) => file.path), added!.path].sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it('a file of another size changes no group but its own and those that it now parts or joins', () => {
    fc.assert(
      fc.property(folder, size, (files, other) => {
        const [changed, ...rest] = files;
        const before = groupFiles(files, room);
        const after = groupFiles([{ ...changed!, size: other }, ...rest], room);
        const old = new Set(before.map(keyOf));
        const kept = after.filter((group) => old.has(keyOf(group)));
        const made = after.filter((group) => !old.has(keyOf(group)));
        const holder = before.find((group) => group.some((file) => file.path === changed!.path))!;
        // Larger: its group is parted. Smaller: groups are joined to one that holds it.
        const parted = made.flat().every((file) => holder.some((one) => one.path === file.path));
        const joined = made.length <= 1 && made.every((group) => group.some((file) => file.path === changed!.path));
        expect(parted || joined).toBe(true);
        expect(kept.length + made.length).toBe(after.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a new file changes more than two other groups in less than one of a hundred cases, and groups are well filled', () => {
    // A linear congruential generator: the same sizes on every machine.
    let state = 7;
    const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    let [many, filled, groups] = [0, 0, 0];
    const cases = 2_000;
    for (let at = 0; at < cases; at++) {
      const files = Array.from({ length: 20 + Math.floor(random() * 40) }, (_, file) => ({
        path: `src/${at}-${file}.ts`,
        size: Math.ceil((random() < 0.5 ? 0.1 : 0.5) * room * random()),
      }));
      const added = files[0]!;
      const old = new Set(groupFiles(files.slice(1), room).map(keyOf));
      const after = groupFiles(files, room);
      if (after.filter((group) => !old.has(keyOf(group)) && !group.includes(added)).length > 2) many++;
      filled += files.reduce((sum, file) => sum + file.size, 0);
      groups += after.length;
    }
    expect(many / cases).toBeLessThan(0.01);
    expect(filled / groups / room).toBeGreaterThan(0.55);
  });
});

describe('segments after a change', () => {
  const files = Array.from({ length: 30 }, (_, at) => smallFile(`src/file${at}.js`, 40 + ((at * 37) % 300)));
  const pack = (list: typeof files): Segment[] => packSegments(list, profile(room), countTokens);

  it('adding or removing a small file changes at most two segments besides', () => {
    const all = pack(files);
    for (const file of files) {
      const without = pack(files.filter((one) => one !== file));
      const [has, had] = [ids(all), ids(without)];
      const added = all.filter((segment) => !had.has(segment.id) && !segment.paths.includes(file.path));
      const removed = without.filter((segment) => !has.has(segment.id));
      expect(added.length).toBeLessThanOrEqual(2);
      expect(removed.length).toBeLessThanOrEqual(1);
    }
  });

  it('editing a small file changes the segment that holds it and no other', () => {
    const before = ids(pack(files));
    for (const file of files) {
      const edited = pack(
        files.map((one) => (one === file ? smallFile(file.path, countTokens(file.chunks[0]!.text), 'wert') : one)),
      );
      const fresh = edited.filter((segment) => !before.has(segment.id));
      expect(fresh.map((segment) => segment.paths.includes(file.path))).toEqual([true]);
    }
  });

  it('another folder never changes', () => {
    const other = files.map((file) => smallFile(file.path.replace('src/', 'lib/'), 100));
    const before = ids(pack(other));
    const lib = (segments: Segment[]): Segment[] => segments.filter((segment) => segment.paths[0]!.startsWith('lib/'));
    expect(ids(lib(pack([...files, ...other])))).toEqual(before);
  });

  it('editing a large file changes its segments around the edit, and renaming it all of them', async () => {
    const method = (at: number, body: string): string =>
      `  method${at}(a: number) {\n${`    ${body}(a, ${at});\n`.repeat(20)}  }\n`;
    const source = (edit?: number): string =>
      `export class Large {\n${Array.from({ length: 60 }, (_, at) => method(at, at === edit ? 'changed' : 'call')).join('')}}\n`;
    const packed = async (path: string, text: string): Promise<Segment[]> =>
      pack([{ path, chunks: await chunks(path, text) }]);
    const before = await packed('src/large.ts', source());
    expect(before.length).toBeGreaterThan(8);
    const had = ids(before);
    for (const edit of [0, 7, 30, 59]) {
      const fresh = (await packed('src/large.ts', source(edit))).filter((segment) => !had.has(segment.id));
      expect(fresh.length).toBeGreaterThanOrEqual(1);
      expect(fresh.length).toBeLessThanOrEqual(4);
    }
    const renamed = await packed('src/renamed.ts', source());
    expect(renamed.filter((segment) => had.has(segment.id))).toEqual([]);
  });
});
