/** What the control interface tells of domains and vCPUs. */
import type { Domain } from '../domain.ts';
import { stateTimes } from '../schedulers/transitions.ts';
import type { Vcpu } from '../vcpu.ts';
import type { DomainRecord, VcpuRecord } from './types.ts';

function sum(vcpus: readonly Vcpu[], of: (vcpu: Vcpu) => number): number {
  return vcpus.reduce((total, vcpu) => total + of(vcpu), 0);
}

export function domainRecord(domain: Domain): DomainRecord {
  const now = domain.hypervisor.machine.clock.now();
  const online = domain.vcpus.filter((vcpu) => vcpu.online);
  return {
    domid: domain.domid,
    handle: domain.handle,
    totalPages: domain.hypervisor.frames.ownedBy(domain.domid),
    maxPages: domain.maxPages,
    sharedInfoFrame: domain.sharedInfoFrame,
    cpuTimeNs: sum(domain.vcpus, (vcpu) => stateTimes(vcpu, now).running),
    retired: sum(domain.vcpus, (vcpu) => vcpu.context.retired),
    onlineVcpus: online.length,
    maxVcpuId: domain.vcpus.length - 1,
    cpupool: 0,
    dying: domain.dying,
    shutdown: domain.shutdown,
    paused: domain.pauseCount > 0,
    blocked: online.every((vcpu) => vcpu.blocked),
    running: online.some((vcpu) => vcpu.runState === 'running'),
    createdNs: domain.createdNs,
  };
}

function sorted(cpus: ReadonlySet<number>): number[] {
  return [...cpus].toSorted((a, b) => a - b);
}

export function vcpuRecord(vcpu: Vcpu): VcpuRecord {
  const times = stateTimes(vcpu, vcpu.domain.hypervisor.machine.clock.now());
  return {
    vcpu: vcpu.id,
    online: vcpu.online,
    blocked: vcpu.blocked,
    running: vcpu.runState === 'running',
    cpu: vcpu.processor,
    cpuTimeNs: times.running,
    retired: vcpu.context.retired,
    stateTimesNs: times,
    hardAffinity: sorted(vcpu.hardAffinity),
    softAffinity: sorted(vcpu.softAffinity),
  };
}
