/** Interpreter and translator: the same instructions, the same state, for any program, budget and fault. */
import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { Bench, CODE, DATA, STACK } from './harness.ts';

const RUNS = 12;
const i32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

/** One instruction: opcode bytes with registers among rax, rcx, rdx, rbx, rsi, r8 to r11 (rdi points at the data). */
const register = fc.constantFrom(0, 1, 2, 3, 6, 8, 9, 10, 11);
const rexOf = (wide: boolean, reg: number, rm: number): number => 0x40 | (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0);
const modrm = (reg: number, rm: number): number => 0xc0 | ((reg & 7) << 3) | (rm & 7);
const alu = fc.record({ op: fc.nat(7), byte: fc.boolean(), wide: fc.boolean(), reg: register, rm: register, load: fc.boolean() });
const instruction: fc.Arbitrary<readonly number[]> = fc.oneof(
  alu.map(({ op, byte, wide, reg, rm, load }) => [rexOf(wide, reg, rm), op * 8 + (load ? 2 : 0) + (byte ? 0 : 1), modrm(reg, rm)]),
  alu.map(({ op, wide, rm, reg }) => [rexOf(wide, 0, rm), 0x83, modrm(op, rm), reg * 17]),
  // With 16-bit operands
  alu.map(({ op, reg, rm }) => [0x66, rexOf(false, reg, rm), op * 8 + 1, modrm(reg, rm)]),
  // With memory: [rdi + disp8], loads and stores
  fc
    .record({ op: fc.nat(7), wide: fc.boolean(), byte: fc.boolean(), reg: register, at: fc.nat(120), load: fc.boolean() })
    .map(({ op, wide, byte, reg, at, load }) => [
      rexOf(wide, reg, 0),
      op * 8 + (load ? 2 : 0) + (byte ? 0 : 1),
      0x47 | ((reg & 7) << 3),
      at,
    ]),
  // mov, lea, movzx, movsx, cmovcc, setcc
  fc
    .record({ reg: register, at: fc.nat(120), wide: fc.boolean(), load: fc.boolean() })
    .map(({ reg, at, wide, load }) => [rexOf(wide, reg, 0), load ? 0x8b : 0x89, 0x47 | ((reg & 7) << 3), at]),
  fc
    .record({ reg: register, rm: register })
    .map(({ reg, rm }) => [rexOf(true, reg, 0) | (rm >= 8 ? 2 : 0), 0x8d, 0x44 | ((reg & 7) << 3), 0x07 | ((rm & 7) << 3), 5]),
  fc
    .record({ reg: register, rm: register, op: fc.constantFrom(0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0xa3, 0xbc, 0xbd) })
    .map(({ reg, rm, op }) => [rexOf(true, reg, rm), 0x0f, op, modrm(reg, rm)]),
  fc
    .record({ reg: register, rm: register, cc: fc.nat(15), set: fc.boolean() })
    .map(({ reg, rm, cc, set }) => [rexOf(true, reg, rm), 0x0f, (set ? 0x90 : 0x40) + cc, modrm(reg, rm)]),
  // Shifts and rotates by immediate and by CL, inc, dec, neg, not, mul, imul, xchg, xadd, cmpxchg, bswap
  fc
    .record({ rm: register, op: fc.constantFrom(0, 1, 2, 3, 4, 5, 7), by: fc.nat(70), wide: fc.boolean(), byte: fc.boolean() })
    .map(({ rm, op, by, wide, byte }) => [rexOf(wide, 0, rm), byte ? 0xc0 : 0xc1, modrm(op, rm), by]),
  fc
    .record({ rm: register, op: fc.constantFrom(0, 1, 2, 3, 4, 5, 7), wide: fc.boolean(), byte: fc.boolean() })
    .map(({ rm, op, wide, byte }) => [rexOf(wide, 0, rm), byte ? 0xd2 : 0xd3, modrm(op, rm)]),
  fc.record({ rm: register, op: fc.nat(1), wide: fc.boolean() }).map(({ rm, op, wide }) => [rexOf(wide, 0, rm), 0xff, modrm(op, rm)]),
  fc
    .record({ rm: register, op: fc.constantFrom(2, 3, 4, 5), wide: fc.boolean() })
    .map(({ rm, op, wide }) => [rexOf(wide, 0, rm), 0xf7, modrm(op, rm)]),
  fc.record({ reg: register, rm: register, wide: fc.boolean() }).map(({ reg, rm, wide }) => [rexOf(wide, reg, rm), 0x87, modrm(reg, rm)]),
  fc
    .record({ reg: register, rm: register, op: fc.constantFrom(0xc1, 0xb1) })
    .map(({ reg, rm, op }) => [rexOf(true, reg, rm), 0x0f, op, modrm(reg, rm)]),
  fc.record({ rm: register }).map(({ rm }) => [rexOf(true, 0, rm), 0x0f, 0xc8 | (rm & 7)]),
  fc.record({ reg: fc.constantFrom(0, 1, 2, 3) }).map(({ reg }) => [0x88, 0xc0 | (reg << 3) | 4]), // mov ah, r8
  // push, pop, pushf, popf of harmless flags, cld, std, lahf, sahf
  fc.record({ rm: register }).map(({ rm }) => [rexOf(false, 0, rm), 0x50 | (rm & 7), rexOf(false, 0, rm), 0x58 | (rm & 7)]),
  fc.constantFrom([0x9c, 0x58], [0x9f], [0x9e], [0xf8], [0xf9], [0xf5], [0x98], [0x99], [0x48, 0x99]),
  // A division that faults often
  fc.record({ rm: register, signed: fc.boolean() }).map(({ rm, signed }) => [rexOf(true, 0, rm), 0xf7, modrm(signed ? 7 : 6, rm)]),
  // Far off the data: a page fault
  fc.record({ reg: register }).map(({ reg }) => [rexOf(true, reg, 0), 0x8b, 0x87 | ((reg & 7) << 3), 0, 0, 0x40, 0]),
);
/** SSE on xmm0 to xmm7: packed integers, floating point of all widths, moves to and from memory and registers, shuffles, an implicit xmm0. */
const xmm = fc.nat(7);
const vector: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .record({ a: xmm, b: xmm, op: fc.constantFrom(0xfe, 0xd4, 0xfa, 0xef, 0xdb, 0xeb, 0x75, 0x66, 0xd5, 0x61, 0x6c, 0xf4, 0xe5, 0xde) })
    .map(({ a, b, op }) => [0x66, 0x0f, op, modrm(a, b)]),
  fc
    .record({
      a: xmm,
      b: xmm,
      prefix: fc.constantFrom([0xf2], [0xf3], [0x66], []),
      op: fc.constantFrom(0x58, 0x59, 0x5c, 0x5e, 0x5d, 0x5f, 0x51),
    })
    .map(({ a, b, prefix, op }) => [...prefix, 0x0f, op, modrm(a, b)]),
  fc
    .record({ a: xmm, b: xmm, prefix: fc.constantFrom([0xf2], [0xf3], [0x66], []), predicate: fc.nat(7) })
    .map(({ a, b, prefix, predicate }) => [...prefix, 0x0f, 0xc2, modrm(a, b), predicate]),
  fc.record({ a: xmm, b: xmm, prefix: fc.constantFrom([0x66], []) }).map(({ a, b, prefix }) => [...prefix, 0x0f, 0x2e, modrm(a, b)]),
  fc.record({ a: xmm, b: xmm, op: fc.constantFrom(0x14, 0x15, 0x10) }).map(({ a, b, op }) => [0x66, 0x0f, 0x38, op, modrm(a, b)]),
  fc.record({ a: xmm, b: xmm, by: fc.nat(255) }).map(({ a, b, by }) => [0x66, 0x0f, 0x70, modrm(a, b), by]),
  fc
    .record({ a: xmm, at: fc.nat(120), op: fc.constantFrom(0x6f, 0x7f), prefix: fc.constantFrom(0xf3, 0x66) })
    .map(({ a, at, op, prefix }) => [prefix, 0x0f, op, 0x47 | (a << 3), prefix === 0x66 && at % 3 > 0 ? at & 0x70 : at]),
  fc
    .record({ a: xmm, at: fc.nat(120), op: fc.constantFrom(0x10, 0x11, 0x58, 0x5a) })
    .map(({ a, at, op }) => [0xf2, 0x0f, op, 0x47 | (a << 3), at]),
  fc
    .record({ a: xmm, rm: register, op: fc.constantFrom(0x6e, 0x7e) })
    .map(({ a, rm, op }) => [0x66, rexOf(true, a, rm), 0x0f, op, modrm(a, rm)]),
  fc
    .record({ a: xmm, rm: register, prefix: fc.constantFrom(0xf2, 0xf3) })
    .map(({ a, rm, prefix }) => [prefix, rexOf(true, a, rm), 0x0f, 0x2a, modrm(a, rm)]),
  fc
    .record({ reg: register, b: xmm, op: fc.constantFrom(0x2c, 0x2d) })
    .map(({ reg, b, op }) => [0xf2, rexOf(true, reg, b), 0x0f, op, modrm(reg, b)]),
  fc.record({ reg: register, b: xmm }).map(({ reg, b }) => [0x66, rexOf(false, reg, b), 0x0f, 0xd7, modrm(reg, b)]),
);
/** Strings, repeated or not, that sometimes run off the data; x87 on memory and on its stack. rdi is saved around them. */
const string: fc.Arbitrary<readonly number[]> = fc
  .record({
    op: fc.constantFrom(0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf),
    repeat: fc.constantFrom([], [0xf3], [0xf2]),
    size: fc.constantFrom([], [0x48], [0x66]),
    count: fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(3000) }),
    at: fc.nat(100),
  })
  .map(({ op, repeat, size, count, at }) => [
    0x57,
    0xb9,
    ...i32(count),
    0x48,
    0x8d,
    0x77,
    at,
    ...size.filter((byte) => byte === 0x66),
    ...repeat,
    ...size.filter((byte) => byte === 0x48),
    op,
    0x5f,
  ]);
