/** What the processor asks while a vCPU runs: which frames it may touch, its descriptors, its CPUID, and stores that its page tables refuse. */
import type { Access, CpuEnvironment } from '../../hw/cpu/types.ts';
import { readGuest } from '../memory/guest-memory.ts';
import { TYPE } from '../memory/frame-table.ts';
import { modifyEntry } from '../memory/page-types.ts';
import type { Vcpu } from '../vcpu.ts';
import { guestCpuid } from './cpuid-policy.ts';

/** Xen's own descriptors, in every guest's GDT from entry 0x1c00 on: flat, DPL 3. */
const XEN_DESCRIPTORS: ReadonlyMap<number, bigint> = new Map([
  [0xe020, 0x00cf_fb00_0000_ffffn], // 32-bit code
  [0xe028, 0x00cf_f300_0000_ffffn], // data
  [0xe030, 0x00af_fb00_0000_ffffn], // 64-bit code
]);
const VMASST_WRITABLE_PAGETABLES = 1 << 2;
const ENTRIES_A_FRAME = 512;
const TI_LDT = 4;

export function environmentFor(vcpu: Vcpu): CpuEnvironment {
  const { domain } = vcpu;
  const { frames, machine } = domain.hypervisor;
  const { memory } = machine;

  const permits = (mfn: number, access: Access): boolean => {
    if (frames.owner[mfn] === domain.domid) return access !== 'write' || frames.typeCount[mfn] === 0 || frames.type[mfn] === TYPE.writable;
    if (frames.isM2p(mfn)) return access === 'read';
    return domain.sharedFrames.has(mfn) || domain.grants.mapped(mfn, access === 'write');
  };

  return {
    permits,
    cpuid: (leaf, subleaf) => guestCpuid(vcpu, leaf, subleaf, false),

    descriptor(selector) {
      const offset = selector & 0xfff8;
      if (selector & TI_LDT) {
        if (offset / 8 >= vcpu.ldtEntries) return null;
        return readLdt(vcpu, offset);
      }
      const own = XEN_DESCRIPTORS.get(offset);
      if (own !== undefined) return own;
      const index = offset / 8;
      const frame = vcpu.gdtFrames[Math.floor(index / ENTRIES_A_FRAME)];
      if (index >= vcpu.gdtEntries || frame === undefined) return null;
      return memory.view.getBigUint64(memory.address(frame) + (index % ENTRIES_A_FRAME) * 8, true);
    },

    /** Writable page tables (ptwr_emulated_update): a kernel's aligned store into an L1 table becomes a checked update of the entry that holds those bytes. */
    protectedStore(_va, address, width, value) {
      if ((domain.vmAssist & VMASST_WRITABLE_PAGETABLES) === 0 || vcpu.context.mode !== 'kernel') return false;
      const mfn = (address - memory.base) >>> 12;
      if (frames.owner[mfn] !== domain.domid || !frames.isTable(mfn, TYPE.l1)) return false;
      const offset = address & 4095;
      const inEntry = offset & 7;
      if ((width & (width - 1)) !== 0 || inEntry % width !== 0) return false;
      const old = memory.view.getBigUint64(address - inEntry, true);
      const mask = ((1n << BigInt(8 * width)) - 1n) << BigInt(8 * inEntry);
      const entry = (old & ~mask) | ((value << BigInt(8 * inEntry)) & mask);
      return modifyEntry(domain, mfn, offset >>> 3, entry) === undefined;
    },
  };
}

function readLdt(vcpu: Vcpu, offset: number): bigint | null {
  const bytes = readGuest(vcpu, vcpu.ldtBase + BigInt(offset), 8);
  return bytes ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) : null;
}
