/** The guest's page tables, walked by the hypervisor. */
import type { Domain } from '../domain.ts';
import { TYPE } from './frame-table.ts';

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

/** 0xffff800000000000 to 0xffff87ffffffffff is the hypervisor's. */
const XEN_START = 0xffff_8000_0000_0000n;
const XEN_END = 0xffff_8800_0000_0000n;

/** May a guest name this address at all (__addr_ok)? */
export function addressAllowed(va: bigint): boolean {
  return BigInt.asUintN(64, BigInt.asIntN(48, va)) === va && (va < XEN_START || va >= XEN_END);
}

/** The L1 entry that maps `va` below `root`, or null where an upper level is missing. */
export function findLeaf(domain: Domain, root: number, va: bigint): Leaf | null {
  if (!addressAllowed(va)) return null;
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

/** The same, to change it: in a true L1 table of the domain's. A linear entry shows upper tables in that place as well. */
export function findOwnLeaf(domain: Domain, root: number, va: bigint): Leaf | null {
  const { frames } = domain.hypervisor;
  const leaf = findLeaf(domain, root, va);
  return leaf && frames.owner[leaf.table] === domain.domid && frames.isTable(leaf.table, TYPE.l1) ? leaf : null;
}
