/** How generated code reaches guest memory when its TLB does not know: walks, page crossings, watched pages, code that is written to. */
import type { MachineMemory } from '../memory.ts';
import type { CodeCache } from './code-cache.ts';
import type { Context } from './context.ts';
import { ANY_ALIGNMENT, CONTEXT, STRICT, UOP } from './layout.ts';
import { Mmu } from './mmu.ts';
import { fetchedFrom, forbidWrites } from './tlb.ts';
import type { Access, CpuEnvironment } from './types.ts';

const STACK_FAULT = 12;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const ALIGNMENT_CHECK = 17;
const CS = 1;
/** What generated code says of an address: pushed or popped, or based on one of these registers (their offsets in the context). */
const PUSHED = 1;
const RSP_FIELD = 32;
const RBP_FIELD = 40;

/** What runs now. */
export interface Running {
  context: Context;
  environment: CpuEnvironment;
  budget: number;
  /** Bits of DR6: what this instruction's accesses have hit. */
  hits: number;
}

/** Addresses come from generated code as two i32; 0 back means that a fault has been recorded in the context. */
export class GuestAccess {
  readonly #memory: MachineMemory;
  readonly #mmu: Mmu;
  readonly #code: CodeCache;
  readonly #running: Running;

  constructor(memory: MachineMemory, mmu: Mmu, code: CodeCache, running: Running) {
    this.#memory = memory;
    this.#mmu = mmu;
    this.#code = code;
    this.#running = running;
  }

