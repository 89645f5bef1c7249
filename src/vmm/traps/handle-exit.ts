/** What the processor could not do by itself: hypercalls, exceptions, privileged instructions. Ends in the guest's registers changed, or the domain crashed. */
import type { Cpu, Exit } from '../../hw/cpu/types.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { dispatchHypercall } from '../hypercalls/dispatch.ts';
import { readGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { FLAT_CS32, FLAT_SS } from '../control/vcpu-context.ts';
import { bounce } from './bounce.ts';
import { guestCpuid } from './cpuid-policy.ts';
import { noteDebugException } from './debug-registers.ts';
import { emulatePrivileged, instructionDone } from './emulate-privileged.ts';
import { fault, GENERAL_PROTECTION, INVALID_OPCODE, raise } from './raise.ts';

const GATE_DPL = 3;
const GATE_MASKS_EVENTS = 4;
/** The null selector of ring 3. */
const NULL_CS = 3;
/** UD2, "xen", CPUID: the forced emulation that guests ask for. */
const FORCED_CPUID: readonly number[] = [0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2];

export function handleExit(hypervisor: Hypervisor, vcpu: Vcpu, _cpu: Cpu, exit: Exit): void {
  switch (exit.kind) {
    case 'budget':
      return;
    case 'syscall':
      if (vcpu.context.mode === 'kernel' && !vcpu.context.compatibility) dispatchHypercall(vcpu);
      else systemCall(hypervisor, vcpu);
      return;
    case 'sysenter':
      fastSystemCall(hypervisor, vcpu);
      return;
    case 'exception':
      if (exit.vector === INVALID_OPCODE && forcedCpuid(vcpu)) return;
      if (exit.dr6 !== undefined) noteDebugException(vcpu, exit.dr6);
      raise(vcpu, exit.vector, exit.errorCode, exit.cr2);
      return;
    case 'interrupt':
      softwareInterrupt(vcpu, exit.vector, exit.length);
      return;
    case 'privileged':
      emulatePrivileged(vcpu, exit.instruction);
  }
}

/** SYSCALL in user mode. From 32-bit code it has a callback of its own (switch_to_kernel in xen/arch/x86/x86_64/entry.S). */
function systemCall(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { syscall, syscall32 } = vcpu.callbacks;
  const { compatibility } = vcpu.context;
  const { address } = compatibility ? syscall32 : syscall;
  if (address === 0n) {
    // As if SYSCALL did not exist: #UD at the instruction, two bytes back.
    vcpu.context.rip -= 2n;
    raise(vcpu, INVALID_OPCODE, null);
    return;
  }
  const from = compatibility ? { cs: FLAT_CS32, ss: FLAT_SS } : {};
  if (!bounce(vcpu, { handler: address, maskEvents: syscall.maskEvents, errorCode: null, clearDirection: true, from }))
    crashed(hypervisor, vcpu);
}

/** SYSENTER says neither where it was nor what its stack was (sysenter_entry). */
function fastSystemCall(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { address, maskEvents } = vcpu.callbacks.sysenter;
  const from = { cs: NULL_CS, rip: 0n, ss: FLAT_SS, rsp: 0n };
  const gate = vcpu.traps[GENERAL_PROTECTION]!;
  const entry =
    address === 0n
      ? { handler: gate.handler, maskEvents: (gate.flags & GATE_MASKS_EVENTS) !== 0, errorCode: 0 }
      : { handler: address, maskEvents, errorCode: null };
  if (!bounce(vcpu, { ...entry, from })) crashed(hypervisor, vcpu);
}

function crashed(hypervisor: Hypervisor, { domain }: Vcpu): void {
  hypervisor.crash(domain, 'the frame of a system call cannot be stored on the kernel stack');
}

/** INT n: the trap table's entry, if its DPL lets this mode in. */
function softwareInterrupt(vcpu: Vcpu, vector: number, length: number): void {
  const gate = vcpu.traps[vector]!;
  const needed = vcpu.context.mode === 'kernel' ? 1 : 3;
  if (gate.handler === 0n || (gate.flags & GATE_DPL) < needed) {
    fault(vcpu, GENERAL_PROTECTION, vector * 8 + 2);
    return;
  }
  vcpu.context.rip += BigInt(length);
  raise(vcpu, vector, null);
}

function forcedCpuid(vcpu: Vcpu): boolean {
  const { context } = vcpu;
  const bytes = readGuest(vcpu, context.rip, FORCED_CPUID.length);
  if (!bytes || !FORCED_CPUID.every((byte, i) => bytes[i] === byte)) return false;
  const [eax, ebx, ecx, edx] = guestCpuid(vcpu, Number(context.gpr(0) & 0xffff_ffffn), Number(context.gpr(1) & 0xffff_ffffn), true);
  context.setGpr(0, BigInt(eax >>> 0));
  context.setGpr(3, BigInt(ebx >>> 0));
  context.setGpr(1, BigInt(ecx >>> 0));
  context.setGpr(2, BigInt(edx >>> 0));
  instructionDone(vcpu, FORCED_CPUID.length);
  return true;
}
