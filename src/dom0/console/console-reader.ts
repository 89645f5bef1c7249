/** Reads a log from a place on, as an iterator that can be ended while it waits. */
import type { ConsoleLog } from './console-log.ts';

type Result = IteratorResult<Uint8Array, undefined>;

const DONE: Result = { done: true, value: undefined };

export class ConsoleReader implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #log: ConsoleLog;
  #place: number;
  #ended = false;
  #endWait: (() => void) | null = null;

  constructor(log: ConsoleLog, place: number) {
    this.#log = log;
    this.#place = place;
  }

  async next(): Promise<Result> {
    for (;;) {
      if (this.#ended) return DONE;
      const bytes = this.#log.read(this.#place);
      this.#place = this.#log.end;
      if (bytes.length > 0) return { done: false, value: bytes };
      if (this.#log.closed) return DONE;
      await this.#more();
    }
  }

  /** The one that waits in `next` gets the end. */
  end(): void {
    this.#ended = true;
    this.#endWait?.();
  }

  async return(): Promise<Result> {
    this.end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    using _waiting = this.#log.onceMore(resolve);
    this.#endWait = resolve;
    await promise;
    this.#endWait = null;
  }
}
