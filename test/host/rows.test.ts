import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/host/trees/entry.ts';
import { Rows } from '../../src/host/trees/rows.ts';

/** A tree as it is: labels by id, and what is below each row. */
interface Truth {
  labels: Record<string, string>;
  below: Record<string, string[]>;
}

const entryOf = (truth: () => Truth, id: string): Entry => ({
  id,
  label: truth().labels[id]!,
  context: 'row',
  state: 'open',
  children: () => (truth().below[id] ?? []).map((child) => entryOf(truth, child)),
});

/** A tree view that does what VS Code does: it knows rows by their objects, and forgets what is below a row drawn anew. */
class View {
  readonly rows: Rows<Entry>;
  /** What is on the screen: of each row its label and the rows below it. */
  private readonly shown = new Map<Entry, { label: string; below: Entry[] }>();
  private top: Entry[] = [];
  drawn: (string | undefined)[] = [];

  constructor(truth: () => Truth) {
    this.rows = new Rows(() => (truth().below[''] ?? []).map((id) => entryOf(truth, id)));
  }

  async draw(row?: Entry): Promise<void> {
    this.drawn.push(row?.id);
    if (row && !this.shown.has(row)) return;
    if (!row) {
      this.shown.clear();
      this.top = await this.rows.children();
      for (const one of this.top) await this.add(one);
    } else {
      this.drop(row);
      await this.add(row);
    }
  }

  async renew(): Promise<void> {
    this.drawn = [];
    for (const row of await this.rows.renew()) await this.draw(row);
  }

  /** A row as a menu is given it. */
  row(id: string): Entry | undefined {
    return [...this.shown.keys()].find((row) => row.id === id);
  }

  /** As `Truth` says it. */
  get content(): Truth {
    const labels: Truth['labels'] = {};
    const below: Truth['below'] = { '': this.top.map(({ id }) => id) };
    for (const [row, { label, below: children }] of this.shown) {
      labels[row.id] = label;
      below[row.id] = children.map(({ id }) => id);
    }
    return { labels, below };
  }

  private async add(row: Entry): Promise<void> {
    const below = await this.rows.children(row);
    this.shown.set(row, { label: row.label, below });
    for (const child of below) await this.add(child);
  }

  private drop(row: Entry): void {
    for (const child of this.shown.get(row)?.below ?? []) this.drop(child);
    this.shown.delete(row);
  }
}

const sheets: Truth = {
  labels: { app: 'app', job: '10 %', sheet: 'API lookup', covered: 'Covered files' },
  below: { '': ['app'], app: ['job', 'sheet'], sheet: ['covered'], job: [], covered: [] },
};

describe('what is drawn anew', () => {
  async function view(): Promise<{ view: View; change: (change: Partial<Truth>) => void }> {
    let truth = sheets;
    const shown = new View(() => truth);
    await shown.draw();
    const change = ({ labels, below }: Partial<Truth>): void => {
      truth = { labels: { ...truth.labels, ...labels }, below: { ...truth.below, ...below } };
    };
    return { view: shown, change };
  }

  test('is nothing where nothing has changed', async () => {
    const { view: shown } = await view();
    await shown.renew();
    expect(shown.drawn).toEqual([]);
  });

  test('is the row that looks otherwise, and no other: their menus keep their rows', async () => {
    const { view: shown, change } = await view();
    const before = shown.row('sheet');
    change({ labels: { job: '20 %' } });
    await shown.renew();
    expect(shown.drawn).toEqual(['job']);
    expect(shown.row('sheet')).toBe(before);
  });

  test('is the row above one that comes or goes; a row that stays is the same object', async () => {
    const { view: shown, change } = await view();
    const before = shown.row('sheet');
    change({ below: { app: ['sheet'] } });
    await shown.renew();
    expect(shown.drawn).toEqual(['app']);
    expect(shown.row('sheet')).toBe(before);
    change({ below: { '': [] } });
    await shown.renew();
    expect(shown.drawn).toEqual([undefined]);
  });

  test('is all of it before anything was asked for, and after it was cleared', async () => {
    const shown = new View(() => sheets);
    expect(await shown.rows.renew()).toEqual([undefined]);
    await shown.draw();
    shown.rows.clear();
    expect(await shown.rows.renew()).toEqual([undefined]);
  });

  test('a row that loses a part of what it says loses it', async () => {
    let entry: Entry = { id: 'a', label: 'a', description: 'old', context: 'row', state: 'leaf' };
    const rows = new Rows(() => [entry]);
    const [row] = await rows.children();
    entry = { id: 'a', label: 'a', context: 'row', state: 'leaf' };
    expect(await rows.renew()).toEqual([row]);
    expect(row).toEqual(entry);
  });

  test('a failure is that of the reading', async () => {
    const rows = new Rows(() => Promise.reject(new Error('the worker is gone')));
    await expect(rows.children()).rejects.toThrow('the worker is gone');
    await expect(rows.renew()).rejects.toThrow('the worker is gone');
  });
});

test('whatever changes, the view shows what is there', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  // Each row stands below an earlier one, at the top, or nowhere. Its id says where: rows of ours do not move.
  const truths = fc
    .array(fc.record({ label: fc.constantFrom('x', 'y'), above: fc.nat({ max: 7 }) }), { minLength: 6, maxLength: 6 })
    .map((rows) => {
      const truth: Truth = { labels: {}, below: { '': [] } };
      const places = [''];
      for (const [i, { label, above }] of rows.entries()) {
        const parent = places[above];
        const id = `${parent ?? ''}/${names[i]!}`;
        places.push(id);
        if (parent === undefined || !(parent in truth.below)) continue;
        truth.labels[id] = label;
        truth.below[id] = [];
        truth.below[parent]!.push(id);
      }
      return truth;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(truths, { minLength: 2, maxLength: 5 }), async (states) => {
      let truth = states[0]!;
      const view = new View(() => truth);
      await view.draw();
      for (const state of states) {
        truth = state;
        await view.renew();
        expect(view.content).toEqual(truth);
      }
    }),
    { numRuns: 200 },
  );
});
