/**
 * Xen's frame table: who owns each machine frame, what it is used as, and how often (xen/arch/x86/mm.c). Invariants:
 * - a frame's type changes only while its type count is 0; so no page table is ever mapped writable;
 * - every type reference holds a general reference; a frame is free when the last general one is gone;
 * - the allocation itself is one general reference, so a frame mapped by somebody else outlives its owner's interest.
 *
 * The M2P (machine to physical) lives in frames of the hypervisor that every guest sees read-only at 0xffff800000000000.
 */
import { PAGE_SIZE, type MachineMemory } from '../../hw/memory.ts';

export const OWNER_NONE: number = -1;
export const OWNER_XEN: number = -2;
/** Outlives its domain, because somebody else still uses it: the domain's id may be given out again. */
const OWNER_GONE = -3;
/** Domain ids are below 0x7ff0. */
const DOMIDS = 0x8000;

export const TYPE = { none: 0, l1: 1, l2: 2, l3: 3, l4: 4, writable: 5, descriptors: 6 } as const;

const ENTRIES = 512;
const PRESENT_ACCESSED_USER = 0x25n;

export class FrameTable {
  readonly memory: MachineMemory;
  readonly owner: Int16Array;
  readonly type: Uint8Array;
  readonly typeCount: Uint32Array;
  readonly references: Uint32Array;
  /** MMUEXT_PIN_*: the pin's own type reference. */
  readonly pinned: Uint8Array;
  /** Of a page table: how many others of its level it has as linear entries or, negative, how many such entries of others it is in. */
  readonly linear: Int32Array;
  /** Frames by owner, also those that their domain has given back and that are still in use somewhere. */
  readonly #owned: Uint32Array = new Uint32Array(DOMIDS);
  /** First frame of the M2P and how many; guests may read them. */
  readonly m2pFirst: number;
  readonly m2pFrames: number;
  /** The L3 that every guest's L4 has in slot 256, with the tables below it. */
  readonly m2pRoot: number;
  readonly #tablesEnd: number;
  #next: number;
  readonly #freed: number[] = [];
  /** Frames that hold somebody's old data: zeroed before they are given out again. */
  readonly #dirty: Uint8Array;

  constructor(memory: MachineMemory) {
    this.memory = memory;
    const { frames } = memory;
    this.owner = new Int16Array(frames).fill(OWNER_NONE);
    this.type = new Uint8Array(frames);
    this.typeCount = new Uint32Array(frames);
    this.references = new Uint32Array(frames);
    this.pinned = new Uint8Array(frames);
    this.linear = new Int32Array(frames);
    this.#dirty = new Uint8Array(frames);
    // Frame 0 stays the hypervisor's: as a root it means none.
    this.m2pFirst = 1;
    this.m2pFrames = Math.ceil((frames * 8) / PAGE_SIZE);
    this.m2pRoot = this.m2pFirst + this.m2pFrames;
    this.#tablesEnd = this.#buildM2pTables();
    this.owner.fill(OWNER_XEN, 0, this.#tablesEnd);
    this.#next = this.#tablesEnd;
  }

  #buildM2pTables(): number {
    const { memory } = this;
    const l2 = this.m2pRoot + 1;
    const l1Count = Math.ceil(this.m2pFrames / ENTRIES);
    const entry = (table: number, index: number, target: number): void =>
      memory.view.setBigUint64(memory.address(table) + index * 8, (BigInt(target) << 12n) | PRESENT_ACCESSED_USER, true);
    entry(this.m2pRoot, 0, l2);
    for (let i = 0; i < l1Count; i++) entry(l2, i, l2 + 1 + i);
    for (let i = 0; i < this.m2pFrames; i++) entry(l2 + 1 + Math.floor(i / ENTRIES), i % ENTRIES, this.m2pFirst + i);
    return l2 + 1 + l1Count;
  }

  get freeCount(): number {
    return this.memory.frames - this.#next + this.#freed.length;
  }

  /** Is it one of the frames behind 0xffff800000000000? */
  isM2p(mfn: number): boolean {
    return mfn >= this.m2pFirst && mfn < this.#tablesEnd;
  }

  valid(mfn: number): boolean {
    return Number.isInteger(mfn) && mfn > 0 && mfn < this.memory.frames;
  }

  /** A zeroed frame with one reference (the allocation), or -1 when there is none. */
  allocate(owner: number): number {
    const mfn = this.#freed.pop() ?? (this.#next < this.memory.frames ? this.#next++ : -1);
    if (mfn < 0) return -1;
    if (this.#dirty[mfn]) this.memory.frame(mfn).fill(0);
    this.#dirty[mfn] = 1;
    this.#setOwner(mfn, owner);
    this.references[mfn] = 1;
    this.setM2p(mfn, -1n);
    return mfn;
  }

  #setOwner(mfn: number, owner: number): void {
    const before = this.owner[mfn]!;
    if (before >= 0) this.#owned[before]!--;
    if (owner >= 0) this.#owned[owner]!++;
    this.owner[mfn] = owner;
  }

  ownedBy(domid: number): number {
    return this.#owned[domid]!;
  }

  /** The frame's domain is gone; whoever holds a reference keeps the frame until he lets go. */
  orphan(mfn: number): void {
    this.#setOwner(mfn, OWNER_GONE);
  }

  /** Takes a general reference to a frame of `owner`; false when it is not that owner's. */
  get(mfn: number, owner: number): boolean {
    if (!this.valid(mfn) || this.owner[mfn] !== owner || this.references[mfn] === 0) return false;
    this.references[mfn]!++;
    return true;
  }

  put(mfn: number): void {
    if (--this.references[mfn]! > 0) return;
    this.#setOwner(mfn, OWNER_NONE);
    this.type[mfn] = TYPE.none;
    this.pinned[mfn] = 0;
    this.setM2p(mfn, -1n);
    this.#freed.push(mfn);
  }

  /** A writable mapping's reference: refused while the frame is a page table or holds descriptors. */
  getWritable(mfn: number, owner: number): boolean {
    if (!this.get(mfn, owner)) return false;
    if (this.typeCount[mfn]! > 0 && this.type[mfn] !== TYPE.writable) {
      this.put(mfn);
      return false;
    }
    this.type[mfn] = TYPE.writable;
    this.typeCount[mfn]!++;
    return true;
  }

  putWritable(mfn: number): void {
    this.typeCount[mfn]!--;
    this.put(mfn);
  }

  isPageTable(mfn: number): boolean {
    const type = this.type[mfn]!;
    return type >= TYPE.l1 && type <= TYPE.l4 && this.typeCount[mfn]! > 0;
  }

  isTable(mfn: number, level: number): boolean {
    return this.type[mfn] === level && this.typeCount[mfn]! > 0;
  }

  setM2p(mfn: number, pfn: bigint): void {
    this.memory.view.setBigInt64(this.memory.address(this.m2pFirst) + mfn * 8, pfn, true);
  }

  m2p(mfn: number): bigint {
    return this.memory.view.getBigUint64(this.memory.address(this.m2pFirst) + mfn * 8, true);
  }
}