  /** Frame that holds the code at an address, or -1 with the fault recorded. */
  fetch(context: Context, environment: CpuEnvironment, low: number, high: number, record: boolean): number {
    const host = fetchedFrom(this.#memory, context.tlb, low, high);
    if (host !== null) return ((host - this.#memory.base) >>> 12) & 0xfffff;
    if (!Mmu.canonical(high)) {
      if (record) this.record(context, GENERAL_PROTECTION, 0);
      return -1;
    }
    const walk = this.#mmu.walk(context, environment, low, high, 'execute');
    if (walk.mfn < 0) {
      if (record) this.#pageFault(context, walk.errorCode, low, high);
      return -1;
    }
    this.#mmu.fill(context, environment, low, high, walk);
    return walk.mfn;
  }

  record(context: Context, vector: number, error: number): void {
    const { i32 } = this.#memory;
    i32[(context.address + CONTEXT.exitVector) >>> 2] = vector;
    i32[(context.address + CONTEXT.exitError) >>> 2] = error;
  }

  #pageFault(context: Context, error: number, low: number, high: number): void {
    this.record(context, PAGE_FAULT, error);
    const { i32 } = this.#memory;
    i32[(context.address + CONTEXT.cr2Low) >>> 2] = low;
    i32[(context.address + CONTEXT.cr2High) >>> 2] = high;
  }

  purgeWrites(contexts: Iterable<Context>, mfn: number): void {
    const host = this.#memory.address(mfn);
    for (const { tlbs } of contexts) {
      forbidWrites(this.#memory, tlbs.kernel, host);
      forbidWrites(this.#memory, tlbs.user, host);
    }
  }

  #checkCanonical(low: number, high: number, bytes: number, stack: number): boolean {
    const lastHigh = low >>> 0 > 0x1_0000_0000 - bytes ? high + 1 : high;
    if (Mmu.canonical(high) && Mmu.canonical(lastHigh | 0)) return true;
    const base = stack & ~(STRICT | ANY_ALIGNMENT);
    const onStack = base === PUSHED || base === RSP_FIELD || base === RBP_FIELD;
    this.record(this.#running.context, onStack ? STACK_FAULT : GENERAL_PROTECTION, 0);
    return false;
  }

  /** Host address of one page's part, after a walk; 0 with the fault recorded. */
  #page(low: number, high: number, access: Access): number {
    const context = this.#running.context;
    const walk = this.#mmu.walk(context, this.#running.environment, low, high, access);
    if (walk.mfn < 0 || walk.readOnly) {
      this.#pageFault(context, walk.errorCode, low, high);
      return 0;
    }
    this.#mmu.fill(context, this.#running.environment, low, high, walk);
    return this.#memory.address(walk.mfn) + (low & 4095);
  }

  /** Is there such a byte, for an access that nobody but the page tables decides about? */
  reachable(low: number, high: number, bytes: number, access: Access, stack: number): boolean {
    return this.#checkCanonical(low, high, bytes, stack) && this.#page(low, high, access) !== 0;
  }

  /** #AC where EFLAGS.AC is set and this is no multiple of `bytes`. Xen has CR0.AM set, and guests are at CPL 3. */
  aligned(low: number, bytes: number): boolean {
    if (!(low & (bytes - 1)) || !this.#running.context.checksAlignment) return true;
    this.record(this.#running.context, ALIGNMENT_CHECK, 0);
    return false;
  }

  #watch(low: number, high: number, bytes: number, write: boolean): void {
    const { breakpoints } = this.#running.context;
    if (breakpoints) this.#running.hits |= breakpoints.touches(high * 0x1_0000_0000 + (low >>> 0), bytes, write);
  }

  slowRead(low: number, high: number, bytes: number, stack: number): number {
    if (!this.#checkCanonical(low, high, bytes, stack)) return 0;
    this.#watch(low, high, bytes, false);
    const first = this.#page(low, high, 'read');
    const inFirst = 4096 - (low & 4095);
    const checked = (stack & ANY_ALIGNMENT) === 0;
    if (first === 0 || bytes <= inFirst) return first !== 0 && checked && !this.aligned(low, bytes) ? 0 : first;
    const [nextLow, nextHigh] = nextPage(low, high, this.#running.context.compatibility);
    const second = this.#page(nextLow, nextHigh, 'read');
    if (second === 0 || (checked && !this.aligned(low, bytes))) return 0;
    const bounce = this.#running.context.address + CONTEXT.bounce;
    const { u8 } = this.#memory;
    u8.copyWithin(bounce, first, first + inFirst);
    u8.copyWithin(bounce + inFirst, second, second + bytes - inFirst);
    return bounce;
  }

  slowWrite(low: number, high: number, bytes: number, stack: number): number {
    const context = this.#running.context;
    const { i32, u8 } = this.#memory;
    const put = (offset: number, value: number): void => void (i32[(context.address + offset) >>> 2] = value);
    put(CONTEXT.bounceKind, 0);
    if (!this.#checkCanonical(low, high, bytes, stack)) return 0;
    this.#watch(low, high, bytes, true);
    const checked = (stack & ANY_ALIGNMENT) === 0;
    const bounce = context.address + CONTEXT.bounce;
    const inFirst = 4096 - (low & 4095);
    if (bytes <= inFirst) {
      const walk = this.#mmu.walk(context, this.#running.environment, low, high, 'write');
      if (walk.readOnly && bytes <= 8 && !(stack & STRICT) && this.#running.environment.permits(walk.mfn, 'read')) {
        // The owner may want to see this store: it gets the value when it is known.
        const address = this.#memory.address(walk.mfn) + (low & 4095);
        u8.copyWithin(bounce, address, address + bytes);
        put(CONTEXT.bounceKind, 2);
        put(CONTEXT.bounceSize, bytes);
        put(CONTEXT.bounceFirst, address);
        put(CONTEXT.bounceVaLow, low);
        put(CONTEXT.bounceVaHigh, high);
        this.#pageFault(context, walk.errorCode, low, high);
        return bounce;
      }
      if (walk.mfn < 0 || walk.readOnly) {
        this.#pageFault(context, walk.errorCode, low, high);
        return 0;
      }
      if (checked && !this.aligned(low, bytes)) return 0;
      if (this.#mmu.hasCode[walk.mfn]) this.#code.written(walk.mfn, low & 4095, bytes);
      const { mfn } = walk;
      this.#mmu.fill(context, this.#running.environment, low, high, walk);
      return this.#memory.address(mfn) + (low & 4095);
    }
    const first = this.#page(low, high, 'write');
    if (first === 0) return 0;
    const [nextLow, nextHigh] = nextPage(low, high, this.#running.context.compatibility);
    const second = this.#page(nextLow, nextHigh, 'write');
    if (second === 0 || (checked && !this.aligned(low, bytes))) return 0;
    u8.copyWithin(bounce, first, first + inFirst);
    u8.copyWithin(bounce + inFirst, second, second + bytes - inFirst);
    put(CONTEXT.bounceKind, 1);
    put(CONTEXT.bounceSize, bytes);
    put(CONTEXT.bounceFirst, first);
    put(CONTEXT.bounceSecond, second);
    return bounce;
  }

  /** After a store through the bounce buffer: 1 when it is done, 0 for the page fault recorded before. */
  finishWrite(): number {
    const context = this.#running.context;
    const { i32, u8, view } = this.#memory;
    const get = (offset: number): number => i32[(context.address + offset) >>> 2]!;
    const kind = get(CONTEXT.bounceKind);
    if (kind === 0) return 1;
    i32[(context.address + CONTEXT.bounceKind) >>> 2] = 0;
    const bounce = context.address + CONTEXT.bounce;
    const bytes = get(CONTEXT.bounceSize);
    const first = get(CONTEXT.bounceFirst) >>> 0;
    if (kind === 2) {
      const va = BigInt.asUintN(64, (BigInt(get(CONTEXT.bounceVaHigh)) << 32n) | BigInt(get(CONTEXT.bounceVaLow) >>> 0));
      const value = BigInt.asUintN(bytes * 8, view.getBigUint64(bounce, true));
      return this.#running.environment.protectedStore(va, first, bytes, value) ? 1 : 0;
    }
    const second = get(CONTEXT.bounceSecond) >>> 0;
    const inFirst = 4096 - (first & 4095);
    for (const [address, from, count] of [
      [first, bounce, inFirst],
      [second, bounce + inFirst, bytes - inFirst],
    ] as const) {
      const mfn = (address - this.#memory.base) >>> 12;
      if (this.#mmu.hasCode[mfn]) this.#code.written(mfn, address & 4095, count);
      u8.copyWithin(address, from, from + count);
    }
    return 1;
  }

  guardHolds(uop: number): number {
    const { context, environment } = this.#running;
    const { i32 } = this.#memory;
    const [low, high] = [i32[(uop + UOP.rip) >>> 2]!, i32[(uop + UOP.rip + 4) >>> 2]!];
    const base = context.compatibility ? context.segment(CS).base : 0;
    const mfn = this.fetch(context, environment, ...nextPage((low + base) | 0, high, context.compatibility), false);
    return mfn === this.#memory.u32[(uop + UOP.link) >>> 2] ? 1 : 0;
  }
}

/** The page after the one with this address; in compatibility mode addresses go round at 4 GiB. */
export function nextPage(low: number, high: number, compatibility: boolean): [number, number] {
  const next = ((low | 4095) + 1) | 0;
  return [next, next === 0 && !compatibility ? (high + 1) | 0 : high];
}
