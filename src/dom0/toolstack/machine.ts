/** What domain 0's programs hold of the machine: the control interface and the calls of a guest, its clock, and its switch. */
import type { HypervisorHandle } from '../../vmm/hypervisor.ts';

export interface Machine extends Pick<
  HypervisorHandle,
  'controlFor' | 'guestCalls' | 'at' | 'holdVirtualTime' | 'freezeVirtualTime' | 'start' | 'stop'
> {
  readonly clock: Pick<HypervisorHandle['clock'], 'mode' | 'now' | 'wallStartNs'>;
}
