/** CPUID as guests see it: the processor's answers, and Xen's own leaves (xen/include/public/arch-x86/cpuid.h). */
import { cpuFeatures, type CpuidResult } from '../../hw/cpu/features.ts';
import { TSC_KHZ } from '../../hw/clock.ts';
import { XEN_MAJOR, XEN_MINOR } from '../abi/version.ts';

const XEN_LEAF = 0x4000_0000;
const LAST_LEAF = 5;
const SIGNATURE: CpuidResult = [XEN_LEAF + LAST_LEAF, 0x566e_6558, 0x6558_4d4d, 0x4d4d_566e]; // "XenVMMXenVMM"
/** Leaf 2: one hypercall page, MMU_PT_UPDATE_PRESERVE_AD. */
const PRESERVE_AD = 1;
const TSC_MODE_NATIVE = 2;

export function guestCpuid(leaf: number, subleaf: number): CpuidResult {
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
