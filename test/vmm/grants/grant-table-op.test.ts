import { beforeEach, describe, expect, test } from 'vitest';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { grantTableOp } from '../../../src/vmm/hypercalls/grant-table-op.ts';
import { mmuUpdate } from '../../../src/vmm/hypercalls/mmu-update.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { audit } from '../support/audit.ts';
import { call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const OP = { map: 0, unmap: 1, setup: 2, querySize: 6, setVersion: 8, getVersion: 10 } as const;
const FLAG = { device: 1, host: 2, readonly: 4 } as const;
const PERMIT = 1;
const PERMIT_READ_ONLY = 5;
const IN_USE = 0x18;

let handle: HypervisorHandle;
let granter: TinyGuest;
let user: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
  granter = tinyGuest(handle);
  user = tinyGuest(handle);
  for (const { domid } of [granter, user]) ok(handle.controlFor(0).grantTable({ domid, frames: 1 }));
  return () => expect(audit(handle.hypervisor)).toEqual([]);
});

function grant(ref: number, flags: number, domid: number = user.domid, mfn: number = granter.mfn(6)): void {
  const { view } = handle.hypervisor.machine.memory;
  const at = granter.domain.grants.entry(ref);
  view.setUint16(at, flags, true);
  view.setUint16(at + 2, domid, true);
  view.setUint32(at + 4, mfn, true);
}
const entryFlags = (ref: number): number => handle.hypervisor.machine.memory.view.getUint16(granter.domain.grants.entry(ref), true);

function map(
  ref: number,
  { flags = FLAG.host as number, at = user.va(3), domid = granter.domid } = {},
): { status: number; handle: number } {
  put(user, [0, 8, at], [8, 4, flags], [12, 4, ref], [16, 2, domid], [18, 2, 77], [20, 4, 0xffff_ffff]);
  expect(call(user.vcpu, grantTableOp, OP.map, user.va(1), 1)).toBe(0);
  return { status: user.page(1).getInt16(18, true), handle: user.page(1).getUint32(20, true) };
}
function unmap(number: number, at: bigint = user.va(3)): number {
  put(user, [0, 8, at], [8, 8, 0], [16, 4, number], [20, 2, 77]);
  expect(call(user.vcpu, grantTableOp, OP.unmap, user.va(1), 1)).toBe(0);
  return user.page(1).getInt16(20, true);
}

describe('a mapping', () => {
  test('shows the granter’s page until it is unmapped', () => {
    grant(8, PERMIT);
    granter.page(6).setUint32(0, 0xabcd, true);
    const { status, handle: number } = map(8);
    expect(status).toBe(0);
    expect(user.vcpu.environment.permits(granter.mfn(6), 'write')).toBe(true);
    expect(unmap(number)).toBe(0);
    expect(user.vcpu.environment.permits(granter.mfn(6), 'read')).toBe(false);
    expect(unmap(number)).toBe(-4);
    expect(entryFlags(8)).toBe(PERMIT);
  });

  test('keeps the entry busy as long as one of several is left', () => {
    grant(8, PERMIT);
    const first = map(8);
    const second = map(8, { at: user.va(4), flags: FLAG.host | FLAG.readonly });
    expect(entryFlags(8)).toBe(PERMIT | IN_USE);
    expect(unmap(first.handle)).toBe(0);
    expect(entryFlags(8)).toBe(PERMIT | 8);
    expect(unmap(second.handle, user.va(4))).toBe(0);
    expect(entryFlags(8)).toBe(PERMIT);
  });

  test('outlives its revocation, and more of it are made from what was granted first', () => {
    grant(8, PERMIT);
    const first = map(8);
    grant(8, 0, 0, granter.mfn(7));
    const second = map(8, { at: user.va(4) });
    expect(second.status).toBe(0);
    expect(handle.hypervisor.frames.references[granter.mfn(6)]).toBe(4); // the allocation, the granter's own mapping, and two
    expect([unmap(first.handle), unmap(second.handle, user.va(4))]).toEqual([0, 0]);
    expect(map(8).status).toBe(-1);
  });

  test('cannot be copied to another entry, nor made writable', () => {
    grant(8, PERMIT_READ_ONLY);
    expect(map(8).status).toBe(-1);
    const { handle: number } = map(8, { flags: FLAG.host | FLAG.readonly });
    const entry = (BigInt(granter.mfn(6)) << 12n) | 1n;
    expect(call(user.vcpu, updateVaMapping, user.va(4), entry, 0)).toBe('EBUSY');
    expect(call(user.vcpu, updateVaMapping, user.va(3), entry | 2n, 0)).toBe('EBUSY');
    put(user, [0, 8, (BigInt(user.frames[3]!) << 12n) | 8n], [8, 8, entry]);
    expect(call(user.vcpu, mmuUpdate, user.va(1), 1, 0, DOMID_SELF)).toBe('EBUSY');
    expect(unmap(number)).toBe(0);
  });

  test('of a page table is read-only, and a page that is mapped writable becomes none', () => {
    grant(8, PERMIT, user.domid, granter.frames[3]!);
    expect(map(8).status).toBe(-1);
    const { status, handle: number } = map(8, { flags: FLAG.host | FLAG.readonly });
    expect(status).toBe(0);
    expect(unmap(number)).toBe(0);
  });
});

