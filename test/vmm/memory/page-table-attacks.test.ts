/** What a guest tries in order to write a page table, and the error that real Xen answers (xen/arch/x86/mm.c, pebble's README). */
import { beforeEach, describe, expect, test } from 'vitest';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { TYPE } from '../../../src/vmm/memory/frame-table.ts';
import { memoryOp } from '../../../src/vmm/hypercalls/memory-op.ts';
import { mmuUpdate } from '../../../src/vmm/hypercalls/mmu-update.ts';
import { mmuextOp } from '../../../src/vmm/hypercalls/mmuext-op.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { audit } from '../support/audit.ts';
import { call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const READ_ONLY = 1n;
const WRITABLE = 3n;
const LARGE = 0x80n;
const GLOBAL = 0x100n;
const NO_EXECUTE = 1n << 63n;
const OP = {
  pin: 0, // PIN_L1_TABLE; level n is n - 1
  unpin: 4,
  baseptr: 5,
  flushLocal: 6,
  flushMulti: 8,
  invlpgMulti: 9,
  flushCache: 12,
  setLdt: 13,
  userBaseptr: 15,
  clear: 16,
  copy: 17,
} as const;
const XEN_START = 0xffff_8000_0000_0000n;

let handle: HypervisorHandle;
let guest: TinyGuest;
let other: TinyGuest;
let freeBefore: number;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 4 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
  other = tinyGuest(handle);
  freeBefore = handle.hypervisor.frames.freeCount;
  guest = tinyGuest(handle, { maxVcpus: 2 });
  return () => {
    expect(audit(handle.hypervisor)).toEqual([]);
    ok(handle.controlFor(0).destroyDomain({ domid: guest.domid }));
    expect(audit(handle.hypervisor)).toEqual([]);
    expect(handle.hypervisor.frames.freeCount).toBe(freeBefore);
  };
});

const at = (mfn: number, flags: bigint): bigint => (BigInt(mfn) << 12n) | flags;
const map = (i: number, value: bigint): unknown => call(guest.vcpu, updateVaMapping, guest.va(i), value, 0);
const update = (table: number, index: number, value: bigint, command = 0): unknown =>
  call(guest.vcpu, mmuUpdate, put(guest, [0, 8, at(table, BigInt(index * 8 + command))], [8, 8, value]), 1, 0, DOMID_SELF);
const ext = (command: number, arg1: number | bigint = 0, arg2: number | bigint = 0): unknown =>
  call(guest.vcpu, mmuextOp, put(guest, [0, 4, command], [8, 8, arg1], [16, 8, arg2]), 1, 0, DOMID_SELF);
const pin = (level: number, mfn: number | bigint): unknown => ext(OP.pin + level - 1, mfn);
const read = (table: number, index: number): bigint => {
  const { memory } = handle.hypervisor.machine;
  return memory.view.getBigUint64(memory.address(table) + index * 8, true);
};
const usedAs = (mfn: number): [type: number, count: number] => [
  handle.hypervisor.frames.type[mfn]!,
  handle.hypervisor.frames.typeCount[mfn]!,
];
/** Makes the `i`th page a table of that level with these entries. */
function table(i: number, level: number, entries: Readonly<Record<number, bigint>> = {}): number {
  for (const [index, value] of Object.entries(entries)) guest.page(i).setBigUint64(Number(index) * 8, value, true);
  expect(map(i, at(guest.mfn(i), READ_ONLY))).toBe(0);
  expect(pin(level, guest.mfn(i))).toBe(0);
  return guest.mfn(i);
}

