/** A toolstack at the other end of a channel, with the same interface. */
import { ToolstackError, type ConsoleStream, type DomainRef, type Toolstack } from '../toolstack/types.ts';
import { unpackError } from './failures.ts';
import { VALUE_OPERATIONS, type Channel, type StreamOperation, type ToClient, type ToServer, type ValueOperation } from './protocol.ts';
import { RemoteStream } from './remote-stream.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RemoteToolstack {
  readonly #channel: Channel<ToServer, ToClient>;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #streams: Map<number, RemoteStream<unknown>> = new Map();
  #lastId = 0;
  #lost: Error | null = null;
  /** The same interface as in the machine's own thread. */
  readonly toolstack: Toolstack;

  constructor(channel: Channel<ToServer, ToClient>) {
    this.#channel = channel;
    channel.onMessage((message) => this.#receive(message));
    this.toolstack = this.#build();
  }

  /** The other end is gone: whatever waits for it fails, and so does everything from now on. */
  lose(error: Error): void {
    this.#lost ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    for (const stream of this.#streams.values()) stream.end(error);
    this.#pending.clear();
    this.#streams.clear();
  }

  #build(): Toolstack {
    const values = Object.fromEntries(VALUE_OPERATIONS.map((name) => [name, (...args: unknown[]) => this.#call(name, args)]));
    const rest: Pick<Toolstack, StreamOperation | 'console' | 'sleepUntil'> = {
      samples: (intervalMs) => this.#stream('samples', [intervalMs]),
      events: () => this.#stream('events', []),
      console: (ref, from) => this.#console(ref, from),
      sleepUntil: (deadlineNs, signal) => this.#call('sleepUntil', [deadlineNs], signal) as Promise<void>,
    };
    // The names are those of the interface, the types on the other end as well.
    return { ...(values as unknown as Toolstack), ...rest };
  }

  #request(id: number, message: ToServer, signal?: AbortSignal): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    if (signal?.aborted) return Promise.reject(new ToolstackError({ code: 'cancelled', message: 'cancelled' }));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    this.#channel.send(message);
    if (!signal) return promise;
    const abort = (): void => this.#channel.send({ kind: 'cancel', id });
    signal.addEventListener('abort', abort, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', abort));
  }

  #call(operation: ValueOperation, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const id = ++this.#lastId;
    return this.#request(id, { kind: 'call', id, operation, args }, signal);
  }

  #newStream<T>(id: number): RemoteStream<T> {
    const stream = new RemoteStream<T>({
      consumed: () => this.#channel.send({ kind: 'credit', id, items: 1 }),
      left: () => {
        if (this.#streams.delete(id)) this.#channel.send({ kind: 'close', id });
      },
    });
    this.#streams.set(id, stream as RemoteStream<unknown>);
    return stream;
  }

  /** Listens from the moment of the call. */
  #stream<T>(operation: StreamOperation, args: readonly unknown[]): AsyncIterable<T> {
    const id = ++this.#lastId;
    const stream = this.#newStream<T>(id);
    if (this.#lost) stream.end(this.#lost);
    else this.#channel.send({ kind: 'open', id, operation, args });
    return stream;
  }

  async #console(ref: DomainRef, from: 'start' | 'now'): Promise<ConsoleStream> {
    const id = ++this.#lastId;
    // Before the answer: the first items may come together with it.
    const output = this.#newStream<Uint8Array>(id);
    try {
      await this.#request(id, { kind: 'console', id, args: [ref, from] });
    } catch (error) {
      this.#streams.delete(id);
      throw error;
    }
    const close = async (): Promise<void> => void (await output.return());
    return {
      output,
      write: async (bytes) => {
        const typed = ++this.#lastId;
        await this.#request(typed, { kind: 'type', id: typed, console: id, bytes: new Uint8Array(bytes) });
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  #receive(message: ToClient): void {
    const { id } = message;
    switch (message.kind) {
      case 'result':
        this.#pending.get(id)?.resolve(message.value);
        this.#pending.delete(id);
        return;
      case 'error':
        this.#pending.get(id)?.reject(unpackError(message.error));
        this.#pending.delete(id);
        return;
      case 'item':
        return this.#streams.get(id)?.push(message.value);
      case 'end':
        this.#streams.get(id)?.end(message.error === null ? null : unpackError(message.error));
        this.#streams.delete(id);
    }
  }
}
