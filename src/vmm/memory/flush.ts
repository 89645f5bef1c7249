/** What a change of page tables or of a frame's use makes stale. */
import type { Domain } from '../domain.ts';

export function flushDomain(domain: Domain): void {
  for (const vcpu of domain.vcpus) vcpu.context.flushTlb();
}

export function invalidateDomain(domain: Domain, va: bigint): void {
  for (const vcpu of domain.vcpus) vcpu.context.invalidatePage(va);
}

/** The frame's contents have changed behind the processors' backs. */
export function dropCode(domain: Domain, mfn: number): void {
  for (const cpu of domain.hypervisor.machine.cpus) cpu.dropCode(mfn);
}
