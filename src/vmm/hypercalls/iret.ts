/** HYPERVISOR_iret: back from a handler, to kernel or to user mode. On the stack: rax, r11, rcx, flags, rip, cs, rflags, rsp, ss (struct iret_context). */
import { guestFlags, isCanonical } from '../control/vcpu-context.ts';
import { setUpcallMask } from '../events/pending.ts';
import { readGuest } from '../memory/guest-memory.ts';
import { toUser } from '../traps/mode.ts';
import { NO_RESULT, type Hypercall } from './hypercall.ts';

const RSP = 4;
const IRET_CONTEXT_BYTES = 72;
/** VGCF_in_syscall: rcx and r11 are SYSRET's, not the frame's. */
const IN_SYSCALL = 0x100n;
const IF = 0x200n;

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
    context.rip = isCanonical(rip!) ? rip! : BigInt.asUintN(64, BigInt.asIntN(48, rip!));
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
    return NO_RESULT;
  },
};