const x87: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .record({ op: fc.constantFrom(0xd9, 0xdb, 0xdd, 0xdf, 0xd8, 0xdc), digit: fc.constantFrom(0, 2, 3), at: fc.nat(100) })
    .map(({ op, digit, at }) => [op, 0x47 | (digit << 3), at]),
  fc.record({ at: fc.nat(100), digit: fc.constantFrom(5, 7) }).map(({ at, digit }) => [0xdb, 0x47 | (digit << 3), at]),
  fc.record({ op: fc.constantFrom(0xd8, 0xdc, 0xde, 0xd9, 0xdf), to: fc.integer({ min: 0xc0, max: 0xf7 }) }).map(({ op, to }) => [op, to]),
  fc.constantFrom([0xdb, 0xe3], [0xd9, 0xe8], [0xd9, 0xee], [0xdf, 0xe0], [0x9b], [0xd9, 0x6f, 0x20], [0x0f, 0x77]),
);
/** A jump over or back, in numbers of pieces: conditional, a call, or by way of a register; and returns. */
const jump = fc.record({ kind: fc.constantFrom('jcc', 'jcc', 'call', 'indirect'), cc: fc.nat(15), by: fc.integer({ min: -6, max: 6 }) });
type Piece =
  | { readonly bytes: readonly number[] }
  | { readonly kind: 'jcc' | 'call' | 'indirect'; readonly cc: number; readonly by: number };
