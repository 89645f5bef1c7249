/** The calls that every domain may make, typed, for domains whose programs are TypeScript. */
import type { Domain } from '../domain.ts';
import { EINVAL, Errno } from '../errno.ts';
import { mapGrants } from '../grants/map-grants.ts';
import { findDomain } from './find-domain.ts';
import type { GuestCalls } from './types.ts';

export function guestCallsFor(domain: Domain): GuestCalls {
  const { hypervisor, events } = domain;
  return {
    domid: domain.domid,
    allocUnbound: ({ remote }) => {
      const peer = findDomain(hypervisor, domain, remote);
      return peer instanceof Errno ? peer : events.allocUnbound(peer.domid);
    },
    bindInterdomain: ({ remote, remotePort }) => {
      const peer = findDomain(hypervisor, domain, remote);
      return peer instanceof Errno ? peer : events.bindInterdomain(peer.events, remotePort);
    },
    bindVirq: ({ virq }) => events.bindVirq(virq, 0),
    closePort: ({ port }) => {
      domain.programs?.forget(port);
      return events.close(port);
    },
    notify: ({ port }) => events.send(port),
    mapGrant: (argument) => mapGrants(domain, argument),
    consoleWrite: ({ text }) => hypervisor.console.guestWrite(domain.domid, text),
    onEvent: (port, handler) => programsOf(domain).onEvent(port, handler),
    schedule: (work) => programsOf(domain).schedule(work),
  };
}

function programsOf(domain: Domain): NonNullable<Domain['programs']> {
  if (!domain.programs) throw new Error(`domain ${domain.domid} runs instructions, not programs (${EINVAL.name})`);
  return domain.programs;
}
