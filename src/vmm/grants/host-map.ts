/** GNTTABOP_map_grant_ref and unmap_grant_ref by a guest: the granted frame takes the place of whatever a page of its address space maps. */
import type { Domain } from '../domain.ts';
import { EINVAL, ENXIO, Errno } from '../errno.ts';
import { flushDomain, invalidateDomain } from '../memory/flush.ts';
import { TYPE } from '../memory/frame-table.ts';
import { frameOf, modifyEntry, placeGrant } from '../memory/page-types.ts';
import { findOwnLeaf, type Leaf } from '../memory/walk.ts';
import type { Vcpu } from '../vcpu.ts';
import { acquireGrant, releaseGrant } from './active-grants.ts';

/** GNTST_*. */
export const GNTST = {
  okay: 0,
  generalError: -1,
  badDomain: -2,
  badRef: -3,
  badHandle: -4,
  badAddress: -5,
  permissionDenied: -8,
  badPage: -9,
  noSpace: -13,
} as const;
const GNTMAP_HOST_MAP = 2;
const GNTMAP_READONLY = 4;
const GNTMAP_CONTAINS_PTE = 16;
const LEAF_FLAGS = 0x25n; // present, accessed, user
const PRESENT = 1n;
const WRITE = 2n;
const NO_ADDRESS = 0n;

/** The L1 entry that the guest names: by the address that it maps, or by its own machine address. */
function leafAt(vcpu: Vcpu, address: bigint, containsPte: boolean): Pick<Leaf, 'table' | 'index' | 'entry'> | null {
  const { domain, context } = vcpu;
  if (!containsPte) return findOwnLeaf(domain, context.root('kernel'), address);
  const { frames, machine } = domain.hypervisor;
  const table = Number(address >> 12n);
  if (address & 7n || !frames.valid(table) || frames.owner[table] !== domain.domid || !frames.isTable(table, TYPE.l1)) return null;
  const offset = Number(address & 0xfffn);
  return { table, index: offset >>> 3, entry: machine.memory.view.getBigUint64(machine.memory.address(table) + offset, true) };
}

function invalidate(vcpu: Vcpu, address: bigint, containsPte: boolean): void {
  if (containsPte) flushDomain(vcpu.domain);
  else invalidateDomain(vcpu.domain, address);
}

function statusOf(problem: Errno): number {
  return problem === EINVAL ? GNTST.badRef : problem === ENXIO ? GNTST.badPage : GNTST.generalError;
}

/** The status, and the handle when it is okay. */
export function mapGrantRef(
  vcpu: Vcpu,
  granter: Domain,
  ref: number,
  flags: number,
  address: bigint,
): { status: number; handle: number; mfn: number } {
  const failed = (status: number): { status: number; handle: number; mfn: number } => ({ status, handle: 0, mfn: 0 });
  if ((flags & GNTMAP_HOST_MAP) === 0) return failed(GNTST.badRef);
  const { domain } = vcpu;
  if (domain.grants.full) return failed(GNTST.noSpace);
  const writable = (flags & GNTMAP_READONLY) === 0;
  const containsPte = (flags & GNTMAP_CONTAINS_PTE) !== 0;
  const mfn = acquireGrant(granter, ref, domain, writable);
  if (mfn instanceof Errno) return failed(statusOf(mfn));
  const leaf = leafAt(vcpu, address, containsPte);
  const entry = (BigInt(mfn) << 12n) | LEAF_FLAGS | (writable ? WRITE : 0n);
  if (!leaf || placeGrant(domain, leaf.table, leaf.index, entry)) {
    releaseGrant(granter, ref, mfn, writable);
    return failed(GNTST.generalError);
  }
  const handle = domain.grants.add({ granter, ref, mfn, writable, containsPte });
  invalidate(vcpu, address, containsPte);
  return { status: GNTST.okay, handle, mfn };
}

/** The entry has to be what the grant made it. Without an address nothing is unmapped, and that is no error. */
export function unmapGrantRef(vcpu: Vcpu, handle: number, address: bigint): number {
  const { domain } = vcpu;
  const mapping = domain.grants.handles.get(handle);
  if (!mapping) return GNTST.badHandle;
  if (address === NO_ADDRESS) return GNTST.okay;
  const { granter, ref, mfn, writable, containsPte } = mapping;
  const leaf = leafAt(vcpu, address, containsPte);
  const wanted = PRESENT | (writable ? WRITE : 0n);
  if (!leaf || (leaf.entry & (PRESENT | WRITE)) !== wanted || frameOf(leaf.entry) !== mfn) return GNTST.generalError;
  if (modifyEntry(domain, leaf.table, leaf.index, 0n)) return GNTST.generalError;
  invalidate(vcpu, address, containsPte);
  domain.grants.remove(handle);
  releaseGrant(granter, ref, mfn, writable);
  return GNTST.okay;
}

/** The end of a domain: what it has mapped is given back. Its page tables are gone by then. */
export function releaseMappings(domain: Domain): void {
  for (const [handle, { granter, ref, mfn, writable }] of domain.grants.handles) {
    domain.grants.remove(handle);
    releaseGrant(granter, ref, mfn, writable);
  }
}
