/**
 * What the frame table should say, counted from scratch: allocations, pins, base pointers, descriptor tables, special pages, grants, and every
 * entry of every page table that can be reached from those.
 */
import type { Domain } from '../../../src/vmm/domain.ts';
import type { Hypervisor } from '../../../src/vmm/hypervisor.ts';
import { OWNER_NONE, TYPE } from '../../../src/vmm/memory/frame-table.ts';

const PRESENT = 1n;
const WRITE = 2n;
const LARGE = 0x80n;
const ENTRIES = 512;
const XEN_SLOTS = { first: 256, last: 271 } as const;

/** Frames that programs of domain 0 hold by `mapGrants` (which leaves no trace in a domain). */
export interface Held {
  readonly mfn: number;
  readonly writable: boolean;
}

class Audit {
  readonly hypervisor: Hypervisor;
  readonly problems: string[] = [];
  readonly #references: Map<number, number> = new Map();
  readonly #linear: Map<number, number> = new Map();
  readonly #types: Map<number, { type: number; count: number }> = new Map();

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  #count(counts: Map<number, number>, mfn: number, change: number): void {
    counts.set(mfn, (counts.get(mfn) ?? 0) + change);
  }

  reference(mfn: number): void {
    this.#count(this.#references, mfn, 1);
  }

  /** A type reference, which holds a general one. True when it is the first. */
  typed(mfn: number, type: number, why: string): boolean {
    this.reference(mfn);
    const entry = this.#types.get(mfn) ?? { type, count: 0 };
    this.#types.set(mfn, entry);
    if (entry.type !== type) this.problems.push(`frame ${mfn} is used as type ${entry.type} and, ${why}, as type ${type}`);
    return ++entry.count === 1;
  }

  mapping(mfn: number, writable: boolean, why: string): void {
    if (writable) this.typed(mfn, TYPE.writable, why);
    else this.reference(mfn);
  }

  table(domain: Domain, mfn: number, level: number, why: string): void {
    const { frames, machine } = this.hypervisor;
    if (frames.owner[mfn] !== domain.domid) this.problems.push(`frame ${mfn}, ${why}, is a table of ${domain.domid} and not its own`);
    if (!this.typed(mfn, level, why)) return;
    for (let i = 0; i < ENTRIES; i++) {
      const entry = machine.memory.view.getBigUint64(machine.memory.address(mfn) + i * 8, true);
      const place = `entry ${i} of the L${level} ${mfn} (${why})`;
      if (level === 4 && i >= XEN_SLOTS.first && i <= XEN_SLOTS.last) {
        const wanted = i === XEN_SLOTS.first ? (BigInt(frames.m2pRoot) << 12n) | 0x25n : 0n;
        if (entry !== wanted) this.problems.push(`${place} is the hypervisor's and was changed`);
      } else if (entry & PRESENT) this.#entry(domain, mfn, level, entry, place);
    }
  }

  #entry(domain: Domain, table: number, level: number, entry: bigint, place: string): void {
    const { frames } = this.hypervisor;
    const mfn = Number((entry >> 12n) & 0xff_ffff_ffffn);
    const writable = (entry & WRITE) !== 0n;
    if (level > 1) {
      if (entry & LARGE) this.problems.push(`${place} is a superpage`);
      if (mfn === table || frames.type[mfn] === level) {
        if (writable) this.problems.push(`${place} is linear and writable`);
        if (mfn === table) this.reference(mfn);
        else {
          this.#count(this.#linear, table, 1);
          this.#count(this.#linear, mfn, -1);
          this.table(domain, mfn, level, place);
        }
      } else this.table(domain, mfn, level - 1, place);
      return;
    }
    if (domain.sharedFrames.has(mfn)) return;
    if (frames.owner[mfn] === domain.domid) this.mapping(mfn, writable, place);
    else if (![...domain.grants.handles.values()].some((grant) => grant.mfn === mfn && (grant.writable || !writable)))
      this.problems.push(`${place} maps frame ${mfn}, which is neither the domain's nor granted to it`);
  }

  domain(domain: Domain): void {
    const { frames } = this.hypervisor;
    for (const mfn of domain.pages) this.reference(mfn);
    for (const mfn of domain.sharedFrames) this.reference(mfn);
    for (let mfn = 0; mfn < frames.memory.frames; mfn++)
      if (frames.pinned[mfn] && frames.owner[mfn] === domain.domid) this.table(domain, mfn, frames.type[mfn]!, 'pinned');
    for (const vcpu of domain.vcpus) {
      for (const mode of ['kernel', 'user'] as const)
        if (vcpu.context.root(mode) !== 0) this.table(domain, vcpu.context.root(mode), TYPE.l4, `${mode} root`);
      for (const mfn of vcpu.gdtFrames) this.typed(mfn, TYPE.descriptors, 'GDT');
      if (vcpu.vcpuInfoFrame !== null) this.mapping(vcpu.vcpuInfoFrame, true, 'vcpu_info');
    }
    for (const { mfn, writable } of domain.grants.handles.values()) this.mapping(mfn, writable, 'grant');
  }

  compare(): string[] {
    const { frames } = this.hypervisor;
    let free = 0;
    for (let mfn = 1; mfn < frames.memory.frames; mfn++) {
      if (frames.isM2p(mfn)) continue;
      const references = this.#references.get(mfn) ?? 0;
      const type = this.#types.get(mfn) ?? { type: TYPE.none, count: 0 };
      if (frames.references[mfn] !== references)
        this.problems.push(`frame ${mfn} has ${frames.references[mfn]} references, counted ${references}`);
      if (frames.typeCount[mfn] !== type.count)
        this.problems.push(`frame ${mfn} has type count ${frames.typeCount[mfn]}, counted ${type.count}`);
      if (type.count > 0 && frames.type[mfn] !== type.type)
        this.problems.push(`frame ${mfn} has type ${frames.type[mfn]}, used as ${type.type}`);
      const linear = this.#linear.get(mfn) ?? 0;
      if (frames.linear[mfn] !== linear) this.problems.push(`frame ${mfn} has linear count ${frames.linear[mfn]}, counted ${linear}`);
      if (references === 0) {
        free++;
        if (frames.owner[mfn] !== OWNER_NONE) this.problems.push(`frame ${mfn} is free and owned by ${frames.owner[mfn]}`);
      }
    }
    if (frames.freeCount !== free) this.problems.push(`${frames.freeCount} frames are free, counted ${free}`);
    return this.problems;
  }
}

/** Everything that is not as it should be; an empty list is good. */
export function audit(hypervisor: Hypervisor, held: Iterable<Held> = []): string[] {
  const count = new Audit(hypervisor);
  for (const domain of hypervisor.domains.values()) count.domain(domain);
  for (const { mfn, writable } of held) count.mapping(mfn, writable, 'held by domain 0');
  return count.compare();
}
