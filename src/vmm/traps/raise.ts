/** Exceptions on their way into the guest (pv_inject_event() in xen/arch/x86/pv/traps.c). */
import type { Vcpu } from '../vcpu.ts';
import { bounce } from './bounce.ts';

export const DEBUG = 1;
export const INVALID_OPCODE = 6;
export const GENERAL_PROTECTION = 13;
export const PAGE_FAULT = 14;
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
const GATE_MASKS_EVENTS = 4;

/** What a fault leaves set in the flags that it saves. */
export const RF = 0x1_0000n;

/** A fault that the hypervisor finds in the processor's place. */
export function fault(vcpu: Vcpu, vector: number, errorCode: number | null): void {
  vcpu.context.rflags |= RF;
  raise(vcpu, vector, errorCode);
}

/** An exception, through the guest's trap table. */
export function raise(vcpu: Vcpu, vector: number, errorCode: number | null, cr2: bigint = 0n): void {
  const { domain, traps } = vcpu;
  const { hypervisor } = domain;
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
