/** The end of a domain's memory: base pointers, descriptor tables, pins, grants and allocations are given back. Works on half-made domains, and twice. */
import type { Domain } from '../domain.ts';
import { releaseMappings } from '../grants/host-map.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { setKernelRoot, setUserRoot } from './base-pointers.ts';
import { setGdt } from './descriptor-tables.ts';
import { dropCode, flushDomain } from './flush.ts';
import { unpin } from './control.ts';

export function releaseDomainMemory(hypervisor: Hypervisor, domain: Domain): void {
  const { frames } = hypervisor;
  for (const vcpu of domain.vcpus) {
    setUserRoot(vcpu, 0);
    setKernelRoot(vcpu, 0);
    setGdt(vcpu, [], 0);
  }
  // Also pins of frames that the domain has given back.
  for (let mfn = 1; mfn < frames.memory.frames; mfn++) if (frames.pinned[mfn] && frames.owner[mfn] === domain.domid) unpin(domain, mfn);
  releaseMappings(domain);
  domain.grants.release();
  for (const mfn of domain.pages) {
    dropCode(domain, mfn);
    frames.put(mfn);
  }
  domain.pages.clear();
  for (const mfn of domain.sharedFrames) frames.put(mfn);
  domain.sharedFrames.clear();
  domain.sharedInfoFrame = 0;
  if (frames.ownedBy(domain.domid) > 0)
    for (let mfn = 1; mfn < frames.memory.frames; mfn++) if (frames.owner[mfn] === domain.domid) frames.orphan(mfn);
  flushDomain(domain);
}
