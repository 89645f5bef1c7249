/**
 * The hypercalls of the control interface in their binary form. Domain 0's programs use the typed `Control`; what another domain may do with
 * these is nothing, and it is told so before any pointer is looked at.
 */
import { ENOSYS, EPERM } from '../errno.ts';
import type { Hypercall } from './hypercall.ts';

/** xen/include/public/xen.h, __HYPERVISOR_*. */
const NUMBERS = { platform_op: 7, sysctl: 35, domctl: 36, kexec_op: 37 } as const;

export const controlOps: readonly Hypercall[] = Object.entries(NUMBERS).map(([name, number]) => ({
  number,
  name,
  args: ['op*'],
  run: ({ domain }) => (domain.privileged ? ENOSYS : EPERM),
}));
