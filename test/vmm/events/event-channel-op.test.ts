import { beforeEach, describe, expect, test } from 'vitest';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { eventChannelOp } from '../../../src/vmm/hypercalls/event-channel-op.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { ARGUMENTS, call, put } from '../support/call.ts';
import { tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const OP = {
  bindInterdomain: 0,
  bindVirq: 1,
  bindPirq: 2,
  close: 3,
  send: 4,
  status: 5,
  allocUnbound: 6,
  bindIpi: 7,
  bindVcpu: 8,
  unmask: 9,
  reset: 10,
};

let handle: HypervisorHandle;
let a: TinyGuest;
let b: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 16 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 1 });
  a = tinyGuest(handle, { maxVcpus: 2 });
  b = tinyGuest(handle);
});

function op(guest: TinyGuest, number: number, ...fields: Parameters<typeof put>[1][]): unknown {
  return call(guest.vcpu, eventChannelOp, number, put(guest, ...fields));
}

const u32 = (guest: TinyGuest, offset: number): number => guest.page(ARGUMENTS).getUint32(offset, true);

test('two guests connect, and status tells each of the other', () => {
  expect(op(a, OP.allocUnbound, [0, 2, DOMID_SELF], [2, 2, b.domid])).toBe(0);
  const portA = u32(a, 4);
  expect(op(b, OP.bindInterdomain, [0, 2, a.domid], [4, 4, portA])).toBe(0);
  const portB = u32(b, 8);
  expect(op(a, OP.status, [0, 2, DOMID_SELF], [4, 4, portA])).toBe(0);
  expect([u32(a, 8), u32(a, 12), u32(a, 16) & 0xffff, u32(a, 20)]).toEqual([2, 0, b.domid, portB]);
  expect(op(a, OP.send, [0, 4, portA])).toBe(0);
  expect(op(b, OP.close, [0, 4, portB])).toBe(0);
  expect(op(a, OP.status, [0, 2, a.domid], [4, 4, portA])).toBe(0);
  expect([u32(a, 8), u32(a, 16) & 0xffff]).toEqual([1, b.domid]);
});

test('a port may be opened for oneself and for a domain that is yet to come', () => {
  expect(op(a, OP.allocUnbound, [0, 2, DOMID_SELF], [2, 2, DOMID_SELF])).toBe(0);
  expect(a.domain.events.status(u32(a, 4))).toMatchObject({ remoteDomid: a.domid });
  expect(op(a, OP.allocUnbound, [0, 2, DOMID_SELF], [2, 2, 77])).toBe(0);
  expect(a.domain.events.status(u32(a, 4))).toMatchObject({ remoteDomid: 77 });
});

test('virtual interrupts and IPIs are bound for one’s own vCPUs', () => {
  expect(op(a, OP.bindVirq, [0, 4, 0], [4, 4, 1])).toBe(0);
  expect(a.domain.events.status(u32(a, 8))).toEqual({ state: 'virq', virq: 0, vcpuId: 1 });
  expect(op(a, OP.bindVirq, [0, 4, 0], [4, 4, 2])).toBe('ENOENT');
  expect(op(a, OP.bindVirq, [0, 4, 24], [4, 4, 0])).toBe('EINVAL');
  expect(op(a, OP.bindIpi, [0, 4, 1])).toBe(0);
  const ipi = u32(a, 4);
  expect(op(a, OP.bindVcpu, [0, 4, ipi], [4, 4, 0])).toBe('EINVAL');
  expect(op(a, OP.unmask, [0, 4, ipi])).toBe(0);
});

describe('refusals', () => {
  test('another domain’s channels are none of a guest’s business', () => {
    expect(op(a, OP.allocUnbound, [0, 2, b.domid], [2, 2, a.domid])).toBe('EPERM');
    expect(op(a, OP.status, [0, 2, b.domid], [4, 4, 1])).toBe('EPERM');
    expect(op(a, OP.reset, [0, 2, b.domid])).toBe('EPERM');
    expect(op(a, OP.allocUnbound, [0, 2, 999], [2, 2, 0])).toBe('ESRCH');
    expect(op(a, OP.bindInterdomain, [0, 2, 999], [4, 4, 1])).toBe('ESRCH');
    expect(op(a, OP.bindInterdomain, [0, 2, b.domid], [4, 4, 1])).toBe('EINVAL');
    expect(op(a, OP.bindPirq, [0, 4, 4])).toBe('EPERM');
    expect(op(a, OP.bindPirq, [0, 4, 4000])).toBe('EINVAL');
  });

  test('the FIFO ABI and unknown commands answer ENOSYS', () => {
    for (const command of [11, 12, 13, 14, 99, -1]) expect(call(a.vcpu, eventChannelOp, command, a.va(ARGUMENTS))).toBe('ENOSYS');
  });

  test('a bad pointer answers EFAULT and changes nothing', () => {
    const pointers = [0n, a.unmapped, 0x8000_0000_0000n, 0xffff_8000_0000_0000n, 0xffff_ffff_ffff_fffcn];
    for (const command of Object.values(OP))
      for (const pointer of pointers)
        expect([command, pointer, call(a.vcpu, eventChannelOp, command, pointer)]).toEqual([command, pointer, 'EFAULT']);
    for (const command of [OP.allocUnbound, OP.bindIpi, OP.bindVirq])
      expect(call(a.vcpu, eventChannelOp, command, a.readOnly)).toBe('EFAULT');
    expect(a.domain.events.open).toBe(0);
  });
});

test('reset closes everything', () => {
  for (let i = 0; i < 5; i++) op(a, OP.bindIpi, [0, 4, 0]);
  expect(a.domain.events.open).toBe(5);
  expect(op(a, OP.reset, [0, 2, DOMID_SELF])).toBe(0);
  expect(a.domain.events.open).toBe(0);
});
