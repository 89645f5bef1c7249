/** What happens to domains, for all who listen. */
import type { DomainEvent } from './types.ts';

/** A listener that does not listen loses the oldest. */
const WAITING_MOST = 4096;

type Result = IteratorResult<DomainEvent, undefined>;

const DONE: Result = { done: true, value: undefined };

export class EventHub {
  readonly #listeners: Set<EventListener> = new Set();
  #closed = false;

  emit(event: DomainEvent): void {
    for (const listener of this.#listeners) listener.push(event);
  }

  /** Everything from now on. */
  listen(): AsyncIterable<DomainEvent> & AsyncIterator<DomainEvent, undefined> {
    const listener = new EventListener(() => this.#listeners.delete(listener));
    if (this.#closed) void listener.return();
    else this.#listeners.add(listener);
    return listener;
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) void listener.return();
  }
}

class EventListener implements AsyncIterableIterator<DomainEvent, undefined> {
  readonly #left: () => void;
  #waiting: DomainEvent[] = [];
  #hungry: ((result: Result) => void)[] = [];
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  push(event: DomainEvent): void {
    const next = this.#hungry.shift();
    if (next) next({ done: false, value: event });
    else if (this.#waiting.push(event) > WAITING_MOST) this.#waiting.shift();
  }

  async next(): Promise<Result> {
    const event = this.#waiting.shift();
    if (event) return { done: false, value: event };
    if (this.#ended) return DONE;
    return await new Promise((resolve) => this.#hungry.push(resolve));
  }

  async return(): Promise<Result> {
    this.#ended = true;
    this.#left();
    for (const resolve of this.#hungry) resolve(DONE);
    this.#hungry = [];
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