describe('a writable mapping of a page table', () => {
  test.each([0, 1, 2, 3])('is EBUSY, for the table %i steps below the root too', (i) => {
    expect(map(3, at(guest.frames[i]!, WRITABLE))).toBe('EBUSY');
    expect(update(guest.frames[3]!, 9, at(guest.frames[i]!, WRITABLE))).toBe('EBUSY');
    expect(map(3, at(guest.frames[i]!, READ_ONLY))).toBe(0);
    expect(read(guest.frames[3]!, 7)).toBe(at(guest.frames[i]!, READ_ONLY | 4n));
  });

  test('that is there already keeps the page from being pinned: EINVAL', () => {
    for (const level of [1, 2, 3, 4]) expect(pin(level, guest.mfn(3))).toBe('EINVAL');
    expect(usedAs(guest.mfn(3))).toEqual([TYPE.writable, 1]);
  });

  test('in the table itself is EBUSY, also in the last entry, and takes nothing', () => {
    for (const index of [0, 511]) {
      guest.page(3).setBigUint64(index * 8, at(guest.mfn(3), WRITABLE), true);
      guest.page(3).setBigUint64(8, at(guest.mfn(4), WRITABLE), true);
      expect(map(3, at(guest.mfn(3), READ_ONLY))).toBe(0);
      expect(pin(1, guest.mfn(3))).toBe('EBUSY');
      expect(usedAs(guest.mfn(4))).toEqual([TYPE.writable, 1]);
      expect(map(3, at(guest.mfn(3), WRITABLE))).toBe(0);
      guest.page(3).setBigUint64(index * 8, 0n, true);
    }
  });

  test('by its own L1 keeps an L2 from becoming one: EINVAL', () => {
    const l1 = table(3, 1, { 0: at(guest.mfn(4), WRITABLE) });
    guest.page(4).setBigUint64(0, at(l1, WRITABLE), true);
    expect(map(4, at(guest.mfn(4), READ_ONLY))).toBe(0);
    expect(pin(2, guest.mfn(4))).toBe('EINVAL');
    expect(update(l1, 0, 0n)).toBe(0);
    expect(pin(2, guest.mfn(4))).toBe(0);
  });

  test('through an alias: the last of two read-only mappings cannot be made writable while it is a table', () => {
    expect(map(4, at(guest.mfn(3), READ_ONLY))).toBe(0);
    const l1 = table(3, 1);
    expect(map(4, at(l1, WRITABLE))).toBe('EBUSY');
    expect(update(guest.frames[3]!, 4 + 4, at(l1, WRITABLE))).toBe('EBUSY');
    expect(ext(OP.unpin, l1)).toBe(0);
    expect(map(4, at(l1, WRITABLE))).toBe(0);
    expect(pin(1, l1)).toBe('EINVAL');
  });

  test('clearing or copying onto a page table is EINVAL; from one is fine', () => {
    for (const mfn of guest.frames.slice(0, 4)) {
      expect(ext(OP.clear, mfn)).toBe('EINVAL');
      expect(ext(OP.copy, mfn, guest.mfn(3))).toBe('EINVAL');
      expect(ext(OP.copy, guest.mfn(3), mfn)).toBe(0);
    }
    expect(guest.page(3).getBigUint64(8, true)).toBe(read(guest.frames[3]!, 1));
    expect(ext(OP.clear, guest.mfn(3))).toBe(0);
    expect(guest.page(3).getBigUint64(8, true)).toBe(0n);
  });
});

