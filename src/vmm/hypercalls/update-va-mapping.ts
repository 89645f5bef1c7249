/** HYPERVISOR_update_va_mapping: a checked change of the entry that maps an address now. */
import { EINVAL } from '../errno.ts';
import { flushDomain, invalidateDomain } from '../memory/flush.ts';
import { modifyEntry } from '../memory/page-types.ts';
import { findLeaf } from '../memory/walk.ts';
import type { Hypercall } from './hypercall.ts';

const FLUSH_TYPE = 3n;
const TLB_FLUSH = 1n;
const INVLPG = 2n;

export const updateVaMapping: Hypercall = {
  number: 14,
  name: 'update_va_mapping',
  args: ['va', 'val', 'flags'],
  run(vcpu, [va, value, flags]) {
    const { domain, context } = vcpu;
    const leaf = findLeaf(domain, context.root('kernel'), va!);
    if (!leaf || !domain.hypervisor.frames.isPageTable(leaf.table) || domain.hypervisor.frames.owner[leaf.table] !== domain.domid)
      return EINVAL;
    const problem = modifyEntry(domain, leaf.table, leaf.index, value!);
    if (problem) return problem;
    if ((flags! & FLUSH_TYPE) === TLB_FLUSH) flushDomain(domain);
    else if ((flags! & FLUSH_TYPE) === INVLPG) invalidateDomain(domain, va!);
    return 0;
  },
};
