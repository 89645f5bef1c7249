/**
 * Direct paging: the guest's own page tables are what the processor walks, so each is validated before it is used as one, and every change afterwards
 * (get_page_type, alloc_lN_table, mod_lN_entry in xen/arch/x86/mm.c).
 */
import type { Domain } from '../domain.ts';
import { EBUSY, EINVAL, EPERM, type Errno } from '../errno.ts';
import { dropCode, flushDomain } from './flush.ts';
import { OWNER_XEN, TYPE } from './frame-table.ts';

const PRESENT = 1n;
const WRITE = 2n;
const USER = 4n;
const ACCESSED_DIRTY = 0x60n;
const LARGE = 0x80n;
/** Bits 52 to 62 are the guest's in the manual, but address bits beyond memory are refused through the frame number. */
const FRAME_MASK = 0x000f_ffff_ffff_f000n;
/** What a domain without devices may not set: cache attributes and, in upper levels, GLOBAL and PS (base_disallow_mask, L1_DISALLOW_MASK). */
const REFUSED_L1 = 0x98n;
const REFUSED_UPPER = 0x198n;

/** L4 slots of the hypervisor. */
const XEN_FIRST_SLOT = 256;
const XEN_LAST_SLOT = 271;
const ENTRIES = 512;

export type Level = 1 | 2 | 3 | 4;

const refusedFlags = (level: Level): bigint => (level === 1 ? REFUSED_L1 : REFUSED_UPPER);

export const frameOf = (entry: bigint): number => Number((entry & FRAME_MASK) >> 12n);

/** The entry as it will stand in the table: guests run at CPL 3 whatever they think. */
function adjusted(entry: bigint): bigint {
  return entry & PRESENT ? entry | USER : entry;
}

/** References that a present entry of a level-`level` table takes; undefined when all is well. */
function getEntry(domain: Domain, table: number, level: Level, entry: bigint): Errno | undefined {
  if ((entry & PRESENT) === 0n) return undefined;
  const { frames } = domain.hypervisor;
  const mfn = frameOf(entry);
  if (entry & refusedFlags(level)) return EINVAL;
  if (level === 1) return getMapping(domain, mfn, (entry & WRITE) !== 0n);
  if (!frames.valid(mfn)) return EINVAL;
  const linear = mfn === table || (frames.type[mfn] === level && frames.typeCount[mfn]! > 0);
  return linear ? getLinear(domain, table, mfn, level, entry) : getTable(domain, mfn, (level - 1) as Level);
}

/**
 * A linear mapping: the table itself, or another one of its level, seen as the level below; never writable. Another one is held by its type, or it
 * could turn into something else behind this entry; and it has no such entries in turn, or two tables could keep each other for ever.
 */
function getLinear(domain: Domain, table: number, mfn: number, level: Level, entry: bigint): Errno | undefined {
  const { frames } = domain.hypervisor;
  if (entry & WRITE) return EINVAL;
  if (mfn === table) return frames.get(mfn, domain.domid) ? undefined : EINVAL;
  if (frames.linear[table]! < 0 || frames.linear[mfn]! > 0) return EINVAL;
  const problem = getTable(domain, mfn, level);
  if (problem) return problem;
  frames.linear[table]!++;
  frames.linear[mfn]!--;
  return undefined;
}

function putLinear(domain: Domain, table: number, mfn: number): void {
  const { frames } = domain.hypervisor;
  if (mfn !== table) {
    frames.linear[table]!--;
    frames.linear[mfn]!++;
    putTable(domain, mfn);
  } else frames.put(mfn);
}

function putEntry(domain: Domain, table: number, level: Level, entry: bigint): void {
  if ((entry & PRESENT) === 0n) return;
  const { frames } = domain.hypervisor;
  const mfn = frameOf(entry);
  if (level === 1) putMapping(domain, mfn, (entry & WRITE) !== 0n);
  else if (mfn === table || frames.type[mfn] === level) putLinear(domain, table, mfn);
  else putTable(domain, mfn);
}

/** A leaf mapping: a frame of the domain's, or one of those that the hypervisor shares with it. Granted frames come by `placeGrant` only. */
function getMapping(domain: Domain, mfn: number, writable: boolean): Errno | undefined {
  const { frames } = domain.hypervisor;
  if (domain.sharedFrames.has(mfn)) return undefined;
  if (!frames.valid(mfn) || frames.owner[mfn] === OWNER_XEN) return EPERM;
  const got = writable ? frames.getWritable(mfn, domain.domid) : frames.get(mfn, domain.domid);
  return got ? undefined : EBUSY;
}

function putMapping(domain: Domain, mfn: number, writable: boolean): void {
  const { frames } = domain.hypervisor;
  if (domain.sharedFrames.has(mfn) || frames.owner[mfn] !== domain.domid) return;
  if (writable) frames.putWritable(mfn);
  else frames.put(mfn);
}

