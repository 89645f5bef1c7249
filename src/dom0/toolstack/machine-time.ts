/**
 * Machine time for those who wait for it. With a virtual clock idle time is skipped only while somebody waits for machine time to pass; and nothing
 * moves right after an answer has gone out, until the one who got it has made his next move: what a program does then happens at the time of the answer, however
 * long it takes to travel. A program that makes no next move for a while is not waited for.
 */
import type { Machine } from './machine.ts';
import { ToolstackError } from './types.ts';
import type { Moves } from './with-moves.ts';

const NEXT_MOVE_MS = 50;

export class MachineTime implements Moves {
  readonly #machine: Machine;
  readonly #virtual: boolean;
  readonly #waiters: Set<(error: Error) => void> = new Set();
  #idleHold: Disposable | null = null;
  #answerHold: Disposable | null = null;
  #answerTimer: NodeJS.Timeout | undefined;
  /** Nobody is kept waiting any more. */
  halted = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#virtual = machine.clock.mode === 'virtual';
    this.#reconsider();
  }

  get nowNs(): number {
    return this.#machine.clock.now();
  }

  /** Wall time, ns since 1970. */
  get wallNs(): bigint {
    return this.#machine.clock.wallStartNs + BigInt(Math.floor(this.nowNs));
  }

  /** Resolves in domain 0's time when the deadline has come. Rejects when the signal says so, and when the machine is halted. */
  async sleepUntil(deadlineNs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw cancelled();
    if (deadlineNs <= this.nowNs) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#machine.at(deadlineNs, resolve);
    try {
      await this.waiting(promise, signal);
    } finally {
      timer.cancel();
    }
  }

  /** Machine time passes while `event` is waited for. */
  async waiting<T>(event: Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.halted) throw cancelled('the machine was halted');
    const { promise: given, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(cancelled());
    this.#waiters.add(reject);
    this.#answerTimer?.ref();
    signal?.addEventListener('abort', abort, { once: true });
    this.#reconsider();
    try {
      return await Promise.race([event, given]);
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#waiters.delete(reject);
      this.#reconsider();
    }
  }

  /** `pending`: questions that are not answered yet; they wait for the time that is held up. */
  answered(pending: number = 0): void {
    if (!this.#virtual || this.halted) return;
    this.#answerHold ??= this.#machine.freezeVirtualTime();
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.moved(), NEXT_MOVE_MS);
    // The process may end meanwhile; but not while somebody waits for the time that this holds up.
    if (this.#waiters.size === 0 && pending === 0) this.#answerTimer.unref();
  }

  moved(): void {
    clearTimeout(this.#answerTimer);
    this.#answerHold?.[Symbol.dispose]();
    this.#answerHold = null;
  }

  halt(): void {
    this.moved();
    this.halted = true;
    for (const reject of this.#waiters) reject(cancelled('the machine was halted'));
  }

  #reconsider(): void {
    if (!this.#virtual) return;
    if (this.#waiters.size === 0) this.#idleHold ??= this.#machine.holdVirtualTime();
    else {
      this.#idleHold?.[Symbol.dispose]();
      this.#idleHold = null;
    }
  }
}

function cancelled(message: string = 'cancelled'): ToolstackError {
  return new ToolstackError({ code: 'cancelled', message });
}
