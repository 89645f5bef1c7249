/** What the processor could not do by itself: hypercalls, exceptions, privileged instructions. Ends in the guest's registers changed, or the domain crashed. */
import type { Cpu, Exit } from '../../hw/cpu/types.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { dispatchHypercall } from '../hypercalls/dispatch.ts';
import { readGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { bounce } from './bounce.ts';
import { guestCpuid } from './cpuid-policy.ts';
import { emulatePrivileged } from './emulate-privileged.ts';

const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const NAMES: readonly string[] = [
  '#DE',
  '#DB',
  'NMI',
  '#BP',
  '#OF',
  '#BR',
  '#UD',
  '#NM',
  '#DF',
  '',
  '#TS',
  '#NP',
  '#SS',
  '#GP',
  '#PF',
  '',
  '#MF',
  '#AC',
  '#MC',
  '#XM',
];
/** arch.cr2 of struct vcpu_info. */
const VCPU_INFO_CR2 = 16;
const GATE_DPL = 3;
const GATE_MASKS_EVENTS = 4;
/** UD2, "xen", CPUID: the forced emulation that guests ask for. */
const FORCED_CPUID: readonly number[] = [0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2];

export function handleExit(hypervisor: Hypervisor, vcpu: Vcpu, _cpu: Cpu, exit: Exit): void {
  switch (exit.kind) {
    case 'budget':
      return;
    case 'syscall':
      if (vcpu.context.mode === 'kernel') dispatchHypercall(vcpu);
      else systemCall(hypervisor, vcpu);
      return;
    case 'exception':
      if (exit.vector === INVALID_OPCODE && forcedCpuid(vcpu)) return;
      raise(hypervisor, vcpu, exit.vector, exit.errorCode, exit.cr2);
      return;
    case 'interrupt':
      softwareInterrupt(hypervisor, vcpu, exit.vector, exit.length);
      return;
    default:
      if (!emulatePrivileged(vcpu, exit.instruction)) raise(hypervisor, vcpu, GENERAL_PROTECTION, 0, 0n);
  }
}

/** An exception, through the guest's trap table. */
export function raise(hypervisor: Hypervisor, vcpu: Vcpu, vector: number, errorCode: number | null, cr2: bigint): void {
  const { domain, traps } = vcpu;
  if (vector === PAGE_FAULT) {
    const { view } = hypervisor.machine.memory;
    if (vcpu.vcpuInfoAddress !== 0) view.setBigUint64(vcpu.vcpuInfoAddress + VCPU_INFO_CR2, cr2, true);
  }
  const gate = traps[vector]!;
  const delivered = bounce(vcpu, { handler: gate.handler, maskEvents: (gate.flags & GATE_MASKS_EVENTS) !== 0, errorCode });
  if (delivered) return;
  const where = vector === PAGE_FAULT ? ` at ${cr2.toString(16).padStart(16, '0')}` : '';
  const code = errorCode === null ? '' : `, error code ${errorCode.toString(16).padStart(4, '0')}`;
  const why = gate.handler === 0n ? 'no handler' : 'the frame cannot be stored on the kernel stack';
  hypervisor.crash(domain, `Unhandled ${NAMES[vector] ?? `vector ${vector}`}${where}${code}: ${why}`);
}

function systemCall(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { address, maskEvents } = vcpu.callbacks.syscall;
  if (address === 0n) {
    // As if SYSCALL did not exist: #UD at the instruction, two bytes back.
    vcpu.context.rip -= 2n;
    raise(hypervisor, vcpu, INVALID_OPCODE, null, 0n);
    return;
  }
  if (!bounce(vcpu, { handler: address, maskEvents, errorCode: null, clearDirection: true })) {
    hypervisor.crash(vcpu.domain, 'the frame of a system call cannot be stored on the kernel stack');
  }
}

/** INT n: the trap table's entry, if its DPL lets this mode in. */
function softwareInterrupt(hypervisor: Hypervisor, vcpu: Vcpu, vector: number, length: number): void {
  const gate = vcpu.traps[vector]!;
  const needed = vcpu.context.mode === 'kernel' ? 1 : 3;
  if (gate.handler === 0n || (gate.flags & GATE_DPL) < needed) {
    raise(hypervisor, vcpu, GENERAL_PROTECTION, vector * 8 + 2, 0n);
    return;
  }
  vcpu.context.rip += BigInt(length);
  raise(hypervisor, vcpu, vector, null, 0n);
}

function forcedCpuid(vcpu: Vcpu): boolean {
  const { context } = vcpu;
  const bytes = readGuest(vcpu, context.rip, FORCED_CPUID.length);
  if (!bytes || !FORCED_CPUID.every((byte, i) => bytes[i] === byte)) return false;
  const [eax, ebx, ecx, edx] = guestCpuid(Number(context.gpr(0) & 0xffff_ffffn), Number(context.gpr(1) & 0xffff_ffffn));
  context.setGpr(0, BigInt(eax >>> 0));
  context.setGpr(3, BigInt(ebx >>> 0));
  context.setGpr(1, BigInt(ecx >>> 0));
  context.setGpr(2, BigInt(edx >>> 0));
  context.rip += BigInt(FORCED_CPUID.length);
  return true;
}
