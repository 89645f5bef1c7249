/** A hypercall's argument structures: copied from the caller's memory whole, looked at in the copy, copied back whole. */
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';

/** The `size` bytes at `va`, or null where the caller may not read them (EFAULT). */
export function readStruct(vcpu: Vcpu, va: bigint, size: number): DataView | null {
  const bytes = readGuest(vcpu, va, size);
  return bytes ? new DataView(bytes.buffer, bytes.byteOffset, size) : null;
}

/** A bitmap of the caller's vCPUs in its memory, or null where it cannot be read (vcpumask_to_pcpumask). */
export function readVcpuMask(vcpu: Vcpu, va: bigint): DataView | null {
  return readStruct(vcpu, va, 8 * Math.ceil(vcpu.domain.vcpus.length / 64));
}

/** False where the caller may not write (EFAULT). */
export function writeStruct(vcpu: Vcpu, va: bigint, a: DataView): boolean {
  return writeGuest(vcpu, va, new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
}
