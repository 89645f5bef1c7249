/** A vCPU's timers: one single shot and one periodic, both delivered as VIRQ_TIMER. */
import { VIRQ_TIMER } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { raiseVcpuVirq } from '../events/virqs.ts';
import type { Vcpu } from '../vcpu.ts';

/** At once when the time has passed. */
export function setSingleShot(vcpu: Vcpu, deadlineNs: number): void {
  stopSingleShot(vcpu);
  const { clock } = vcpu.domain.hypervisor.machine;
  if (deadlineNs <= clock.now()) {
    raiseVcpuVirq(vcpu, VIRQ_TIMER);
    return;
  }
  vcpu.singleShot = clock.at(deadlineNs, () => {
    vcpu.singleShot = null;
    raiseVcpuVirq(vcpu, VIRQ_TIMER);
  });
}

export function stopSingleShot(vcpu: Vcpu): void {
  vcpu.singleShot?.cancel();
  vcpu.singleShot = null;
}

/** 0 stops it. */
export function setPeriodic(vcpu: Vcpu, periodNs: number): void {
  suspendPeriodic(vcpu);
  vcpu.periodNs = periodNs;
  if (vcpu.runState === 'running') resumePeriodic(vcpu);
}

/** Xen's periodic timer runs only while its vCPU does: a blocked guest is not woken by it. */
export function suspendPeriodic(vcpu: Vcpu): void {
  vcpu.periodic?.cancel();
  vcpu.periodic = null;
}

/** The vCPU starts to run: a tick that it has missed is delivered once. */
export function resumePeriodic(vcpu: Vcpu): void {
  if (vcpu.periodNs === 0) return;
  const { clock } = vcpu.domain.hypervisor.machine;
  const now = clock.now();
  if (now >= vcpu.lastPeriodNs + vcpu.periodNs) {
    vcpu.lastPeriodNs = now;
    raiseVcpuVirq(vcpu, VIRQ_TIMER);
  }
  vcpu.periodic = clock.at(vcpu.lastPeriodNs + vcpu.periodNs, () => {
    vcpu.periodic = null;
    resumePeriodic(vcpu);
  });
}

/** The end of a domain. */
export function cancelTimers(domain: Domain): void {
  for (const vcpu of domain.vcpus) {
    stopSingleShot(vcpu);
    setPeriodic(vcpu, 0);
    vcpu.pollTimer?.cancel();
    vcpu.pollTimer = null;
  }
  domain.watchdogs.forEach((timer, i) => {
    timer?.cancel();
    domain.watchdogs[i] = null;
  });
}
