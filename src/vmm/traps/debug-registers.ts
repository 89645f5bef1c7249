/** The debug registers as a guest may set them, by hypercall and by MOV (set_debugreg() in xen/arch/x86/pv/misc-hypercalls.c), and as exceptions leave them. */
import { CR4 } from '../../hw/cpu/control-registers.ts';
import { EINVAL, ENODEV, EPERM, type Errno } from '../errno.ts';
import { addressAllowed } from '../memory/walk.ts';
import type { Vcpu } from '../vcpu.ts';

const CR4_DE = BigInt(CR4.debuggingExtensions);
/** What the fixed bits of DR6 and DR7 read as. */
const DR6_FIXED = 0xffff_0ff0n;
const DR7_FIXED = 0x400n;
/** Bits 12, 14 and 15 of DR7, and bit 12 of DR6, read as zero. */
const DR6_ZERO = 0x1000n;
const DR7_ZERO = 0xd000n;
const DR7_GENERAL_DETECT = 0x2000n;
const DR7_ACTIVE = 0xffn;
/** The kind of each breakpoint, two bits of every four from bit 16 on: 2 is I/O. */
const DR7_KINDS: readonly bigint[] = [16n, 20n, 24n, 28n];
const KIND_IO = 2n;

/** 4 and 5 are other names of 6 and 7, unless debugging extensions are on. */
function numberOf({ cr4 }: Vcpu, register: number): number | null {
  if (register > 7) return null;
  if (register !== 4 && register !== 5) return register;
  return cr4 & CR4_DE ? null : register + 2;
}

export function readDebugRegister(vcpu: Vcpu, register: number): bigint | Errno {
  const number = numberOf(vcpu, register);
  return number === null ? ENODEV : vcpu.debugRegisters[number]!;
}

export function setDebugRegister(vcpu: Vcpu, register: number, value: bigint): Errno | undefined {
  const number = numberOf(vcpu, register);
  if (number === null) return ENODEV;
  if (number < 4) {
    if (!addressAllowed(value)) return EPERM;
    vcpu.debugRegisters[number] = value;
    arm(vcpu);
    return undefined;
  }
  if (value >> 32n) return EINVAL;
  if (number === 6) {
    vcpu.debugRegisters[6] = (value | DR6_FIXED) & ~DR6_ZERO;
    return undefined;
  }
  if (value & DR7_GENERAL_DETECT) return EPERM;
  const io = DR7_KINDS.some((shift) => ((value >> shift) & 3n) === KIND_IO);
  if (value & DR7_ACTIVE && io && !(vcpu.cr4 & CR4_DE)) return EPERM;
  vcpu.debugRegisters[7] = (value | DR7_FIXED) & ~DR7_ZERO;
  arm(vcpu);
  return undefined;
}

/** The processor obeys DR7. */
function arm({ context, debugRegisters }: Vcpu): void {
  context.setBreakpoints(debugRegisters.slice(0, 4), Number(debugRegisters[7]!));
}

/** #DB has happened: its bits join those that the guest has not cleared. */
export function noteDebugException({ debugRegisters }: Vcpu, dr6: number): void {
  debugRegisters[6]! |= BigInt(dr6);
}
