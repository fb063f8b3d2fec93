import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError } from '../common/errors.ts';
import type { Device } from '../common/names.ts';
import { listTasks, loadTask, type TaskListing } from './compress/tasks.ts';
import { workspaceFolder } from './corpus/files.ts';
import { Grammars } from './corpus/grammars.ts';
import { MeasuredStore } from './measuredStore.ts';
import { Decoder } from './model/decoder.ts';
import { blockStore } from './sheet/allSheets.ts';
import { remaining } from './sheet/remaining.ts';
import type { SheetFile } from './sheet/sheetFile.ts';
import type { BlockStore } from './sheet/store.ts';
import { describeStored } from './sheet/summary.ts';
import { StoreLocation } from './storeLocation.ts';
import { Workspace } from './workspace.ts';
import type { SheetSummary } from '../common/sheets.ts';
import type { Task } from '../common/task.ts';

/** Folders that come with the product; the composition root knows where they are. */
export interface ProductFolders {
  grammars: string;
  tasks: string;
  models: string;
}

export interface EngineOptions {
  product: ProductFolders;
  store?: string | undefined;
  /** Name or folder of a model; default: the bundled starter. */
  model?: string | undefined;
  /** Name that a task file asks for, where `model` is not given. Only installed models: a task may be workspace text. */
  taskModel?: string | undefined;
  /** Work without a model: chunks and search only. */
  noModel?: boolean | undefined;
  device?: Device | undefined;
  threads?: number | undefined;
  onMessage?: ((message: string) => void) | undefined;
  /** The model is being loaded, has been, or could not be. */
  onModel?: ((state: ModelState) => void) | undefined;
}

export interface InstalledModel {
  name: string;
  folder: string;
  bundled: boolean;
}

/** What there is of the model at this moment. */
export type ModelState =
  | { state: 'off' | 'unloaded' | 'loading' }
  | { state: 'failed'; error: unknown }
  | { state: 'ready'; decoder: Decoder };

/** What a process needs once: store, grammars, model. Workspaces are opened on it. */
export class Engine {
  readonly store: StoreLocation;
  readonly measured: MeasuredStore;
  private readonly options: EngineOptions;
  private readonly blocks: BlockStore;
  private grammars: Promise<Grammars> | undefined;
  private loading: Promise<Decoder> | undefined;
  private model: ModelState;
  private readonly open = new Map<string, Promise<Workspace>>();

  constructor(options: EngineOptions) {
    this.options = options;
    this.model = { state: options.noModel ? 'off' : 'unloaded' };
    this.store = new StoreLocation(options.store);
    this.measured = new MeasuredStore(this.store.measured);
    this.blocks = blockStore(this.store, (key) => {
      options.onMessage?.(
        `The block ${key.slice(0, 12)}… was damaged and has been deleted; compress again to rebuild it.`,
      );
    });
  }

  /**
   * The decoder, loaded on first use and shared by all workspaces. A failed load is tried again next time.
   * @throws CribsheetError `model-missing` where there is none or none is wanted; what `Decoder.open` throws
   */
  async decoder(): Promise<Decoder> {
    if (this.options.noModel) {
      throw new CribsheetError('model-missing', 'No model is loaded.', 'Run without --no-model.');
    }
    if (this.loading) return this.loading;
    this.setModel({ state: 'loading' });
    this.loading = this.loadDecoder().then(
      (decoder) => {
        this.setModel({ state: 'ready', decoder });
        return decoder;
      },
      (error: unknown) => {
        this.loading = undefined;
        this.setModel({ state: 'failed', error });
        throw error;
      },
    );
    return this.loading;
  }

  /** Starts nothing. */
  modelState(): ModelState {
    return this.model;
  }

  /** Opens a workspace folder; the same folder gives the same object. */
  workspace(root: string): Promise<Workspace> {
    const folder = this.store.workspace(root);
    let found = this.open.get(folder);
    if (!found) {
      found = this.openWorkspace(path.resolve(root), folder);
      found.catch(() => this.open.delete(folder));
      this.open.set(folder, found);
    }
    return found;
  }

  /** @throws CribsheetError `task-missing`, `task-invalid` */
  task(idOrFile: string, root?: string): Promise<Task> {
    return loadTask(idOrFile, this.taskFolders(root));
  }

  tasks(root?: string): Promise<TaskListing> {
    return listTasks(this.taskFolders(root));
  }

  /** Bundled models and those in the store. */
  async models(): Promise<InstalledModel[]> {
    const bundled = await modelsIn(this.options.product.models, true);
    return [...bundled, ...(await modelsIn(this.store.models, false))];
  }

  /**
   * Folder of the model that questions are answered with, loaded or not.
   * @throws CribsheetError `model-missing`
   */
  activeModel(): Promise<string> {
    return this.modelFolder(this.options.model, this.options.taskModel);
  }

