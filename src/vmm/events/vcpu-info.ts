/** VCPUOP_register_vcpu_info: a vCPU's vcpu_info moves from shared_info to a page of the guest's own. */
import { PAGE_SIZE } from '../../hw/memory.ts';
import { EBUSY, EINVAL, ENXIO, type Errno } from '../errno.ts';
import { writeVcpuTime } from '../time/pvclock.ts';
import type { Vcpu } from '../vcpu.ts';
import { markEverythingPending } from './pending.ts';

export const VCPU_INFO_BYTES = 64;
const ALIGNMENT = 8;

/** Once only. What the old place holds is carried over, and everything counts as pending, so that nothing is lost in the move. */
export function registerVcpuInfo(vcpu: Vcpu, mfn: bigint, offset: number): Errno | undefined {
  const { hypervisor, domid } = vcpu.domain;
  const { memory, clock } = hypervisor.machine;
  if (mfn >= BigInt(memory.frames) || offset >= PAGE_SIZE) return EINVAL;
  if (vcpu.vcpuInfoFrame !== null) return EBUSY;
  if (offset > PAGE_SIZE - VCPU_INFO_BYTES || offset % ALIGNMENT !== 0) return ENXIO;
  const frame = Number(mfn);
  // As writable as any page the guest maps so: it cannot become a page table while it is one.
  if (!hypervisor.frames.getWritable(frame, domid)) return EINVAL;
  const address = memory.address(frame) + offset;
  if (vcpu.vcpuInfoAddress === 0) memory.u8.fill(0, address, address + VCPU_INFO_BYTES);
  else memory.u8.copyWithin(address, vcpu.vcpuInfoAddress, vcpu.vcpuInfoAddress + VCPU_INFO_BYTES);
  vcpu.vcpuInfoFrame = frame;
  vcpu.vcpuInfoAddress = address;
  writeVcpuTime(vcpu, clock.now());
  markEverythingPending(vcpu);
  return undefined;
}

/** The end of the domain: from now on nothing is written there. */
export function releaseVcpuInfo(vcpu: Vcpu): void {
  vcpu.vcpuInfoAddress = 0;
  if (vcpu.vcpuInfoFrame === null) return;
  vcpu.domain.hypervisor.frames.putWritable(vcpu.vcpuInfoFrame);
  vcpu.vcpuInfoFrame = null;
}
