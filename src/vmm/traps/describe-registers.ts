/** A vCPU's state as the hypervisor prints it when a domain crashes (show_registers). */
import type { Vcpu } from '../vcpu.ts';
import { readGuest } from '../memory/guest-memory.ts';

const hex = (value: bigint | number, digits: number = 16): string => value.toString(16).padStart(digits, '0');
const STACK_WORDS = 16;
const STACK_COLUMNS = 4;

export function describeRegisters(vcpu: Vcpu): string[] {
  const { context } = vcpu;
  const gpr = (index: number): string => hex(context.gpr(index));
  const lines = [
    `CPU:    ${vcpu.processor}`,
    `RIP:    ${hex(context.selector(1), 4)}:[<${hex(context.rip)}>]`,
    `RFLAGS: ${hex(context.rflags)}   CONTEXT: pv guest (d${vcpu.domain.domid}v${vcpu.id}), ${context.mode} mode`,
    `rax: ${gpr(0)}   rbx: ${gpr(3)}   rcx: ${gpr(1)}`,
    `rdx: ${gpr(2)}   rsi: ${gpr(6)}   rdi: ${gpr(7)}`,
    `rbp: ${gpr(5)}   rsp: ${gpr(4)}   r8:  ${gpr(8)}`,
    `r9:  ${gpr(9)}   r10: ${gpr(10)}   r11: ${gpr(11)}`,
    `r12: ${gpr(12)}   r13: ${gpr(13)}   r14: ${gpr(14)}`,
    `r15: ${gpr(15)}   cr0: ${hex(vcpu.cr0)}   cr4: ${hex(vcpu.cr4)}`,
    `cr3: ${hex(BigInt(context.root(context.mode)) << 12n)}`,
    `fsb: ${hex(context.fsBase)}   gsb: ${hex(context.gsBase)}   gss: ${hex(vcpu.gsBaseOther)}`,
    `Guest stack trace from rsp=${gpr(4)}:`,
  ];
  const words: string[] = [];
  for (let i = 0; i < STACK_WORDS; i++) {
    const bytes = readGuest(vcpu, BigInt.asUintN(64, context.gpr(4) + BigInt(8 * i)), 8);
    if (!bytes) break;
    words.push(hex(new DataView(bytes.buffer).getBigUint64(0, true)));
  }
  for (let i = 0; i < words.length; i += STACK_COLUMNS) lines.push(`   ${words.slice(i, i + STACK_COLUMNS).join(' ')}`);
  if (words.length === 0) lines.push('   Stack cannot be read.');
  return lines;
}
