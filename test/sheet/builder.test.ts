import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import type { Mode } from '../../src/common/names.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import type { BuildProgress } from '../../src/engine/sheet/builder.ts';
import type { SheetFile } from '../../src/engine/sheet/sheetFile.ts';
import { heaviestFirst } from '../../src/engine/sheet/weight.ts';
import type { CompressRequest, Workspace } from '../../src/engine/workspace.ts';
import { lookupTask, smallFiles, SmallWorkspaces, type Opened } from '../engine/smallWorkspace.ts';
import { starterFolder } from '../model/fixtures.ts';
import { block, keyOf } from './blocks.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
const profile = { segmentTokens: 160, answerTokens: 8, ratio: 4 };
const tiny = small.decoder('qwen3-fp32', profile);
const starter = small.open(starterFolder);

const request: CompressRequest = { task: lookupTask };
const sheetOf = async (workspace: Workspace): Promise<SheetFile> => (await workspace.sheetFor('api-lookup'))!;
const blockKeys = async ({ blocks }: Opened): Promise<string[]> => (await blocks.list()).map((b) => b.key).sort();
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const fileOf = (store: string, key: string): string =>
  path.join(store, 'blocks', key.slice(0, 2), `${key}.safetensors`);
const ask = (workspace: Workspace, question = 'Where is openHarbour defined?', mode: Mode = 'cache') =>
  workspace.ask({ id: '1', question, mode, task: 'api-lookup' });
/** How a build ends that is cancelled after `after` segments. */
async function cancelledBuild(
  workspace: Workspace,
  after: number,
  change: Partial<CompressRequest> = {},
): Promise<BuildProgress[]> {
  const controller = new AbortController();
  const seen: BuildProgress[] = [];
  const error: unknown = await workspace
    .compress({
      ...request,
      ...change,
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.segments >= after) controller.abort();
      },
    })
    .catch((e: unknown) => e);
  expect(CribsheetError.is(error, 'cancelled')).toBe(true);
  return seen;
}

describe.each([
  ['tiny', tiny],
  ['starter', starter],
])('with the %s model', (_, opening) => {
  test('a build makes one block a segment and one for the preamble, and a second build computes nothing', async () => {
    const decoder = await opening;
    const opened = await small.workspace(decoder);
    const { workspace } = opened;
    const segments = await workspace.segments();
    const seen: BuildProgress[] = [];
    const first = await workspace.compress({ ...request, onProgress: (p) => seen.push(p) });
    expect(first).toMatchObject({ computed: segments.length, reused: 0 });
    const { ratio, strategy = 'm0-zs' } = decoder.profile;
    expect(first.sheet).toMatchObject({ complete: true, strategy, ratio });
    expect(seen.every((progress) => progress.strategy === strategy)).toBe(true);
    const before = await blockKeys(opened);
    expect(before.length).toBe(segments.length + 1);

    const second = await workspace.compress(request);
    expect(second).toMatchObject({ computed: 0, reused: segments.length });
    expect(second.sheet.segments).toEqual(first.sheet.segments);
    expect(await blockKeys(opened)).toEqual(before);
    expect((await workspace.sheets.list()).length).toBe(1);

    seen.forEach((p, i) => {
      expect(p.segments).toBe(i);
      expect(p.tokens).toBe(sum(segments.slice(0, i).map((s) => s.tokens)));
    });
    expect(seen.at(-1)).toMatchObject({ segments: segments.length, tokens: seen[0]!.tokensTotal });
  });

  test('an edit recomputes only segments that hold the file', async () => {
    const { workspace, root } = await small.workspace(await opening);
    await workspace.compress(request);
    const before = await sheetOf(workspace);
    await writeFile(
      path.join(root, 'src/ships/util.ts'),
      smallFiles['src/ships/util.ts']!.replace("?? '0'", "?? '1.5'"),
    );
    await workspace.refresh();
    const { computed, sheet } = await workspace.compress(request);
    const holding = (await workspace.segments()).filter((s) => s.paths.includes('src/ships/util.ts')).length;
    expect(computed).toBeGreaterThan(0);
    expect(computed).toBeLessThanOrEqual(holding);
    const old = new Set(before.segments.map((s) => s.key));
    for (const { key, lines } of sheet.segments) {
      if (!old.has(key)) expect(lines.some((l) => sheet.paths[l.path] === 'src/ships/util.ts')).toBe(true);
    }
  });

  test('an edit further up moves the lines of lower segments, which keep their blocks', async () => {
    const { workspace, root } = await small.workspace(await opening);
    await workspace.compress(request);
    const before = await sheetOf(workspace);
    const file = smallFiles['src/harbour.ts']!;
    const [first, ...rest] = file.split('\n');
    await writeFile(path.join(root, 'src/harbour.ts'), [first, '// one', '// two', '// three', ...rest].join('\n'));
    await workspace.refresh();
    const { sheet } = await workspace.compress(request);
    const index = sheet.paths.indexOf('src/harbour.ts');
    const own = (s: SheetFile | typeof sheet) => s.segments.filter((g) => g.lines[0]!.path === index);
    const oldKeys = new Map(own(before).map((s) => [s.key, s]));
    const kept = own(sheet).filter((s) => oldKeys.has(s.key));
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(kept.length).toBeLessThan(own(sheet).length);
    for (const segment of kept) {
      const moved = oldKeys.get(segment.key)!.lines.map((l) => ({ ...l, line: l.line + 3 }));
      expect(segment.lines).toEqual(moved);
    }
  });

  test('a renamed file is read anew, the others keep their blocks', async () => {
    const { workspace, root } = await small.workspace(await opening);
    await workspace.compress(request);
    await writeFile(path.join(root, 'src/ships/papers.ts'), smallFiles['src/ships/util.ts']!);
    await writeFile(path.join(root, 'src/ships/util.ts'), '');
    await workspace.refresh();
    const { computed, sheet } = await workspace.compress(request);
    const renamed = (await workspace.segments()).filter((s) => s.paths.includes('src/ships/papers.ts'));
    expect(computed).toBe(renamed.length);
    expect(sheet.coverage.files).toBe(sheet.paths.length);
  });
});

