/** domctl: domains as a whole. */
import { EINVAL, Errno } from '../errno.ts';
import { pauseDomain, shutdownDomain, unpauseDomain } from '../schedulers/transitions.ts';
import { createDomain } from './create-domain.ts';
import { destroyDomain } from './destroy-domain.ts';
import { findDomain } from './find-domain.ts';
import type { Operations } from './operation.ts';
import { domainRecord } from './records.ts';

export const domainOperations: Operations<
  | 'createDomain'
  | 'destroyDomain'
  | 'pauseDomain'
  | 'unpauseDomain'
  | 'domainInfo'
  | 'setMaxPages'
  | 'creditParams'
  | 'remoteShutdown'
  | 'allocUnboundFor'
> = {
  createDomain(hypervisor, { handle, maxVcpus, domid }) {
    const domain = createDomain(hypervisor, { handle, maxVcpus, ...(domid === undefined ? {} : { domid }) });
    return domain instanceof Errno ? domain : domain.domid;
  },

  destroyDomain(hypervisor, { domid }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    return domain === caller ? EINVAL : destroyDomain(domain);
  },

  pauseDomain(hypervisor, { domid }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    // It would never get to call unpause.
    if (domain === caller) return EINVAL;
    pauseDomain(domain);
    return undefined;
  },

  unpauseDomain(hypervisor, { domid }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    if (domain.pauseCount === 0) return EINVAL;
    unpauseDomain(domain);
    return undefined;
  },

  domainInfo(hypervisor, { domid }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    return domain instanceof Errno ? domain : domainRecord(domain);
  },

  setMaxPages(hypervisor, { domid, pages }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    if (!Number.isInteger(pages) || pages < 0) return EINVAL;
    domain.maxPages = pages;
    return undefined;
  },

  creditParams(hypervisor, { domid, set }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    return domain instanceof Errno ? domain : hypervisor.scheduler.domainParams(domain, set);
  },

  remoteShutdown(hypervisor, { domid, reason }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    if (domain === caller) return EINVAL;
    shutdownDomain(domain, reason);
    return undefined;
  },

  allocUnboundFor(hypervisor, { domid, remote }, caller) {
    const domain = findDomain(hypervisor, caller, domid);
    if (domain instanceof Errno) return domain;
    const peer = findDomain(hypervisor, caller, remote);
    return peer instanceof Errno ? peer : domain.events.allocUnbound(peer.domid);
  },
};
