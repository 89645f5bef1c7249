/** CPUID as guests see it: the processor's answers, and Xen's own leaves (xen/include/public/arch-x86/cpuid.h). */
import { CR4 } from '../../hw/cpu/control-registers.ts';
import { cpuFeatures, ECX_1_OSXSAVE, type CpuidResult } from '../../hw/cpu/features.ts';
import { TSC_KHZ } from '../../hw/clock.ts';
import { XEN_MAJOR, XEN_MINOR } from '../abi/version.ts';
import type { Vcpu } from '../vcpu.ts';

const XEN_LEAF = 0x4000_0000;
const LAST_LEAF = 5;
const SIGNATURE: CpuidResult = [XEN_LEAF + LAST_LEAF, 0x566e_6558, 0x6558_4d4d, 0x4d4d_566e]; // "XenVMMXenVMM"
/** Leaf 2: one hypercall page, MMU_PT_UPDATE_PRESERVE_AD. */
const PRESERVE_AD = 1;
const TSC_MODE_NATIVE = 2;

/**
 * `forced`: by the forced emulation. A guest kernel asks so whether XSAVE can be used before it sets CR4.OSXSAVE, and real Xen has always told it of its own
 * CR4 there (guest_cpuid() in xen/arch/x86/cpuid.c); everybody else is told what the guest kernel has set.
 */
export function guestCpuid({ cr4, context }: Vcpu, leaf: number, subleaf: number, forced: boolean): CpuidResult {
  if (leaf === 1) {
    const [eax, ebx, ecx, edx] = cpuFeatures(leaf, subleaf);
    const usable = (cr4 & BigInt(CR4.osxsave)) !== 0n || (forced && context.mode === 'kernel');
    return [eax, ebx, usable ? (ecx | ECX_1_OSXSAVE) >>> 0 : ecx, edx];
  }
  if (leaf < XEN_LEAF || leaf >= XEN_LEAF + 0x100) return cpuFeatures(leaf, subleaf);
  switch (leaf - XEN_LEAF) {
    case 0:
      return SIGNATURE;
    case 1:
      return [(XEN_MAJOR << 16) | XEN_MINOR, 0, 0, 0];
    case 2:
      return [1, XEN_LEAF, PRESERVE_AD, 0];
    case 3:
      if (subleaf === 0) return [0, TSC_MODE_NATIVE, TSC_KHZ, 1];
      if (subleaf === 1) return [0, 0, 0x8000_0000, 1];
      return subleaf === 2 ? [TSC_KHZ, 0, 0, 0] : [0, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}