describe('a cancel', () => {
  test('in the middle keeps finished blocks and writes a sheet that answers; the next build does the rest', async () => {
    const opened = await small.workspace(await tiny);
    const { workspace } = opened;
    const segments = await workspace.segments();
    const seen = await cancelledBuild(workspace, 5);
    expect(seen.at(-1)!.segments).toBe(5);
    expect((await blockKeys(opened)).length).toBe(5 + 1);

    const sheet = await sheetOf(workspace);
    expect(sheet).toMatchObject({ complete: false });
    expect(sheet.segments.length).toBe(5);
    expect(sheet.coverage.tokens).toBe(sum(segments.slice(0, 5).map((s) => s.tokens)));
    const unread = new Set(segments.slice(5).flatMap((s) => s.paths));
    expect(new Set(sheet.leftOut.map((f) => f.path))).toEqual(unread);
    expect(sheet.leftOut.every((f) => f.reason === 'not-built')).toBe(true);
    expect(sheet.coverage.files).toBe(sheet.paths.length - sheet.leftOut.length);

    const answer = await ask(workspace);
    expect(answer.error).toBe(undefined);
    expect(answer.tokens.sheet).toBe(sheet.preamble.kept + sum(sheet.segments.map((s) => s.kept)));

    const rest = await workspace.compress(request);
    expect(rest).toMatchObject({ computed: segments.length - 5, reused: 5 });
    expect(await sheetOf(workspace)).toMatchObject({ complete: true });
  });

  test('before the first block leaves no sheet', async () => {
    const { workspace } = await small.workspace(await tiny);
    await cancelledBuild(workspace, 0);
    expect(await workspace.sheets.list()).toEqual([]);
  });

  test('of a rebuild after an edit loses nothing but what the edit changed', async () => {
    const { workspace, root } = await small.workspace(await tiny);
    await workspace.compress(request);
    const whole = await sheetOf(workspace);
    // The first file in order: everything else comes after the cancel.
    await writeFile(path.join(root, 'README.md'), `${smallFiles['README.md']!}\nAnd a lighthouse.\n`);
    await workspace.refresh();
    await cancelledBuild(workspace, 0);
    // It covers more than the part that is done, if README.md as it was.
    expect(await sheetOf(workspace)).toEqual(whole);
    expect((await workspace.compress(request)).computed).toBeLessThanOrEqual(2);
  });

  test.each([
    ['another size, which would be another sheet', { ratio: 8 }],
    ['another instruction, which would be the same one', { task: { ...lookupTask, instruction: 'Find defects.' } }],
  ])('of %s leaves the complete sheet where it is', async (_, change) => {
    const { workspace } = await small.workspace(await tiny);
    await workspace.compress(request);
    const whole = await sheetOf(workspace);
    await cancelledBuild(workspace, 3, change);
    expect(await workspace.sheets.list()).toEqual([whole]);
    expect((await ask(workspace)).coverage).toEqual(whole.coverage);
    // What was done is not lost.
    expect((await workspace.compress({ ...request, ...change })).reused).toBe(3);
  });

  test('takes the place of a complete sheet that covers less', async () => {
    const { workspace, root } = await small.workspace(await tiny, { 'README.md': smallFiles['README.md']! });
    await workspace.compress(request);
    await small.write(root, smallFiles);
    await workspace.refresh();
    await cancelledBuild(workspace, 6);
    const sheet = await sheetOf(workspace);
    expect([sheet.complete, sheet.segments.length]).toEqual([false, 6]);
  });

  test('leaves the place to a complete sheet whose blocks are there, however old', async () => {
    const { workspace, blocks } = await small.workspace(await tiny);
    const { sheet } = await workspace.compress(request);
    await workspace.sheets.write({ ...sheet, id: 'part', complete: false, createdAt: '2999-01-01T00:00:00.000Z' });
    expect((await sheetOf(workspace)).id).toBe(sheet.id);
    await blocks.delete(sheet.segments[0]!.key);
    expect((await sheetOf(workspace)).id).toBe('part');
  });

  test('keeps its blocks where the store is too small, and what no sheet needs goes', async () => {
    const opened = await small.workspace(await tiny, smallFiles, { quotaBytes: 0 });
    await opened.blocks.write(keyOf(1), block(1));
    await cancelledBuild(opened.workspace, 2);
    expect(await opened.blocks.has(keyOf(1))).toBe(false);
    expect((await blockKeys(opened)).length).toBe(2 + 1);
  });
});

