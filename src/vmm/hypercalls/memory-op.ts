/** HYPERVISOR_memory_op (xen/include/public/memory.h): reservations, and where the M2P is. */
import { DOMID_SELF } from '../control/types.ts';
import { HYPERVISOR_VIRT_START } from '../abi/version.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM, Errno, ESRCH } from '../errno.ts';
import { allocateFrames, releaseFrames } from '../memory/control.ts';
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { readStruct } from './structure.ts';
import type { Hypercall, HypercallResult } from './hypercall.ts';

/** struct xen_memory_reservation. */
const RESERVATION = { extentStart: 0, extents: 8, order: 16, domid: 24, bytes: 32 } as const;
const INCREASE = 0;
const DECREASE = 1;
const POPULATE = 6;

/** May the caller ask about this domain? */
function self(vcpu: Vcpu, domid: number): Errno | undefined {
  if (domid === DOMID_SELF || domid === vcpu.domain.domid) return undefined;
  return vcpu.domain.hypervisor.domains.has(domid) ? EPERM : ESRCH;
}

function about(vcpu: Vcpu, arg: bigint, answer: () => number): HypercallResult {
  const bytes = readGuest(vcpu, arg, 2);
  if (!bytes) return EFAULT;
  return self(vcpu, new DataView(bytes.buffer).getUint16(0, true)) ?? answer();
}

/** Extents one by one; the result is how many were done, as in Xen. */
function reservation(vcpu: Vcpu, arg: bigint, command: number): HypercallResult {
  const a = readStruct(vcpu, arg, RESERVATION.bytes);
  // None was done: the result counts extents, whatever goes wrong.
  if (!a || self(vcpu, a.getUint16(RESERVATION.domid, true))) return 0;
  const start = a.getBigUint64(RESERVATION.extentStart, true);
  const extents = Number(a.getBigUint64(RESERVATION.extents, true));
  if (a.getUint32(RESERVATION.order, true) !== 0) return 0; // single pages only: none was done
  let done = 0;
  // Only increase_reservation needs no list.
  for (; done < extents; done++) if (!extent(vcpu, start === 0n && command === INCREASE ? null : start + BigInt(8 * done), command)) break;
  return done;
}

function extent(vcpu: Vcpu, at: bigint | null, command: number): boolean {
  const { domain } = vcpu;
  const { hypervisor } = domain;
  if (at === null) return !(allocateFrames(hypervisor, domain, 1) instanceof Errno);
  const bytes = command === INCREASE ? new Uint8Array(8) : readGuest(vcpu, at, 8);
  if (!bytes) return false;
  const value = new DataView(bytes.buffer).getBigUint64(0, true);
  if (command === DECREASE) {
    const mfn = Number(value);
    // One that is still in use, if only as a page table, stays what it is until it is not; its pin goes.
    return releaseFrames(hypervisor, domain, [mfn]) === undefined;
  }
  const got = allocateFrames(hypervisor, domain, 1);
  if (got instanceof Errno) return false;
  const [mfn] = got;
  if (command === POPULATE) hypervisor.frames.setM2p(mfn!, value);
  if (writeGuest(vcpu, at, new Uint8Array(new BigUint64Array([BigInt(mfn!)]).buffer))) return true;
  releaseFrames(hypervisor, domain, got);
  return false;
}

/** XENMEM_*, by number. */
const COMMANDS: Readonly<Record<number, (vcpu: Vcpu, arg: bigint) => HypercallResult>> = {
  0: (vcpu, arg) => reservation(vcpu, arg, INCREASE),
  1: (vcpu, arg) => reservation(vcpu, arg, DECREASE),
  2: ({ domain }) => domain.hypervisor.machine.memory.frames,
  3: (vcpu, arg) => about(vcpu, arg, () => vcpu.domain.hypervisor.frames.ownedBy(vcpu.domain.domid)),
  4: (vcpu, arg) => about(vcpu, arg, () => vcpu.domain.maxPages),
  6: (vcpu, arg) => reservation(vcpu, arg, POPULATE),
  11: () => EINVAL, // exchange
  12(vcpu, arg) {
    const { frames } = vcpu.domain.hypervisor;
    const end = HYPERVISOR_VIRT_START + BigInt(frames.m2pFrames * 4096);
    const words = new BigUint64Array([HYPERVISOR_VIRT_START, end, BigInt(frames.memory.frames - 1)]);
    return writeGuest(vcpu, arg, new Uint8Array(words.buffer)) ? 0 : EFAULT;
  },
  14: (vcpu, arg) => about(vcpu, arg, () => vcpu.domain.hypervisor.frames.ownedBy(vcpu.domain.domid)),
};

export const memoryOp: Hypercall = {
  number: 12,
  name: 'memory_op',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    return COMMANDS[Number(BigInt.asUintN(32, cmd!))]?.(vcpu, arg!) ?? ENOSYS;
  },
};
