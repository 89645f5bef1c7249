/** A domain's grant table, version 1 (xen/include/public/grant_table.h): entries { flags u16, domid u16, frame u32 } in frames that guest and hypervisor share. */
import type { Domain } from '../domain.ts';
import { EINVAL, ENOMEM, type Errno } from '../errno.ts';
import { OWNER_XEN } from '../memory/frame-table.ts';

export const GRANT_FRAMES_MAX = 64;
const ENTRIES_A_FRAME = 512;
const ENTRY_BYTES = 8;

export const GTF = { permitAccess: 1, typeMask: 3, readonly: 4, reading: 8, writing: 16, subPage: 0x100 } as const;
/** As many as fit into Xen's 1024 maptrack frames. */
const HANDLES_MAX: number = 1024 * 256;

/** A grant mapped by GNTTABOP_map_grant_ref. */
export interface GrantMapping {
  readonly granter: Domain;
  readonly ref: number;
  readonly mfn: number;
  readonly writable: boolean;
  /** GNTMAP_contains_pte: what the guest names is the machine address of an entry, and no virtual one. */
  readonly containsPte: boolean;
}

/** How often a grant of this domain's is mapped, for whom, and the frame as it was when the first mapping was made. */
export interface ActiveGrant {
  readonly domid: number;
  readonly mfn: number;
  readers: number;
  writers: number;
}

export class GrantTable {
  readonly domain: Domain;
  readonly frames: number[] = [];
  /** Others' (or its own) grants that this domain has mapped into its page tables, by handle. */
  readonly #handles: Map<number, GrantMapping> = new Map();
  readonly #freeHandles: number[] = [];
  /** Of each frame that is mapped so: how many mappings there are, and how many of them are writable. */
  readonly #mapped: Map<number, { all: number; writable: number }> = new Map();
  /** This domain's own grants that are in use, by ref. */
  readonly active: Map<number, ActiveGrant> = new Map();

  constructor(domain: Domain) {
    this.domain = domain;
  }

  /** Makes the table at least `count` frames long. */
  grow(count: number): Errno | undefined {
    if (!Number.isInteger(count) || count < 0 || count > GRANT_FRAMES_MAX) return EINVAL;
    while (this.frames.length < count) {
      const mfn = this.domain.hypervisor.frames.allocate(OWNER_XEN);
      if (mfn < 0) return ENOMEM;
      this.frames.push(mfn);
      this.domain.sharedFrames.add(mfn);
    }
    return undefined;
  }

  /** Byte offset in machine memory of an entry, or -1. */
  entry(ref: number): number {
    const mfn = this.frames[Math.floor(ref / ENTRIES_A_FRAME)];
    return mfn === undefined ? -1 : this.domain.hypervisor.machine.memory.address(mfn) + (ref % ENTRIES_A_FRAME) * ENTRY_BYTES;
  }

  /** May this domain's page tables hold the (foreign) frame, because it is mapped by grant? */
  mapped(mfn: number, writable: boolean): boolean {
    const count = this.#mapped.get(mfn);
    return count !== undefined && (!writable || count.writable > 0);
  }

  get handles(): ReadonlyMap<number, GrantMapping> {
    return this.#handles;
  }

  get full(): boolean {
    return this.#handles.size >= HANDLES_MAX;
  }

  /** Its handle. */
  add(mapping: GrantMapping): number {
    const handle = this.#freeHandles.pop() ?? this.#handles.size;
    this.#handles.set(handle, mapping);
    const count = this.#mapped.get(mapping.mfn) ?? { all: 0, writable: 0 };
    this.#mapped.set(mapping.mfn, count);
    count.all++;
    if (mapping.writable) count.writable++;
    return handle;
  }

  remove(handle: number): void {
    const { mfn, writable } = this.#handles.get(handle)!;
    this.#handles.delete(handle);
    this.#freeHandles.push(handle);
    const count = this.#mapped.get(mfn)!;
    count.all--;
    if (writable) count.writable--;
    if (count.all === 0) this.#mapped.delete(mfn);
  }

  release(): void {
    this.frames.length = 0; // the frames themselves are among the domain's shared ones
  }
}

export function createGrantTable(domain: Domain): GrantTable {
  return new GrantTable(domain);
}

/** GNTTABOP_setup_table: the first `count` frames. */
export function grantFrames(domain: Domain, count: number): readonly number[] | Errno {
  return domain.grants.grow(count) ?? domain.grants.frames.slice(0, count);
}
