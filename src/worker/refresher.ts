import { Turns } from '../common/turns.ts';
import type { RefreshResult, Workspace } from '../engine/workspace.ts';

/** Keeps refreshes of one workspace one after the other, and knows which workspaces have been read. */
export class Refresher {
  private readonly turns = new Map<Workspace, Turns>();
  private readonly read = new Set<Workspace>();

  /** Reads the folder now, or after the refresh that is under way. */
  refresh(
    workspace: Workspace,
    signal: AbortSignal,
    onProgress?: (done: number, total: number) => void,
  ): Promise<RefreshResult> {
    return this.turnsOf(workspace).take(async () => {
      const result = await workspace.refresh({ signal, ...(onProgress ? { onProgress } : {}) });
      this.read.add(workspace);
      return result;
    }, signal);
  }

  /** Reads the folder unless that has been done. */
  async ensure(workspace: Workspace, signal: AbortSignal): Promise<void> {
    if (this.read.has(workspace)) return;
    await this.turnsOf(workspace).take(async () => {
      if (this.read.has(workspace)) return;
      await workspace.refresh({ signal });
      this.read.add(workspace);
    }, signal);
  }

  private turnsOf(workspace: Workspace): Turns {
    let turns = this.turns.get(workspace);
    if (!turns) this.turns.set(workspace, (turns = new Turns()));
    return turns;
  }
}