describe('damage', () => {
  /** Flips a byte in the middle of a block's file. */
  async function flip(store: string, key: string): Promise<void> {
    const file = fileOf(store, key);
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 0x40;
    await writeFile(file, bytes);
  }

  test.each(['segment', 'preamble'])('a damaged %s is dropped, and the next build makes it anew', async (which) => {
    const opened = await small.workspace(await tiny);
    const { workspace, store, corrupt } = opened;
    await workspace.compress(request);
    const sheet = await sheetOf(workspace);
    const good = await ask(workspace);
    const lost = sheet.segments[2]!;
    const key = which === 'segment' ? lost.key : sheet.preamble.key;
    await flip(store, key);
    // A new process: nothing in memory.
    const again = await small.workspace(await tiny, {}, opened);
    const automatic = await ask(again.workspace, 'Where is openHarbour defined?', 'auto');
    const answer = await ask(again.workspace);
    if (which === 'segment') {
      // The rest answers, and says what it covers.
      const { tokens, files } = sheet.coverage;
      const paths = new Set(lost.lines.map((run) => run.path));
      expect(answer.error).toBe(undefined);
      expect(answer.coverage).toMatchObject({ tokens: tokens - lost.tokens, files: files - paths.size });
      expect(answer.tokens.sheet).toBe(good.tokens.sheet - lost.kept);
      expect(automatic).toMatchObject({ mode: 'cache', coverage: answer.coverage });
    } else {
      expect(answer.error).toMatchObject({ code: 'sheet-missing', message: expect.stringMatching(/damaged/) });
      expect(answer.error!.action).toContain('cribsheet compress');
      expect(automatic).toMatchObject({ mode: 'rag', reason: 'the sheet for this task cannot be read' });
      expect(automatic.error).toBe(undefined);
    }
    expect(again.corrupt).toEqual([key]);

    const rebuilt = await workspace.compress(request);
    expect(rebuilt.computed).toBe(which === 'segment' ? 1 : 0);
    expect(rebuilt.sheet.segments).toEqual(sheet.segments);
    expect((await ask(again.workspace)).answer).toBe(good.answer);
    expect(corrupt).toEqual([]);
  });

  test('a block that is gone: its file is not covered, and questions that name it go to retrieval', async () => {
    const opened = await small.workspace(await tiny);
    const { workspace, blocks } = opened;
    await workspace.compress(request);
    const sheet = await sheetOf(workspace);
    const index = sheet.paths.indexOf('src/harbour.ts');
    const lost = sheet.segments.find(({ lines }) => lines.some((run) => run.path === index))!;
    const automatic = (of: Workspace) => ask(of, 'Where is openHarbour defined?', 'auto');
    // A sheet in memory does not need it.
    expect((await automatic(workspace)).mode).toBe('cache');
    await blocks.delete(lost.key);
    expect(await automatic(workspace)).toMatchObject({ mode: 'cache', coverage: sheet.coverage });

    const again = await small.workspace(await tiny, {}, opened);
    const reason = 'the sheet does not cover openHarbour (src/harbour.ts)';
    expect(await automatic(again.workspace)).toMatchObject({ mode: 'rag', reason });
    const left = await sheetOf(again.workspace);
    expect(left).toMatchObject({ complete: false, leftOut: [{ path: 'src/harbour.ts', reason: 'not-built' }] });
    expect((await ask(again.workspace)).coverage).toEqual(left.coverage);
  });

  test('a damaged block that nobody asked for is found by the next build', async () => {
    const { workspace, store, corrupt } = await small.workspace(await tiny);
    await workspace.compress(request);
    const { key } = (await sheetOf(workspace)).segments[0]!;
    await flip(store, key);
    expect((await workspace.compress(request)).computed).toBe(1);
    expect(corrupt).toEqual([key]);
  });
});

