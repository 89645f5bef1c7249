/** Compatibility mode: what the descriptor of CS decides, and what segments do there. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, STACK } from './harness.ts';

const [EAX, ECX, EBX, ESP, ESI, EDI] = [0, 1, 3, 4, 6, 7];
const [ES, CS, SS, DS, FS] = [0, 1, 2, 3, 4];
const [DEBUG, OVERFLOW, BOUND_RANGE, STACK_FAULT, GENERAL_PROTECTION] = [1, 4, 5, 12, 13];
const base = (address: bigint): bigint => ((address & 0xff_ffffn) << 16n) | ((address >> 24n) << 56n);
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  0x08: 0x0040_f300_0000_000fn | base(DATA), // data, 16 bytes
  0x10: 0x0040_f700_0000_000fn | base(DATA), // data that expands down: all but 16 bytes
  0x18: 0x00cf_fb00_0000_ffffn | base(CODE), // 32-bit code from CODE on
  0x20: 0x00cf_fb00_0000_ffffn, // 32-bit code
  0x28: 0x00cf_f300_0000_ffffn, // data
  0x30: 0x00af_fb00_0000_ffffn, // 64-bit code
  0x38: 0x000f_fb00_0000_ffffn, // 16-bit code, 1 MiB
  0x40: 0x0000_f300_0000_ffffn | base(DATA), // a 16-bit stack
  0x48: 0x0040_fb00_0000_001fn | base(CODE), // 32-bit code, 32 bytes
  0x50: 0x00ef_fb00_0000_ffffn, // code of 64 and of 32 bits at once
};
const CODE32 = 0x23;
const CODE64 = 0x33;
const FLAT = 0x2b;

const bench = new Bench();
const select = (segments: Readonly<Record<number, number>>): void =>
  Object.entries(segments).forEach(([segment, selector]) => bench.context.setSelector(Number(segment), selector));
beforeEach(() => {
  bench.environment = { ...bench.environment, descriptor: (selector) => DESCRIPTORS[selector & 0xfff8] ?? null };
  select({ [ES]: FLAT, [CS]: CODE32, [SS]: FLAT, [DS]: FLAT, [FS]: 0 });
  for (const register of [EAX, ECX, EBX, ESI, EDI]) bench.context.setGpr(register, 0n);
  bench.context.setGpr(ESP, STACK);
  bench.context.rflags = 0x202n;
  bench.write(DATA, new Uint8Array(256));
});
const u32 = (value: number | bigint): number[] => Array.from({ length: 4 }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
/** The vector that ends it, or -1. */
function fault(code: readonly number[]): number {
  const exit = bench.run(code);
  return exit.kind === 'exception' ? exit.vector : -1;
}
const gpr = (register: number): bigint => bench.context.gpr(register);

describe('the size of code', () => {
  const push64 = (target: bigint, selector: number): number[] => [0x6a, selector, 0x68, ...u32(target)];
  test('is that of the new CS after a far return, both ways, and the same bytes are other instructions', () => {
    bench.context.setSelector(CS, CODE64);
    // 64-bit code: push 23; push …; retfq. Then inc eax twice in 32-bit code, which in 64-bit code are REX prefixes of the INC.
    const back = CODE + 32n;
    bench.write(CODE + 32n, [0x40, 0x40, 0xff, 0xc0, 0x0f, 0x05]);
    bench.run([...push64(back, CODE32), 0x48, 0xcb]);
    expect([gpr(EAX), bench.context.selector(CS), bench.context.compatibility]).toEqual([3n, CODE32, true]);
    bench.context.setGpr(EAX, 0n);
    bench.run([0x6a, CODE64, 0x68, ...u32(back), 0xcb]);
    expect([gpr(EAX), bench.context.selector(CS), bench.context.compatibility]).toEqual([1n, CODE64, false]);
  });
  test('changes with a far jump, a far call and an IRET', () => {
    bench.write(CODE + 64n, [0x48, 0xff, 0xc0, 0x48, 0xcb]); // inc rax; retfq, in 64-bit code
    const call = [0x9a, ...u32(CODE + 64n), CODE64, 0];
    // A far call of a 32-bit operand leaves 8 bytes, of which RETFQ would take 16: so RETF.
    bench.write(CODE + 67n, [0xcb]);
    bench.run([...call, 0x40]);
    expect([gpr(EAX), bench.context.selector(CS), gpr(ESP)]).toEqual([2n, CODE32, STACK]);
    bench.write(CODE + 64n, [0x48, 0xff, 0xc0, 0x0f, 0x05]);
    bench.run([0xea, ...u32(CODE + 64n), CODE64, 0]);
    expect([gpr(EAX), bench.context.selector(CS)]).toEqual([3n, CODE64]);
    select({ [CS]: CODE32 });
    bench.run([0x9c, 0x6a, CODE64, 0x68, ...u32(CODE + 64n), 0xcf]);
    expect([gpr(EAX), bench.context.selector(CS)]).toEqual([4n, CODE64]);
  });
  test('cannot be 64 and 32 bits at once', () => {
    expect(fault([0xea, ...u32(CODE), 0x53, 0])).toBe(GENERAL_PROTECTION);
  });
  test('of 16 bits makes operands and addresses short', () => {
    bench.context.setSelector(CS, 0x3b);
    const at = 0x8000n;
    bench.write(at, [0xb8, 0x34, 0x12, 0x66, 0xb9, ...u32(0x12345678), 0x67, 0x8d, 0x5c, 0x08, 0x01, 0x0f, 0x05]);
    bench.context.setGpr(EAX, 0xffff_ffffn);
    bench.context.rip = at;
    expect(bench.go(10).kind).toBe('syscall');
    expect([gpr(EAX), gpr(EBX)]).toEqual([0xffff_1234n, 0x68adn]);
  });
});

