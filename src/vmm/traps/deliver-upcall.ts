/** Before a vCPU goes on: an event that is pending and not masked is delivered through its event callback. */
import type { Cpu } from '../../hw/cpu/types.ts';
import { eventsNeedDelivery } from '../events/pending.ts';
import type { Vcpu } from '../vcpu.ts';
import { bounce } from './bounce.ts';

export function deliverUpcall(vcpu: Vcpu, _cpu: Cpu): void {
  const { domain, callbacks } = vcpu;
  if (!eventsNeedDelivery(vcpu) || callbacks.event.address === 0n || domain.shutdown !== null) return;
  if (!bounce(vcpu, { handler: callbacks.event.address, maskEvents: true, errorCode: null }))
    domain.hypervisor.crash(domain, 'the frame of an event cannot be stored');
}
