import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError, errorRecord } from '../common/errors.ts';
import type { ImportedModel, ImportModelParams, ModelInfo, ModelTest } from '../common/protocol.ts';
import { bytesBelow } from '../engine/diskSize.ts';
import type { Engine, InstalledModel } from '../engine/engine.ts';
import { importModel, modelNameForm, sweepImports } from '../engine/importModel.ts';
import type { Decoder } from '../engine/model/decoder.ts';
import { modelNeeds } from '../engine/model/needs.ts';
import { selfTest } from '../engine/model/selfTest.ts';
import { describeDevice } from './describe.ts';

/** Models that are installed: what they are, whether they work, one more, one less. */
export class Models {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Sweeps what killed imports have left, too: it takes the space of a model, and no list shows it. */
  async list(): Promise<ModelInfo[]> {
    await sweepImports(this.engine.store);
    const active = await this.active();
    const found: ModelInfo[] = [];
    // One after the other: looking into a model reads its whole graph.
    for (const { name, folder, bundled } of await this.all(active)) {
      const looked = await modelNeeds(folder).then(
        (needs) => ({ needs }),
        (error: unknown) => ({ error: errorRecord(error) }),
      );
      const isActive = active !== undefined && isSame(folder, active);
      found.push({ name, folder, bundled, active: isActive, bytes: await bytesBelow(folder), ...looked });
    }
    return found;
  }

  async test(name: string, signal: AbortSignal): Promise<ModelTest> {
    const active = await this.active();
    const { folder } = await this.installed(name, active);
    const started = performance.now();
    if (active !== undefined && isSame(folder, active)) {
      return this.tested(await this.engine.decoder(), performance.now() - started, signal);
    }
    const decoder = await this.engine.openModel(folder);
    try {
      return await this.tested(decoder, performance.now() - started, signal);
    } finally {
      await decoder.dispose();
    }
  }

  /** @throws CribsheetError `usage` for a name that cannot be one; as `importModel` */
  async import(
    { folder, name = path.basename(path.resolve(folder)) }: ImportModelParams,
    signal: AbortSignal,
    onProgress: (bytes: number, bytesTotal: number) => void,
  ): Promise<ImportedModel> {
    if (!modelNameForm.test(name)) {
      const action = 'Give it letters, digits, dots, hyphens and underscores.';
      throw new CribsheetError('usage', `A model cannot be named "${name}".`, action);
    }
    // A model that cannot be used is not worth copying.
    await modelNeeds(folder);
    return importModel(path.resolve(folder), this.engine.store, { name, signal, onProgress });
  }

  /** @throws CribsheetError `model-missing`, `busy` for the one in use, `usage` for one that is not the store's */
  async remove(name: string): Promise<void> {
    const active = await this.active();
    const { folder, bundled } = await this.installed(name, active);
    if (bundled) {
      throw new CribsheetError('usage', `The model ${name} comes with Cribsheet.`, 'It can be left unused.');
    }
    if (!isBelow(folder, this.engine.store.models)) {
      throw new CribsheetError('usage', `The model ${name} lies outside of the store.`, 'Delete its folder yourself.');
    }
    if (active !== undefined && isSame(folder, active)) {
      throw new CribsheetError('busy', `The model ${name} is in use.`, 'Choose another model first.');
    }
    await removeUpTo(folder, this.engine.store.models);
  }

  private async all(active: string | undefined): Promise<InstalledModel[]> {
    const installed = await this.engine.models();
    // A folder outside of the store that the settings name.
    const isOutside = active !== undefined && !installed.some((model) => isSame(model.folder, active));
    return isOutside ? [...installed, { name: active, folder: active, bundled: false }] : installed;
  }

  private async installed(name: string, active: string | undefined): Promise<InstalledModel> {
    const all = await this.all(active);
    const found = all.find((model) => model.name === name);
    if (found) return found;
    const names = all.map((model) => model.name).join(', ') || 'none';
    throw new CribsheetError('model-missing', `There is no model "${name}".`, `Installed are: ${names}.`);
  }

  /** Folder of the model in use; undefined where the settings name one that is not there. */
  private async active(): Promise<string | undefined> {
    try {
      return await this.engine.activeModel();
    } catch (error) {
      if (CribsheetError.is(error, 'model-missing')) return undefined;
      throw error;
    }
  }

  private async tested(decoder: Decoder, loadMs: number, signal: AbortSignal): Promise<ModelTest> {
    return { ...(await selfTest(decoder, signal)), device: describeDevice(decoder.device), loadMs };
  }
}

const isSame = (a: string, b: string): boolean => path.resolve(a) === path.resolve(b);

function isBelow(folder: string, parent: string): boolean {
  const relative = path.relative(parent, folder);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

/** Removes a model and the folders of name and revision above it where nothing else is in them. */
async function removeUpTo(folder: string, top: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (let parent = path.dirname(folder); isBelow(parent, top); parent = path.dirname(parent)) {
    const isEmpty = await rmdir(parent).then(
      () => true,
      () => false,
    );
    if (!isEmpty) return;
  }
}