describe('a corpus larger than the sheet', () => {
  test('is all there where it fits, files without a word included', async () => {
    const decoder: Decoder = await tiny;
    const { workspace } = await small.workspace(decoder);
    const segments = await workspace.segments();
    const all = sum(segments.map((s) => Math.ceil(s.tokens / 4)));
    const { sheet, computed } = await workspace.compress({ ...request, ratio: 4 });
    expect(sum(sheet.segments.map((s) => s.kept))).toBeLessThanOrEqual(all);
    expect(sheet.leftOut).toEqual([]);
    expect(sheet.coverage).toMatchObject({ files: 7, filesTotal: 7 });
    expect(sheet.coverage.tokens).toBe(sheet.coverage.tokensTotal);
    expect(computed).toBe(segments.length);
  });

  test.each([60, 150, 300])('with room for %i positions', async (sheetTokens) => {
    const decoder = await small.decoder('qwen3-fp32', { ...profile, sheetTokens });
    const { workspace } = await small.workspace(decoder);
    const segments = await workspace.segments();
    const plan = await workspace.plan({ ...request, ratio: 4 });
    const { sheet, computed } = await workspace.compress({ ...request, ratio: 4 });
    const positions = sum(sheet.segments.map((s) => s.kept));
    expect(positions).toBeLessThanOrEqual(sheetTokens);
    expect(computed).toBeLessThan(segments.length);
    expect(sheet.complete).toBe(true);

    // What stands in the sheet, recomputed from its manifest alone.
    const inSheet = sheet.segments.map((s) => s.tokens);
    expect(sheet.coverage.tokens).toBe(sum(inSheet));
    expect(sheet.coverage.tokensTotal).toBe(sum(segments.map((s) => s.tokens)));
    const perFile = (path: string, of: { paths: string[] }[]): number =>
      of.filter((s) => s.paths.includes(path)).length;
    const manifest = sheet.segments.map((s) => ({ paths: [...new Set(s.lines.map((l) => sheet.paths[l.path]!))] }));
    for (const file of sheet.paths) {
      const reason = sheet.leftOut.find((f) => f.path === file)?.reason;
      const isWhole = perFile(file, manifest) === perFile(file, segments);
      expect(reason).toBe(isWhole ? undefined : 'sheet-full');
    }
    expect(sheet.coverage.files).toBe(sheet.paths.length - sheet.leftOut.length);
    expect(plan).toMatchObject({
      files: sheet.coverage.files,
      segments: sheet.segments.length,
      tokens: sheet.coverage.tokens,
      room: sheetTokens,
    });
    expect((await ask(workspace)).coverage).toEqual(sheet.coverage);
  });

  test('with room for nothing it fails and says what to change', async () => {
    const { workspace } = await small.workspace(await small.decoder('qwen3-fp32', { ...profile, sheetTokens: 1 }));
    const error: unknown = await workspace.compress(request).catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'workspace-empty') && error.action).toContain('--ratio');
    expect(await workspace.sheets.list()).toEqual([]);
  });
});

