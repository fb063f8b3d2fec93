/** One row of a tree view, without anything of VS Code: what it says, what it opens, what is below it. */
export interface Entry {
  /** Stays the same while what it stands for is the same: VS Code keeps rows open by it. */
  id: string;
  label: string;
  description?: string;
  /** Plain text, lines separated by line feeds. */
  tooltip?: string;
  /** Name of a codicon; absent where `file` brings its own icon. */
  icon?: string;
  /** Name of a theme colour for the icon. */
  color?: string;
  /** What menus go by. */
  context: string;
  state: 'leaf' | 'closed' | 'open';
  /** A file of a workspace folder: opened by a click unless it is gone. */
  file?: { root: string; path: string; gone?: boolean };
  /** A command run by a click. */
  command?: string;
  children?: () => Entry[] | Promise<Entry[]>;
}

/** More rows than this below one row help nobody: the rest is counted. */
export const MAX_ROWS = 1_000;

/** The first of many rows, then one that says how many more there are. */
export function bounded(parent: string, rows: Entry[], more: (n: number) => string): Entry[] {
  if (rows.length <= MAX_ROWS) return rows;
  const rest = { id: `${parent}/more`, label: more(rows.length - MAX_ROWS), context: 'more', state: 'leaf' } as const;
  return [...rows.slice(0, MAX_ROWS), { ...rest, icon: 'ellipsis' }];
}
