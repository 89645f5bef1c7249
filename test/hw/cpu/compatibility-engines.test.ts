/** Interpreter and translator on random programs of 32-bit code, made of every form that it has. */
import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { compatibilityForms, makeCompatibilityCase } from '../../conformance/compatibility-cases.ts';
import { Bench, CODE, DATA, STACK } from './harness.ts';

const RUNS = 12;
const PAGE = 0x1000n;
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  0x20: 0x00cf_fb00_0000_ffffn, // 32-bit code
  0x28: 0x00cf_f300_0000_ffffn, // data
  0x30: 0x00af_fb00_0000_ffffn, // 64-bit code
  0x38: 0x00cf_f320_0010_ffffn, // data at DATA + 16
};
const SELECTORS = [0x2b, 0x23, 0x2b, 0x2b, 0x3b, 0x3b];
const JUMPS: ReadonlySet<string> = new Set(['ret', 'retf', 'iretq']);
const straight = compatibilityForms.filter(
  ({ description: { name }, operands }) => !JUMPS.has(name) && !operands.some(({ source }) => source === 'branch'),
);
const loadsSegment = straight.filter(({ description: { name }, modrm }) => (name === 'pop' && !modrm) || /^l[edsfg]s$/.test(name));
const ordinary = straight.filter((form) => !loadsSegment.includes(form));

const choose = (forms: typeof straight): fc.Arbitrary<readonly number[]> =>
  fc.tuple(fc.nat(forms.length - 1), fc.integer()).map(([i, seed]) => makeCompatibilityCase(forms[i]!, seed).code);
type Piece =
  | { readonly bytes: readonly number[] }
  | { readonly kind: 'jcc' | 'call' | 'loop' | 'indirect'; readonly cc: number; readonly by: number };
const program: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.oneof(
    { weight: 24, arbitrary: fc.record({ bytes: choose(ordinary) }) },
    { weight: 1, arbitrary: fc.record({ bytes: choose(loadsSegment) }) },
    // Through fs: lodsb, mov eax, fs:[ecx]
    { weight: 1, arbitrary: fc.constantFrom({ bytes: [0x64, 0xac] }, { bytes: [0x64, 0x8b, 0x01] }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('jcc', 'jcc', 'call', 'loop', 'indirect') as fc.Arbitrary<'jcc' | 'call' | 'loop' | 'indirect'>,
        cc: fc.nat(15),
        by: fc.integer({ min: -6, max: 6 }),
      }),
    },
    { weight: 2, arbitrary: fc.constantFrom({ bytes: [0xc3] }, { bytes: [0x66, 0x50, 0x66, 0x5a] }, { bytes: [0xbb, 0, 0, 0x20, 0] }) },
  ),
  { minLength: 3, maxLength: 30 },
);
const SIZES = { jcc: 6, call: 5, loop: 9, indirect: 7 } as const;
const i32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

/** Where a program begins: most lie on two pages. */
const originOf = (bytes: number, seed: number): number => Number(CODE + PAGE) - Math.min(4096, Math.abs(seed) % (2 * bytes));

function assemble(pieces: readonly Piece[], seed: number): { readonly code: readonly number[]; readonly origin: number } {
  const sizes = pieces.map((piece) => ('bytes' in piece ? piece.bytes.length : SIZES[piece.kind]));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const end = sizes.reduce((a, b) => a + b, 0);
  const origin = originOf(end, seed);
  const code = pieces.flatMap((piece, i) => {
    if ('bytes' in piece) return piece.bytes;
    const to = starts[Math.max(0, i + piece.by)] ?? end;
    const from = (length: number): number[] => i32(to - starts[i]! - length);
    switch (piece.kind) {
      case 'jcc':
        return [0x0f, 0x80 + piece.cc, ...from(6)];
      case 'call':
        return [0xe8, ...from(5)];
      case 'loop': // loop over a jump
        return [0xe2, 2, 0xeb, 5, 0xe9, ...from(9)];
      case 'indirect': // mov esi, …; jmp esi
        return [0xbe, ...i32(origin + to), 0xff, 0xe6];
    }
  });
  return { code: [...code, 0xe9, ...i32(-(code.length + 5))], origin };
}

