/**
 * The 2-level event channel ABI: pending and mask bits in shared_info, a selector and one pending byte in each vcpu_info, all in machine memory
 * where guest and hypervisor both change them. Every change is atomic, as the guest's are.
 */
import type { Domain } from '../domain.ts';
import { unblock } from '../schedulers/transitions.ts';
import type { Vcpu } from '../vcpu.ts';

/** struct shared_info of a 64-bit guest: evtchn_pending and evtchn_mask, 64 words of 64 bits each. */
const PENDING_OFFSET = 0x800;
const MASK_OFFSET = 0xa00;
/** struct vcpu_info. */
const UPCALL_PENDING = 0;
const UPCALL_MASK = 1;
const PENDING_SEL = 8;

/** One port for each bit that 64 words of 64 bits have. */
export const PORTS_2L = 4096;

/** Index into a Uint32Array over machine memory of the word with `port`'s bit. */
function wordIndex(domain: Domain, table: number, port: number): number {
  return (domain.hypervisor.machine.memory.address(domain.sharedInfoFrame) + table + ((port >>> 5) << 2)) >>> 2;
}

function bitOf(port: number): number {
  return 1 << (port & 31);
}

function test(domain: Domain, table: number, port: number): boolean {
  return (domain.hypervisor.machine.memory.u32[wordIndex(domain, table, port)]! & bitOf(port)) !== 0;
}

/** Sets the bit; was it set before? */
function testAndSet(domain: Domain, table: number, port: number): boolean {
  return (Atomics.or(domain.hypervisor.machine.memory.u32, wordIndex(domain, table, port), bitOf(port)) & bitOf(port)) !== 0;
}

function testAndClear(domain: Domain, table: number, port: number): boolean {
  return (Atomics.and(domain.hypervisor.machine.memory.u32, wordIndex(domain, table, port), ~bitOf(port)) & bitOf(port)) !== 0;
}

export function isPending(domain: Domain, port: number): boolean {
  return test(domain, PENDING_OFFSET, port);
}

export function isMasked(domain: Domain, port: number): boolean {
  return test(domain, MASK_OFFSET, port);
}

export function clearPending(domain: Domain, port: number): void {
  testAndClear(domain, PENDING_OFFSET, port);
}

/** An event on `port`, which notifies `vcpu`. Polling vCPUs see it even when it is masked. */
export function setPending(domain: Domain, port: number, vcpu: Vcpu): void {
  if (testAndSet(domain, PENDING_OFFSET, port)) return;
  if (!isMasked(domain, port)) select(vcpu, port);
  for (const poller of domain.vcpus) {
    if (poller.polling && (poller.polling.length !== 1 || poller.polling[0] === port)) unblock(poller);
  }
}

/** EVTCHNOP_unmask: an event that came while the port was masked is delivered now. */
export function unmask(domain: Domain, port: number, vcpu: Vcpu): void {
  if (testAndClear(domain, MASK_OFFSET, port) && isPending(domain, port)) select(vcpu, port);
}

function select(vcpu: Vcpu, port: number): void {
  const address = vcpu.vcpuInfoAddress;
  if (address !== 0) {
    const { u32 } = vcpu.domain.hypervisor.machine.memory;
    const word = port >>> 6;
    const bit = 1 << (word & 31);
    if (Atomics.or(u32, (address + PENDING_SEL + ((word >>> 5) << 2)) >>> 2, bit) & bit) return;
  }
  markEventsPending(vcpu);
}

/** Sets evtchn_upcall_pending and wakes the vCPU if it waits for events. */
export function markEventsPending(vcpu: Vcpu): void {
  const address = vcpu.vcpuInfoAddress;
  if (address !== 0 && Atomics.exchange(vcpu.domain.hypervisor.machine.memory.u8, address + UPCALL_PENDING, 1) !== 0) return;
  unblock(vcpu);
}

/** An event waits that the vCPU has not masked: it may not block, and gets its upcall before it goes on. */
export function eventsNeedDelivery(vcpu: Vcpu): boolean {
  const address = vcpu.vcpuInfoAddress;
  if (address === 0) return false;
  const { u8 } = vcpu.domain.hypervisor.machine.memory;
  return u8[address + UPCALL_PENDING] !== 0 && u8[address + UPCALL_MASK] === 0;
}

export function setUpcallMask(vcpu: Vcpu, masked: boolean): void {
  if (vcpu.vcpuInfoAddress !== 0) vcpu.domain.hypervisor.machine.memory.u8[vcpu.vcpuInfoAddress + UPCALL_MASK] = masked ? 1 : 0;
}

/** As after VCPUOP_register_vcpu_info: every word may hold something, so that nothing is lost in the move. */
export function markEverythingPending(vcpu: Vcpu): void {
  const { u32 } = vcpu.domain.hypervisor.machine.memory;
  const index = (vcpu.vcpuInfoAddress + PENDING_SEL) >>> 2;
  Atomics.store(u32, index, 0xffff_ffff);
  Atomics.store(u32, index + 1, 0xffff_ffff);
  markEventsPending(vcpu);
}

/**
 * What a guest's upcall handler does, for domains whose programs are TypeScript: takes the ports that are pending and not masked, lowest
 * first, and clears them.
 */
export function takePending(vcpu: Vcpu): number[] {
  const { domain, vcpuInfoAddress } = vcpu;
  const { u8, u32 } = domain.hypervisor.machine.memory;
  if (Atomics.exchange(u8, vcpuInfoAddress + UPCALL_PENDING, 0) === 0) return [];
  const ports: number[] = [];
  for (let half = 0; half < 2; half++) {
    const selected = Atomics.exchange(u32, ((vcpuInfoAddress + PENDING_SEL) >>> 2) + half, 0);
    for (let i = 0; i < 32; i++) {
      if (!(selected & (1 << i))) continue;
      const first = (half * 32 + i) * 64;
      for (const port of [first, first + 32]) takeWord(domain, port, ports);
    }
  }
  return ports;
}

function takeWord(domain: Domain, firstPort: number, ports: number[]): void {
  const { u32 } = domain.hypervisor.machine.memory;
  const mask = u32[wordIndex(domain, MASK_OFFSET, firstPort)]!;
  const taken = Atomics.and(u32, wordIndex(domain, PENDING_OFFSET, firstPort), mask) & ~mask;
  for (let bit = 0; bit < 32; bit++) if (taken & (1 << bit)) ports.push(firstPort + bit);
}
