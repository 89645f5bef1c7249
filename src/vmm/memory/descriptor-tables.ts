/** The guest's GDT: frames of its own that hold nothing but checked descriptors, and are mapped writable nowhere (set_gdt, update_descriptor). */
import type { Domain } from '../domain.ts';
import { EINVAL, type Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { flushDomain } from './flush.ts';
import { TYPE } from './frame-table.ts';

const ENTRIES_A_FRAME = 512;
/** FIRST_RESERVED_GDT_ENTRY: from here on they are Xen's. */
export const GDT_ENTRIES_MAX = 7168;

/** A descriptor as the guest may have it: user data or code with DPL 3, or empty. System descriptors and gates are refused. */
export function checkedDescriptor(descriptor: bigint): bigint | null {
  const access = Number((descriptor >> 40n) & 0xffn);
  if ((access & 0x80) === 0) return descriptor;
  if ((access & 0x10) === 0) return access & 0x0f ? null : descriptor;
  return descriptor | (3n << 45n);
}

function getDescriptors(domain: Domain, mfn: number): Errno | undefined {
  const { frames, machine } = domain.hypervisor;
  if (!frames.get(mfn, domain.domid)) return EINVAL;
  const fail = (): Errno => {
    frames.put(mfn);
    return EINVAL;
  };
  if (frames.typeCount[mfn]! > 0) {
    if (frames.type[mfn] !== TYPE.descriptors) return fail();
    frames.typeCount[mfn]!++;
    return undefined;
  }
  const base = machine.memory.address(mfn);
  for (let i = 0; i < ENTRIES_A_FRAME; i++) {
    const checked = checkedDescriptor(machine.memory.view.getBigUint64(base + i * 8, true));
    if (checked === null) return fail();
    machine.memory.view.setBigUint64(base + i * 8, checked, true);
  }
  frames.type[mfn] = TYPE.descriptors;
  frames.typeCount[mfn] = 1;
  flushDomain(domain);
  return undefined;
}

function putDescriptors(domain: Domain, mfn: number): void {
  const { frames } = domain.hypervisor;
  if (--frames.typeCount[mfn]! === 0) frames.type[mfn] = TYPE.none;
  frames.put(mfn);
}

export function setGdt(vcpu: Vcpu, gdtFrames: readonly number[], entries: number): Errno | undefined {
  if (entries > GDT_ENTRIES_MAX || gdtFrames.length * ENTRIES_A_FRAME < entries) return EINVAL;
  const taken: number[] = [];
  for (const mfn of gdtFrames) {
    const problem = getDescriptors(vcpu.domain, mfn);
    if (problem) {
      for (const other of taken) putDescriptors(vcpu.domain, other);
      return problem;
    }
    taken.push(mfn);
  }
  for (const mfn of vcpu.gdtFrames) putDescriptors(vcpu.domain, mfn);
  vcpu.gdtFrames = taken;
  vcpu.gdtEntries = entries;
  return undefined;
}