const STACK_BYTES = 0x4000;
const DATA_BYTES = 0x1_0000n;

function newBench(translateAfter: number | null): Bench {
  const bench = new Bench(translateAfter);
  bench.confine([
    [CODE, CODE + 2n * PAGE],
    [DATA, DATA + DATA_BYTES],
    [STACK - BigInt(STACK_BYTES), STACK + PAGE],
  ]);
  return bench;
}

const loadSelectors = (bench: Bench): void => SELECTORS.forEach((selector, i) => bench.context.setSelector(i, selector));
function prepare(bench: Bench, { code, origin }: ReturnType<typeof assemble>, seed: number): void {
  bench.environment = { ...bench.environment, descriptor: (selector) => DESCRIPTORS[selector & 0xfff8] ?? null };
  for (let i = 0; i < 16; i++) bench.context.setGpr(i, BigInt.asUintN(64, BigInt(seed + i) * 0x9e37_79b9_7f4a_7c15n));
  for (const register of [3, 5, 6, 7]) bench.context.setGpr(register, DATA + BigInt(16 * register));
  bench.context.setGpr(4, STACK);
  bench.context.rflags = 0x202n;
  bench.context.fsBase = bench.context.gsBase = DATA + 16n;
  loadSelectors(bench);
  bench.renew();
  bench.write(STACK - BigInt(STACK_BYTES), new Uint8Array(new Uint32Array(STACK_BYTES / 2).fill(origin).buffer));
  bench.write(BigInt(origin), [...code, 0x0f, 0x0b]);
  bench.context.fxsave.fill(0);
  const fpu = new DataView(bench.context.fxsave.buffer, bench.context.fxsave.byteOffset);
  fpu.setUint16(0, 0x37f, true);
  fpu.setUint32(24, seed % 3 === 0 ? 0x1f80 : 0x1fa0, true);
  for (let i = 0; i < 8; i++) fpu.setFloat64(160 + 16 * i, (seed % 1000) / (i + 1), true);
  bench.context.rip = BigInt(origin);
}

function trace(bench: Bench, origin: number, budgets: readonly number[]): string[] {
  const seen: string[] = [];
  for (let i = 0; i < RUNS; i++) {
    const exit = bench.go(budgets[i % budgets.length]!);
    const selectors = SELECTORS.map((_, segment) => bench.context.selector(segment));
    seen.push(
      `${JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? String(value) : value))} ${bench.cpu.retiredInRun} ${selectors.join()} ${bench.state()} ${Buffer.from(bench.context.fxsave).toString('hex')}`,
    );
    if (exit.kind === 'budget') continue;
    bench.context.rip = BigInt(origin);
    loadSelectors(bench);
    for (const register of [3, 5, 6, 7]) bench.context.setGpr(register, DATA + BigInt(16 * register));
    bench.context.setGpr(4, STACK);
    bench.context.setGpr(1, BigInt(i + 1));
  }
  return seen;
}

const interpreter = newBench(null);
const translator = newBench(1);

property.prop([program, fc.integer(), fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })], { numRuns: 1000 })(
  'random 32-bit programs end in the same state, at the same instruction',
  (pieces, seed, budgets) => {
    const assembled = assemble(pieces, seed);
    for (const bench of [interpreter, translator]) prepare(bench, assembled, seed);
    expect(trace(translator, assembled.origin, budgets).join('\n')).toBe(trace(interpreter, assembled.origin, budgets).join('\n'));
  },
);

test('and they were translated', () => {
  expect(translator.machine.translation!.regions).toBeGreaterThan(500);
});
