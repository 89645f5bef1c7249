/** Virtual interrupts: xen/include/public/xen.h, VIRQ_*. */
import type { Hypervisor } from '../hypervisor.ts';
import type { Vcpu } from '../vcpu.ts';

/** 'vcpu': each vCPU has its own; 'domain': one a domain; 'global': one on the machine, for domain 0. */
export type VirqScope = 'vcpu' | 'domain' | 'global';

export const NR_VIRQS = 24;

/** VIRQ_TIMER, VIRQ_DEBUG, VIRQ_XENOPROF, VIRQ_XENPMU; the architecture's (16 to 23) apart from VIRQ_MCA. */
const PER_VCPU: ReadonlySet<number> = new Set([0, 1, 7, 13, 17, 18, 19, 20, 21, 22, 23]);
const VIRQ_ARGO = 11;

export function virqScope(virq: number): VirqScope {
  if (PER_VCPU.has(virq)) return 'vcpu';
  return virq === VIRQ_ARGO ? 'domain' : 'global';
}

/** Nothing happens when nobody has bound it. */
export function raiseVcpuVirq(vcpu: Vcpu, virq: number): void {
  vcpu.domain.events.raiseVirq(virq, vcpu.id);
}

export function raiseGlobalVirq(hypervisor: Hypervisor, virq: number): void {
  hypervisor.domains.get(0)?.events.raiseVirq(virq, 0);
}
