/** INS and OUTS of who may reach ports (rep_ins() and rep_outs() in xen/arch/x86/pv/emul-priv-op.c). There are no devices: ones come in, and what goes out is lost. */
import type { Instruction } from '../../hw/cpu/decode/instruction.ts';
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { PAGE_FAULT, raise, RF } from './raise.ts';

const [RCX, RSI, RDI] = [1, 6, 7];
const [FS, GS] = [4, 5];
const DF = 0x400n;
const FAULT = { present: 1, write: 2, user: 4 } as const;
/** Iterations at a time; then the instruction is begun again. */
const MOST = 4096;

/** True: on to the next instruction; null: this one once more, or an exception has been raised. */
export function stringPort(vcpu: Vcpu, instruction: Instruction): true | null {
  const { context } = vcpu;
  const { name, operandSize: size, repeat, addressSize } = instruction;
  const cut = (value: bigint): bigint => BigInt.asUintN(8 * addressSize, value);
  const index = name === 'ins' ? RDI : RSI;
  const step = BigInt(context.rflags & DF ? -size : size);
  let left = repeat === null ? 1n : cut(context.gpr(RCX));
  for (let i = 0; left > 0n; i++) {
    if (i === MOST) return null;
    const offset = cut(context.gpr(index));
    const va = BigInt.asUintN(64, offset + (name === 'ins' ? 0n : overrideBase(vcpu, instruction)));
    const done = name === 'ins' ? writeGuest(vcpu, va, new Uint8Array(size).fill(0xff)) : readGuest(vcpu, va, size) !== undefined;
    if (!done) return refuse(vcpu, va, name === 'ins');
    context.setGpr(index, cut(offset + step));
    left--;
    if (repeat !== null) context.setGpr(RCX, left);
  }
  return true;
}

function overrideBase({ context }: Vcpu, { segment }: Instruction): bigint {
  return segment === FS ? context.fsBase : segment === GS ? context.gsBase : 0n;
}

function refuse(vcpu: Vcpu, va: bigint, write: boolean): null {
  const present = readGuest(vcpu, va, 1) !== undefined ? FAULT.present : 0;
  vcpu.context.rflags |= RF;
  raise(vcpu, PAGE_FAULT, present | (write ? FAULT.write : 0) | (vcpu.context.mode === 'user' ? FAULT.user : 0), va);
  return null;
}
