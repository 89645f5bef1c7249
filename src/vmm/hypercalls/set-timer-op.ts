/** HYPERVISOR_set_timer_op: the single shot timer by its old name. */
import { setSingleShot, stopSingleShot } from '../time/timers.ts';
import type { Hypercall } from './hypercall.ts';

/**
 * A timeout that has wrapped round, or is more than 13 days away, is a guest that has no timer to set: Xen fires after a tenth of a second
 * (do_set_timer_op() of xen/common/sched/core.c).
 */
const HUGE_NS: number = 2 ** 50;
const INSTEAD_NS = 100_000_000;

export const setTimerOp: Hypercall = {
  number: 15,
  name: 'set_timer_op',
  args: ['timeout'],
  run(vcpu, [timeout]) {
    const deadlineNs = Number(BigInt.asIntN(64, timeout!));
    const now = vcpu.domain.hypervisor.machine.clock.now();
    if (deadlineNs === 0) stopSingleShot(vcpu);
    else if (deadlineNs < 0 || deadlineNs - now >= HUGE_NS) setSingleShot(vcpu, now + INSTEAD_NS);
    else setSingleShot(vcpu, deadlineNs);
    return 0;
  },
};
