/** The receiving end of a stream: items wait here until they are asked for, and only then is another one paid for. */

export interface StreamEnds {
  /** An item was taken: one more may come. */
  readonly consumed: () => void;
  /** Nobody wants more. */
  readonly left: () => void;
}

type Result<T> = IteratorResult<T, undefined>;

export class RemoteStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #ends: StreamEnds;
  readonly #items: T[] = [];
  readonly #hungry: { readonly resolve: (result: Result<T>) => void; readonly reject: (error: Error) => void }[] = [];
  #ended = false;
  #error: Error | null = null;

  constructor(ends: StreamEnds) {
    this.#ends = ends;
  }

  push(item: unknown): void {
    if (this.#ended) return;
    // The sender's types are those of the interface.
    const value = item as T;
    const next = this.#hungry.shift();
    if (!next) this.#items.push(value);
    else {
      next.resolve({ done: false, value });
      this.#ends.consumed();
    }
  }

  /** null: it ended as it should. What has come before is still given out. */
  end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const [first, ...others] = this.#hungry.splice(0);
    if (first) this.#finish().then(first.resolve, first.reject);
    for (const { resolve } of others) resolve({ done: true, value: undefined });
  }

  async next(): Promise<Result<T>> {
    const value = this.#items.shift();
    if (value !== undefined) {
      if (!this.#ended) this.#ends.consumed();
      return { done: false, value };
    }
    if (this.#ended) return await this.#finish();
    return await new Promise((resolve, reject) => this.#hungry.push({ resolve, reject }));
  }

  async return(): Promise<Result<T>> {
    this.#items.length = 0;
    this.#ends.left();
    this.end(null);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An error is told once. */
  async #finish(): Promise<Result<T>> {
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
    return { done: true, value: undefined };
  }
}
