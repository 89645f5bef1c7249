/** GNTTABOP_map_grant_ref and unmap_grant_ref by a guest: the granted frame takes the place of whatever a page of its address space maps. */
import type { Domain } from '../domain.ts';
import { Errno } from '../errno.ts';
import { invalidateDomain } from '../memory/flush.ts';
import { frameOf, modifyEntry, placeGrant } from '../memory/page-types.ts';
import { findOwnLeaf, type Leaf } from '../memory/walk.ts';
import type { Vcpu } from '../vcpu.ts';
import { acquireGrant, releaseGrant } from './active-grants.ts';

/** GNTST_*. */
export const GNTST = { okay: 0, generalError: -1, badDomain: -2, badRef: -3, badHandle: -4, badAddress: -5, permissionDenied: -8 } as const;
const GNTMAP_HOST_MAP = 2;
const GNTMAP_READONLY = 4;
const LEAF_FLAGS = 0x25n; // present, accessed, user
const WRITE = 2n;

function leafAt(vcpu: Vcpu, va: bigint): Leaf | null {
  return findOwnLeaf(vcpu.domain, vcpu.context.root('kernel'), va);
}

/** The status, and the handle when it is okay. */
export function mapGrantRef(
  vcpu: Vcpu,
  granter: Domain,
  ref: number,
  flags: number,
  va: bigint,
): { status: number; handle: number; mfn: number } {
  const failed = (status: number): { status: number; handle: number; mfn: number } => ({ status, handle: 0, mfn: 0 });
  if ((flags & GNTMAP_HOST_MAP) === 0) return failed(GNTST.generalError);
  const { domain } = vcpu;
  const leaf = leafAt(vcpu, va);
  if (!leaf) return failed(GNTST.badAddress);
  const writable = (flags & GNTMAP_READONLY) === 0;
  const mfn = acquireGrant(granter, ref, domain, writable);
  if (mfn instanceof Errno) return failed(mfn.name === 'EINVAL' ? GNTST.badRef : GNTST.generalError);
  const handle = domain.grants.nextHandle++;
  domain.grants.handles.set(handle, { granter, ref, mfn, writable, hostAddress: va });
  if (placeGrant(domain, leaf.table, leaf.index, (BigInt(mfn) << 12n) | LEAF_FLAGS | (writable ? WRITE : 0n))) {
    domain.grants.handles.delete(handle);
    releaseGrant(granter, ref, mfn, writable);
    return failed(GNTST.generalError);
  }
  invalidateDomain(domain, va);
  return { status: GNTST.okay, handle, mfn };
}

export function unmapGrantRef(vcpu: Vcpu, handle: number, va: bigint): number {
  const { domain } = vcpu;
  const mapping = domain.grants.handles.get(handle);
  if (!mapping) return GNTST.badHandle;
  const leaf = leafAt(vcpu, va);
  if (!leaf || mapping.hostAddress !== va || (leaf.entry & 1n) === 0n || frameOf(leaf.entry) !== mapping.mfn) return GNTST.badAddress;
  if (modifyEntry(domain, leaf.table, leaf.index, 0n)) return GNTST.generalError;
  invalidateDomain(domain, va);
  domain.grants.handles.delete(handle);
  releaseGrant(mapping.granter, mapping.ref, mapping.mfn, mapping.writable);
  return GNTST.okay;
}

/** The end of a domain: what it has mapped is given back. Its page tables are gone by then. */
export function releaseMappings(domain: Domain): void {
  for (const { granter, ref, mfn, writable } of domain.grants.handles.values()) releaseGrant(granter, ref, mfn, writable);
  domain.grants.handles.clear();
}
