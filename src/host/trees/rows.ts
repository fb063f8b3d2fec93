/**
 * The first level of a tree view, read before VS Code is told to draw anew. It forgets the rows it has as soon as it is
 * told, and until it gets others a command of a row's menu is given no row: what takes a second to read must be there
 * by then.
 */
export class Rows<E> {
  private readonly read: () => E[] | Promise<E[]>;
  private readonly onReady: () => void;
  private readonly onError: (error: unknown) => void;
  private ready: E[] | undefined;
  private latest = 0;

  /** @param onReady called when the rows that `renew` asked for have been read */
  constructor(read: () => E[] | Promise<E[]>, onReady: () => void, onError: (error: unknown) => void) {
    this.read = read;
    this.onReady = onReady;
    this.onError = onError;
  }

  /** Of many calls that overlap only the last one counts. */
  async renew(): Promise<void> {
    const number = ++this.latest;
    const rows = await this.safely();
    if (number !== this.latest) return;
    this.ready = rows;
    this.onReady();
  }

  /** The rows that were read for this drawing; read now where nobody asked before. */
  take(): E[] | Promise<E[]> {
    const { ready } = this;
    this.ready = undefined;
    return ready ?? this.safely();
  }

  private async safely(): Promise<E[]> {
    try {
      return await this.read();
    } catch (error) {
      this.onError(error);
      return [];
    }
  }
}