describe('linear entries', () => {
  test.each([4, 3, 2])('in an L%i to itself: read-only yes, writable EINVAL', (level) => {
    const mfn = guest.frames[4 - level]!;
    expect(update(mfn, 100, at(mfn, WRITABLE))).toBe('EINVAL');
    expect(update(mfn, 100, at(mfn, READ_ONLY))).toBe(0);
    expect(update(mfn, 100, at(mfn, WRITABLE))).toBe('EINVAL');
    expect(read(mfn, 100)).toBe(at(mfn, READ_ONLY | 4n));
    expect(update(mfn, 100, 0n)).toBe(0);
  });

  test('through a recursive root an upper table looks like an L1, and is not to be changed as one: EINVAL', () => {
    expect(update(guest.frames[0]!, 100, at(guest.frames[0]!, READ_ONLY))).toBe(0);
    // Slot 100, then 0, 0, 2: the L2 entry of the guest's own memory.
    const va = (100n << 39n) | (0n << 30n) | (0n << 21n) | (2n << 12n);
    expect(call(guest.vcpu, updateVaMapping, va, at(guest.frames[3]!, WRITABLE), 0)).toBe('EINVAL');
    expect(call(guest.vcpu, updateVaMapping, va, 0, 0)).toBe('EINVAL');
  });

  test('hold the other table by its type: it is no ordinary page as long as one is there', () => {
    const second = table(3, 4);
    expect(update(guest.frames[0]!, 100, at(second, READ_ONLY))).toBe(0);
    expect(ext(OP.unpin, second)).toBe(0);
    expect(map(3, at(second, WRITABLE))).toBe('EBUSY');
    expect(pin(3, second)).toBe('EINVAL');
    expect(update(guest.frames[0]!, 100, 0n)).toBe(0);
    expect(map(3, at(second, WRITABLE))).toBe(0);
  });

  test('do not go both ways: two tables would keep each other for ever', () => {
    const second = table(3, 4);
    const third = table(4, 4);
    expect(update(guest.frames[0]!, 100, at(second, READ_ONLY))).toBe(0);
    expect(update(second, 100, at(guest.frames[0]!, READ_ONLY))).toBe('EINVAL');
    expect(update(second, 100, at(third, READ_ONLY))).toBe('EINVAL');
    expect(update(third, 100, at(guest.frames[0]!, READ_ONLY))).toBe('EINVAL');
    expect(update(third, 100, at(second, READ_ONLY))).toBe(0);
  });
});

describe('the hypervisor’s range', () => {
  test.each([256, 257, 271])('slot %i of a root is refused', (slot) => {
    for (const value of [0n, at(guest.mfn(3), WRITABLE), at(guest.frames[1]!, WRITABLE)])
      expect(update(guest.frames[0]!, slot, value)).toBe('EINVAL');
    expect(read(guest.frames[0]!, 257)).toBe(0n);
  });

  test('slots that a guest has filled before it pins a root are the hypervisor’s afterwards', () => {
    const root = table(3, 4, {
      256: at(guest.frames[1]!, WRITABLE),
      260: at(guest.frames[1]!, WRITABLE),
      272: at(guest.frames[1]!, WRITABLE),
    });
    const { m2pRoot } = handle.hypervisor.frames;
    expect([256, 260, 272].map((slot) => read(root, slot))).toEqual([at(m2pRoot, 0x25n), 0n, at(guest.frames[1]!, WRITABLE | 4n)]);
  });

  test.each([
    ['its start', XEN_START],
    ['its end', 0xffff_87ff_ffff_f000n],
    ['an address without a table', 0x10_0000_0000n],
    ['an address that is not canonical, but would be without its upper bits', 0x0001_0000_0040_7000n],
    ['one above it', 0xfffe_0000_0040_7000n],
  ])('update_va_mapping of %s is EINVAL', (_, va) => {
    expect(call(guest.vcpu, updateVaMapping, va, 0, 0)).toBe('EINVAL');
    expect(read(guest.frames[3]!, 7) & 1n).toBe(1n);
  });
});

