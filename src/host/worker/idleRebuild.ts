import type { ModelStatus } from '../../common/protocol.ts';
import { staysOnDisk, type SheetChanges, type SheetSummary } from '../../common/sheets.ts';
import type { Subscription } from '../emitter.ts';
import { isReadable } from '../readableSheets.ts';
import type { CompressJobs } from './compressJobs.ts';
import type { Workspaces } from './workspaces.ts';

export interface IdleRebuildOptions {
  workspaces: Workspaces;
  jobs: CompressJobs;
  /** A sheet that another model made is not this one's to renew: that would be a whole sheet, which nobody has asked for. */
  model: () => ModelStatus;
  /** The user's setting. */
  enabled: (root: string) => boolean;
  /** Is somebody waiting for an answer? */
  isBusy: () => boolean;
  /** So long nothing has to happen before it begins, in milliseconds. */
  idleMs?: number;
  onMessage: (message: string) => void;
}

const IDLE_MS = 30_000;

/** Rebuilds sheets whose files have changed, one at a time, when nothing has happened for a while. */
export class IdleRebuild {
  private readonly options: IdleRebuildOptions;
  private readonly subscriptions: Subscription[];
  private timer: NodeJS.Timeout | undefined;
  /** Sheets that could not be rebuilt as they are: not tried again until they have changed. */
  private readonly failed = new Set<string>();
  private disposed = false;

  constructor(options: IdleRebuildOptions) {
    this.options = options;
    const wait = (): void => {
      this.wait();
    };
    this.subscriptions = [options.workspaces.onDidChange(wait), options.jobs.onDidChange(wait)];
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private wait(): void {
    if (this.disposed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.options.idleMs ?? IDLE_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const { workspaces, jobs, enabled, isBusy, onMessage } = this.options;
    if (isBusy() || jobs.jobs.length > 0) {
      // A job that ends says so; an answer does not.
      if (isBusy()) this.wait();
      return;
    }
    for (const { root } of workspaces.roots) {
      if (!enabled(root)) continue;
      const stale = this.staleSheet(root);
      if (!stale) continue;
      const job = await jobs.rebuild(root, stale, { automatic: true });
      if (job.state !== 'failed') return;
      onMessage(`${root}: rebuilding the sheet ${stale.id} failed: ${job.error?.message ?? ''}`);
      this.failed.add(keyOf(root, stale));
      // Nobody asked for it, so it does not stand in the way.
      await jobs.cancel(root);
      return;
    }
  }

  /** The newest finished sheet of a task that does not hold what is on disk. */
  private staleSheet(root: string): SheetSummary | undefined {
    const { kind, dirty, sheets = [], stale } = this.options.workspaces.state(root);
    if (kind !== 'read' || dirty) return undefined;
    const own = sheets.filter((sheet) => isReadable(sheet, this.options.model()));
    const isSameKind = (a: SheetSummary, b: SheetSummary): boolean =>
      a.task.id === b.task.id && staysOnDisk(a) === staysOnDisk(b);
    const newest = own.filter((sheet, i) => own.findIndex((other) => isSameKind(other, sheet)) === i);
    return newest.find((sheet) => sheet.complete && isStale(stale[sheet.id]) && !this.failed.has(keyOf(root, sheet)));
  }
}

/** Has anything changed? */
function isStale(changes: SheetChanges | undefined): boolean {
  return changes !== undefined && changes.changed.length + changes.added.length + changes.removed.length > 0;
}

const keyOf = (root: string, { id, createdAt }: SheetSummary): string => JSON.stringify([root, id, createdAt]);