const program: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ bytes: fc.oneof({ weight: 6, arbitrary: instruction }, { weight: 2, arbitrary: vector }, string, x87) }),
    },
    { weight: 2, arbitrary: jump as fc.Arbitrary<Piece> },
    { weight: 1, arbitrary: fc.constant({ bytes: [0xc3] }) },
  ),
  { minLength: 3, maxLength: 30 },
);
const SIZES = { jcc: 6, call: 5, indirect: 9 } as const;

function assemble(pieces: readonly Piece[]): number[] {
  const sizes = pieces.map((piece) => ('bytes' in piece ? piece.bytes.length : SIZES[piece.kind]));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const end = sizes.reduce((a, b) => a + b, 0);
  const code = pieces.flatMap((piece, i) => {
    if ('bytes' in piece) return piece.bytes;
    const to = starts[Math.max(0, i + piece.by)] ?? end;
    const from = (length: number): number[] => i32(to - starts[i]! - length);
    switch (piece.kind) {
      case 'jcc':
        return [0x0f, 0x80 + piece.cc, ...from(6)];
      case 'call':
        return [0xe8, ...from(5)];
      case 'indirect': // lea rsi, [rip + …]; jmp rsi
        return [0x48, 0x8d, 0x35, ...from(7), 0xff, 0xe6];
    }
  });
  // Again from the start: everything gets hot.
  return [...code, 0xe9, ...i32(-(code.length + 5))];
}

