/** SCHEDOP_watchdog: a domain that does not set its timer again in time is shut down, with that reason. */
import type { Domain } from '../domain.ts';
import { shutdownDomain } from '../schedulers/transitions.ts';

/** NR_DOMAIN_WATCHDOG_TIMERS. */
export const WATCHDOGS = 2;

export function setWatchdog(domain: Domain, index: number, seconds: number): void {
  cancelWatchdog(domain, index);
  const { clock } = domain.hypervisor.machine;
  domain.watchdogs[index] = clock.at(clock.now() + seconds * 1e9, () => {
    domain.watchdogs[index] = null;
    domain.hypervisor.console.log(`Watchdog timer ${index} fired for d${domain.domid}`);
    shutdownDomain(domain, 'watchdog');
  });
}

export function cancelWatchdog(domain: Domain, index: number): void {
  domain.watchdogs[index]?.cancel();
  domain.watchdogs[index] = null;
}
