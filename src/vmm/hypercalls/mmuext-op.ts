/** HYPERVISOR_mmuext_op: pinning, base pointers, TLB flushes, the LDT. */
import { EACCES, EFAULT, EINVAL, ENOSYS, type Errno } from '../errno.ts';
import { setKernelRoot, setUserRoot } from '../memory/base-pointers.ts';
import { pin, unpin } from '../memory/control.ts';
import { flushDomain, invalidateDomain } from '../memory/flush.ts';
import { readGuest } from '../memory/guest-memory.ts';
import type { Level } from '../memory/page-types.ts';
import { addressAllowed } from '../memory/walk.ts';
import type { Vcpu } from '../vcpu.ts';
import { doneBefore, PREEMPTED, reportDone, targetDomain } from './mmu-update.ts';
import { BATCH, Continuation, type Hypercall } from './hypercall.ts';
import { readVcpuMask } from './structure.ts';

const OP_BYTES = 24;
const LDT_ENTRIES_MAX = 8192n;

type Operation = (vcpu: Vcpu, arg1: bigint, arg2: bigint) => Errno | undefined;

/** What is too large for a number of a frame stays too large. */
const frame = (arg: bigint): number => Number(arg);
const pins =
  (level: Level): Operation =>
  (vcpu, mfn) =>
    pin(vcpu.domain, frame(mfn), level);
const flushAll: Operation = ({ domain }) => {
  flushDomain(domain);
  return undefined;
};
const flushSome: Operation = (vcpu, _arg1, mask) => (readVcpuMask(vcpu, mask) ? flushAll(vcpu, 0n, mask) : EINVAL);
const invalidateSome: Operation = (vcpu, va, mask) => (readVcpuMask(vcpu, mask) ? invalidateAll(vcpu, va, mask) : EINVAL);
const invalidateAll: Operation = ({ domain }, va) => {
  invalidateDomain(domain, va);
  return undefined;
};
const ownFrame = ({ domain }: Vcpu, mfn: bigint): boolean => domain.hypervisor.frames.getWritable(frame(mfn), domain.domid);

/** MMUEXT_*, by number. */
const OPERATIONS: Readonly<Record<number, Operation>> = {
  0: pins(1),
  1: pins(2),
  2: pins(3),
  3: pins(4),
  4: (vcpu, mfn) => unpin(vcpu.domain, frame(mfn)),
  5: (vcpu, mfn) => (mfn === 0n ? EINVAL : setKernelRoot(vcpu, frame(mfn))),
  6: ({ context }) => {
    context.flushTlb();
    return undefined;
  },
  7: ({ context }, va) => {
    context.invalidatePage(va);
    return undefined;
  },
  8: flushSome,
  9: invalidateSome,
  10: flushAll,
  11: invalidateAll,
  12: () => EACCES, // FLUSH_CACHE is for domains with devices
  13(vcpu, base, entries) {
    const count = BigInt.asUintN(32, entries);
    if (count > LDT_ENTRIES_MAX || (count > 0n && (base & 0xfffn || !addressAllowed(base)))) return EINVAL;
    vcpu.ldtBase = count === 0n ? 0n : base;
    vcpu.ldtEntries = Number(count);
    return undefined;
  },
  15: (vcpu, mfn) => setUserRoot(vcpu, frame(mfn)),
  16(vcpu, mfn) {
    if (!ownFrame(vcpu, mfn)) return EINVAL;
    const { frames, machine } = vcpu.domain.hypervisor;
    machine.memory.frame(frame(mfn)).fill(0);
    machine.cpus[0]!.dropCode(frame(mfn));
    frames.putWritable(frame(mfn));
    return undefined;
  },
  17(vcpu, mfn, source) {
    const { frames, machine } = vcpu.domain.hypervisor;
    if (!frames.get(frame(source), vcpu.domain.domid)) return EINVAL;
    const mine = ownFrame(vcpu, mfn);
    if (mine) {
      machine.memory.frame(frame(mfn)).set(machine.memory.frame(frame(source)));
      machine.cpus[0]!.dropCode(frame(mfn));
      frames.putWritable(frame(mfn));
    }
    frames.put(frame(source));
    return mine ? undefined : EINVAL;
  },
  18: () => EACCES, // FLUSH_CACHE_GLOBAL
};

export const mmuextOp: Hypercall = {
  number: 26,
  name: 'mmuext_op',
  args: ['uops*', 'count', 'pdone*', 'foreigndom'],
  run(vcpu, [ops, count, pdone, foreign]) {
    const domain = targetDomain(vcpu, foreign!);
    if (!('domid' in domain)) return domain;
    const n = Number(BigInt.asUintN(31, count!));
    const before = doneBefore(vcpu, count!, pdone!);
    let problem: Errno | undefined;
    let done = 0;
    for (; done < Math.min(n, BATCH); done++) {
      const bytes = readGuest(vcpu, ops! + BigInt(done * OP_BYTES), OP_BYTES);
      if (!bytes) {
        problem = EFAULT;
        break;
      }
      const view = new DataView(bytes.buffer);
      const operation = OPERATIONS[view.getUint32(0, true)];
      problem = operation ? operation(vcpu, view.getBigUint64(8, true), view.getBigUint64(16, true)) : ENOSYS;
      if (problem) break;
    }
    reportDone(vcpu, pdone!, before + done);
    return problem ?? (done < n ? new Continuation([ops! + BigInt(done * OP_BYTES), BigInt(n - done) | PREEMPTED, pdone!, foreign!]) : 0);
  },
};
