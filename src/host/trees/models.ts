import { CribsheetError, errorRecord } from '../../common/errors.ts';
import type { ImportedModel, JobProgress, ModelInfo, ModelTest } from '../../common/protocol.ts';
import { Emitter, type Listen } from '../emitter.ts';
import type { WorkerSupervisor } from '../worker/supervisor.ts';

/** The installed models as the worker knows them, and the self-tests of this window. */
export class Models {
  readonly onDidChange: Listen<undefined>;
  /** By name. */
  readonly tests = new Map<string, ModelTest | 'running' | { error: string }>();
  private readonly changed = new Emitter<undefined>();
  private readonly supervisor: Pick<WorkerSupervisor, 'client'>;

  constructor(supervisor: Pick<WorkerSupervisor, 'client'>) {
    this.supervisor = supervisor;
    this.onDidChange = this.changed.event;
  }

  /** Starts the worker where it does not run. @throws CribsheetError */
  async list(): Promise<ModelInfo[]> {
    return (await this.supervisor.client()).models();
  }

  /** @throws CribsheetError */
  async import(
    folder: string,
    options: { signal: AbortSignal; onProgress: (progress: JobProgress) => void },
  ): Promise<ImportedModel> {
    const imported = await (await this.supervisor.client()).importModel({ folder }, options);
    this.changed.fire(undefined);
    return imported;
  }

  /** @throws CribsheetError */
  async remove(name: string): Promise<void> {
    await (await this.supervisor.client()).removeModel(name);
    this.tests.delete(name);
    this.changed.fire(undefined);
  }

  /** The result is kept for the view. @throws CribsheetError */
  async test(name: string, signal: AbortSignal): Promise<ModelTest> {
    const before = this.tests.get(name);
    this.note(name, 'running');
    try {
      const result = await (await this.supervisor.client()).testModel(name, { signal });
      this.note(name, result);
      return result;
    } catch (error) {
      const isCancelled = CribsheetError.is(error, 'cancelled');
      this.note(name, isCancelled ? before : { error: errorRecord(error).message });
      throw error;
    }
  }

  dispose(): void {
    this.changed.dispose();
  }

  private note(name: string, result: ReturnType<typeof this.tests.get>): void {
    if (result === undefined) this.tests.delete(name);
    else this.tests.set(name, result);
    this.changed.fire(undefined);
  }
}
