/** HYPERVISOR_event_channel_op (xen/include/public/event_channel.h): structures are copied in, and back when they have results. */
import { findDomain } from '../control/find-domain.ts';
import type { Domain } from '../domain.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM, Errno } from '../errno.ts';
import { readStruct, writeStruct } from './structure.ts';
import type { Vcpu } from '../vcpu.ts';
import type { Hypercall } from './hypercall.ts';

interface Command {
  readonly name: string;
  /** Bytes of its structure. */
  readonly size: number;
  /** Fills its results into `a`, which is then copied back. */
  readonly run: (vcpu: Vcpu, a: DataView) => Errno | undefined;
  readonly results?: true;
}

/** EVTCHNSTAT_*. */
const STATUS = { closed: 0, unbound: 1, interdomain: 2, virq: 4, ipi: 5 } as const;
/** Numbers of physical interrupts that a domain has at all; none is ever permitted to it. */
const NR_PIRQS = 256;

/** Another domain's channels are for domain 0 to look at. */
function target(vcpu: Vcpu, domid: number): Domain | Errno {
  const domain = findDomain(vcpu.domain.hypervisor, vcpu.domain, domid);
  if (domain instanceof Errno) return domain;
  return domain === vcpu.domain || vcpu.domain.privileged ? domain : EPERM;
}

function putPort(a: DataView, offset: number, port: number | Errno): Errno | undefined {
  if (port instanceof Errno) return port;
  a.setUint32(offset, port, true);
  return undefined;
}

/** By EVTCHNOP_* number. The FIFO commands (11 to 13) answer ENOSYS: guests then keep to the 2-level ABI. */
const COMMANDS: readonly (Command | undefined)[] = [
  {
    name: 'bind_interdomain',
    size: 12,
    results: true,
    run(vcpu, a) {
      const remote = findDomain(vcpu.domain.hypervisor, vcpu.domain, a.getUint16(0, true));
      return remote instanceof Errno ? remote : putPort(a, 8, vcpu.domain.events.bindInterdomain(remote.events, a.getUint32(4, true)));
    },
  },
  {
    name: 'bind_virq',
    size: 12,
    results: true,
    run: (vcpu, a) => putPort(a, 8, vcpu.domain.events.bindVirq(a.getUint32(0, true), a.getUint32(4, true))),
  },
  { name: 'bind_pirq', size: 12, run: (_vcpu, a) => (a.getUint32(0, true) >= NR_PIRQS ? EINVAL : EPERM) },
  { name: 'close', size: 4, run: (vcpu, a) => vcpu.domain.events.close(a.getUint32(0, true)) },
  { name: 'send', size: 4, run: (vcpu, a) => vcpu.domain.events.send(a.getUint32(0, true)) },
  { name: 'status', size: 24, results: true, run: status },
  {
    name: 'alloc_unbound',
    size: 8,
    results: true,
    run(vcpu, a) {
      const domain = target(vcpu, a.getUint16(0, true));
      if (domain instanceof Errno) return domain;
      const remote = findDomain(vcpu.domain.hypervisor, vcpu.domain, a.getUint16(2, true));
      // The other domain need not exist yet.
      return putPort(a, 4, domain.events.allocUnbound(remote instanceof Errno ? a.getUint16(2, true) : remote.domid));
    },
  },
  { name: 'bind_ipi', size: 8, results: true, run: (vcpu, a) => putPort(a, 4, vcpu.domain.events.bindIpi(a.getUint32(0, true))) },
  { name: 'bind_vcpu', size: 8, run: (vcpu, a) => vcpu.domain.events.bindVcpu(a.getUint32(0, true), a.getUint32(4, true)) },
  { name: 'unmask', size: 4, run: (vcpu, a) => vcpu.domain.events.unmask(a.getUint32(0, true)) },
  {
    name: 'reset',
    size: 2,
    run(vcpu, a) {
      const domain = target(vcpu, a.getUint16(0, true));
      if (domain instanceof Errno) return domain;
      // Somebody else's only while it cannot run.
      if (domain !== vcpu.domain && domain.pauseCount === 0) return EINVAL;
      domain.events.reset();
      return undefined;
    },
  },
];

function status(vcpu: Vcpu, a: DataView): Errno | undefined {
  const domain = target(vcpu, a.getUint16(0, true));
  if (domain instanceof Errno) return domain;
  const found = domain.events.status(a.getUint32(4, true));
  if (found instanceof Errno) return found;
  a.setUint32(8, STATUS[found.state], true);
  a.setUint32(12, found.vcpuId, true);
  switch (found.state) {
    case 'unbound':
      a.setUint16(16, found.remoteDomid, true);
      break;
    case 'interdomain':
      a.setUint16(16, found.remoteDomid, true);
      a.setUint32(20, found.remotePort, true);
      break;
    case 'virq':
      a.setUint32(16, found.virq, true);
      break;
    case 'closed':
    case 'ipi':
  }
  return undefined;
}

export const eventChannelOp: Hypercall = {
  number: 32,
  name: 'event_channel_op',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    const command = COMMANDS[Number(BigInt.asUintN(32, cmd!))];
    if (!command) return ENOSYS;
    const a = readStruct(vcpu, arg!, command.size);
    if (!a) return EFAULT;
    // Nothing is done whose result could not be told.
    if (command.results && !writeStruct(vcpu, arg!, a)) return EFAULT;
    const problem = command.run(vcpu, a);
    if (problem) return problem;
    if (command.results && !writeStruct(vcpu, arg!, a)) return EFAULT;
    return 0;
  },
};
