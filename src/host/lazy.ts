/** Makes a thing when it is first asked for: activation stays short, and what nobody uses costs nothing. */
export class Lazy<T extends { dispose(): void }> {
  private readonly make: () => T;
  private made: T | undefined;

  constructor(make: () => T) {
    this.make = make;
  }

  /** The thing, made now where it was not made before. */
  readonly get = (): T => (this.made ??= this.make());

  /** The thing where it was made already. */
  get there(): T | undefined {
    return this.made;
  }

  dispose(): void {
    this.made?.dispose();
  }
}
