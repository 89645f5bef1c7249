/**
 * Tells machine time of every question that comes in and of every answer that goes out (see MachineTime): a wrapper round the whole
 * interface, so that no operation has to think of it. For whoever is in the machine's own thread.
 */
import { ToolstackError, type ConsoleStream, type Toolstack } from './types.ts';

export interface Moves {
  /** Somebody has asked for something. */
  moved(): void;
  /** An answer goes out, while as many are still to come. */
  answered(pending?: number): void;
}

type AnyFunction = (...args: unknown[]) => unknown;

export function withMoves(toolstack: Toolstack, time: Moves): Toolstack {
  const wrapped: Record<string, AnyFunction> = {};
  let pending = 0;
  for (const [name, operation] of Object.entries(toolstack) as [string, AnyFunction][])
    wrapped[name] = (...args) => {
      time.moved();
      const result = operation(...args);
      if (!(result instanceof Promise)) return iterated(result as AsyncIterable<unknown>);
      pending++;
      return result.then((value) => answered(value), failed);
    };
  // Every operation of `toolstack` is there, under its name. Events come by the way: to hear of them is no move.
  return { ...(wrapped as unknown as Toolstack), events: () => toolstack.events() };

  function answered(value: unknown): unknown {
    time.answered(--pending);
    return isConsole(value) ? consoleWithMoves(value) : value;
  }

  /** Whoever has cancelled his question has made his move by that, and may have asked the next one already: nothing is held up for him. */
  function failed(error: unknown): never {
    pending--;
    if (!isCancelled(error)) time.answered(pending);
    throw error;
  }

  function consoleWithMoves(stream: ConsoleStream): ConsoleStream {
    const close = async (): Promise<void> => {
      time.moved();
      await stream.close();
    };
    return {
      output: iterated(stream.output),
      async write(bytes) {
        time.moved();
        pending++;
        await stream.write(bytes).then(answered, failed);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  function iterated<T>(iterable: AsyncIterable<T>): AsyncIterableIterator<T> {
    const iterator = iterable[Symbol.asyncIterator]();
    return {
      async next() {
        time.moved();
        const result = await iterator.next();
        time.answered(pending);
        return result;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof ToolstackError && error.code === 'cancelled';
}

function isConsole(value: unknown): value is ConsoleStream {
  return typeof value === 'object' && value !== null && 'output' in value && Symbol.asyncDispose in value;
}
