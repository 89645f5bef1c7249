/**
 * Delivery into the guest kernel: the frame that an exception, an event or a system call leaves on the kernel's stack
 * (create_bounce_frame in xen/arch/x86/x86_64/entry.S): rcx, r11, [error code], rip, cs, rflags, rsp, ss, lowest first.
 */
import type { Vcpu } from '../vcpu.ts';
import { FLAT_CS, FLAT_SS } from '../control/vcpu-context.ts';
import { setUpcallMask } from '../events/pending.ts';
import { writeGuest } from '../memory/guest-memory.ts';
import { toKernel } from './mode.ts';

const CS = 1;
const SS = 2;
const RCX = 1;
const RSP = 4;
const R11 = 11;
const IF = 0x200n;
const IOPL_SHIFT = 12n;
const IOPL = 0x3000n;
const DF = 0x400n;
/** TF, NT, RF, VM, AC. */
const CLEARED = 0x1_0100n | 0x4000n | 0x2_0000n | 0x4_0000n;
const VMASST_ARCHITECTURAL_IOPL = 1 << 4;

export interface Bounce {
  readonly handler: bigint;
  readonly maskEvents: boolean;
  readonly errorCode: number | null;
  /** A system call clears DF as well. */
  readonly clearDirection?: boolean;
  /** What the frame says in the place of where the vCPU is. */
  readonly from?: { readonly cs?: number; readonly rip?: bigint; readonly ss?: number; readonly rsp?: bigint };
}

/** False: it cannot be delivered (no handler, no stack), and the domain is lost. */
export function bounce(vcpu: Vcpu, { handler, maskEvents, errorCode, clearDirection = false, from = {} }: Bounce): boolean {
  if (handler === 0n) return false;
  const { context, domain } = vcpu;
  const fromKernel = context.mode === 'kernel';
  const { memory } = domain.hypervisor.machine;
  const masked = memory.u8[vcpu.vcpuInfoAddress + 1]! & 1;
  const cs = from.cs ?? context.selector(CS);
  const rflags = context.rflags;
  const iopl = domain.vmAssist & VMASST_ARCHITECTURAL_IOPL ? BigInt(vcpu.iopl) << IOPL_SHIFT : 0n;
  const words = [
    context.gpr(RCX),
    context.gpr(R11),
    ...(errorCode === null ? [] : [BigInt(errorCode >>> 0)]),
    from.rip ?? context.rip,
    BigInt(fromKernel ? cs & ~3 : cs) | (BigInt(masked) << 32n),
    (rflags & ~(IF | IOPL)) | (masked ? 0n : IF) | iopl,
    from.rsp ?? context.gpr(RSP),
    BigInt(from.ss ?? context.selector(SS)),
  ];
  const top = (fromKernel ? context.gpr(RSP) : vcpu.kernelSp) & ~15n;
  const rsp = BigInt.asUintN(64, top - BigInt(8 * words.length));
  toKernel(vcpu);
  if (!writeGuest(vcpu, rsp, new Uint8Array(new BigUint64Array(words).buffer))) return false;
  context.setGpr(RSP, rsp);
  context.rip = handler;
  context.rflags = rflags & ~(CLEARED | (clearDirection ? DF : 0n));
  context.setSelector(CS, FLAT_CS);
  context.setSelector(SS, FLAT_SS);
  if (maskEvents) setUpcallMask(vcpu, true);
  return true;
}
