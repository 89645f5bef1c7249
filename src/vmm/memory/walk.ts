/** The guest's page tables, walked by the hypervisor. */
import type { Domain } from '../domain.ts';

const PRESENT = 1;
const WRITE = 2;
const LARGE = 0x80;

export interface Leaf {
  /** Table frame and index of the L1 entry. */
  readonly table: number;
  readonly index: number;
  readonly entry: bigint;
  /** All levels allow writing. */
  readonly writable: boolean;
}

/** The L1 entry that maps `va` below `root`, or null where an upper level is missing. */
export function findLeaf(domain: Domain, root: number, va: bigint): Leaf | null {
  const { memory } = domain.hypervisor.machine;
  let table = root;
  let writable = true;
  for (const shift of [39n, 30n, 21n, 12n]) {
    if (table === 0 || table >= memory.frames) return null;
    const index = Number((va >> shift) & 511n);
    const entry = memory.view.getBigUint64(memory.address(table) + index * 8, true);
    const flags = Number(entry & 0xfffn);
    if (shift === 12n) return { table, index, entry, writable: writable && (flags & WRITE) !== 0 };
    if ((flags & PRESENT) === 0 || (flags & LARGE) !== 0) return null;
    if ((flags & WRITE) === 0) writable = false;
    table = Number((entry >> 12n) & 0xff_ffff_ffffn);
  }
  return null;
}