describe('refused', () => {
  test.each([
    ['without host_map', { flags: FLAG.device }, -3],
    ['of a domain that is not there', { domid: 999 }, -2],
    ['of DOMID_SELF: a grant names its domain', { domid: DOMID_SELF }, -2],
    ['at an address without a page table', { at: 0x1000_0000_0000n }, -1],
    ['at an address of the hypervisor', { at: 0xffff_8000_0000_0000n }, -1],
    ['at an address that is not canonical', { at: (1n << 60n) | 0x40_7000n }, -1],
  ])('%s', (_, change, status) => {
    grant(8, PERMIT);
    expect(map(8, change).status).toBe(status);
    expect(entryFlags(8)).toBe(PERMIT);
  });

  test.each([
    ['nothing', 0, null, null, -1],
    ['a transfer', 2, null, null, -1],
    ['a part of a page', 0x101, null, null, -1],
    ['to somebody else', PERMIT, 0, null, -1],
    ['a frame that is not there', PERMIT, null, 0xffff_ffff, -9],
    ['the hypervisor’s frame', PERMIT, null, 1, -9],
  ])('an entry that grants %s', (_, flags, domid, mfn, status) => {
    grant(8, flags, domid ?? user.domid, mfn ?? granter.mfn(6));
    expect(map(8).status).toBe(status);
    expect(entryFlags(8)).toBe(flags);
  });

  test('the 256th mapping of one kind', () => {
    grant(8, PERMIT);
    const handles = Array.from({ length: 255 }, () => map(8));
    expect(handles.every(({ status }) => status === 0)).toBe(true);
    expect(map(8).status).toBe(-1);
    expect(map(8, { at: user.va(4), flags: FLAG.host | FLAG.readonly }).status).toBe(0);
    expect(entryFlags(8)).toBe(PERMIT | IN_USE);
    expect(unmap(handles[0]!.handle)).toBe(0);
    expect(unmap(handles[1]!.handle)).toBe(-1);
    ok(handle.controlFor(0).destroyDomain({ domid: user.domid }));
    expect(entryFlags(8)).toBe(PERMIT);
  });
});

test('unmapping nothing is no error and changes nothing', () => {
  grant(8, PERMIT);
  const { handle: number } = map(8);
  expect(unmap(number, 0n)).toBe(0);
  expect(entryFlags(8)).toBe(PERMIT | IN_USE);
  expect(unmap(number)).toBe(0);
});

test('a frame that is still mapped when its domain has gone is nobody’s, whoever gets the domain’s number', () => {
  grant(8, PERMIT);
  const { handle: number } = map(8);
  const mfn = granter.mfn(6);
  ok(handle.controlFor(0).destroyDomain({ domid: granter.domid }));
  ok(handle.controlFor(0).createDomain({ domid: granter.domid, handle: granter.domain.handle, maxVcpus: 1 }));
  expect(handle.hypervisor.frames.get(mfn, granter.domid)).toBe(false);
  expect(handle.hypervisor.frames.references[mfn]).toBe(1);
  expect(user.vcpu.environment.permits(mfn, 'write')).toBe(true);
  expect(unmap(number)).toBe(0);
  expect(handle.hypervisor.frames.references[mfn]).toBe(0);
});

describe('setup_table', () => {
  function setup(domid: number, frames: number, list: bigint, count = 1): unknown {
    put(user, [0, 2, domid], [4, 4, frames], [8, 2, 77], [16, 8, list]);
    return call(user.vcpu, grantTableOp, OP.setup, user.va(1), count);
  }
  const status = (): number => user.page(1).getInt16(8, true);

  test('gives the frames that it has, and as many as are asked for, up to 64', () => {
    expect([setup(DOMID_SELF, 2, user.va(2)), status()]).toEqual([0, 0]);
    expect([0, 8].map((at) => Number(user.page(2).getBigUint64(at, true)))).toEqual(user.domain.grants.frames);
    expect([setup(user.domid, 65, user.va(2)), status()]).toEqual([0, -1]);
  });

  test('of others is denied; of nobody, a bad domain', () => {
    expect([setup(granter.domid, 1, user.va(2)), status()]).toEqual([0, -8]);
    expect([setup(999, 1, user.va(2)), status()]).toEqual([0, -2]);
  });

  test('tells a bad list by its status, unless no list can be there', () => {
    expect([setup(DOMID_SELF, 1, user.unmapped), status()]).toEqual([0, -5]);
    expect(setup(DOMID_SELF, 1, 0xffff_8000_0000_0000n)).toBe('EFAULT');
  });

  test('takes one structure, and no call takes more than 2^31', () => {
    for (const count of [0, 2]) expect(setup(DOMID_SELF, 1, user.va(2), count)).toBe('EINVAL');
    expect(call(user.vcpu, grantTableOp, OP.map, user.va(1), 0x8000_0000)).toBe('EINVAL');
    expect(call(user.vcpu, grantTableOp, OP.map, user.unmapped, 0)).toBe(0);
  });
});

test('there is version 1 only', () => {
  for (const [version, answer] of [
    [1, 0],
    [2, 'ENOSYS'],
    [3, 'EINVAL'],
  ] as const)
    expect(call(user.vcpu, grantTableOp, OP.setVersion, put(user, [0, 4, version]), 1)).toBe(answer);
  expect(call(user.vcpu, grantTableOp, OP.getVersion, put(user, [0, 2, DOMID_SELF]), 1)).toBe(0);
  expect(user.page(1).getUint32(4, true)).toBe(1);
  expect(call(user.vcpu, grantTableOp, OP.getVersion, put(user, [0, 2, granter.domid]), 1)).toBe('EPERM');
  expect(call(user.vcpu, grantTableOp, OP.getVersion, put(user, [0, 2, 999]), 1)).toBe('ESRCH');
});
