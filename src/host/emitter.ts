/** What a subscriber gets back; VS Code's `Disposable` has the same shape. */
export interface Subscription {
  dispose(): void;
}

/** Called with every later value, in order. */
export type Listen<T> = (listener: (value: T) => void) => Subscription;

/** Tells subscribers; a listener that throws does not keep the others from hearing. */
export class Emitter<T> {
  private readonly listeners = new Set<{ hear: (value: T) => void }>();
  private readonly onError: (error: unknown) => void;

  /** @param onError where a listener's exception goes; it is a bug of the listener's */
  constructor(onError: (error: unknown) => void = rethrowLater) {
    this.onError = onError;
  }

  readonly event: Listen<T> = (hear) => {
    // An object of its own: one function may listen twice.
    const entry = { hear };
    this.listeners.add(entry);
    return {
      dispose: () => {
        this.listeners.delete(entry);
      },
    };
  };

  fire(value: T): void {
    for (const { hear } of [...this.listeners]) {
      try {
        hear(value);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
