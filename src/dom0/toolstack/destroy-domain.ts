/** The end of a domain: everything that the toolstack and its daemons hold for it goes, then the domain. Its console can still be read. */
import { removeDomainNodes } from './domain-nodes.ts';
import type { KnownDomain } from './domain-table.ts';
import type { Dom0 } from './dom0.ts';
import { must } from './must.ts';

/** In domain 0's time. */
export function destroyDomain(dom0: Dom0, known: KnownDomain, detail?: string): void {
  const { control, consoled, xenstored, store, domains, events } = dom0;
  const { domid, name, uuid } = known;
  // So that it prints nothing any more after the console was emptied for the last time.
  must(control.pauseDomain({ domid }), `domain ${domid}`);
  consoled.detach(domid, true);
  xenstored.release(domid);
  must(control.destroyDomain({ domid }), `domain ${domid}`);
  domains.remove(domid);
  removeDomainNodes(store, domid, uuid);
  events.emit({ kind: 'destroyed', domid, name, ...(detail !== undefined && { detail }) });
}