const STACK_BYTES = 0x4000;
function stackOf(address: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array(STACK_BYTES / 4).fill(address).buffer);
}

function prepare(bench: Bench, code: readonly number[], seed: number): void {
  for (let i = 0; i < 16; i++) if (i !== 4) bench.context.setGpr(i, BigInt.asUintN(64, BigInt(seed + i) * 0x9e37_79b9_7f4a_7c15n));
  bench.context.setGpr(7, DATA);
  bench.context.setGpr(4, STACK);
  bench.context.rflags = 0x202n;
  bench.write(DATA, new Uint8Array(256));
  // Whatever returns goes to the start.
  bench.write(STACK - BigInt(STACK_BYTES), stackOf(CODE));
  bench.write(CODE, [...code, 0x0f, 0x0b]);
  bench.cpu.dropCode(Number(CODE >> 12n));
  const fpu = new DataView(bench.context.fxsave.buffer, bench.context.fxsave.byteOffset);
  for (let i = 0; i < 16; i++) {
    fpu.setFloat64(160 + 16 * i, (seed % 1000) / (i + 1), true);
    fpu.setFloat32(168 + 16 * i, 2 ** (seed % (i + 2)), true);
    fpu.setUint32(172 + 16 * i, seed * (i + 1), true);
  }
  // Usually as an inexact result has left it; sometimes fresh.
  fpu.setUint32(24, seed % 3 === 0 ? 0x1f80 : 0x1fa0, true);
  bench.context.rip = CODE;
}

/** What a person debugging sees after each slice; a faulting instruction is stepped over as a handler would. */
function trace(bench: Bench, budgets: readonly number[]): string[] {
  const seen: string[] = [];
  for (let i = 0; i < RUNS; i++) {
    const exit = bench.go(budgets[i % budgets.length]!);
    seen.push(
      `${JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? String(value) : value))} ${bench.cpu.retiredInRun} ${bench.state()} ${Buffer.from(bench.context.fxsave).toString('hex')}`,
    );
    if (exit.kind === 'exception') {
      bench.context.rip = CODE;
      bench.context.setGpr(2, 0n);
      bench.context.setGpr(8, BigInt(i + 1));
    }
  }
  return seen;
}

const interpreter = new Bench(null);
const translator = new Bench(1);

property.prop([program, fc.integer(), fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })], { numRuns: 1000 })(
  'random programs end in the same state, at the same instruction',
  (pieces, seed, budgets) => {
    const code = assemble(pieces);
    for (const bench of [interpreter, translator]) prepare(bench, code, seed);
    expect(trace(translator, budgets).join('\n')).toBe(trace(interpreter, budgets).join('\n'));
  },
);

test('code that changes for ever takes no more and more memory', () => {
  const bench = new Bench(1);
  // inc eax with another register each time; back to the start
  const program = (i: number): number[] => [0xff, 0xc0 | (i & 3), 0xeb, 0xfc];
  bench.context.rip = CODE;
  for (let i = 0; i < 3000; i++) {
    bench.write(CODE, program(i));
    bench.cpu.dropCode(Number(CODE >> 12n));
    bench.go(50);
    bench.go(50);
  }
  const { regions, dropped } = bench.machine.translation!;
  expect(regions).toBe(3000);
  expect(regions - dropped).toBe(1);
  const total = [0, 1, 2, 3].reduce((sum, register) => sum + Number(bench.context.gpr(register)), 0);
  expect(total).toBe((3000 * 100) / 2);
});

test('a program that changes its own code runs what it has written, also in the middle of a region', () => {
  for (const bench of [new Bench(null), new Bench(1)]) {
    bench.context.setGpr(7, CODE + 7n);
    // inc byte [rdi]: the immediate of the next instruction; mov eax, 0; add rbx, rax; jmp back
    bench.write(CODE, [0xfe, 0x07, 0x90, 0x90, 0x90, 0x90, 0xb8, 0, 0, 0, 0, 0x48, 0x01, 0xc3, 0xeb, 0xf0]);
    bench.context.setGpr(3, 0n);
    bench.context.rip = CODE;
    for (let i = 0; i < 10; i++) bench.go(80);
    expect(bench.context.gpr(3)).toBe(BigInt((100 * 101) / 2));
  }
});
