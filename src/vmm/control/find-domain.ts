/** Arguments that every control operation checks the same way. */
import { EINVAL, ENOENT, ESRCH, type Errno } from '../errno.ts';
import type { Domain } from '../domain.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Vcpu } from '../vcpu.ts';
import { DOMID_SELF, type Domid } from './types.ts';

/** The first id that names no ordinary domain: DOMID_FIRST_RESERVED. */
export const DOMID_FIRST_RESERVED = 0x7ff0;

export function findDomain(hypervisor: Hypervisor, caller: Domain, domid: Domid): Domain | Errno {
  if (domid === DOMID_SELF) return caller;
  return hypervisor.domains.get(domid) ?? ESRCH;
}

/** A vCPU of a domain; ENOENT as Xen's vcpu_op, EINVAL for what is no number of a vCPU at all. */
export function findVcpu(domain: Domain, vcpu: number): Vcpu | Errno {
  if (!Number.isInteger(vcpu) || vcpu < 0) return EINVAL;
  return domain.vcpus[vcpu] ?? ENOENT;
}
