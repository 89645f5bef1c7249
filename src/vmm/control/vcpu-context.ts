/** XEN_DOMCTL_setvcpucontext and getvcpucontext: a vCPU's registers, seen from outside. */
import { EINVAL, EOPNOTSUPP, type Errno } from '../errno.ts';
import { setKernelRoot } from '../memory/base-pointers.ts';
import { reconsider } from '../schedulers/transitions.ts';
import type { Vcpu } from '../vcpu.ts';
import type { VcpuGuestContext } from './types.ts';

/** Xen's flat selectors, FLAT_KERNEL_CS and FLAT_KERNEL_SS of a 64-bit guest. */
export const FLAT_CS = 0xe033;
export const FLAT_SS = 0xe02b;
/** FLAT_USER_CS32. */
export const FLAT_CS32 = 0xe023;

/** What a guest's flags may hold (the arithmetic ones, TF, DF, NT, RF, AC, ID), and what they always hold: IF and the fixed bit. */
const FLAGS_ALLOWED = 0x254dd5n;
const FLAGS_ALWAYS = 0x202n;

const RSP = 4;
const RSI = 6;
const SEGMENT = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5 } as const;

export function isCanonical(address: bigint): boolean {
  return BigInt.asUintN(64, BigInt.asIntN(48, address)) === BigInt.asUintN(64, address);
}

export function guestFlags(rflags: bigint): bigint {
  return (rflags & FLAGS_ALLOWED) | FLAGS_ALWAYS;
}

export function setVcpuContext(
  vcpu: Vcpu,
  { rip, rsp, rsi, rflags, cr3, gprs, cs = FLAT_CS, ss = FLAT_SS }: VcpuGuestContext,
): Errno | undefined {
  const { context } = vcpu;
  if (!isCanonical(rip) || !isCanonical(rsp) || (gprs && gprs.length !== 16)) return EINVAL;
  if (vcpu.initialised) {
    // The page tables of a vCPU that has some are its own affair.
    if (cr3 !== context.root('kernel')) return EOPNOTSUPP;
  } else {
    const problem = setKernelRoot(vcpu, cr3);
    if (problem) return problem;
    context.mode = 'kernel';
  }
  for (let i = 0; i < 16; i++) context.setGpr(i, gprs?.[i] ?? 0n);
  context.setGpr(RSP, rsp);
  context.setGpr(RSI, rsi);
  context.rip = rip;
  context.rflags = guestFlags(rflags);
  for (const segment of Object.values(SEGMENT)) context.setSelector(segment, 0);
  // Guest kernel and user both run in ring 3.
  context.setSelector(SEGMENT.cs, cs | 3);
  context.setSelector(SEGMENT.ss, ss | 3);
  vcpu.initialised = true;
  vcpu.online = true;
  reconsider(vcpu);
  return undefined;
}

export function getVcpuContext({ initialised, context }: Vcpu): VcpuGuestContext | Errno {
  if (!initialised) return EINVAL;
  return {
    rip: context.rip,
    rsp: context.gpr(RSP),
    rsi: context.gpr(RSI),
    rflags: context.rflags,
    cr3: context.root('kernel'),
    gprs: Array.from({ length: 16 }, (_, i) => context.gpr(i)),
    cs: context.selector(SEGMENT.cs),
    ss: context.selector(SEGMENT.ss),
  };
}
