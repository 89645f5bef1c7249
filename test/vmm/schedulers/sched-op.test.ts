import { beforeEach, describe, expect, test } from 'vitest';
import { eventsNeedDelivery, setUpcallMask } from '../../../src/vmm/events/pending.ts';
import { controlOps } from '../../../src/vmm/hypercalls/control-ops.ts';
import { schedOp } from '../../../src/vmm/hypercalls/sched-op.ts';
import { setTimerOp } from '../../../src/vmm/hypercalls/set-timer-op.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { ARGUMENTS, call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const OP = { yield: 0, block: 1, shutdown: 2, poll: 3, remoteShutdown: 4, shutdownCode: 5, watchdog: 6, pinOverride: 7 };

let handle: HypervisorHandle;
let guest: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 16 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 1 });
  guest = tinyGuest(handle, { maxVcpus: 2 });
});

function op(number: number, ...fields: Parameters<typeof put>[1][]): unknown {
  return call(guest.vcpu, schedOp, number, put(guest, ...fields));
}

/** Ports to poll, in the second argument page. */
function ports(...list: number[]): bigint {
  list.forEach((port, i) => guest.page(3).setUint32(4 * i, port, true));
  return guest.va(3);
}

describe('block', () => {
  test('opens the upcall mask and waits for an event', () => {
    const { vcpu } = guest;
    setUpcallMask(vcpu, true);
    expect(call(vcpu, schedOp, OP.block, 0)).toBe(0);
    expect(vcpu.blocked).toBe(true);
    const port = ok(guest.domain.events.bindIpi(0));
    guest.domain.events.send(port);
    expect(vcpu.blocked).toBe(false);
    expect(eventsNeedDelivery(vcpu)).toBe(true);
  });

  test('returns at once when an event was waiting behind the mask', () => {
    setUpcallMask(guest.vcpu, true);
    guest.domain.events.send(ok(guest.domain.events.bindIpi(0)));
    expect(call(guest.vcpu, schedOp, OP.block, 0)).toBe(0);
    expect(guest.vcpu.blocked).toBe(false);
  });
});

describe('poll', () => {
  beforeEach(() => setUpcallMask(guest.vcpu, true));

  test('waits for its ports, with a timeout', () => {
    const port = ok(guest.domain.events.bindIpi(0));
    expect(op(OP.poll, [0, 8, ports(port)], [8, 4, 1], [16, 8, 5_000_000])).toBe(0);
    expect(guest.vcpu).toMatchObject({ blocked: true, polling: [port] });
    expect(guest.vcpu.pollTimer?.deadlineNs).toBe(5_000_000);
    guest.domain.events.send(port);
    expect(guest.vcpu).toMatchObject({ blocked: false, polling: null, pollTimer: null });
  });

  test('returns at once when a port is pending already', () => {
    const port = ok(guest.domain.events.bindIpi(0));
    guest.domain.events.send(port);
    expect(op(OP.poll, [0, 8, ports(port)], [8, 4, 1], [16, 8, 0])).toBe(0);
    expect(guest.vcpu.blocked).toBe(false);
  });

  test('refuses too many ports, ports that are none, and bad pointers', () => {
    expect(op(OP.poll, [0, 8, ports(1)], [8, 4, 129], [16, 8, 0])).toBe('EINVAL');
    expect(op(OP.poll, [0, 8, ports(5000)], [8, 4, 1], [16, 8, 0])).toBe('EINVAL');
    expect(op(OP.poll, [0, 8, guest.unmapped], [8, 4, 1], [16, 8, 0])).toBe('EFAULT');
    expect(op(OP.poll, [0, 8, 0], [8, 4, 1], [16, 8, 0])).toBe('EFAULT');
    expect(guest.vcpu.blocked).toBe(false);
  });

  test('of no port at all is a sleep', () => {
    expect(op(OP.poll, [0, 8, 0], [8, 4, 0], [16, 8, 7000])).toBe(0);
    expect(guest.vcpu.blocked).toBe(true);
  });
});

