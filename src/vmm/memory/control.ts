/** Memory operations that domain 0 issues in the name of a domain. */
import type { MappedFrames } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { EINVAL, ENOMEM, type Errno } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { dropCode, flushDomain } from './flush.ts';
import { getTable, putTable, type Level } from './page-types.ts';

/** Zeroed frames, all or nothing. */
export function allocateFrames(hypervisor: Hypervisor, domain: Domain, count: number): readonly number[] | Errno {
  const { frames } = hypervisor;
  if (frames.ownedBy(domain.domid) + count > domain.maxPages || frames.freeCount < count) return ENOMEM;
  const mfns: number[] = [];
  for (let i = 0; i < count; i++) {
    const mfn = frames.allocate(domain.domid);
    domain.pages.add(mfn);
    mfns.push(mfn);
  }
  return mfns;
}

/** Drops the allocation's reference. A frame that is still mapped somewhere lives until that mapping goes. */
export function releaseFrames(hypervisor: Hypervisor, domain: Domain, mfns: readonly number[]): Errno | undefined {
  for (const mfn of mfns) if (!domain.pages.has(mfn)) return EINVAL;
  for (const mfn of mfns) {
    if (!domain.pages.delete(mfn)) continue; // named twice
    unpin(domain, mfn);
    dropCode(domain, mfn);
    hypervisor.frames.put(mfn);
  }
  flushDomain(domain);
  return undefined;
}

export function mapForeign(hypervisor: Hypervisor, domain: Domain, mfns: readonly number[]): MappedFrames | Errno {
  const { frames, machine } = hypervisor;
  const held: number[] = [];
  const release = (): void => {
    for (const mfn of held.splice(0)) {
      dropCode(domain, mfn);
      frames.put(mfn);
    }
  };
  for (const mfn of mfns) {
    const got = domain.sharedFrames.has(mfn) ? frames.get(mfn, frames.owner[mfn]!) : frames.get(mfn, domain.domid);
    if (!got) {
      release();
      return EINVAL;
    }
    held.push(mfn);
  }
  return { pages: mfns.map((mfn) => machine.memory.frame(mfn)), [Symbol.dispose]: release };
}

/** MMUEXT_PIN_Ln_TABLE. */
export function pin(domain: Domain, mfn: number, level: Level): Errno | undefined {
  const { frames } = domain.hypervisor;
  if (frames.valid(mfn) && frames.pinned[mfn]) return EINVAL;
  const problem = getTable(domain, mfn, level);
  if (problem) return problem;
  frames.pinned[mfn] = 1;
  return undefined;
}

export function unpin(domain: Domain, mfn: number): Errno | undefined {
  const { frames } = domain.hypervisor;
  if (!frames.valid(mfn) || frames.owner[mfn] !== domain.domid || !frames.pinned[mfn]) return EINVAL;
  frames.pinned[mfn] = 0;
  putTable(domain, mfn);
  return undefined;
}

export function pinL4(_hypervisor: Hypervisor, domain: Domain, mfn: number): Errno | undefined {
  return pin(domain, mfn, 4);
}

export function setMachphys(
  hypervisor: Hypervisor,
  domain: Domain,
  entries: readonly { readonly mfn: number; readonly pfn: number }[],
): Errno | undefined {
  for (const { mfn } of entries) if (!domain.pages.has(mfn)) return EINVAL;
  for (const { mfn, pfn } of entries) hypervisor.frames.setM2p(mfn, BigInt(pfn));
  return undefined;
}