/** A type reference to a page table, validated when it is the first. */
export function getTable(domain: Domain, mfn: number, level: Level): Errno | undefined {
  const { frames } = domain.hypervisor;
  if (!frames.get(mfn, domain.domid)) return EINVAL;
  if (frames.typeCount[mfn]! > 0) {
    if (frames.type[mfn] === level) {
      frames.typeCount[mfn]!++;
      return undefined;
    }
    frames.put(mfn);
    return EINVAL;
  }
  frames.type[mfn] = level;
  frames.typeCount[mfn] = 1;
  const problem = validate(domain, mfn, level);
  if (!problem) {
    // Nobody may still hold a writable translation of it.
    flushDomain(domain);
    return undefined;
  }
  frames.typeCount[mfn] = 0;
  frames.type[mfn] = TYPE.none;
  frames.put(mfn);
  return problem;
}

function validate(domain: Domain, mfn: number, level: Level): Errno | undefined {
  const { frames, machine } = domain.hypervisor;
  const { view } = machine.memory;
  const base = machine.memory.address(mfn);
  for (let i = 0; i < ENTRIES; i++) {
    if (level === 4 && i >= XEN_FIRST_SLOT && i <= XEN_LAST_SLOT) {
      view.setBigUint64(base + i * 8, i === XEN_FIRST_SLOT ? (BigInt(frames.m2pRoot) << 12n) | 0x25n : 0n, true);
      continue;
    }
    if ((view.getUint8(base + i * 8) & 1) === 0) continue;
    const entry = view.getBigUint64(base + i * 8, true);
    const problem = getEntry(domain, mfn, level, entry);
    if (problem) {
      invalidate(domain, mfn, level, i);
      return problem;
    }
    if ((entry & USER) === 0n) view.setBigUint64(base + i * 8, entry | USER, true);
  }
  return undefined;
}

/** Gives back what the first `count` entries hold. */
function invalidate(domain: Domain, mfn: number, level: Level, count: number): void {
  const { memory } = domain.hypervisor.machine;
  const base = memory.address(mfn);
  for (let i = 0; i < count; i++) {
    if (level === 4 && i >= XEN_FIRST_SLOT && i <= XEN_LAST_SLOT) continue;
    if (memory.u8[base + i * 8]! & 1) putEntry(domain, mfn, level, memory.view.getBigUint64(base + i * 8, true));
  }
}

export function putTable(domain: Domain, mfn: number): void {
  const { frames } = domain.hypervisor;
  if (--frames.typeCount[mfn]! === 0) {
    const level = frames.type[mfn] as Level;
    invalidate(domain, mfn, level, ENTRIES);
    frames.type[mfn] = TYPE.none;
    flushDomain(domain);
  }
  frames.put(mfn);
}

/** Changes one entry of a validated table. `preserve`: accessed and dirty bits stay as the processor has set them. */
export function modifyEntry(domain: Domain, mfn: number, index: number, wanted: bigint, preserve: boolean = false): Errno | undefined {
  const { frames, machine } = domain.hypervisor;
  const { view } = machine.memory;
  const level = frames.type[mfn] as Level;
  if (level === 4 && index >= XEN_FIRST_SLOT && index <= XEN_LAST_SLOT) return EINVAL;
  const at = machine.memory.address(mfn) + index * 8;
  const old = view.getBigUint64(at, true);
  if (wanted & PRESENT && wanted & refusedFlags(level)) return EINVAL;
  let entry = adjusted(wanted);
  if (preserve) entry |= old & ACCESSED_DIRTY;
  const significant = FRAME_MASK | PRESENT | WRITE | LARGE;
  if ((old & significant) === (entry & significant)) {
    view.setBigUint64(at, entry, true);
    if (old & PRESENT && (old ^ entry) >> 63n) flushDomain(domain);
    return undefined;
  }
  const problem = getEntry(domain, mfn, level, entry);
  if (problem) return problem;
  view.setBigUint64(at, entry, true);
  if (old & PRESENT) {
    flushDomain(domain);
    putEntry(domain, mfn, level, old);
  }
  return undefined;
}

/**
 * An L1 entry takes a granted frame. For somebody else's frame the grant itself is the reference, and the entry holds none; one that the guest
 * removes by other means than unmap_grant_ref leaves the grant in use, until the domain ends.
 */
export function placeGrant(domain: Domain, table: number, index: number, entry: bigint): Errno | undefined {
  const { frames, machine } = domain.hypervisor;
  if (frames.owner[frameOf(entry)] === domain.domid) return modifyEntry(domain, table, index, entry);
  const at = machine.memory.address(table) + index * 8;
  const old = machine.memory.view.getBigUint64(at, true);
  machine.memory.view.setBigUint64(at, entry, true);
  if (old & PRESENT) {
    flushDomain(domain);
    putEntry(domain, table, 1, old);
  }
  return undefined;
}

/** A store to an ordinary frame by the hypervisor in the guest's name. */
export function storeToFrame(domain: Domain, mfn: number, offset: number, value: bigint): Errno | undefined {
  const { frames, machine } = domain.hypervisor;
  if (!frames.getWritable(mfn, domain.domid)) return EINVAL;
  machine.memory.view.setBigUint64(machine.memory.address(mfn) + offset, value, true);
  dropCode(domain, mfn);
  frames.putWritable(mfn);
  return undefined;
}
