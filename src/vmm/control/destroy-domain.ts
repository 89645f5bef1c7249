/** XEN_DOMCTL_destroydomain: everything that the domain holds is given back. */
import { VIRQ_DOM_EXC } from './types.ts';
import type { Domain } from '../domain.ts';
import { raiseGlobalVirq } from '../events/virqs.ts';
import { releaseVcpuInfo } from '../events/vcpu-info.ts';
import { releaseDomainMemory } from '../memory/release-domain.ts';
import { restingState, setRunState } from '../schedulers/transitions.ts';
import { cancelTimers } from '../time/timers.ts';

export function destroyDomain(domain: Domain): void {
  tearDown(domain);
  raiseGlobalVirq(domain.hypervisor, VIRQ_DOM_EXC);
}

/** Works on a half-made domain as well. */
export function tearDown(domain: Domain): void {
  const { hypervisor } = domain;
  const now = hypervisor.machine.clock.now();
  domain.dying = true;
  cancelTimers(domain);
  for (const vcpu of domain.vcpus) {
    hypervisor.scheduler.remove(vcpu);
    vcpu.runstateArea = null;
    releaseVcpuInfo(vcpu);
    setRunState(vcpu, restingState(vcpu), now);
  }
  for (const pcpu of hypervisor.pcpus) if (pcpu.current?.domain === domain) pcpu.setCurrent(null, now);
  // Peers see their ends unbound again. Needs shared_info, so it comes before the memory goes.
  domain.events.reset();
  releaseDomainMemory(hypervisor, domain);
  for (const vcpu of domain.vcpus) vcpu.context[Symbol.dispose]();
  for (const pcpu of hypervisor.pcpus) if (domain.vcpus.some((vcpu) => vcpu.context === pcpu.loaded)) pcpu.loaded = null;
  hypervisor.console.guestGone(domain.domid);
  hypervisor.domains.delete(domain.domid);
}
