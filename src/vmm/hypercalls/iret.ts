/** HYPERVISOR_iret: back from a handler, to kernel or to user mode. On the stack: rax, r11, rcx, flags, rip, cs, rflags, rsp, ss (struct iret_context). */
import { guestFlags } from '../control/vcpu-context.ts';
import { setUpcallMask } from '../events/pending.ts';
import { readGuest } from '../memory/guest-memory.ts';
import { toUser } from '../traps/mode.ts';
import { GENERAL_PROTECTION, raise } from '../traps/raise.ts';
import type { Vcpu } from '../vcpu.ts';
import { NO_RESULT, type Hypercall } from './hypercall.ts';

const RSP = 4;
const IRET_CONTEXT_BYTES = 72;
/** VGCF_in_syscall: rcx and r11 are SYSRET's, not the frame's. */
const IN_SYSCALL = 0x100n;
const IF = 0x200n;

const VMASST_ARCHITECTURAL_IOPL = 1 << 4;
const IOPL_SHIFT = 12n;
const SEGMENT = { writable: 2, code: 8, user: 0x10, dpl: 0x60, present: 0x80 } as const;
const LONG_MODE = 1n << 53n;
const BITS_32 = 1n << 54n;

/** The first of them that ring 3 cannot have: code of 64 bits or of fewer, but not both at once; the stack writable data; both present and of DPL 3. */
function refusedSelector({ environment }: Vcpu, cs: number, ss: number): number | null {
  const access = (descriptor: bigint): number => Number((descriptor >> 40n) & 0xffn);
  const ring3 = SEGMENT.user | SEGMENT.dpl | SEGMENT.present;
  const code = environment.descriptor(cs);
  if (code === null || (access(code) & (ring3 | SEGMENT.code)) !== (ring3 | SEGMENT.code)) return cs;
  if ((code & LONG_MODE) !== 0n && (code & BITS_32) !== 0n) return cs;
  const stack = environment.descriptor(ss);
  if (stack === null || (access(stack) & (ring3 | SEGMENT.code | SEGMENT.writable)) !== (ring3 | SEGMENT.writable)) return ss;
  return null;
}

export const iret: Hypercall = {
  number: 23,
  name: 'iret',
  args: [],
  run(vcpu) {
    const { context, domain } = vcpu;
    const bytes = readGuest(vcpu, context.gpr(RSP), IRET_CONTEXT_BYTES);
    if (!bytes) {
      domain.hypervisor.crash(domain, 'the frame of an iret hypercall cannot be read');
      return NO_RESULT;
    }
    const [rax, r11, rcx, flags, rip, cs, rflags, rsp, ss] = new BigUint64Array(bytes.buffer) as unknown as readonly bigint[];
    const userMode = (cs! & 3n) === 3n;
    if (userMode && context.mode === 'kernel') {
      if (context.root('user') === 0) {
        domain.hypervisor.crash(domain, 'an iret hypercall to user mode without user page tables');
        return NO_RESULT;
      }
      toUser(vcpu);
    }
    if (domain.vmAssist & VMASST_ARCHITECTURAL_IOPL) vcpu.iopl = Number((rflags! >> IOPL_SHIFT) & 3n);
    context.rip = rip!; // one that is not canonical faults where it leads
    context.setGpr(RSP, rsp!);
    context.setSelector(1, Number(cs! & 0xffffn) | 3);
    context.setSelector(2, Number(ss! & 0xffffn) | 3);
    context.rflags = guestFlags(rflags!);
    if ((flags! & IN_SYSCALL) === 0n) {
      context.setGpr(11, r11!);
      context.setGpr(1, rcx!);
    }
    context.setGpr(0, rax!);
    setUpcallMask(vcpu, (rflags! & IF) === 0n);
    // The processor's own IRET, in the end, refuses selectors: the guest has arrived, and faults there.
    const refused = refusedSelector(vcpu, context.selector(1), context.selector(2));
    if (refused !== null) raise(vcpu, GENERAL_PROTECTION, refused & 0xfffc);
    return NO_RESULT;
  },
};
