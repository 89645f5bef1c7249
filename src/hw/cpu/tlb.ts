/**
 * The software TLB, an array of entries for each mode of a context. An entry has what to add to an address of its page for the host's; and for each
 * kind of access a tag. Tags of loads and stores are minus the page's address: an access hits when its last byte's address, plus the tag, is below
 * 4096, which is one addition and one comparison in wasm. Fetches are looked up by JavaScript, and have the page's address itself.
 */
import type { MachineMemory } from '../memory.ts';
import { TLB } from './layout.ts';

/** Upper half of the tag of an access that is not allowed: minus no canonical address. */
const NEVER_HIGH = 0x4000_0000;
/** Its lower half: minus an address that belongs in another entry, so that not even one that is not canonical hits. */
const neverLow = (index: number): number => ((TLB.entries / 2 - index) & (TLB.entries - 1)) << 12;
const NEVER_FETCHED = -1;

const EMPTY: Int32Array = Int32Array.from({ length: (TLB.entries * TLB.bytes) / 4 }, (_, i) => {
  const field = (i * 4) % TLB.bytes;
  if (field === TLB.read || field === TLB.write) return neverLow(Math.floor((i * 4) / TLB.bytes));
  return field === TLB.read + 4 || field === TLB.write + 4 ? NEVER_HIGH : NEVER_FETCHED;
});

/** What an access to a page may do without being looked at. */
export interface Allowed {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

export const indexOf = (low: number): number => (low >>> 12) & (TLB.entries - 1);

/** @param tlb the array's address */
export function clearTlb({ i32 }: MachineMemory, tlb: number): void {
  i32.set(EMPTY, tlb >>> 2);
}
export function clearEntry({ i32 }: MachineMemory, tlb: number, index: number): void {
  const words = TLB.bytes / 4;
  i32.set(EMPTY.subarray(index * words, (index + 1) * words), (tlb >>> 2) + index * words);
}

/** Enters the page at `high`:`low`, which is canonical and whose contents are at `host`. */
export function fillEntry({ i32 }: MachineMemory, tlb: number, low: number, high: number, host: number, allowed: Allowed): void {
  const index = indexOf(low);
  const entry = (tlb + index * TLB.bytes) >>> 2;
  const page = low & ~0xfff;
  const put = (field: number, may: boolean): void => {
    i32[entry + field / 4] = may ? -page : neverLow(index);
    i32[entry + field / 4 + 1] = may ? (page === 0 ? -high : ~high) : NEVER_HIGH;
  };
  put(TLB.read, allowed.read);
  put(TLB.write, allowed.write);
  i32[entry + TLB.execute / 4] = allowed.execute ? page : NEVER_FETCHED;
  i32[entry + TLB.execute / 4 + 1] = allowed.execute ? high : NEVER_FETCHED;
  i32[entry + TLB.addend / 4] = host - page;
}

/** Host address of the page that a fetch from `high`:`low` may read; null: it must be looked up. */
export function fetchedFrom({ i32 }: MachineMemory, tlb: number, low: number, high: number): number | null {
  const entry = (tlb + indexOf(low) * TLB.bytes) >>> 2;
  const page = low & ~0xfff;
  if (i32[entry + TLB.execute / 4] !== page || i32[entry + TLB.execute / 4 + 1] !== high) return null;
  return i32[entry + TLB.addend / 4]! + page;
}

/** Stores to the page at `host` are to be looked at again. */
export function forbidWrites({ i32 }: MachineMemory, tlb: number, host: number): void {
  for (let index = 0; index < TLB.entries; index++) {
    const entry = (tlb + index * TLB.bytes) >>> 2;
    const tag = entry + TLB.write / 4;
    if (i32[tag + 1] === NEVER_HIGH || ((i32[entry + TLB.addend / 4]! - i32[tag]!) | 0) !== (host | 0)) continue;
    i32[tag] = neverLow(index);
    i32[tag + 1] = NEVER_HIGH;
  }
}
