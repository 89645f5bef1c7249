/** HYPERVISOR_sched_op (xen/include/public/sched.h). */
import { findDomain } from '../control/find-domain.ts';
import { SHUTDOWN_REASONS, type ShutdownReason } from '../control/types.ts';
import { EFAULT, EINVAL, ENOSPC, ENOSYS, EPERM, Errno } from '../errno.ts';
import { eventsNeedDelivery, setUpcallMask } from '../events/pending.ts';
import { readStruct } from './structure.ts';
import { block, poll, shutdownDomain, yieldNow } from '../schedulers/transitions.ts';
import { cancelWatchdog, setWatchdog, WATCHDOGS } from '../time/watchdog.ts';
import type { Vcpu } from '../vcpu.ts';
import type { Hypercall, HypercallResult } from './hypercall.ts';

type Command = (vcpu: Vcpu, arg: bigint) => HypercallResult;

/** do_poll(): no more ports than this. */
const POLL_PORTS_MAX = 128;

/** A number that is no reason is a crash to us: what the guest wanted, nobody knows. */
function reasonOf(number: number): ShutdownReason {
  return SHUTDOWN_REASONS[number & 0xff] ?? 'crash';
}

/** By SCHEDOP_* number. */
const COMMANDS: readonly Command[] = [
  function yields(vcpu) {
    yieldNow(vcpu);
    return 0;
  },

  /** Opens the upcall mask; returns at once if that lets an event in. */
  function blocks(vcpu) {
    setUpcallMask(vcpu, false);
    if (!eventsNeedDelivery(vcpu)) block(vcpu);
    return 0;
  },

  /** Real Xen says nothing of a crash that a guest reports; whoever looks for its reason will want the registers. */
  function shutdown(vcpu, arg) {
    const a = readStruct(vcpu, arg, 4);
    if (!a) return EFAULT;
    const reason = vcpu.domain.shutdownCode ?? reasonOf(a.getUint32(0, true));
    if (reason === 'crash') vcpu.domain.hypervisor.crash(vcpu.domain, 'the guest reported it');
    else shutdownDomain(vcpu.domain, reason);
    return 0;
  },

  /** Ends at once when a port is pending (masked or not), or an event is due anyway. */
  function polls(vcpu, arg) {
    const a = readStruct(vcpu, arg, 24);
    if (!a) return EFAULT;
    const count = a.getUint32(8, true);
    if (count > POLL_PORTS_MAX) return EINVAL;
    const list = count === 0 ? null : readStruct(vcpu, a.getBigUint64(0, true), 4 * count);
    if (count > 0 && !list) return EFAULT;
    if (eventsNeedDelivery(vcpu)) return 0;
    const ports: number[] = [];
    for (let i = 0; i < count; i++) {
      const port = list!.getUint32(4 * i, true);
      const pending = vcpu.domain.events.poll(port);
      if (pending instanceof Errno) return pending;
      if (pending) return 0;
      ports.push(port);
    }
    const timeout = a.getBigUint64(16, true);
    poll(vcpu, ports, timeout === 0n ? null : Number(timeout));
    return 0;
  },

  function remoteShutdown(vcpu, arg) {
    const a = readStruct(vcpu, arg, 8);
    if (!a) return EFAULT;
    const domain = findDomain(vcpu.domain.hypervisor, vcpu.domain, a.getUint16(0, true));
    if (domain instanceof Errno) return domain;
    if (!vcpu.domain.privileged) return EPERM;
    shutdownDomain(domain, reasonOf(a.getUint32(4, true)));
    return 0;
  },

  function shutdownCode(vcpu, arg) {
    const a = readStruct(vcpu, arg, 4);
    if (!a) return EFAULT;
    vcpu.domain.shutdownCode ??= reasonOf(a.getUint32(0, true));
    return 0;
  },

  /** Id 0 takes a free timer and answers its id; another id sets it again, or gives it back when the timeout is 0. */
  function watchdog(vcpu, arg) {
    const a = readStruct(vcpu, arg, 8);
    if (!a) return EFAULT;
    const { domain } = vcpu;
    const id = a.getUint32(0, true);
    const seconds = a.getUint32(4, true);
    if (id > WATCHDOGS) return EINVAL;
    if (id === 0) {
      const free = domain.watchdogs.indexOf(null);
      if (free < 0) return ENOSPC;
      setWatchdog(domain, free, seconds);
      return free + 1;
    }
    if (!domain.watchdogs[id - 1]) return EINVAL;
    if (seconds === 0) cancelWatchdog(domain, id - 1);
    else setWatchdog(domain, id - 1, seconds);
    return 0;
  },

  /** For the hardware domain only, and ours runs no instructions. */
  function pinOverride() {
    return EPERM;
  },
];

export const schedOp: Hypercall = {
  number: 29,
  name: 'sched_op',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    return COMMANDS[Number(BigInt.asUintN(32, cmd!))]?.(vcpu, arg!) ?? ENOSYS;
  },
};