describe('shutdown', () => {
  test.each([
    [0, 'poweroff'],
    [1, 'reboot'],
    [2, 'suspend'],
    [3, 'crash'],
    [4, 'watchdog'],
    [77, 'crash'],
  ])('reason %i is %s', (number, reason) => {
    expect(op(OP.shutdown, [0, 4, number])).toBe(0);
    expect(guest.domain.shutdown).toBe(reason);
    expect(guest.vcpu.runnable).toBe(false);
  });

  test('the code that was set before counts', () => {
    expect(op(OP.shutdownCode, [0, 4, 1])).toBe(0);
    expect(op(OP.shutdownCode, [0, 4, 3])).toBe(0);
    expect(guest.domain.shutdown).toBeNull();
    expect(op(OP.shutdown, [0, 4, 0])).toBe(0);
    expect(guest.domain.shutdown).toBe('reboot');
  });

  test('another domain’s is for domain 0 to order', () => {
    const other = tinyGuest(handle);
    expect(op(OP.remoteShutdown, [0, 2, other.domid], [4, 4, 0])).toBe('EPERM');
    expect(op(OP.remoteShutdown, [0, 2, 999], [4, 4, 0])).toBe('ESRCH');
    expect(other.domain.shutdown).toBeNull();
    ok(handle.controlFor(0).remoteShutdown({ domid: other.domid, reason: 'reboot' }));
    expect(other.domain.shutdown).toBe('reboot');
  });
});

test('watchdogs are two, and are set again and given back by their ids', () => {
  expect(op(OP.watchdog, [0, 4, 0], [4, 4, 10])).toBe(1);
  expect(op(OP.watchdog, [0, 4, 0], [4, 4, 10])).toBe(2);
  expect(op(OP.watchdog, [0, 4, 0], [4, 4, 10])).toBe('ENOSPC');
  expect(op(OP.watchdog, [0, 4, 3], [4, 4, 10])).toBe('EINVAL');
  expect(op(OP.watchdog, [0, 4, 1], [4, 4, 20])).toBe(0);
  expect(op(OP.watchdog, [0, 4, 2], [4, 4, 0])).toBe(0);
  expect(op(OP.watchdog, [0, 4, 2], [4, 4, 5])).toBe('EINVAL');
  expect(guest.domain.watchdogs[0]?.deadlineNs).toBe(20e9);
});

test('the rest is refused', () => {
  expect(op(OP.pinOverride, [0, 4, 0])).toBe('EPERM');
  expect(op(8)).toBe('ENOSYS');
  expect(op(-1)).toBe('ENOSYS');
  expect(op(OP.yield)).toBe(0);
  for (const command of [OP.shutdown, OP.poll, OP.remoteShutdown, OP.shutdownCode, OP.watchdog])
    for (const pointer of [0n, guest.unmapped, 0xffff_8000_0000_0000n]) expect(call(guest.vcpu, schedOp, command, pointer)).toBe('EFAULT');
  expect(guest.domain.shutdown).toBeNull();
});

test('set_timer_op sets, replaces and stops the single shot timer', () => {
  const { vcpu } = guest;
  expect(call(vcpu, setTimerOp, 5000)).toBe(0);
  expect(call(vcpu, setTimerOp, 9000)).toBe(0);
  expect(vcpu.singleShot?.deadlineNs).toBe(9000);
  expect(call(vcpu, setTimerOp, 0)).toBe(0);
  expect(vcpu.singleShot).toBeNull();
  for (const huge of [-1, 2n ** 60n]) {
    expect(call(vcpu, setTimerOp, huge)).toBe(0);
    expect(vcpu.singleShot?.deadlineNs).toBe(100_000_000);
  }
});

test('the control hypercalls answer EPERM to a guest, and no pointer is looked at', () => {
  expect(controlOps.map(({ name, number }) => [name, number])).toEqual([
    ['platform_op', 7],
    ['sysctl', 35],
    ['domctl', 36],
    ['kexec_op', 37],
  ]);
  for (const hypercall of controlOps) expect(call(guest.vcpu, hypercall, guest.va(ARGUMENTS))).toBe('EPERM');
  for (const hypercall of controlOps) expect(call(guest.vcpu, hypercall, 0)).toBe('EPERM');
});
