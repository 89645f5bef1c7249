/** memory_op, mmu_update and grant set-up on behalf of another domain. The work is done in `memory/` and `grants/`. */
import type { Domain } from '../domain.ts';
import { EINVAL, Errno } from '../errno.ts';
import { grantFrames } from '../grants/grant-table.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { writeHypercallPage } from '../hypercalls/table.ts';
import { allocateFrames, mapForeign, pinL4, releaseFrames, setMachphys } from '../memory/control.ts';
import { findDomain } from './find-domain.ts';
import type { Operations } from './operation.ts';

/** Calls `work` with the domain that the argument names. */
function on<A extends { readonly domid: number }, R>(work: (hypervisor: Hypervisor, domain: Domain, a: A) => R) {
  return (hypervisor: Hypervisor, a: A, caller: Domain): R | Errno => {
    const domain = findDomain(hypervisor, caller, a.domid);
    return domain instanceof Errno ? domain : work(hypervisor, domain, a);
  };
}

export const memoryOperations: Operations<
  'populate' | 'decrease' | 'mapForeign' | 'setMachphys' | 'pinL4' | 'grantTable' | 'hypercallPage'
> = {
  populate: on((hypervisor, domain, { count }) =>
    Number.isInteger(count) && count >= 0 ? allocateFrames(hypervisor, domain, count) : EINVAL,
  ),
  decrease: on((hypervisor, domain, { frames }) => releaseFrames(hypervisor, domain, frames)),
  mapForeign: on((hypervisor, domain, { frames }) => mapForeign(hypervisor, domain, frames)),
  setMachphys: on((hypervisor, domain, { entries }) => setMachphys(hypervisor, domain, entries)),
  pinL4: on((hypervisor, domain, { mfn }) => pinL4(hypervisor, domain, mfn)),
  grantTable: on((_hypervisor, domain, { frames }) => grantFrames(domain, frames)),
  hypercallPage: on(({ machine }, domain, { mfn }) => {
    if (!domain.pages.has(mfn)) return EINVAL;
    writeHypercallPage(machine.memory.frame(mfn));
    for (const cpu of machine.cpus) cpu.dropCode(mfn);
    return undefined;
  }),
};
