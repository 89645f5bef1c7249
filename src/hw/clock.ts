/**
 * The machine's only clock. Real: follows the host's monotonic clock. Virtual: nanoseconds derived from retired
 * instructions; idle time is skipped. Nothing else in hw or vmm may read a time source.
 *
 * Times are JS numbers of nanoseconds since the machine started (exact up to 104 days).
 */

export type ClockMode = 'real' | 'virtual';

/** The time stamp counter ticks once a nanosecond: TSC value = clock nanoseconds. */
export const TSC_KHZ = 1_000_000;

export interface Timer {
  readonly deadlineNs: number;
  cancel(): void;
}

/** The host's monotonic clock, ns, arbitrary origin: to pace the run loop by, never for anything that a guest can see. */
export function hostNs(): number {
  return Number(process.hrtime.bigint());
}

interface Entry extends Timer {
  readonly fire: (nowNs: number) => void;
  readonly order: number;
  live: boolean;
}

export class Clock {
  readonly mode: ClockMode;
  /** Virtual mode: how long one instruction takes. */
  readonly nsPerInstruction: number;
  /** Wall time of machine start, in ns since 1970: the host's in real mode, fixed in virtual mode. */
  readonly wallStartNs: bigint;
  /**
   * Virtual mode: how far the processor that runs now is ahead of the clock. Several processors advance through the same
   * quantum one after the other, each from its start; timers are compared with the clock itself, without this.
   */
  skewNs = 0;
  #virtualNs = 0;
  #hostStart: bigint;
  #heap: Entry[] = [];
  #order = 0;
  #dead = 0;

  constructor(mode: ClockMode, nsPerInstruction: number = 10) {
    this.mode = mode;
    this.nsPerInstruction = nsPerInstruction;
    this.#hostStart = process.hrtime.bigint();
    this.wallStartNs = mode === 'real' ? BigInt(Date.now()) * 1_000_000n : 1_767_225_600_000_000_000n; // 2026-01-01
  }

  /** Nanoseconds since the machine started. In virtual mode it moves only by `advance`. */
  now(): number {
    return this.mode === 'real' ? Number(process.hrtime.bigint() - this.#hostStart) : this.#virtualNs + this.skewNs;
  }

  /** Virtual mode: time passes (instructions ran, or nobody could run). Real mode: no effect. */
  advanceTo(ns: number): void {
    if (ns > this.#virtualNs) this.#virtualNs = ns;
  }

  /** Calls `fire` once, in `fireDue`, when `deadlineNs` has passed. Equal deadlines fire in the order they were set. */
  at(deadlineNs: number, fire: (nowNs: number) => void): Timer {
    const entry: Entry = {
      deadlineNs,
      fire,
      order: this.#order++,
      live: true,
      cancel: () => {
        if (!entry.live) return;
        entry.live = false;
        this.#dead++;
      },
    };
    if (deadlineNs > Number.MAX_SAFE_INTEGER) {
      // Never: past the end of exact time. Virtual time must not be led there.
      entry.live = false;
      return entry;
    }
    this.#forgetCancelled();
    this.#push(entry);
    return entry;
  }

  /** The next live deadline, or Infinity. */
  nextDeadline(): number {
    this.#dropDead();
    return this.#heap[0]?.deadlineNs ?? Infinity;
  }

  /** Fires every timer whose deadline has passed; returns how many fired. */
  fireDue(): number {
    let fired = 0;
    const now = this.now();
    for (;;) {
      this.#dropDead();
      const first = this.#heap[0];
      if (!first || first.deadlineNs > now) return fired;
      this.#pop();
      first.live = false;
      first.fire(now);
      fired++;
    }
  }

  /** Timers that are set: neither fired nor cancelled. */
  get pending(): number {
    return this.#heap.length - this.#dead;
  }

  #dropDead(): void {
    while (this.#heap.length > 0 && !this.#heap[0]!.live) {
      this.#pop();
      this.#dead--;
    }
  }

  /** A guest that sets a distant timer again and again must not fill the host's memory with cancelled ones. */
  #forgetCancelled(): void {
    if (this.#dead < 64 || this.#dead * 2 < this.#heap.length) return;
    const live = this.#heap.filter((entry) => entry.live);
    this.#heap = [];
    this.#dead = 0;
    for (const entry of live) this.#push(entry);
  }

  #before(a: Entry, b: Entry): boolean {
    return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < heap.length && this.#before(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && this.#before(heap[right]!, heap[least]!)) least = right;
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  }
}