describe('addresses', () => {
  test('go round at 4 GiB', () => {
    bench.write(DATA, u32(0xfeedface));
    bench.context.setGpr(EBX, 0xffff_ff00n);
    bench.run([0x8b, 0x83, ...u32(DATA + 0x100n)]);
    expect(gpr(EAX)).toBe(0xfeedfacen);
  });
  test('do not know the upper halves of registers, and results clear them', () => {
    bench.write(DATA, u32(7));
    bench.context.setGpr(EBX, DATA | (0xabcdn << 32n));
    bench.context.setGpr(ESP, STACK | (0xabcdn << 32n));
    bench.run([0x8b, 0x03, 0x50, 0x5e]);
    expect([gpr(EAX), gpr(ESI), gpr(ESP)]).toEqual([7n, 7n, STACK]);
  });
  test('of string instructions in 64-bit code are short with prefix 67, and so is their count', () => {
    bench.context.setSelector(CS, CODE64);
    bench.context.setGpr(EDI, DATA | (1n << 40n));
    bench.context.setGpr(ECX, 3n | (1n << 40n));
    bench.context.setGpr(EAX, 0x55n);
    bench.run([0xf3, 0x67, 0xaa]);
    expect(bench.read(DATA, 4)).toEqual([0x55, 0x55, 0x55, 0]);
    expect(gpr(EDI)).toBe(DATA + 3n);
  });
});

describe('a data segment', () => {
  beforeEach(() =>
    bench.write(
      DATA,
      Array.from({ length: 64 }, (_, i) => i),
    ),
  );
  const load = (register: 'ds' | 'es', selector: number): number[] => [0xb8, ...u32(selector), 0x8e, register === 'ds' ? 0xd8 : 0xc0];
  const read = (offset: number): number[] => [0xa1, ...u32(offset)];
  test('has a base, from the next instruction on', () => {
    bench.run([...load('ds', 0x0b), ...read(4), 0x36, 0x8b, 0x1d, ...u32(DATA)]);
    expect([gpr(EAX), gpr(EBX)]).toEqual([0x07060504n, 0x03020100n]);
  });
  test('and a limit', () => {
    expect(fault([...load('ds', 0x0b), ...read(12)])).toBe(-1);
    expect(fault([...load('ds', 0x0b), ...read(13)])).toBe(GENERAL_PROTECTION);
  });
  test('that expands down has all but what is below its limit', () => {
    expect(fault([...load('ds', 0x13), ...read(15)])).toBe(GENERAL_PROTECTION);
    expect(fault([...load('ds', 0x13), ...read(16)])).toBe(-1);
    expect(gpr(EAX)).toBe(0x13121110n);
  });
  test('that is null cannot be used, nor can fs', () => {
    expect(fault([...load('ds', 0), ...read(Number(DATA))])).toBe(GENERAL_PROTECTION);
    select({ [DS]: FLAT });
    expect(fault([0x64, ...read(Number(DATA))])).toBe(GENERAL_PROTECTION);
  });
  test('is what a string instruction writes to', () => {
    bench.context.setGpr(ESI, DATA + 32n);
    bench.context.setGpr(ECX, 5n);
    expect(fault([...load('es', 0x0b), 0xf3, 0xa5])).toBe(GENERAL_PROTECTION);
    expect([gpr(ECX), gpr(EDI)]).toEqual([1n, 16n]);
    expect(bench.read(DATA, 16)).toEqual(bench.read(DATA + 32n, 16));
  });
  test('does not matter to 64-bit code', () => {
    bench.context.setSelector(CS, CODE64);
    bench.context.setGpr(EBX, DATA + 32n);
    bench.run([...load('ds', 0x0b), 0x8b, 0x03]);
    expect(gpr(EAX)).toBe(0x23222120n);
  });
});

