/**
 * Every change of what a vCPU may do goes through here: blocking, waking, pausing, shutting down. These functions keep `vcpu.blocked`,
 * `vcpu.runState` and the scheduler in step; nobody else writes them. The run loop alone moves a vCPU into 'running' and out of it.
 */
import type { RunState, ShutdownReason } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { raiseGlobalVirq } from '../events/virqs.ts';
import { VIRQ_DOM_EXC } from '../control/types.ts';
import type { Vcpu } from '../vcpu.ts';

/** Enters a state and charges the time since the last change to the one it leaves. */
export function setRunState(vcpu: Vcpu, state: RunState, nowNs: number): void {
  // A pCPU may be ahead of the one that wakes this vCPU: time in a state is never negative.
  const since = Math.max(nowNs, vcpu.runStateSinceNs);
  vcpu.stateTimesNs[vcpu.runState] += since - vcpu.runStateSinceNs;
  vcpu.runState = state;
  vcpu.runStateSinceNs = since;
}

/** Times in each state up to now, the current one included. */
export function stateTimes(vcpu: Vcpu, nowNs: number): Record<RunState, number> {
  const times = { ...vcpu.stateTimesNs };
  times[vcpu.runState] += Math.max(0, nowNs - vcpu.runStateSinceNs);
  return times;
}

/** Which state a vCPU that does not run is in. */
export function restingState(vcpu: Vcpu): RunState {
  if (vcpu.runnable) return 'runnable';
  return vcpu.blocked && vcpu.initialised && vcpu.online ? 'blocked' : 'offline';
}

/** Tells the scheduler after anything has changed that `vcpu.runnable` depends on. */
export function reconsider(vcpu: Vcpu): void {
  const { scheduler, machine } = vcpu.domain.hypervisor;
  const now = machine.clock.now();
  if (vcpu.runState === 'running') {
    // It is on a pCPU: the run loop takes it off and gives it its new state.
    if (!vcpu.runnable) scheduler.sleep(vcpu, now);
    return;
  }
  const before = vcpu.runState;
  const state = restingState(vcpu);
  if (state === before) return;
  setRunState(vcpu, state, now);
  if (state === 'runnable') scheduler.wake(vcpu, now);
  else if (before === 'runnable') scheduler.sleep(vcpu, now);
}

/** SCHEDOP_block, without the check for pending events. */
export function block(vcpu: Vcpu): void {
  vcpu.blocked = true;
  reconsider(vcpu);
}

/** An event, or the end of a poll. */
export function unblock(vcpu: Vcpu): void {
  if (!vcpu.blocked) return;
  vcpu.blocked = false;
  vcpu.polling = null;
  vcpu.pollTimer?.cancel();
  vcpu.pollTimer = null;
  reconsider(vcpu);
}

/** SCHEDOP_poll, without the check for pending ports. `timeoutNs` is absolute; null: for ever. */
export function poll(vcpu: Vcpu, ports: readonly number[], timeoutNs: number | null): void {
  vcpu.polling = ports;
  if (timeoutNs !== null) {
    const { clock } = vcpu.domain.hypervisor.machine;
    vcpu.pollTimer = clock.at(timeoutNs, () => {
      vcpu.pollTimer = null;
      unblock(vcpu);
    });
  }
  block(vcpu);
}

/** SCHEDOP_yield. */
export function yieldNow(vcpu: Vcpu): void {
  vcpu.domain.hypervisor.scheduler.yield(vcpu);
}

export function setOnline(vcpu: Vcpu, online: boolean): void {
  vcpu.online = online;
  reconsider(vcpu);
}

export function pauseDomain(domain: Domain): void {
  domain.pauseCount++;
  for (const vcpu of domain.vcpus) reconsider(vcpu);
}

export function unpauseDomain(domain: Domain): void {
  domain.pauseCount--;
  for (const vcpu of domain.vcpus) reconsider(vcpu);
}

/** domain_shutdown() of xen/common/domain.c: the first reason counts; domain 0 hears of it by VIRQ_DOM_EXC. */
export function shutdownDomain(domain: Domain, reason: ShutdownReason): void {
  if (domain.shutdown !== null) return;
  domain.shutdown = domain.shutdownCode ?? reason;
  for (const vcpu of domain.vcpus) reconsider(vcpu);
  raiseGlobalVirq(domain.hypervisor, VIRQ_DOM_EXC);
}
