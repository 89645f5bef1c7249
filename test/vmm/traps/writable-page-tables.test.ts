/** Stores into L1 tables that a kernel maps read-only: with the assist they become checked updates, of every width and by every kind of instruction. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { audit } from '../support/audit.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const WRITABLE_PAGETABLES = 1 << 2;
const PAGE_FAULT = 14;
const L1 = 3;
/** The entry of the page that is played with. */
const PAGE = 6;
const INDEX = 4 + PAGE;

let t: Trapping;
let fault: bigint;

beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  fault = t.handler(PAGE_FAULT);
  t.guest.domain.vmAssist = WRITABLE_PAGETABLES;
  return () => expect(audit(t.handle.hypervisor)).toEqual([]);
});

const entry = (): bigint => {
  const { memory } = t.handle.hypervisor.machine;
  return memory.view.getBigUint64(memory.address(t.guest.frames[L1]!) + INDEX * 8, true);
};
const at = (offset: number = 0): bigint => t.guest.readOnly + BigInt(L1 * 4096 + INDEX * 8 + offset);
const frame = (i: number): bigint => BigInt(t.guest.mfn(i)) << 12n;

/** Runs the code with the entry's address in rbx and this in rcx and rax; true when nothing faulted. */
function stores(code: readonly number[], value: bigint, { offset = 0, compare = value } = {}): boolean {
  const { context } = t;
  context.setGpr(REGISTER.rsp, t.stack);
  context.setGpr(REGISTER.rbx, at(offset));
  context.setGpr(REGISTER.rcx, value);
  context.setGpr(REGISTER.rax, compare);
  const end = t.run(...code);
  if (end !== fault) {
    expect(end).toBe(t.code + BigInt(code.length));
    return true;
  }
  // A store to a page that is there: present, write; by the kernel, at its address.
  expect(t.words(4).slice(2)).toEqual([3n, t.code]);
  return false;
}

const MOV8 = [0x88, 0x0b];
const MOV16 = [0x66, 0x89, 0x0b];
const MOV32 = [0x89, 0x0b];
const MOV64 = [0x48, 0x89, 0x0b];
const XCHG64 = [0x48, 0x87, 0x0b];
const LOCK_AND8 = [0xf0, 0x20, 0x0b];
const LOCK_BTR0 = [0xf0, 0x48, 0x0f, 0xba, 0x33, 0x00];
const LOCK_CMPXCHG64 = [0xf0, 0x48, 0x0f, 0xb1, 0x0b];
const STOSQ_TO = [0x48, 0x89, 0xdf, 0x48, 0xab];

