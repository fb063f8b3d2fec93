import { CribsheetError } from '../../common/errors.ts';
import { workspaceFolder } from '../../engine/corpus/files.ts';
import { allSheets, blockStore } from '../../engine/sheet/allSheets.ts';
import { blockKeys } from '../../engine/sheet/remaining.ts';
import { YOUNG_MS, type StoredBlock } from '../../engine/sheet/store.ts';
import type { SheetFile, SheetFolder } from '../../engine/sheet/sheetFile.ts';
import { wrong } from '../arguments.ts';
import type { Context, Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { bytes, count, plural } from '../format.ts';
import { describeSheet, positionsOf } from '../../engine/sheet/summary.ts';
import { sheetsOf } from '../storeView.ts';
import { bold, dim, yellow } from '../styled.ts';
import { suggestion } from '../suggest.ts';
import type { StoreLocation } from '../../engine/storeLocation.ts';

const actions = ['list', 'show', 'delete', 'gc'] as const;
type Action = (typeof actions)[number];

/** Lists, shows and deletes sheets. */
export const run: Run = async (context) => {
  const { folder, action, id } = parse(context.args.positionals);
  const { store } = context.engine({ noModel: true });
  if (action === 'gc') return collectGarbage(context, store);
  await workspaceFolder(folder);
  const sheets = sheetsOf(store, folder);
  if (action === 'list') return list(context, store, sheets, folder);
  const sheet = await find(sheets, id, folder);
  return action === 'show' ? show(context, store, sheet) : remove(context, store, sheets, sheet);
};

/** `[DIR] [ACTION [ID]]`: a first word that is an action is no folder; write `./list` for a folder of that name. */
function parse(words: readonly string[]): { folder: string; action: Action; id: string } {
  const isAction = (word: string | undefined): word is Action => actions.some((a) => a === word);
  const [folder, rest] = isAction(words[0]) ? ['.', words] : [words[0] ?? '.', words.slice(1)];
  const [action = 'list', id, ...more] = rest;
  if (!isAction(action))
    throw wrong(`"${action}" is nothing that can be done with sheets.`, suggestion(action, actions));
  const takesId = action === 'show' || action === 'delete';
  if (takesId && id === undefined)
    throw wrong(`"sheets ${action}" needs the id of a sheet.`, '"cribsheet sheets list" shows the ids.');
  const extra = takesId ? more[0] : id;
  if (extra !== undefined) throw wrong(`"sheets ${action}" does not know what to do with "${extra}".`, 'Leave it out.');
  return { folder, action, id: id ?? '' };
}

async function find(sheets: SheetFolder, id: string, folder: string): Promise<SheetFile> {
  const all = await sheets.list();
  const found = all.find((s) => s.id === id);
  if (found) return found;
  const ids = all.map((s) => s.id);
  throw new CribsheetError(
    'sheet-missing',
    `There is no sheet "${id}" for ${folder}.`,
    ids.length > 0 ? suggestion(id, ids) : 'Make one with "cribsheet compress".',
  );
}

async function list(
  { out, json, say }: Context,
  store: StoreLocation,
  sheets: SheetFolder,
  folder: string,
): Promise<undefined> {
  const [all, sizes] = await Promise.all([sheets.list(), blockSizes(store)]);
  if (json) {
    await out.json(all.map((sheet) => ({ ...describeSheet(sheet), bytes: storedBytes(sheet, sizes).bytes })));
    return;
  }
  for (const sheet of all) {
    const { id, model, strategy, ratio, coverage, createdAt, complete } = sheet;
    const size = storedBytes(sheet, sizes);
    await out.line(
      bold(id),
      `  ${cleanLine(sheet.task.title)}`,
      complete ? '' : yellow('  not finished'),
      size.missing > 0 ? yellow('  blocks missing') : '',
    );
    await out.line(
      dim(
        `  ${cleanLine(model.name)}, ${cleanLine(strategy)}, ratio ${ratio.toFixed(1)}; ${count(coverage.files)} of ${plural(coverage.filesTotal, 'file')},` +
          ` ${plural(positionsOf(sheet), 'position')}, ${bytes(size.bytes)}; made ${createdAt}`,
      ),
    );
  }
  if (all.length === 0)
    await say(
      `There is no sheet for ${cleanLine(folder)} yet. Make one: cribsheet compress ${cleanLine(folder)} --task api-lookup`,
    );
}

async function show({ out, json }: Context, store: StoreLocation, sheet: SheetFile): Promise<undefined> {
  const size = storedBytes(sheet, await blockSizes(store));
  if (json) {
    await out.json({ ...describeSheet(sheet), bytes: size.bytes, missingBlocks: size.missing });
    return;
  }
  const { id, task, model, strategy, ratio, coverage, createdAt, complete, scope, leftOut, skipped } = sheet;
  const rows: [string, string][] = [
    ['sheet', id],
    ['task', `${task.title} (${task.id})`],
    ['made', `${createdAt}${complete ? '' : ', not finished: compress again to go on'}`],
    ['model', model.name],
    ['strategy', `${strategy}, ratio ${ratio.toFixed(1)}`],
    ['scope', scope.length > 0 ? scope.join(' ') : 'the whole folder'],
    [
      'covers',
      `${count(coverage.files)} of ${plural(coverage.filesTotal, 'file')}, ${count(coverage.tokens)} of ${count(coverage.tokensTotal)} tokens`,
    ],
    [
      'size',
      `${plural(positionsOf(sheet), 'position')} in ${plural(sheet.segments.length, 'segment')}, ${bytes(size.bytes)}`,
    ],
  ];
  if (size.missing > 0)
    rows.push(['missing', `${plural(size.missing, 'block')}: compress again, only these are computed`]);
  for (const [name, value] of rows) await out.line(dim(name.padEnd(9)), cleanLine(value));
  for (const { path, reason } of [...leftOut, ...skipped])
    await out.line(dim('left out '), cleanLine(path), dim(`  ${reason}`));
}

/** Deletes a sheet with the blocks that no other one uses. */
async function remove(
  { out, json }: Context,
  store: StoreLocation,
  sheets: SheetFolder,
  sheet: SheetFile,
): Promise<undefined> {
  const { id } = sheet;
  await sheets.delete(id);
  const freed = await blockStore(store).deleteUnreferenced(blockKeys(sheet));
  if (freed.failure) throw freed.failure;
  if (json) await out.json({ deleted: id, bytes: freed.bytes });
  else
    await out.line(
      `Deleted ${id} and ${plural(freed.deleted, 'block')} that no other sheet uses, ${bytes(freed.bytes)}.`,
    );
}

/** Deletes blocks that no sheet of any workspace uses, and what is over the quota. */
async function collectGarbage({ out, json, args, signal }: Context, store: StoreLocation): Promise<undefined> {
  const used = new Set((await allSheets(store)).flatMap(blockKeys));
  const blocks = blockStore(store);
  const now = Date.now();
  const unused = (await blocks.list(signal)).filter((b) => !used.has(b.key));
  const old = args.has('all') ? unused : unused.filter((b) => now - b.usedAt > YOUNG_MS);
  for (const { key } of old) await blocks.delete(key);
  const beyond = await blocks.enforceQuota(signal);
  if (beyond.failure) throw beyond.failure;
  const deleted = old.length + beyond.deleted;
  const freed = old.reduce((sum, b) => sum + b.bytes, 0) + beyond.bytes;
  const spared = unused.length - old.length;
  if (json) {
    await out.json({ deleted, bytes: freed, spared });
    return;
  }
  await out.line(`Deleted ${plural(deleted, 'block')}, ${bytes(freed)}.`);
  if (spared > 0) {
    await out.line(
      dim(
        `${plural(spared, 'unused block')} of the last day spared, since a compression may still be running; --all deletes them too.`,
      ),
    );
  }
}

async function blockSizes(store: StoreLocation): Promise<Map<string, StoredBlock>> {
  return new Map((await blockStore(store).list()).map((block) => [block.key, block]));
}

function storedBytes(sheet: SheetFile, sizes: ReadonlyMap<string, StoredBlock>): { bytes: number; missing: number } {
  const found = blockKeys(sheet).map((key) => sizes.get(key));
  return {
    bytes: found.reduce((sum, block) => sum + (block?.bytes ?? 0), 0),
    missing: found.filter((block) => !block).length,
  };
}
