/**
 * The programs of a domain that runs TypeScript instead of instructions: domain 0. They run when the scheduler has picked its vCPU, in its
 * accounted time: handlers of pending event channels first, then work that came from outside.
 */
import type { Vcpu } from '../vcpu.ts';
import { eventsNeedDelivery, setUpcallMask, takePending } from './pending.ts';
import { unblock } from '../schedulers/transitions.ts';

export class Programs {
  readonly #vcpu: Vcpu;
  readonly #onBug: (error: unknown) => void;
  readonly #handlers: Map<number, () => void> = new Map();
  /** Ports taken from shared_info whose handlers have not run yet. */
  #ports: number[] = [];
  #work: (() => void)[] = [];

  constructor(vcpu: Vcpu, onBug: (error: unknown) => void) {
    this.#vcpu = vcpu;
    this.#onBug = onBug;
    setUpcallMask(vcpu, false);
  }

  onEvent(port: number, handler: () => void): void {
    this.#handlers.set(port, handler);
  }

  forget(port: number): void {
    this.#handlers.delete(port);
  }

  schedule(work: () => void): void {
    this.#work.push(work);
    unblock(this.#vcpu);
  }

  get hasWork(): boolean {
    return this.#ports.length > 0 || this.#work.length > 0 || eventsNeedDelivery(this.#vcpu);
  }

  /** Runs one handler or one piece of work. A fault in it is ours: it is reported, and the domain lives on. */
  runOne(): void {
    if (this.#ports.length === 0) this.#ports = takePending(this.#vcpu);
    const port = this.#ports.shift();
    const next = port === undefined ? this.#work.shift() : this.#handlers.get(port);
    try {
      // An asynchronous handler's failure is a bug too, though it comes later.
      const result: unknown = next?.();
      if (result instanceof Promise) result.catch(this.#onBug);
    } catch (error) {
      this.#onBug(error);
    }
  }
}
