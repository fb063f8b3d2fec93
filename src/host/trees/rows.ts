import type { Entry } from './entry.ts';

/** The first level of a tree, where there is no row above. */
const TOP = '';

/**
 * What a tree shows. A row keeps its object for as long as its id is there, and only what has changed is to be drawn
 * anew: VS Code finds the row that a menu is about by its object, and forgets all rows below one that it draws anew. A row
 * stays below the same other one, as its id says.
 */
export class Rows<E extends Entry> {
  private readonly roots: () => E[] | Promise<E[]>;
  private readonly byId = new Map<string, E>();
  /** Ids of the rows that are shown below another one, by its id. */
  private readonly below = new Map<string, readonly string[]>();

  constructor(roots: () => E[] | Promise<E[]>) {
    this.roots = roots;
  }

  /** The rows below `parent`, or the first ones, to be shown. @throws what they throw */
  async children(parent?: E): Promise<E[]> {
    const fresh = await this.read(parent);
    const rows = fresh.map((entry) => this.keep(entry).row);
    this.note(parent?.id ?? TOP, rows);
    return rows;
  }

  /**
   * Reads all that is shown anew. @returns the rows that look otherwise or have others below them; undefined among them
   * stands for the whole tree. @throws what rows throw
   */
  renew(): Promise<(E | undefined)[]> {
    return this.renewBelow(undefined);
  }

  /** Nothing is shown any more. */
  clear(): void {
    this.byId.clear();
    this.below.clear();
  }

  private async renewBelow(parent: E | undefined): Promise<(E | undefined)[]> {
    const fresh = await this.read(parent);
    const ids = this.below.get(parent?.id ?? TOP);
    // What is below a row that is drawn anew is asked for again.
    if (ids?.length !== fresh.length || fresh.some(({ id }, i) => id !== ids[i])) return [parent];
    const changed: (E | undefined)[] = [];
    for (const entry of fresh) {
      const { row, hasChanged } = this.keep(entry);
      if (hasChanged) changed.push(row);
      else if (this.below.has(row.id)) changed.push(...(await this.renewBelow(row)));
    }
    return changed;
  }

  private read(parent: E | undefined): E[] | Promise<E[]> {
    return parent ? ((parent.children?.() ?? []) as E[] | Promise<E[]>) : this.roots();
  }

  /** The row of an entry, which says now what the entry says. */
  private keep(entry: E): { row: E; hasChanged: boolean } {
    const row = this.byId.get(entry.id);
    if (!row) {
      this.byId.set(entry.id, entry);
      return { row: entry, hasChanged: true };
    }
    const hasChanged = looks(row) !== looks(entry);
    for (const key of Object.keys(row)) if (!(key in entry)) Reflect.deleteProperty(row, key);
    Object.assign(row, entry);
    return { row, hasChanged };
  }

  private note(parent: string, rows: readonly E[]): void {
    const ids = rows.map(({ id }) => id);
    const gone = new Set(this.below.get(parent));
    for (const id of ids) gone.delete(id);
    for (const id of gone) this.forget(id);
    this.below.set(parent, ids);
  }

  private forget(id: string): void {
    this.byId.delete(id);
    for (const child of this.below.get(id) ?? []) this.forget(child);
    this.below.delete(id);
  }
}

/** All of a row that VS Code draws, or goes by. */
function looks({ label, description, tooltip, icon, color, context, state, file, command }: Entry): string {
  return JSON.stringify([label, description, tooltip, icon, color, context, state, file, command]);
}