describe('a checked update', () => {
  test('by MOV of eight bytes, with the user bit added', () => {
    expect(stores(MOV64, frame(7) | 1n)).toBe(true);
    expect(entry()).toBe(frame(7) | 5n);
    expect(stores(MOV64, 0n)).toBe(true);
    expect(entry()).toBe(0n);
  });

  test.each([
    ['one byte', MOV8, 0, 0x05n, (old: bigint): bigint => (old & ~0xffn) | 0x05n],
    ['two', MOV16, 0, 0x7005n, null],
    ['two at its end', MOV16, 6, 0x8000n, (old: bigint): bigint => old | (1n << 63n)],
    ['four', MOV32, 0, 0n, (old: bigint): bigint => (old >> 32n) << 32n],
    ['four at its end', MOV32, 4, 0x8000_0000n, (old: bigint): bigint => old | (1n << 63n)],
    ['the last byte', MOV8, 7, 0x80n, (old: bigint): bigint => old | (1n << 63n)],
  ] as const)('by MOV of %s', (_, code, offset, value, expected) => {
    const old = entry();
    const low = value === 0x7005n ? (frame(7) & 0xf000n) | 5n : value;
    const wanted = expected ? expected(old) : (old & ~0xffffn) | low;
    expect(stores(code, low, { offset })).toBe(true);
    expect(entry() & ~0x60n).toBe(wanted & ~0x60n);
  });

  test('by XCHG, which gives the old entry', () => {
    const old = entry();
    expect(stores(XCHG64, 0n)).toBe(true);
    expect([entry(), t.context.gpr(REGISTER.rcx)]).toEqual([0n, old]);
  });

  test('by LOCK AND of a byte: Linux’ write protection', () => {
    const old = entry();
    expect(stores(LOCK_AND8, 0xfdn)).toBe(true);
    expect(entry()).toBe(old & ~2n);
    t.context.setGpr(REGISTER.rax, t.guest.va(PAGE));
    t.context.setGpr(REGISTER.rsp, t.stack);
    expect(t.run(0x48, 0x89, 0x18)).toBe(fault); // the page is read-only now
  });

  test('by LOCK BTR', () => {
    const old = entry();
    expect(stores(LOCK_BTR0, 0n)).toBe(true);
    expect(entry()).toBe(old & ~1n);
  });

  test('by LOCK CMPXCHG, if it is what it was', () => {
    const old = entry();
    expect(stores(LOCK_CMPXCHG64, frame(7) | 5n, { compare: old })).toBe(true);
    expect(entry()).toBe(frame(7) | 5n);
    expect(stores(LOCK_CMPXCHG64, 0n, { compare: old })).toBe(true);
    expect([entry(), t.context.gpr(REGISTER.rax)]).toEqual([frame(7) | 5n, frame(7) | 5n]);
  });

  test('by STOS', () => {
    expect(stores(STOSQ_TO, 0n, { compare: frame(7) | 1n })).toBe(true);
    expect(entry()).toBe(frame(7) | 5n);
  });
});

describe('a page fault of the guest’s', () => {
  test.each([
    ['a page table mapped writable', (): bigint => (BigInt(t.guest.frames[L1]!) << 12n) | 3n],
    ['a frame of the hypervisor’s', (): bigint => 0x1003n],
    ['a frame beyond memory', (): bigint => 0xffff_ffff_f003n],
    ['cache attributes', (): bigint => frame(7) | 0x1bn],
  ])('when the entry would be refused: %s', (_, value) => {
    const old = entry();
    expect(stores(MOV64, value())).toBe(false);
    expect(entry()).toBe(old);
  });

  test.each([
    ['two bytes at an odd address', MOV16, 1],
    ['four bytes that are not aligned', MOV32, 2],
    ['eight bytes across two entries', MOV64, 4],
  ])('for %s', (_, code, offset) => {
    const old = entry();
    expect(stores(code, 0n, { offset })).toBe(false);
    expect(entry()).toBe(old);
  });

  test('without the assist', () => {
    t.guest.domain.vmAssist = 0;
    expect(stores(MOV64, 0n)).toBe(false);
  });

  test('in user mode, whatever the kernel may', () => {
    t.enterUser();
    t.context.setGpr(REGISTER.rbx, at());
    t.context.setGpr(REGISTER.rcx, 0n);
    const old = entry();
    expect(t.run(...MOV64)).toBe(fault);
    expect(t.words(3)[2]).toBe(7n);
    expect(entry()).toBe(old);
  });

  test.each([0, 1, 2])('in the table %i levels below the root', (i) => {
    const { memory } = t.handle.hypervisor.machine;
    const index = memory.address(t.guest.frames[i]!) + 511 * 8;
    t.context.setGpr(REGISTER.rbx, t.guest.readOnly + BigInt(i * 4096 + 511 * 8));
    t.context.setGpr(REGISTER.rcx, 0x1234_5678n << 12n);
    expect(t.run(...MOV64)).toBe(fault);
    expect(memory.view.getBigUint64(index, true)).toBe(0n);
  });

  test('in an ordinary page that is read-only', () => {
    expect(stores(MOV64, frame(PAGE) | 1n)).toBe(true);
    t.context.setGpr(REGISTER.rbx, t.guest.va(PAGE));
    expect(t.run(...MOV64)).toBe(fault);
  });
});
