/**
 * What a guest reads the time from: vcpu_time_info in each vcpu_info, and the wall clock in shared_info (xen/include/public/xen.h). A
 * version is odd while its fields change.
 *
 * The time stamp counter ticks once a nanosecond (TSC_KHZ), so TSC and system time are the same number: the multiplier 2^31, as a fraction of
 * 2^32, times two by the shift is one.
 */
import { TSC_KHZ } from '../../hw/clock.ts';
import type { Domain } from '../domain.ts';
import type { Vcpu } from '../vcpu.ts';

/** Offset of vcpu_time_info in vcpu_info. */
const TIME = 32;
const VERSION = 0;
const TSC_TIMESTAMP = 8;
const SYSTEM_TIME = 16;
const MUL = 24;
const SHIFT = 28;
const FLAGS = 29;
/** XEN_PVCLOCK_TSC_STABLE_BIT. */
const TSC_STABLE = 1;

const WC_VERSION = 0xc00;
const WC_SEC = 0xc04;
const WC_NSEC = 0xc08;
const WC_SEC_HI = 0xc0c;

/** Xen recalibrates once a second; so the area never is older than this when a vCPU starts to run. */
const STALE_NS = 1e9;

/** ns = (ticks << shift) * mul / 2^32. */
const NS_PER_TICK: number = 1e6 / TSC_KHZ;
const TSC_SHIFT: number = Math.floor(Math.log2(NS_PER_TICK)) + 1;
const TSC_MUL: number = (NS_PER_TICK / 2 ** TSC_SHIFT) * 2 ** 32;

/** Before a vCPU runs: does nothing while its area is fresh. */
export function refreshVcpuTime(vcpu: Vcpu, nowNs: number): void {
  if (nowNs - vcpu.timeWrittenNs >= STALE_NS) writeVcpuTime(vcpu, nowNs);
}

export function writeVcpuTime(vcpu: Vcpu, nowNs: number): void {
  if (vcpu.vcpuInfoAddress === 0) return;
  vcpu.timeWrittenNs = nowNs;
  const { view } = vcpu.domain.hypervisor.machine.memory;
  const at = vcpu.vcpuInfoAddress + TIME;
  const ns = BigInt(Math.floor(nowNs));
  const version = view.getUint32(at + VERSION, true) & ~1;
  view.setUint32(at + VERSION, version + 1, true);
  view.setBigUint64(at + TSC_TIMESTAMP, ns, true);
  view.setBigUint64(at + SYSTEM_TIME, ns, true);
  view.setUint32(at + MUL, TSC_MUL, true);
  view.setInt8(at + SHIFT, TSC_SHIFT);
  view.setUint8(at + FLAGS, TSC_STABLE);
  view.setUint32(at + VERSION, version + 2, true);
}

/** Wall time at system time zero. */
export function writeWallClock(domain: Domain): void {
  const { memory, clock } = domain.hypervisor.machine;
  const at = memory.address(domain.sharedInfoFrame);
  const seconds = clock.wallStartNs / 1_000_000_000n;
  const version = memory.view.getUint32(at + WC_VERSION, true) & ~1;
  memory.view.setUint32(at + WC_VERSION, version + 1, true);
  memory.view.setUint32(at + WC_SEC, Number(seconds & 0xffff_ffffn), true);
  memory.view.setUint32(at + WC_NSEC, Number(clock.wallStartNs % 1_000_000_000n), true);
  memory.view.setUint32(at + WC_SEC_HI, Number(seconds >> 32n), true);
  memory.view.setUint32(at + WC_VERSION, version + 2, true);
}
