import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError } from '../common/errors.ts';
import type { Decoder } from './model/decoder.ts';
import { parseMeasured, type MeasuredBudgets } from './model/measured.ts';
import { isRouter, type Router } from './model/router.ts';
import { replaceFile } from './replaceFile.ts';

/**
 * What was measured of installed models, one JSON file each, named after the model's fingerprint: nothing is ever
 * written beside a model. A file appears whole or not at all.
 */
export class MeasuredStore {
  private readonly folder: string;

  /** @param folder `StoreLocation.measured` */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where the measurements of a model lie, or would. */
  fileOf(model: string): string {
    return path.join(this.folder, `${model}.json`);
  }

  /**
   * What was measured of a model.
   * @param onBroken there is a file, and it is no table of this model and version; it counts as absent
   */
  async read(
    { fingerprint, graph }: Pick<Decoder, 'fingerprint' | 'graph'>,
    onBroken?: (file: string) => void,
  ): Promise<MeasuredBudgets | undefined> {
    const file = this.fileOf(fingerprint);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const { attention, heads, kvHeads } = graph;
    const table = parseMeasured(text, fingerprint, { layers: attention.length, heads, kvHeads });
    if (!table) onBroken?.(file);
    return table;
  }

  /** @throws CribsheetError `store-unwritable` */
  async write(table: MeasuredBudgets): Promise<void> {
    await this.replace(this.fileOf(table.model), table);
    await rm(this.partOf(table.model), { force: true });
  }

  /** The router that was fitted for a model. @param onBroken as for `read` */
  async readRouter(model: string, onBroken?: (file: string) => void): Promise<Router | undefined> {
    const file = this.routerOf(model);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (isRouter(value)) return value;
    } catch {
      // Said below.
    }
    onBroken?.(file);
    return undefined;
  }

  /** @throws CribsheetError `store-unwritable` */
  async writeRouter(model: string, router: Router): Promise<string> {
    await this.replace(this.routerOf(model), router);
    return this.routerOf(model);
  }

  /** What a run that was cut off has got to; undefined where there is none that can be read. */
  async readPart(model: string): Promise<unknown> {
    const text = await readFile(this.partOf(model), 'utf8').catch(() => undefined);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    } catch {
      return undefined;
    }
  }

  /** @throws CribsheetError `store-unwritable` */
  async writePart(model: string, part: unknown): Promise<void> {
    await this.replace(this.partOf(model), part);
  }

  /** Forgets a part and the measurements. */
  async delete(model: string): Promise<void> {
    for (const file of [this.fileOf(model), this.partOf(model)]) await rm(file, { force: true });
  }

  private routerOf(model: string): string {
    return path.join(this.folder, `${model}.router.json`);
  }

  private partOf(model: string): string {
    return path.join(this.folder, `${model}.part`);
  }

  private async replace(file: string, value: unknown): Promise<void> {
    try {
      await replaceFile(file, `${JSON.stringify(value)}\n`);
    } catch (cause) {
      throw new CribsheetError(
        'store-unwritable',
        `What was measured cannot be written to ${this.folder}.`,
        'Choose another place with --store.',
        { cause },
      );
    }
  }
}
