/** INS and OUTS: by the virtual IOPL, with REP, either direction, and the fault of the memory they reach. */
import { beforeEach, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const { rcx, rsi, rdi } = REGISTER;
const [GP, PF] = [13, 14];
const INSB = [0x6c];
const REP_INSW = [0xf3, 0x66, 0x6d];
const REP_OUTSD = [0xf3, 0x6f];
const STD = [0xfd];

let t: Trapping;
beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  t.guest.vcpu.iopl = 1;
  t.context.setGpr(rdi, t.guest.va(5) + 64n);
  t.context.setGpr(rsi, t.guest.va(5));
  t.context.setGpr(rcx, 5n);
});
const after = (code: readonly number[]): bigint => t.code + BigInt(code.length);

test('INSB stores ones and moves on by one', () => {
  expect(t.run(...INSB)).toBe(after(INSB));
  expect([t.guest.page(5).getUint16(64, true), t.context.gpr(rdi), t.context.gpr(rcx)]).toEqual([0xff, t.guest.va(5) + 65n, 5n]);
});

test('REP INSW backwards', () => {
  expect(t.run(...STD, ...REP_INSW)).toBe(after([...STD, ...REP_INSW]));
  expect([t.context.gpr(rdi), t.context.gpr(rcx)]).toEqual([t.guest.va(5) + 54n, 0n]);
  expect([t.guest.page(5).getUint16(54, true), t.guest.page(5).getUint16(56, true), t.guest.page(5).getUint16(64, true)]).toEqual([
    0, 0xffff, 0xffff,
  ]);
});

test('REP OUTSD reads, a long way', () => {
  t.context.setGpr(rsi, t.guest.va(5));
  t.context.setGpr(rcx, 2000n);
  expect(t.run(...REP_OUTSD)).toBe(after(REP_OUTSD));
  expect([t.context.gpr(rsi), t.context.gpr(rcx)]).toEqual([t.guest.va(5) + 8000n, 0n]);
});

test('a page that refuses is a page fault, with the registers where it happened', () => {
  const handler = t.handler(PF);
  t.context.setGpr(rdi, t.guest.unmapped);
  expect(t.run(...REP_INSW)).toBe(handler);
  expect([t.words(4)[2], t.words(4)[3], t.context.gpr(rdi)]).toEqual([2n, t.code, t.guest.unmapped]);
  t.context.setGpr(REGISTER.rsp, t.stack);
  t.context.setGpr(rdi, t.guest.readOnly);
  expect(t.run(...INSB)).toBe(handler);
  expect(t.words(4)[2]).toBe(3n);
});

test('without the privilege it is #GP, and nothing is stored', () => {
  t.guest.vcpu.iopl = 0;
  const handler = t.handler(GP);
  expect(t.run(...INSB)).toBe(handler);
  expect(t.guest.page(5).getUint8(64)).toBe(0);
});