describe('frames', () => {
  test('of another domain: EBUSY to map, EINVAL as tables', () => {
    for (const mfn of [other.mfn(3), other.frames[3]!]) {
      expect(map(3, at(mfn, READ_ONLY))).toBe('EBUSY');
      expect(map(3, at(mfn, WRITABLE))).toBe('EBUSY');
      expect(update(mfn, 0, 0n)).toBe('EINVAL');
      expect(update(mfn, 0, 7n, 1)).toBe('EINVAL');
      expect(update(guest.frames[2]!, 100, at(mfn, WRITABLE))).toBe('EINVAL');
      for (const level of [1, 2, 3, 4]) expect(pin(level, mfn)).toBe('EINVAL');
      expect(ext(OP.unpin, other.frames[0]!)).toBe('EINVAL');
      for (const op of [OP.baseptr, OP.userBaseptr, OP.clear]) expect(ext(op, mfn)).toBe('EINVAL');
      expect(ext(OP.copy, guest.mfn(3), mfn)).toBe('EINVAL');
      expect(ext(OP.copy, mfn, guest.mfn(3))).toBe('EINVAL');
    }
  });

  test('of the hypervisor, or beyond memory: EPERM to map, EINVAL otherwise', () => {
    const { frames, machine } = handle.hypervisor;
    for (const mfn of [1, frames.m2pRoot, machine.memory.frames, 0xffff_ffff, 0xf_ffff_ffff]) {
      expect(map(3, at(mfn, READ_ONLY))).toBe('EPERM');
      expect(update(mfn, 0, 0n)).toBe('EINVAL');
      expect(pin(1, mfn)).toBe('EINVAL');
      expect(ext(OP.baseptr, mfn)).toBe('EINVAL');
    }
  });

  test('whose number is too large for a frame are not taken for the one in its low bits', () => {
    const high = (1n << 52n) | BigInt(guest.mfn(3));
    expect(map(3, at(guest.mfn(3), READ_ONLY))).toBe(0);
    for (const level of [1, 2, 3, 4]) expect(pin(level, high)).toBe('EINVAL');
    expect(ext(OP.clear, high)).toBe('EINVAL');
    expect(ext(OP.unpin, (1n << 52n) | BigInt(guest.frames[0]!))).toBe('EINVAL');
    expect(ext(OP.baseptr, 0)).toBe('EINVAL');
    expect(ext(OP.userBaseptr, 0)).toBe(0);
  });

  test('that the hypervisor shares may be mapped writable', () => {
    expect(map(3, at(guest.domain.sharedInfoFrame, WRITABLE))).toBe(0);
    expect(map(3, at(other.domain.sharedInfoFrame, READ_ONLY))).not.toBe(0);
  });
});

describe('pins', () => {
  test('of a level that it is not: EINVAL', () => {
    for (const [i, level] of [4, 3, 2, 1].entries())
      for (const wrong of [1, 2, 3, 4]) if (wrong !== level) expect(pin(wrong, guest.frames[i]!)).toBe('EINVAL');
  });

  test('twice, and of what is not pinned: EINVAL', () => {
    expect(pin(4, guest.frames[0]!)).toBe('EINVAL');
    expect(ext(OP.unpin, guest.mfn(3))).toBe('EINVAL');
    expect(ext(OP.unpin, guest.frames[1]!)).toBe('EINVAL');
    expect(pin(3, guest.frames[1]!)).toBe(0);
    expect(ext(OP.unpin, guest.frames[1]!)).toBe(0);
    expect(ext(OP.unpin, guest.frames[1]!)).toBe('EINVAL');
    expect(ext(OP.unpin, guest.frames[0]!)).toBe(0);
    expect(usedAs(guest.frames[0]!)).toEqual([TYPE.l4, 1]); // still the root
    expect(map(3, at(guest.frames[0]!, WRITABLE))).toBe('EBUSY');
  });

  test('an L1 with a frame of somebody else’s is refused as the entry would be', () => {
    expect(map(3, at(guest.mfn(3), READ_ONLY))).toBe(0);
    for (const [entry, error] of [
      [at(other.mfn(3), READ_ONLY), 'EBUSY'],
      [at(1, READ_ONLY), 'EPERM'],
      [at(guest.mfn(4), READ_ONLY | LARGE), 'EINVAL'],
    ] as const) {
      guest.page(3).setBigUint64(511 * 8, entry, true);
      expect(pin(1, guest.mfn(3))).toBe(error);
      expect(usedAs(guest.mfn(3))[1]).toBe(0);
    }
  });
});