describe('a stack segment', () => {
  test('that has been left is #SS', () => {
    bench.context.setGpr(ESP, 18n);
    bench.context.setSelector(SS, 0x0b);
    expect(fault([0x50])).toBe(STACK_FAULT);
    bench.context.setGpr(ESP, 16n);
    expect(fault([0x50])).toBe(-1);
    bench.context.setGpr(5, 16n);
    expect(fault([0x8b, 0x45, 0])).toBe(STACK_FAULT);
  });
  test('of 16 bits has only sp, which goes round', () => {
    bench.context.setSelector(SS, 0x43);
    bench.context.setGpr(ESP, 0x1234_0002n);
    bench.context.setGpr(EAX, 0x11223344n);
    bench.run([0x66, 0x50, 0x50]);
    expect(gpr(ESP)).toBe(0x1234_fffcn);
    expect([bench.read(DATA, 2), bench.read(DATA + 0xfffcn, 4)]).toEqual([
      [0x44, 0x33],
      [0x44, 0x33, 0x22, 0x11],
    ]);
  });
});

describe('a code segment', () => {
  test('has a base, and eip is an offset', () => {
    // call the next instruction; pop eax
    bench.write(CODE + 0x40n, [0xe8, 0, 0, 0, 0, 0x58, 0xe3, 1, 0xf4, 0x41, 0x0f, 0x05]);
    bench.context.setSelector(CS, 0x1b);
    bench.context.rip = 0x40n;
    expect(bench.go(10).kind).toBe('syscall');
    expect([gpr(EAX), bench.context.rip]).toEqual([0x45n, 0x4cn]);
  });
  test('is found again at another base', () => {
    bench.write(CODE + 0x40n, [0xe8, 0, 0, 0, 0, 0x58, 0x0f, 0x05]);
    for (const [selector, eip] of [
      [0x1b, 0x40n],
      [CODE32, CODE + 0x40n],
      [0x1b, 0x40n],
    ] as const) {
      bench.context.setSelector(CS, selector);
      bench.context.rip = eip;
      bench.go(10);
      expect(gpr(EAX)).toBe(eip + 5n);
    }
  });
  test('ends at its limit', () => {
    bench.write(CODE, [0x40, 0xeb, 0x1d, ...Array.from({ length: 40 }, () => 0x40)]);
    bench.context.setSelector(CS, 0x4b);
    bench.context.rip = 0n;
    expect(bench.go(10)).toMatchObject({ kind: 'exception', vector: GENERAL_PROTECTION });
    expect([gpr(EAX), bench.context.rip]).toEqual([1n, 0x20n]);
  });
});

describe('what leaves it', () => {
  test('SYSCALL keeps eip in ecx; SYSENTER keeps nothing', () => {
    expect(bench.run([])).toEqual({ kind: 'syscall' });
    expect(gpr(ECX)).toBe(CODE + 2n);
    expect(bench.run([0x0f, 0x34])).toEqual({ kind: 'sysenter' });
  });
  test('INT n, with eip at it', () => {
    expect(bench.run([0xcd, 0x80])).toEqual({ kind: 'interrupt', vector: 0x80, length: 2 });
    expect(bench.context.rip).toBe(CODE);
  });
  test('INTO behind it when OF is set, BOUND at it', () => {
    bench.context.rflags = 0xa02n;
    expect(fault([0xce])).toBe(OVERFLOW);
    expect(bench.context.rip).toBe(CODE + 1n);
    bench.write(DATA, [...u32(1), ...u32(5)]);
    bench.context.setGpr(EAX, 6n);
    expect(fault([0x62, 0x05, ...u32(DATA)])).toBe(BOUND_RANGE);
    expect(bench.context.rip).toBe(CODE);
  });
  test('a single step over a segment that is loaded', () => {
    bench.context.rflags = 0x302n;
    bench.context.setGpr(EAX, 0x0bn);
    expect(fault([0x8e, 0xd8, 0x40])).toBe(DEBUG);
    expect([bench.context.rip, gpr(EAX)]).toEqual([CODE + 2n, 0x0bn]);
  });
});
