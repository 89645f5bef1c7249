/** A domain's grant table, version 1 (xen/include/public/grant_table.h): entries { flags u16, domid u16, frame u32 } in frames that guest and hypervisor share. */
import type { Domain } from '../domain.ts';
import { EINVAL, ENOMEM, type Errno } from '../errno.ts';
import { OWNER_XEN } from '../memory/frame-table.ts';

export const GRANT_FRAMES_MAX = 64;
const ENTRIES_A_FRAME = 512;
const ENTRY_BYTES = 8;

export const GTF = { permitAccess: 1, typeMask: 3, readonly: 4, reading: 8, writing: 16 } as const;

/** A grant mapped by GNTTABOP_map_grant_ref. */
export interface GrantMapping {
  readonly granter: Domain;
  readonly ref: number;
  readonly mfn: number;
  readonly writable: boolean;
  readonly hostAddress: bigint;
}

export class GrantTable {
  readonly domain: Domain;
  readonly frames: number[] = [];
  /** Others' (or its own) grants that this domain has mapped into its page tables, by handle. */
  readonly handles: Map<number, GrantMapping> = new Map();
  nextHandle = 0;

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
    if (this.handles.size === 0) return false;
    for (const mapping of this.handles.values()) if (mapping.mfn === mfn && (mapping.writable || !writable)) return true;
    return false;
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