describe('a table that is given back while it is in use', () => {
  test('stays one, and stays the domain’s', () => {
    const { frames } = handle.hypervisor;
    const mfn = guest.frames[3]!;
    expect(
      call(guest.vcpu, memoryOp, 1, put(guest, [512, 8, mfn], [0, 8, guest.va(1) + 512n], [8, 8, 1], [16, 4, 0], [24, 2, DOMID_SELF])),
    ).toBe(1);
    expect(usedAs(mfn)).toEqual([TYPE.l1, 1]);
    expect(frames.owner[mfn]).toBe(guest.domid);
    expect(map(3, at(mfn, WRITABLE))).toBe('EBUSY');
  });

  test('loses its pin', () => {
    const { frames } = handle.hypervisor;
    const mfn = table(3, 1);
    expect(map(3, 0n)).toBe(0);
    expect(
      call(guest.vcpu, memoryOp, 1, put(guest, [512, 8, mfn], [0, 8, guest.va(1) + 512n], [8, 8, 1], [16, 4, 0], [24, 2, DOMID_SELF])),
    ).toBe(1);
    expect(frames.references[mfn]).toBe(0);
    expect(frames.pinned[mfn]).toBe(0);
  });
});

describe('a page that is mapped and was given back', () => {
  const reserve = (command: number, value: number | bigint): unknown =>
    call(
      guest.vcpu,
      memoryOp,
      command,
      put(guest, [512, 8, value], [0, 8, guest.va(1) + 512n], [8, 8, 1], [16, 4, 0], [24, 2, DOMID_SELF]),
    );

  test('counts until its last mapping goes: nobody gets more memory than his maximum', () => {
    ok(handle.controlFor(0).setMaxPages({ domid: guest.domid, pages: 16 }));
    const { frames } = handle.hypervisor;
    expect(reserve(1, guest.mfn(3))).toBe(1);
    expect(reserve(6, 7)).toBe(0);
    expect(frames.ownedBy(guest.domid)).toBe(16);
    expect(map(3, 0n)).toBe(0);
    expect(frames.ownedBy(guest.domid)).toBe(15);
    expect(reserve(6, 7)).toBe(1);
  });

  test('can be a page table, and goes with the domain', () => {
    expect(map(3, at(guest.mfn(3), READ_ONLY))).toBe(0);
    expect(reserve(1, guest.mfn(3))).toBe(1);
    expect(pin(1, guest.mfn(3))).toBe(0);
    expect(map(3, 0n)).toBe(0);
  });
});

describe('flags', () => {
  test.each([2, 3, 4])('an L%i entry with cache attributes, PS or GLOBAL is EINVAL', (level) => {
    const mfn = guest.frames[4 - level]!;
    const below = guest.frames[5 - level]!;
    for (const flag of [8n, 0x10n, LARGE, GLOBAL]) expect(update(mfn, 100, at(below, WRITABLE | flag))).toBe('EINVAL');
    expect(update(mfn, 100, at(below, WRITABLE | NO_EXECUTE))).toBe(0);
  });

  test('in an L1 entry, GLOBAL and what is free are the guest’s, cache attributes are not', () => {
    for (const flag of [8n, 0x10n, LARGE]) expect(map(3, at(guest.mfn(3), WRITABLE | flag))).toBe('EINVAL');
    for (const flag of [GLOBAL, NO_EXECUTE, 0xe00n, 0x7fn << 52n]) expect(map(3, at(guest.mfn(3), WRITABLE | flag))).toBe(0);
  });

  test('an entry that is not present may hold anything', () => {
    expect(map(3, 0xffff_ffff_ffff_fffen)).toBe(0);
    expect(read(guest.frames[3]!, 7)).toBe(0xffff_ffff_ffff_fffen);
    expect(update(guest.frames[2]!, 100, 0xffff_ffff_ffff_fffen)).toBe(0);
  });
});

