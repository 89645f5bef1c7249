/** Guest kernel and guest user mode both run at CPL 3; which of them it is, is the hypervisor's knowledge (toggle_guest_mode). */
import type { Vcpu } from '../vcpu.ts';

export function toKernel(vcpu: Vcpu): void {
  if (vcpu.context.mode === 'kernel') return;
  swapGs(vcpu);
  vcpu.context.mode = 'kernel';
}

export function toUser(vcpu: Vcpu): void {
  if (vcpu.context.mode === 'user') return;
  swapGs(vcpu);
  vcpu.context.mode = 'user';
}

function swapGs(vcpu: Vcpu): void {
  const { context } = vcpu;
  const active = context.gsBase;
  context.gsBase = vcpu.gsBaseOther;
  vcpu.gsBaseOther = active;
}
