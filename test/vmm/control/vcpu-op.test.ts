import { beforeEach, describe, expect, test } from 'vitest';
import { VIRQ_TIMER } from '../../../src/vmm/control/types.ts';
import { takePending } from '../../../src/vmm/events/pending.ts';
import { vcpuOp } from '../../../src/vmm/hypercalls/vcpu-op.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { ARGUMENTS, call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const OP = {
  initialise: 0,
  up: 1,
  down: 2,
  isUp: 3,
  runstate: 4,
  runstateArea: 5,
  periodic: 6,
  stopPeriodic: 7,
  singleShot: 8,
  stopSingleShot: 9,
  vcpuInfo: 10,
};
/** Offsets in vcpu_guest_context. */
const CONTEXT = {
  flags: 0x200,
  rip: 0x208 + 128,
  cs: 0x208 + 136,
  rflags: 0x208 + 144,
  rsp: 0x208 + 152,
  ss: 0x208 + 160,
  rbx: 0x208 + 40,
  trap14: 0x2d0 + 14 * 16,
  kernelSp: 0x1370,
  cr3: 0x1378 + 24,
  event: 0x13f8,
  gsKernel: 0x1420,
};
const IN_KERNEL = 4;

let handle: HypervisorHandle;
let guest: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 16 * 1024 * 1024, cpus: 2, clock: 'virtual', dom0MemoryMiB: 1 });
  guest = tinyGuest(handle, { maxVcpus: 3 });
});

function op(number: number, id: number, ...fields: Parameters<typeof put>[1][]): unknown {
  return call(guest.vcpu, vcpuOp, number, id, put(guest, ...fields));
}

/** Writes a context that spans two pages of the guest (1 and 2) and returns its address. */
function context(change: Partial<Record<keyof typeof CONTEXT, bigint>> = {}): bigint {
  const values = {
    flags: BigInt(IN_KERNEL),
    rip: guest.va(0),
    cs: 0xe033n,
    rflags: 0x1202n,
    rsp: guest.va(5),
    ss: 0xe02bn,
    rbx: 42n,
    trap14: 0x4n << 8n,
    kernelSp: guest.va(6),
    cr3: BigInt(guest.frames[0]!) << 12n,
    event: guest.va(0) + 16n,
    gsKernel: 0x1234n,
    ...change,
  };
  for (const [field, value] of Object.entries(values)) {
    const offset = CONTEXT[field as keyof typeof CONTEXT];
    guest.page(ARGUMENTS + (offset >> 12)).setBigUint64(offset & 4095, value, true);
  }
  return guest.va(ARGUMENTS);
}

describe('bringing up', () => {
  test('a second vCPU is initialised, brought up, and runs', async () => {
    expect(op(OP.isUp, 1)).toBe(0);
    expect(op(OP.up, 1)).toBe('EINVAL');
    expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, context())).toBe(0);
    const vcpu = guest.domain.vcpus[1]!;
    expect(vcpu.context.gpr(3)).toBe(42n);
    expect(vcpu.context.rip).toBe(guest.va(0));
    expect(vcpu.context.rflags).toBe(0x202n);
    expect(vcpu.context.gsBase).toBe(0x1234n);
    expect(vcpu).toMatchObject({ iopl: 1, kernelSp: guest.va(6) });
    expect(vcpu.traps[14]).toMatchObject({ flags: 4 });
    expect(vcpu.callbacks.event.address).toBe(guest.va(0) + 16n);
    expect(op(OP.isUp, 1)).toBe(0);
    expect(op(OP.up, 1)).toBe(0);
    expect(op(OP.isUp, 1)).toBe(1);
    expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, context())).toBe('EEXIST');
    ok(handle.controlFor(0).unpauseDomain({ domid: guest.domid }));
    handle.start();
    await new Promise<void>((resolve) => void handle.at(1_000_000, () => resolve(handle.stop())));
    expect(vcpu.context.retired).toBeGreaterThan(50_000);
  });

  test.each([
    ['an rip that is not canonical', { rip: 0x8000_0000_0000n }],
    ['a handler that is not canonical', { event: 0x8000_0000_0000n }],
    ['page tables out of this world', { cr3: 0xfffff000n }],
    ['no page tables', { cr3: 0n }],
    ['user mode without user page tables', { flags: 0n }],
  ])('%s is refused', (_, change) => {
    expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, context(change))).toBe('EINVAL');
    expect(guest.domain.vcpus[1]!.initialised).toBe(false);
    expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, context())).toBe(0);
  });

  test('what is not there is ENOENT: a guest counts its vCPUs so', () => {
    for (const id of [3, 31, 32, 8191, 0xffff_ffff]) expect(op(OP.isUp, id)).toBe('ENOENT');
    expect([0, 1, 2].map((id) => op(OP.isUp, id))).toEqual([1, 0, 0]);
  });

  test('a vCPU goes down; the last one takes the domain with it', () => {
    expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, context())).toBe(0);
    expect(op(OP.up, 1)).toBe(0);
    expect(op(OP.down, 0)).toBe(0);
    expect(guest.domain.shutdown).toBeNull();
    expect(guest.vcpu.online).toBe(false);
    expect(op(OP.down, 1)).toBe(0);
    expect(guest.domain.shutdown).toBe('poweroff');
  });
});

