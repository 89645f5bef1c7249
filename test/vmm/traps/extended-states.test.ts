/** XSAVE, FSGSBASE and the time-stamp counter as a guest's kernel turns them on and off, and what CPUID tells of them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const { rax, rcx, rdx, rbx } = REGISTER;
const [UD, NM, GP] = [6, 7, 13];
const CPUID = [0x0f, 0xa2];
const FORCED = [0x0f, 0x0b, 0x78, 0x65, 0x6e, ...CPUID];
const XGETBV = [0x0f, 0x01, 0xd0];
const XSETBV = [0x0f, 0x01, 0xd1];
const XSAVE = [0x48, 0x0f, 0xae, 0x23]; // xsave64 [rbx]
const XSAVES = [0x48, 0x0f, 0xc7, 0x2b];
const XRSTORS = [0x48, 0x0f, 0xc7, 0x1b];
const RDTSC = [0x0f, 0x31];
const RDFSBASE = [0xf3, 0x48, 0x0f, 0xae, 0xc0]; // rdfsbase rax
const WRGSBASE = [0xf3, 0x48, 0x0f, 0xae, 0xd8]; // wrgsbase rax
const WRITE_CR4 = [0x0f, 0x22, 0xe0]; // mov cr4, rax
const CLTS = [0x0f, 0x06];
const [TSD, FSGSBASE, OSXSAVE] = [0x4n, 0x1_0000n, 0x4_0000n];
const TS = [0xb8, 0x3b, 0x00, 0x05, 0x80, 0x0f, 0x22, 0xc0]; // mov eax, CR0 with TS; mov cr0, rax

let t: Trapping;
let handlers: ReadonlyMap<bigint, number>;
beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  handlers = new Map([UD, NM, GP].map((vector) => [t.handler(vector), vector]));
});

/** Where the code ends: 0 behind it, or the vector whose handler it is in. */
function fault(code: readonly number[], registers: Partial<Record<keyof typeof REGISTER, bigint>> = {}): number {
  t.context.setGpr(REGISTER.rsp, t.stack);
  for (const [name, value] of Object.entries(registers)) t.context.setGpr(REGISTER[name as keyof typeof REGISTER], value);
  const at = t.run(...code);
  return at === t.code + BigInt(code.length) ? 0 : handlers.get(at)!;
}
const a = (): bigint => t.context.gpr(rax);
const turnOn = (bits: bigint): void => void expect(fault(WRITE_CR4, { rax: bits })).toBe(0);
function cpuid(leaf: number, subleaf: number, code: readonly number[] = CPUID): number[] {
  expect(fault(code, { rax: BigInt(leaf), rcx: BigInt(subleaf) })).toBe(0);
  return [rax, rbx, rcx, rdx].map((register) => Number(t.context.gpr(register)));
}

describe('CPUID', () => {
  test('tells of XSAVE, its two states and its variants', () => {
    expect(cpuid(0, 0)[0]).toBe(0xd);
    expect((cpuid(1, 0)[2]! >>> 26) & 1).toBe(1);
    expect(cpuid(0xd, 0)).toEqual([3, 576, 576, 0]);
    expect(cpuid(0xd, 1)).toEqual([7, 576, 0, 0]);
    expect(cpuid(0xd, 2)).toEqual([0, 0, 0, 0]);
    expect(cpuid(7, 0)).toEqual([0, 1, 0, 0]);
    expect(cpuid(7, 1)).toEqual([0, 0, 0, 0]);
  });

  test('tells nothing between those leaves', () => {
    for (const leaf of [2, 3, 4, 5, 6, 8, 9, 10, 11, 12]) expect(cpuid(leaf, 0)).toEqual([0, 0, 0, 0]);
  });

  test('says OSXSAVE when the guest kernel has set it, and to the forced emulation of the kernel always', () => {
    const osxsave = (code?: readonly number[]): number => (cpuid(1, 0, code)[2]! >>> 27) & 1;
    expect(osxsave()).toBe(0);
    expect(osxsave(FORCED)).toBe(1);
    t.enterUser();
    expect(osxsave(FORCED)).toBe(0);
    t = new Trapping(t.handle);
    turnOn(OSXSAVE);
    expect(osxsave()).toBe(1);
    t.enterUser();
    expect(osxsave()).toBe(1);
  });
});

