/** The page that a domain and the hypervisor share: events, vcpu_info, wall clock. */
import type { Domain } from '../domain.ts';
import { ENOMEM, type Errno } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { OWNER_XEN } from './frame-table.ts';

const VCPU_INFOS = 32;
const VCPU_INFO_BYTES = 64;
const UPCALL_MASK = 1;

export function setupSharedInfo(hypervisor: Hypervisor, domain: Domain): Errno | undefined {
  const mfn = hypervisor.frames.allocate(OWNER_XEN);
  if (mfn < 0) return ENOMEM;
  domain.sharedInfoFrame = mfn;
  domain.sharedFrames.add(mfn);
  const page = hypervisor.machine.memory.frame(mfn);
  for (let i = 0; i < VCPU_INFOS; i++) page[i * VCPU_INFO_BYTES + UPCALL_MASK] = 1;
  return undefined;
}