describe('runstate', () => {
  test('is told on request', () => {
    expect(op(OP.runstate, 1)).toBe(0);
    expect(guest.page(ARGUMENTS).getUint32(0, true)).toBe(3);
    expect(call(guest.vcpu, vcpuOp, OP.runstate, 0, guest.readOnly)).toBe('EFAULT');
  });

  test('a registered area is written at once and whenever the vCPU is switched', async () => {
    expect(op(OP.runstateArea, 0, [0, 8, guest.va(3)])).toBe(0);
    expect(guest.page(3).getUint32(0, true)).toBe(3);
    ok(handle.controlFor(0).unpauseDomain({ domid: guest.domid }));
    handle.start();
    await new Promise<void>((resolve) => void handle.at(1_000_000, () => resolve(handle.stop())));
    expect(guest.page(3).getUint32(0, true)).toBe(0);
    expect(guest.page(3).getBigUint64(8, true) >> 63n).toBe(0n);
    expect(op(OP.runstateArea, 0, [0, 8, guest.unmapped])).toBe('EFAULT');
    expect(op(OP.runstateArea, 0, [0, 8, 0])).toBe(0);
    expect(guest.vcpu.runstateArea).toBeNull();
  });
});

describe('timers', () => {
  test('the single shot timer is one’s own', () => {
    expect(op(OP.singleShot, 0, [0, 8, 5000], [8, 4, 0])).toBe(0);
    expect(guest.vcpu.singleShot?.deadlineNs).toBe(5000);
    expect(op(OP.stopSingleShot, 0)).toBe(0);
    expect(guest.vcpu.singleShot).toBeNull();
    expect(op(OP.singleShot, 1, [0, 8, 5000], [8, 4, 0])).toBe('EINVAL');
    expect(op(OP.stopSingleShot, 1)).toBe('EINVAL');
  });

  test('a time that has passed is delivered at once, whatever the flags', () => {
    handle.clock.advanceTo(10_000);
    const port = ok(guest.domain.events.bindVirq(VIRQ_TIMER, 0));
    for (const flags of [0, 1]) {
      expect(op(OP.singleShot, 0, [0, 8, 5000], [8, 4, flags])).toBe(0);
      expect(takePending(guest.vcpu)).toEqual([port]);
    }
  });

  test('a period is at least a millisecond', () => {
    expect(op(OP.periodic, 0, [0, 8, 999_999])).toBe('EINVAL');
    expect(op(OP.periodic, 0, [0, 8, -1])).toBe('EINVAL');
    expect(op(OP.periodic, 0, [0, 8, 1_000_000])).toBe(0);
    expect(guest.vcpu.periodNs).toBe(1_000_000);
    expect(op(OP.stopPeriodic, 0)).toBe(0);
    expect(guest.vcpu.periodNs).toBe(0);
  });
});

function info(mfn: number | bigint, offset: number): Parameters<typeof put>[1][] {
  return [
    [0, 8, mfn],
    [8, 4, offset],
  ];
}

describe('vcpu_info', () => {
  test('moves with all it holds, and everything counts as pending', () => {
    const { memory } = handle.hypervisor.machine;
    const old = guest.vcpu.vcpuInfoAddress;
    memory.u8[old + 1] = 1;
    memory.view.setBigUint64(old + 16, 0xdeadn, true);
    expect(op(OP.vcpuInfo, 0, ...info(guest.mfn(4), 64))).toBe(0);
    const page = guest.page(4);
    expect([page.getUint8(64), page.getUint8(65)]).toEqual([1, 1]);
    expect(page.getBigUint64(64 + 8, true)).toBe(0xffff_ffff_ffff_ffffn);
    expect(page.getBigUint64(64 + 16, true)).toBe(0xdeadn);
    expect(page.getUint32(64 + 32, true) & 1).toBe(0);
    memory.u8[old] = 0;
    guest.domain.events.send(ok(guest.domain.events.bindIpi(0)));
    expect(memory.u8[old]).toBe(0);
  });

  test('only once, aligned, within a page, and only in memory of one’s own that is not a page table', () => {
    expect(op(OP.vcpuInfo, 0, ...info(guest.mfn(4), 4095))).toBe('ENXIO');
    expect(op(OP.vcpuInfo, 0, ...info(guest.mfn(4), 4))).toBe('ENXIO');
    expect(op(OP.vcpuInfo, 0, ...info(guest.mfn(4), 5000))).toBe('EINVAL');
    expect(op(OP.vcpuInfo, 0, ...info(guest.frames[0]!, 0))).toBe('EINVAL');
    expect(op(OP.vcpuInfo, 0, ...info(2n ** 40n, 0))).toBe('EINVAL');
    expect(op(OP.vcpuInfo, 0, ...info(1, 0))).toBe('EINVAL');
    const before = handle.hypervisor.frames.freeCount;
    expect(op(OP.vcpuInfo, 1, ...info(guest.mfn(4), 128))).toBe(0);
    expect(op(OP.vcpuInfo, 1, ...info(guest.mfn(4), 192))).toBe('EBUSY');
    ok(handle.controlFor(0).destroyDomain({ domid: guest.domid }));
    expect(handle.hypervisor.frames.freeCount).toBeGreaterThan(before + 15);
  });
});

test('what is not offered answers ENOSYS, and bad pointers EFAULT', () => {
  for (const command of [11, 13, 14, 15, 99, -1]) expect(op(command, 0)).toBe('ENOSYS');
  expect(op(12, 0)).toBe('EINVAL');
  for (const command of [OP.runstate, OP.runstateArea, OP.periodic, OP.singleShot, OP.vcpuInfo])
    for (const pointer of [0n, guest.unmapped, 0x8000_0000_0000n, 0xffff_8000_0000_0000n])
      expect([command, call(guest.vcpu, vcpuOp, command, 0, pointer)]).toEqual([command, 'EFAULT']);
  expect(call(guest.vcpu, vcpuOp, OP.initialise, 1, guest.unmapped)).toBe('EFAULT');
});