describe('XCR0', () => {
  test('XSETBV is undefined until CR4.OSXSAVE is set; XGETBV answers all the same', () => {
    expect(fault(XSETBV, { rax: 3n, rcx: 0n, rdx: 0n })).toBe(UD);
    expect(fault(XGETBV, { rcx: 0n, rdx: 5n })).toBe(0);
    expect([a(), t.context.gpr(rdx)]).toEqual([3n, 0n]);
  });

  test.each([
    ['x87 and SSE', 3n, 0n, 0n, 0],
    ['x87 alone', 1n, 0n, 0n, 0],
    ['SSE without x87', 2n, 0n, 0n, GP],
    ['nothing', 0n, 0n, 0n, GP],
    ['AVX', 7n, 0n, 0n, GP],
    ['a bit of edx', 3n, 1n, 0n, GP],
    ['another register', 3n, 0n, 1n, GP],
  ])('%s', (_, eax, edx, ecx, vector) => {
    turnOn(OSXSAVE);
    expect(fault(XSETBV, { rax: eax, rdx: edx, rcx: ecx })).toBe(vector);
    expect(fault(XGETBV, { rcx: 0n })).toBe(0);
    expect(a()).toBe(vector === 0 ? eax : 3n);
  });

  test('is not for user mode to set, nor are there registers beyond 1', () => {
    turnOn(OSXSAVE);
    t.enterUser();
    expect(fault(XSETBV, { rax: 1n, rdx: 0n, rcx: 0n })).toBe(GP);
    t.enterUser();
    expect(fault(XGETBV, { rcx: 2n })).toBe(GP);
  });

  test('without SSE in it XSAVE leaves SSE out', () => {
    turnOn(OSXSAVE);
    expect(fault(XSETBV, { rax: 1n, rdx: 0n, rcx: 0n })).toBe(0);
    const area = t.guest.va(5);
    t.context.fxsave.fill(0x11, 160, 416);
    expect(fault(XSAVE, { rbx: area, rax: 0xffff_ffffn, rdx: 0xffff_ffffn })).toBe(0);
    expect([t.guest.page(5).getUint16(0, true), t.guest.page(5).getUint32(24, true), t.guest.page(5).getUint32(160, true)]).toEqual([
      0x37f, 0, 0,
    ]);
  });
});

test('XSAVE is #NM while CR0.TS is set, and the supervisor’s variants are undefined', () => {
  const area = t.guest.va(5);
  expect(fault([...TS, ...XSAVE], { rbx: area })).toBe(NM);
  expect(fault(CLTS)).toBe(0);
  expect(fault(XSAVE, { rbx: area })).toBe(0);
  expect(fault(XSAVES, { rbx: area })).toBe(UD);
  expect(fault(XRSTORS, { rbx: area })).toBe(UD);
});

describe('bases of FS and GS', () => {
  test('cannot be read or written before the kernel sets CR4.FSGSBASE', () => {
    expect(fault(RDFSBASE)).toBe(UD);
    expect(fault(WRGSBASE)).toBe(UD);
    turnOn(FSGSBASE);
    t.context.fsBase = 0x7f00_1234_5678n;
    expect(fault(RDFSBASE)).toBe(0);
    expect(a()).toBe(0x7f00_1234_5678n);
    expect(fault(RDFSBASE.filter((byte) => byte !== 0x48))).toBe(0);
    expect(a()).toBe(0x1234_5678n);
    expect(fault(WRGSBASE, { rax: 0xffff_8000_0000_0000n })).toBe(0);
    expect(t.context.gsBase).toBe(0xffff_8000_0000_0000n);
  });

  test('must be canonical', () => {
    turnOn(FSGSBASE);
    for (const base of [0x8000_0000_0000n, 0xffff_7fff_ffff_ffffn]) expect(fault(WRGSBASE, { rax: base })).toBe(GP);
    for (const base of [0x7fff_ffff_ffffn, 0xffff_8000_0000_0000n]) expect(fault(WRGSBASE, { rax: base })).toBe(0);
  });
});

test('CR4.TSD keeps the time from user mode alone', () => {
  expect(fault(RDTSC)).toBe(0);
  turnOn(TSD);
  expect(fault(RDTSC, { rdx: 7n })).toBe(0);
  expect(t.context.gpr(rdx)).toBe(0n);
  expect(fault([0x0f, 0x01, 0xf9], { rcx: 7n })).toBe(0);
  expect(t.context.gpr(rcx)).toBe(0n);
  t.enterUser();
  expect(fault(RDTSC)).toBe(GP);
});