describe('mmu_update', () => {
  test('has four commands', () => {
    const [, , , l1] = guest.frames as [number, number, number, number];
    expect(update(l1, 7, at(guest.mfn(3), READ_ONLY), 3)).toBe(0);
    expect(update(l1, 7, at(guest.mfn(3), READ_ONLY) | 0x60n)).toBe(0);
    expect(update(l1, 7, at(guest.mfn(3), WRITABLE), 2)).toBe(0);
    expect(read(l1, 7)).toBe(at(guest.mfn(3), WRITABLE | 4n | 0x60n));
    for (const command of [4, 5, 6, 7]) expect(update(l1, 7, 0n, command)).toBe('ENOSYS');
  });

  test('says how far it got', () => {
    const l1 = guest.frames[3]!;
    const first = at(l1, 7n * 8n);
    put(
      guest,
      [0, 8, first],
      [8, 8, 0],
      [16, 8, at(l1, 8n * 8n)],
      [24, 8, at(1, WRITABLE)],
      [32, 8, first],
      [40, 8, at(guest.mfn(3), WRITABLE)],
    );
    expect(call(guest.vcpu, mmuUpdate, guest.va(1), 3, guest.va(2), DOMID_SELF)).toBe('EPERM');
    expect(guest.page(2).getUint32(0, true)).toBe(1);
    expect(read(l1, 7)).toBe(0n);
    expect(call(guest.vcpu, mmuUpdate, guest.va(1), 0, 0, DOMID_SELF)).toBe(0);
  });

  test('for another domain is EPERM, for one that is not there, and by one’s own number, ESRCH', () => {
    for (const hypercall of [mmuUpdate, mmuextOp]) {
      const foreign = (domid: number): unknown => call(guest.vcpu, hypercall, guest.va(1), 1, 0, domid);
      expect(foreign(other.domid)).toBe('EPERM');
      expect(foreign(1234)).toBe('ESRCH');
      expect(foreign(guest.domid)).toBe('ESRCH');
    }
  });
});

test('update_va_mapping that flushes for some vCPUs reads their mask after the change: EFAULT if it cannot', () => {
  const flush = (flags: bigint): unknown => call(guest.vcpu, updateVaMapping, guest.va(3), at(guest.mfn(3), READ_ONLY), flags);
  for (const flags of [0n, 1n, 2n, 5n, 6n, guest.va(2) | 1n, guest.va(2) | 2n, guest.unmapped]) expect(flush(flags)).toBe(0);
  for (const kind of [1n, 2n]) for (const mask of [guest.unmapped, XEN_START, 0x8000_0000_0000n]) expect(flush(mask | kind)).toBe('EFAULT');
  expect(read(guest.frames[3]!, 7)).toBe(at(guest.mfn(3), READ_ONLY | 4n));
});

describe('mmuext_op', () => {
  test('to several vCPUs reads their mask: one that cannot be read is EINVAL', () => {
    guest.page(2).setBigUint64(0, 0xffff_ffff_ffff_ffffn, true);
    for (const op of [OP.flushMulti, OP.invlpgMulti]) {
      expect(ext(op, guest.va(3), guest.va(2))).toBe(0);
      for (const mask of [0n, guest.unmapped, XEN_START, 0x8000_0000_0000n]) expect(ext(op, guest.va(3), mask)).toBe('EINVAL');
    }
  });

  test('may not empty the caches', () => {
    expect(ext(OP.flushCache)).toBe('EACCES');
  });

  test('takes a local descriptor table of 8192 entries at the most, page aligned, in the guest’s range', () => {
    expect(ext(OP.setLdt, guest.va(3), 8192)).toBe(0);
    expect(guest.vcpu).toMatchObject({ ldtBase: guest.va(3), ldtEntries: 8192 });
    expect(ext(OP.setLdt, guest.va(3), 8193)).toBe('EINVAL');
    expect(ext(OP.setLdt, guest.va(3) + 8n, 1)).toBe('EINVAL');
    for (const base of [XEN_START, 0x8000_0000_0000n]) expect(ext(OP.setLdt, base, 1)).toBe('EINVAL');
    expect(ext(OP.setLdt, 0x8000_0000_0000n, 0)).toBe(0);
    expect(guest.vcpu.ldtEntries).toBe(0);
  });

  test('knows 18 numbers', () => {
    for (const op of [14, 21, 99, 0xffff_ffff]) expect(ext(op)).toBe('ENOSYS');
  });
});