describe('a sheet of a given size', () => {
  test('holds everything, in at most so many positions, and an edit does not make all blocks anew', async () => {
    const { workspace, root } = await small.workspace(await tiny);
    const { sheet } = await workspace.compress({ ...request, tokens: 300 });
    expect(sum(sheet.segments.map((s) => s.kept))).toBeLessThanOrEqual(300);
    expect(sheet.coverage.tokens).toBe(sheet.coverage.tokensTotal);
    await writeFile(path.join(root, 'README.md'), `${smallFiles['README.md']!}\nAnd a light.\n`);
    await workspace.refresh();
    const after = await workspace.compress({ ...request, tokens: 300 });
    expect(after.computed).toBeLessThanOrEqual(2);
    expect(sum(after.sheet.segments.map((s) => s.kept))).toBeLessThanOrEqual(300);
  });

  test('another size, ratio, scope or strategy is another sheet; equal numbers of another kind as well', async () => {
    const { workspace, store } = await small.workspace(await tiny);
    const requests: Partial<CompressRequest>[] = [
      { ratio: 64 },
      { tokens: 64 },
      { ratio: 32 },
      { ratio: 64, scope: ['src/**'] },
      { ratio: 64, strategy: 'recent' },
    ];
    for (const r of requests) await workspace.compress({ ...request, ...r });
    expect((await workspace.sheets.list()).length).toBe(requests.length);
    expect((await readdir(path.join(store, 'workspaces/one/sheets'))).length).toBe(requests.length);
    expect((await sheetOf(workspace)).strategy).toBe('recent');
  });
});

test('the task alone decides which blocks a task shares: another instruction, other blocks; the same, the same', async () => {
  const { workspace } = await small.workspace(await tiny);
  const segments = (await workspace.segments()).length;
  expect((await workspace.compress(request)).computed).toBe(segments);
  const renamed = { ...lookupTask, id: 'other', title: 'Another name' };
  expect((await workspace.compress({ task: renamed })).computed).toBe(0);
  const asked = { ...lookupTask, id: 'third', instruction: 'Find defects.' };
  expect((await workspace.compress({ task: asked })).computed).toBe(segments);
});

describe('parts that are written on the way', () => {
  test('are sheets that answer, heaviest files first, and the end is the same as without them', async () => {
    const { workspace } = await small.workspace(await tiny);
    const plain = await small.workspace(await tiny);
    const parts: SheetFile[] = [];
    const seen: BuildProgress[] = [];
    const write = workspace.sheets.write.bind(workspace.sheets);
    workspace.sheets.write = async (sheet) => {
      await write(sheet);
      parts.push(await sheetOf(workspace));
    };
    const { sheet } = await workspace.compress({ ...request, checkpointMs: 0, onProgress: (p) => seen.push(p) });
    const segments = await workspace.segments();
    expect(parts.map(({ complete }) => complete)).toEqual([...segments.slice(1).map(() => false), true]);
    const covered = parts.map(({ coverage }) => coverage.tokens);
    expect(covered).toEqual(covered.toSorted((a, b) => a - b));
    for (const part of parts.slice(0, -1)) expect(part.leftOut.length).toBeGreaterThan(0);
    const without = await plain.workspace.compress(request);
    expect(sheet.segments).toEqual(without.sheet.segments);
    expect(seen.map((p) => p.segments)).toEqual([...segments.keys(), segments.length]);
    const [first] = parts;
    const heaviest = segments[(await heaviestFirst(segments, new Set(segments.keys())))[0]!]!;
    expect(first!.segments.map(({ tokens, lines }) => [tokens, first!.paths[lines[0]!.path]])).toEqual([
      [heaviest.tokens, heaviest.lines[0]!.path],
    ]);
  });

  test('do not take the place of a complete sheet', async () => {
    const { workspace, root } = await small.workspace(await tiny);
    await workspace.compress(request);
    await writeFile(path.join(root, 'src/more.ts'), 'export function more(): number {\n  return 1;\n}\n');
    await workspace.refresh();
    let written = 0;
    const write = workspace.sheets.write.bind(workspace.sheets);
    workspace.sheets.write = (sheet) => {
      written++;
      return write(sheet);
    };
    await workspace.compress({ ...request, checkpointMs: 0 });
    expect(written).toBe(1);
  });
});
