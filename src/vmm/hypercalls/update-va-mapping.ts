/** HYPERVISOR_update_va_mapping: a checked change of the entry that maps an address now. */
import { EFAULT, EINVAL } from '../errno.ts';
import { flushDomain, invalidateDomain } from '../memory/flush.ts';
import { modifyEntry } from '../memory/page-types.ts';
import { findOwnLeaf } from '../memory/walk.ts';
import type { Hypercall } from './hypercall.ts';
import { readVcpuMask } from './structure.ts';

const FLUSH_TYPE = 3n;
const TLB_FLUSH = 1n;
const INVLPG = 2n;
const LOCAL = 0n;
const ALL = 4n;

export const updateVaMapping: Hypercall = {
  number: 14,
  name: 'update_va_mapping',
  args: ['va', 'val', 'flags'],
  run(vcpu, [va, value, flags]) {
    const { domain, context } = vcpu;
    const leaf = findOwnLeaf(domain, context.root('kernel'), va!);
    if (!leaf) return EINVAL;
    const problem = modifyEntry(domain, leaf.table, leaf.index, value!);
    if (problem) return problem;
    const kind = flags! & FLUSH_TYPE;
    if (kind !== TLB_FLUSH && kind !== INVLPG) return 0;
    if (kind === TLB_FLUSH) flushDomain(domain);
    else invalidateDomain(domain, va!);
    // Whose: this vCPU's, everybody's, or those in a mask. More than was asked for does no harm.
    const whose = flags! & ~FLUSH_TYPE;
    return whose === LOCAL || whose === ALL || readVcpuMask(vcpu, whose) !== null ? 0 : EFAULT;
  },
};
