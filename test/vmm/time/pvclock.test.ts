import { expect, test } from 'vitest';
import { writeVcpuTime, writeWallClock, refreshVcpuTime } from '../../../src/vmm/time/pvclock.ts';
import { runstateInfo } from '../../../src/vmm/time/runstate.ts';
import { cancelTimers, setPeriodic, setSingleShot } from '../../../src/vmm/time/timers.ts';
import { setWatchdog } from '../../../src/vmm/time/watchdog.ts';
import { poll } from '../../../src/vmm/schedulers/transitions.ts';
import type { Vcpu } from '../../../src/vmm/vcpu.ts';
import { fakeHost } from '../support/fake-machine.ts';

const MS = 1_000_000;

/** Reads the time as a guest does (xen/include/public/xen.h, vcpu_time_info). */
function guestTime(vcpu: Vcpu, tsc: bigint): bigint {
  const { view } = vcpu.domain.hypervisor.machine.memory;
  const at = vcpu.vcpuInfoAddress + 32;
  expect(view.getUint32(at, true) & 1).toBe(0);
  let delta = tsc - view.getBigUint64(at + 8, true);
  const shift = view.getInt8(at + 28);
  delta = shift >= 0 ? delta << BigInt(shift) : delta >> BigInt(-shift);
  return view.getBigUint64(at + 16, true) + ((delta * BigInt(view.getUint32(at + 24, true))) >> 32n);
}

test('a guest computes system time from the time stamp counter', () => {
  const { addDomain } = fakeHost(1);
  const vcpu = addDomain(1, 1).vcpus[0]!;
  writeVcpuTime(vcpu, 5 * MS);
  expect(guestTime(vcpu, 5_000_000n)).toBe(5_000_000n);
  expect(guestTime(vcpu, 5_000_001n)).toBe(5_000_001n);
  expect(guestTime(vcpu, 987_654_321_987n)).toBe(987_654_321_987n);
  const { view } = vcpu.domain.hypervisor.machine.memory;
  expect(view.getUint32(vcpu.vcpuInfoAddress + 32 + 24, true)).toBe(0x8000_0000);
  expect(view.getInt8(vcpu.vcpuInfoAddress + 32 + 28)).toBe(1);
});

test('the area’s version stays even and grows with each update', () => {
  const vcpu = fakeHost(1).addDomain(1, 1).vcpus[0]!;
  const { view } = vcpu.domain.hypervisor.machine.memory;
  const version = (): number => view.getUint32(vcpu.vcpuInfoAddress + 32, true);
  writeVcpuTime(vcpu, 0);
  expect(version()).toBe(2);
  refreshVcpuTime(vcpu, 100);
  expect(version()).toBe(2);
  refreshVcpuTime(vcpu, 2e9);
  expect(version()).toBe(4);
});

test('the wall clock tells when the machine was started', () => {
  const domain = fakeHost(1).addDomain(1, 1);
  writeWallClock(domain);
  const { memory } = domain.hypervisor.machine;
  const at = memory.address(domain.sharedInfoFrame);
  expect(memory.view.getUint32(at + 0xc00, true)).toBe(2);
  expect(memory.view.getUint32(at + 0xc04, true)).toBe(Date.UTC(2026, 0, 1) / 1000);
  expect(memory.view.getUint32(at + 0xc08, true)).toBe(0);
});

test('runstate information names the state and its times', () => {
  const { addDomain, runUntil, clock } = fakeHost(1);
  const vcpu = addDomain(1, 1).vcpus[0]!;
  runUntil(5 * MS);
  const bytes = runstateInfo(vcpu, clock.now());
  const view = new DataView(bytes.buffer);
  expect(bytes).toHaveLength(48);
  expect(view.getUint32(0, true)).toBe(0);
  expect(view.getBigUint64(8, true)).toBe(0n);
  expect(Number(view.getBigUint64(16, true))).toBe(clock.now());
});

test('a watchdog that is not set again shuts its domain down', () => {
  const { addDomain, runUntil, hypervisor } = fakeHost(1);
  const domain = addDomain(1, 1);
  setWatchdog(domain, 0, 2);
  runUntil(1e9);
  setWatchdog(domain, 0, 2);
  runUntil(2.9e9);
  expect(domain.shutdown).toBeNull();
  runUntil(3.1e9);
  expect(domain.shutdown).toBe('watchdog');
  expect(hypervisor.console.read()).toContain('(XEN) Watchdog timer 0 fired for d1');
});

test('the end of a domain leaves no timer set', () => {
  const { addDomain, clock } = fakeHost(1);
  const domain = addDomain(1, 2);
  const before = clock.pending;
  for (const vcpu of domain.vcpus) {
    setSingleShot(vcpu, 1e9);
    setPeriodic(vcpu, 10 * MS);
    poll(vcpu, [1], 2e9);
  }
  setWatchdog(domain, 1, 10);
  expect(clock.pending).toBeGreaterThan(before);
  cancelTimers(domain);
  expect(clock.pending).toBe(before);
});

test('a deadline past the end of exact time never comes, and never leads the clock there', () => {
  const { addDomain, clock } = fakeHost(1);
  setSingleShot(addDomain(1, 1).vcpus[0]!, 2 ** 62);
  expect(clock.nextDeadline()).toBe(Infinity);
});

test('cancelled timers do not fill the clock', () => {
  const { addDomain, clock } = fakeHost(1);
  const vcpu = addDomain(1, 1).vcpus[0]!;
  const before = clock.pending;
  for (let i = 0; i < 10_000; i++) setSingleShot(vcpu, 1e12 + i);
  expect(clock.pending).toBe(before + 1);
});
