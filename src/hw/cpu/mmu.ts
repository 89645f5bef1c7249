/** Address translation: the walk over four levels of page tables (SDM vol. 3, 4.5), and the TLBs' contents. */
import type { MachineMemory } from '../memory.ts';
import type { Context } from './context.ts';
import { TableCache } from './table-cache.ts';
import { fillEntry } from './tlb.ts';
import type { Access, CpuEnvironment } from './types.ts';

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const ACCESSED = 0x20;
const DIRTY = 0x40;
const LARGE = 0x80;
const NX_HIGH = 0x8000_0000 | 0;

/** Page-fault error code bits. */
const FAULT_PRESENT = 1;
const FAULT_WRITE = 2;
const FAULT_USER = 4;
const FAULT_RESERVED = 8;
const FAULT_FETCH = 16;

export interface Walk {
  /** Frame, or -1. */
  mfn: number;
  /** The page is mapped writable (and executable): what the TLB entry may allow. */
  writable: boolean;
  executable: boolean;
  dirty: boolean;
  errorCode: number;
  /** The fault is a write to a page that is there but read-only; `mfn` tells which. */
  readOnly: boolean;
}

export class Mmu {
  readonly #memory: MachineMemory;
  readonly #walk: Walk = { mfn: -1, writable: false, executable: false, dirty: false, errorCode: 0, readOnly: false };
  /** Frames whose stores must be seen, because code has been decoded from them. */
  readonly hasCode: Uint8Array;

  constructor(memory: MachineMemory) {
    this.#memory = memory;
    this.hasCode = new Uint8Array(memory.frames);
  }

  /** Bits 47 to 63 all equal? */
  static canonical(high: number): boolean {
    const top = high >> 15;
    return top === 0 || top === -1;
  }

  /** Walks for one access. The result object is reused. A and D bits are set as hardware sets them. */
  walk(context: Context, environment: CpuEnvironment, low: number, high: number, access: Access): Walk {
    const walk = this.#walk;
    const { i32 } = this.#memory;
    walk.mfn = -1;
    walk.readOnly = false;
    const mode = (access === 'write' ? FAULT_WRITE : access === 'execute' ? FAULT_FETCH : 0) | (context.mode === 'user' ? FAULT_USER : 0);
    const cache = context.tables[context.mode];
    const key = TableCache.key(low, high);
    const cached = cache.holds(key);
    let table = cached ? cache.table(key) : context.root(context.mode);
    let writable = !cached || cache.writable(key);
    let executable = !cached || cache.executable(key);
    let entryIndex = 0;
    let entryLow = 0;
    for (let level = cached ? 1 : 4; level >= 1; level--) {
      if (level === 1 && !cached) cache.keep(key, table, writable, executable);
      if (table >= this.#memory.frames || !environment.permits(table, 'read')) return this.#fail(mode);
      const index =
        level === 4
          ? (high >>> 7) & 511
          : level === 3
            ? ((high << 2) | (low >>> 30)) & 511
            : level === 2
              ? (low >>> 21) & 511
              : (low >>> 12) & 511;
      entryIndex = (this.#memory.address(table) + index * 8) >>> 2;
      entryLow = i32[entryIndex]!;
      const entryHigh = i32[entryIndex + 1]!;
      if ((entryLow & PRESENT) === 0) return this.#fail(mode);
      if ((entryLow & USER) === 0) return this.#fail(mode | FAULT_PRESENT);
      if ((entryHigh & 0x000f_ffff) !== 0 || ((entryLow & LARGE) !== 0 && (level === 2 || level === 3)))
        return this.#fail(mode | FAULT_PRESENT | FAULT_RESERVED);
      if ((entryLow & WRITE) === 0) writable = false;
      if ((entryHigh & NX_HIGH) !== 0) executable = false;
      if (level > 1 && (entryLow & ACCESSED) === 0) i32[entryIndex] = entryLow |= ACCESSED;
      table = entryLow >>> 12;
    }
    if (access === 'write' && !writable) {
      walk.mfn = table;
      walk.readOnly = true;
      walk.errorCode = mode | FAULT_PRESENT;
      return walk;
    }
    if (access === 'execute' && !executable) return this.#fail(mode | FAULT_PRESENT);
    if (table >= this.#memory.frames || !environment.permits(table, access)) return this.#fail(mode | FAULT_PRESENT | FAULT_RESERVED);
    const wanted = ACCESSED | (access === 'write' ? DIRTY : 0);
    if ((entryLow & wanted) !== wanted) i32[entryIndex] = entryLow |= wanted;
    walk.mfn = table;
    walk.writable = writable;
    walk.executable = executable;
    walk.dirty = (entryLow & DIRTY) !== 0;
    walk.errorCode = 0;
    return walk;
  }

  #fail(errorCode: number): Walk {
    this.#walk.mfn = -1;
    this.#walk.errorCode = errorCode;
    return this.#walk;
  }

  /** Enters a good walk into the current mode's TLB. Stores to clean pages and to pages with code come back here. */
  fill(context: Context, environment: CpuEnvironment, low: number, high: number, walk: Walk): void {
    const page = high * 0x1_0000_0000 + ((low & ~0xfff) >>> 0);
    const read = !context.checksAlignment && !context.breakpoints?.watchesPage(page);
    const write = read && walk.writable && walk.dirty && this.hasCode[walk.mfn] === 0 && environment.permits(walk.mfn, 'write');
    fillEntry(this.#memory, context.tlb, low, high, this.#memory.address(walk.mfn), { read, write, execute: walk.executable });
  }
}
