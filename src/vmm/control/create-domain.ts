/** XEN_DOMCTL_createdomain and max_vcpus: an empty domain, paused, with its vCPUs offline. All or nothing. */
import { Domain } from '../domain.ts';
import { EEXIST, EINVAL, ENOMEM, ENOSPC, Errno } from '../errno.ts';
import { EventChannels } from '../events/event-channels.ts';
import { createGrantTable } from '../grants/grant-table.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { setupSharedInfo } from '../memory/shared-info.ts';
import { setRunState } from '../schedulers/transitions.ts';
import { writeVcpuTime, writeWallClock } from '../time/pvclock.ts';
import { environmentFor } from '../traps/environment.ts';
import { Vcpu } from '../vcpu.ts';
import { VCPU_INFO_BYTES } from '../events/vcpu-info.ts';
import { tearDown } from './destroy-domain.ts';
import { DOMID_FIRST_RESERVED } from './find-domain.ts';

/** shared_info has room for so many vcpu_info (XEN_LEGACY_MAX_VCPUS). */
export const MAX_VCPUS = 32;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface CreateArguments {
  readonly handle: string;
  readonly maxVcpus: number;
  readonly domid?: number;
}

export function createDomain(hypervisor: Hypervisor, { handle, maxVcpus, domid }: CreateArguments): Domain | Errno {
  if (!UUID.test(handle)) return EINVAL;
  if (!Number.isInteger(maxVcpus) || maxVcpus < 1 || maxVcpus > MAX_VCPUS) return EINVAL;
  const id = domid ?? freeDomid(hypervisor);
  if (id instanceof Errno) return id;
  if (!Number.isInteger(id) || id < 0 || id >= DOMID_FIRST_RESERVED) return EINVAL;
  if (hypervisor.domains.has(id)) return EEXIST;

  const { machine } = hypervisor;
  const domain = new Domain(hypervisor, id, handle, machine.clock.now());
  domain.events = new EventChannels(domain);
  domain.grants = createGrantTable(domain);
  hypervisor.domains.set(id, domain);
  const problem = setupSharedInfo(hypervisor, domain) ?? addVcpus(domain, maxVcpus);
  if (problem) {
    tearDown(domain);
    return problem;
  }
  writeWallClock(domain);
  if (domid === undefined) hypervisor.lastDomid = id;
  return domain;
}

function addVcpus(domain: Domain, count: number): Errno | undefined {
  const { machine, scheduler } = domain.hypervisor;
  const all = new Set(machine.cpus.map((cpu) => cpu.id));
  const now = machine.clock.now();
  for (let id = 0; id < count; id++) {
    let context;
    try {
      context = machine.newContext();
    } catch {
      return ENOMEM; // the engine's own memory is used up
    }
    const vcpu = new Vcpu(domain, id, context);
    vcpu.environment = environmentFor(vcpu);
    vcpu.hardAffinity = all;
    vcpu.softAffinity = all;
    vcpu.vcpuInfoAddress = machine.memory.address(domain.sharedInfoFrame) + id * VCPU_INFO_BYTES;
    vcpu.runStateSinceNs = now;
    setRunState(vcpu, 'offline', now);
    domain.vcpus.push(vcpu);
    writeVcpuTime(vcpu, now);
    scheduler.insert(vcpu);
  }
  return undefined;
}

/** The next id after the last one given, round the table; an id in use is passed over. */
function freeDomid(hypervisor: Hypervisor): number | Errno {
  for (let step = 1; step < DOMID_FIRST_RESERVED; step++) {
    // 1 to DOMID_FIRST_RESERVED - 1: domain 0's number is never given away.
    const id = ((hypervisor.lastDomid + step - 1) % (DOMID_FIRST_RESERVED - 1)) + 1;
    if (!hypervisor.domains.has(id)) return id;
  }
  return ENOSPC;
}