  /** A model beside the one in use, with the same settings; whoever opens it disposes it. */
  openModel(folder: string): Promise<Decoder> {
    const { device, threads } = this.options;
    return Decoder.open({ folder, ...(device ? { device } : {}), ...(threads ? { threads } : {}) });
  }

  /** A sheet as far as its blocks are there, with what these take. */
  describeSheet(sheet: Omit<SheetFile, 'version'>): Promise<SheetSummary> {
    return describeStored(sheet, this.blocks);
  }

  /** A sheet as far as its blocks are there. */
  remaining(sheet: SheetFile): Promise<SheetFile> {
    return remaining(sheet, this.blocks);
  }

  async close(): Promise<void> {
    for (const opened of this.open.values())
      await opened.then(
        (w) => {
          w.close();
        },
        () => undefined,
      );
    this.open.clear();
    await this.loading?.then(
      (d) => d.dispose(),
      () => undefined,
    );
    this.loading = undefined;
    if (this.model.state !== 'off') this.model = { state: 'unloaded' };
  }

  private setModel(state: ModelState): void {
    this.model = state;
    this.options.onModel?.(state);
  }

  private taskFolders(root: string | undefined): Parameters<typeof loadTask>[1] {
    return { builtInFolder: this.options.product.tasks, ...(root === undefined ? {} : { workspace: root }) };
  }

  private async openWorkspace(root: string, folder: string): Promise<Workspace> {
    // Before anything is made in the store for a folder that is not there.
    await workspaceFolder(root);
    this.grammars ??= Grammars.open(this.options.product.grammars);
    // Tried again next time, as everything that is loaded on first use.
    this.grammars.catch(() => (this.grammars = undefined));
    const grammars = await this.grammars;
    const decoder = this.options.noModel ? undefined : () => this.decoder();
    const { onMessage } = this.options;
    return Workspace.open({
      root,
      folder,
      grammars,
      blocks: this.blocks,
      decoder,
      trimStore: () => this.trimStore(),
      ...(onMessage ? { onMessage } : {}),
    });
  }

  /** Deletes blocks beyond the quota. Never fails: whether a build ended well is another matter. */
  private async trimStore(): Promise<void> {
    const { onMessage } = this.options;
    try {
      const { deleted, failure } = await this.blocks.enforceQuota();
      if (deleted > 0)
        onMessage?.(`The store was over its quota: ${deleted} blocks were deleted that were not used for long.`);
      if (failure) throw failure;
    } catch (error) {
      if (!CribsheetError.is(error)) throw error;
      onMessage?.(`What the store holds beyond its quota cannot be deleted. ${error.message}`);
    }
  }

  private async loadDecoder(): Promise<Decoder> {
    const decoder = await this.openModel(await this.activeModel());
    const onBroken = (file: string): void => {
      this.options.onMessage?.(`${file} is not what was measured of this model, and is not used; measure it again.`);
    };
    decoder.measured = await this.measured.read(decoder, onBroken);
    decoder.router = (await this.measured.readRouter(decoder.fingerprint, onBroken)) ?? decoder.router;
    return decoder;
  }

  private async modelFolder(model: string | undefined, taskModel: string | undefined): Promise<string> {
    if (model !== undefined && (await isFolder(model))) return path.resolve(model);
    const installed = await this.models();
    const wanted = model ?? taskModel ?? 'starter';
    const found = installed.find((m) => m.name === wanted) ?? soleMatch(installed, wanted);
    if (found) return found.folder;
    throw new CribsheetError(
      'model-missing',
      `There is no model "${wanted}".`,
      `Name a folder, or one of: ${installed.map((m) => m.name).join(', ') || '(none installed)'}.`,
    );
  }
}

/** `<name>` stands for `<name>/<revision>/<variant>` where only one of that name is installed. */
function soleMatch(installed: readonly InstalledModel[], name: string): InstalledModel | undefined {
  const below = installed.filter((m) => m.name.startsWith(`${name}/`));
  return below.length === 1 ? below[0] : undefined;
}

/** A model is any folder with a tokenizer, up to the depth of `models/<name>/<revision>/<variant>`. */
async function modelsIn(folder: string, bundled: boolean, prefix = '', depth = 0): Promise<InstalledModel[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((e) => e.isDirectory())
      .map(async (e): Promise<InstalledModel[]> => {
        const inner = path.join(folder, e.name);
        const name = prefix ? `${prefix}/${e.name}` : e.name;
        const hasTokenizer = await stat(path.join(inner, 'tokenizer.json')).then(
          () => true,
          () => false,
        );
        if (hasTokenizer) return [{ name, folder: inner, bundled }];
        return depth < 2 ? modelsIn(inner, bundled, name, depth + 1) : [];
      }),
  );
  return found.flat();
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (s) => s.isDirectory(),
    () => false,
  );
}
