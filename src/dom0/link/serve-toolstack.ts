/** Answers, from a toolstack, what comes over a channel. */
import type { LocalToolstack } from '../toolstack/create-toolstack.ts';
import { isCancelled } from '../toolstack/with-moves.ts';
import type { ConsoleStream } from '../toolstack/types.ts';
import { packError } from './failures.ts';
import { FIRST_CREDIT, type Channel, type ToClient, type ToServer, type ValueOperation } from './protocol.ts';

type AnyFunction = (...args: unknown[]) => unknown;

export function serveToolstack({ toolstack, moves }: LocalToolstack, { send, onMessage }: Channel<ToClient, ToServer>): void {
  const calls = new Map<number, AbortController>();
  const streams = new Map<number, Pump>();
  const consoles = new Map<number, ConsoleStream>();

  /** Streams of events, which come by the way: to hear of one is no move. */
  const asides = new Set<number>();
  const channel = {
    send(message: ToClient): void {
      if (!asides.has(message.id)) moves.answered();
      send(message);
    },
  };

  const answer = (id: number, work: () => unknown): void => {
    void (async () => {
      try {
        channel.send({ kind: 'result', id, value: await work() });
      } catch (error) {
        // See withMoves: nothing is held up for whoever has cancelled.
        (isCancelled(error) ? { send } : channel).send({ kind: 'error', id, error: packError(error) });
      } finally {
        calls.delete(id);
      }
    })();
  };
  const operation = (name: ValueOperation): AnyFunction => toolstack[name] as AnyFunction;
  const pump = (id: number, source: AsyncIterable<unknown>): void => {
    const stream = new Pump(source, (message) => channel.send({ ...message, id }));
    streams.set(id, stream);
    void stream.run().finally(() => {
      streams.delete(id);
      asides.delete(id);
    });
  };

  onMessage((message) => {
    const { id } = message;
    if (message.kind === 'open' && message.operation === 'events') asides.add(id);
    if (!asides.has(id) && message.kind !== 'cancel') moves.moved();
    switch (message.kind) {
      case 'call': {
        const call = new AbortController();
        calls.set(id, call);
        // A signal does not cross: the call's own takes its place, at the end.
        const args = message.operation === 'sleepUntil' ? [...message.args, call.signal] : message.args;
        return answer(id, () => operation(message.operation)(...args));
      }
      case 'cancel':
        return calls.get(id)?.abort();
      case 'open':
        return pump(id, (toolstack[message.operation] as AnyFunction)(...message.args) as AsyncIterable<unknown>);
      case 'console':
        return answer(id, async () => {
          const stream = await toolstack.console(...message.args);
          consoles.set(id, stream);
          pump(id, stream.output);
        });
      case 'type':
        return answer(id, () => consoles.get(message.console)?.write(message.bytes));
      case 'credit':
        return streams.get(id)?.grant(message.items);
      case 'close':
        streams.get(id)?.stop();
        void consoles.get(id)?.close();
        consoles.delete(id);
    }
  });
}

type Sent = { readonly kind: 'item'; readonly value: unknown } | Omit<Extract<ToClient, { kind: 'end' }>, 'id'>;

/** Takes items from a source and sends them, as long as there is credit. */
class Pump {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #send: (message: Sent) => void;
  #credit: number = FIRST_CREDIT;
  #more: (() => void) | null = null;
  #stopped = false;

  constructor(source: AsyncIterable<unknown>, send: (message: Sent) => void) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#send = send;
  }

  async run(): Promise<void> {
    try {
      for (;;) {
        while (this.#credit === 0 && !this.#stopped) await new Promise<void>((resolve) => (this.#more = resolve));
        if (this.#stopped) return;
        const { done, value } = await this.#iterator.next();
        if (done || this.#stopped) break;
        this.#credit--;
        this.#send({ kind: 'item', value });
      }
      this.#send({ kind: 'end', error: null });
    } catch (error) {
      this.#send({ kind: 'end', error: packError(error) });
    }
  }

  grant(items: number): void {
    this.#credit += items;
    this.#more?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#more?.();
    void this.#iterator.return?.();
  }
}
