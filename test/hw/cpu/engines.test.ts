/** Interpreter and translator: the same instructions, the same state, for any program, budget, interrupt and fault. */
import { fc, test as property } from '@fast-check/vitest';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Bench, CODE, DATA, FLAGS, STACK } from './harness.ts';
import { ALIAS, assemble, MISSING, program, READ_ONLY, type Program } from './random-programs.ts';

const RUNS = 12;
const TIMEOUT_MS = 90_000;
const DATA_BYTES = 0x5000;
const STACK_BYTES = 0x4000;
const RSP = 4;
const PAGE = 0x1000n;
const WRITABLE = FLAGS.present | FLAGS.write | FLAGS.user;
const frameOf = (va: bigint): number => Number(va / PAGE);

function newBench(translateAfter: number | null): Bench {
  const bench = new Bench(translateAfter);
  bench.confine([
    [CODE - PAGE, CODE + 3n * PAGE],
    [DATA, DATA + BigInt(DATA_BYTES)],
    [STACK - BigInt(STACK_BYTES), STACK + PAGE],
  ]);
  bench.map(CODE + BigInt(ALIAS), WRITABLE, frameOf(CODE));
  bench.map(CODE + BigInt(ALIAS) + PAGE, WRITABLE, frameOf(CODE + 2n * PAGE));
  bench.map(DATA + BigInt(READ_ONLY), FLAGS.present | FLAGS.user);
  bench.map(DATA + BigInt(MISSING), 0n);
  return bench;
}

/** Where a program begins: most lie on two pages. */
function originOf({ code }: Program, seed: number): bigint {
  return CODE + PAGE - BigInt(Math.min(4096, Math.abs(seed) % (2 * code.length)));
}
/** What the second page of the code is: its own frame, or another one. */
function mapSecond(bench: Bench, other: boolean): void {
  bench.map(CODE + PAGE, WRITABLE, frameOf(CODE + (other ? 2n : 1n) * PAGE));
}

function prepare(bench: Bench, program: Program, seed: number): void {
  const origin = originOf(program, seed);
  for (let i = 0; i < 16; i++) bench.context.setGpr(i, BigInt.asUintN(64, BigInt(seed + i) * 0x9e37_79b9_7f4a_7c15n));
  bench.context.setGpr(7, DATA);
  bench.context.setGpr(RSP, STACK);
  bench.context.rflags = 0x202n;
  bench.renew();
  // Whatever returns goes to the start.
  bench.write(STACK - BigInt(STACK_BYTES), new Uint8Array(new BigUint64Array(STACK_BYTES / 4).fill(origin).buffer));
  const code = [...program.code, 0x0f, 0x0b];
  bench.write(origin, code);
  // In the other frame, nearly the same.
  const second = code.slice(Number(CODE + PAGE - origin)).map((byte, i) => (i % 16 === 5 ? byte ^ 1 : byte));
  bench.write(CODE + 2n * PAGE, second);
  mapSecond(bench, false);
  bench.context.fxsave.fill(0);
  const fpu = new DataView(bench.context.fxsave.buffer, bench.context.fxsave.byteOffset);
  fpu.setUint16(0, 0x37f, true);
  for (let i = 0; i < 16; i++) {
    fpu.setFloat64(160 + 16 * i, (seed % 1000) / (i + 1), true);
    fpu.setFloat32(168 + 16 * i, 2 ** (seed % (i + 2)), true);
    fpu.setUint32(172 + 16 * i, seed * (i + 1), true);
  }
  // Usually as an inexact result has left it; sometimes fresh.
  fpu.setUint32(24, seed % 3 === 0 ? 0x1f80 : 0x1fa0, true);
  bench.context.rip = origin;
}

/** All that a program can see. */
function hash(bench: Bench): string {
  const { context, machine } = bench;
  const { u8 } = machine.memory;
  const at = (va: bigint): number => machine.memory.address(0) + Number(va);
  const all = createHash('sha1').update(`${bench.state()} ${context.fsBase} ${context.gsBase}`).update(context.fxsave);
  all.update(u8.subarray(at(DATA), at(DATA) + DATA_BYTES));
  return all.update(u8.subarray(at(STACK) - 0x400, at(STACK) + 0x400)).digest('hex');
}

/** What a kernel's handler would do of a fault: go back to the start, with other registers. */
function handle(bench: Bench, origin: bigint, times: number): void {
  bench.context.rip = origin;
  bench.context.setGpr(2, 0n);
  bench.context.setGpr(7, DATA);
  bench.context.setGpr(RSP, STACK);
  bench.context.setGpr(8, BigInt(times));
}
/** As an event is delivered: what was running is on the stack, and a handler somewhere in the program goes on. */
function interrupt(bench: Bench, handler: bigint): void {
  const { context } = bench;
  const rsp = context.gpr(RSP);
  const top = rsp > STACK - 0x800n && rsp <= STACK ? rsp - 8n : STACK - 0x100n;
  bench.write(top, new Uint8Array(new BigUint64Array([context.rip]).buffer));
  context.setGpr(RSP, top);
  context.rip = handler;
}

interface Slice {
  readonly budget: number;
  /** Which piece an interrupt after the slice leads to; null: none comes. */
  readonly interrupt: number | null;
  /** The second page of the code becomes another frame, or its own again. */
  readonly remap: boolean;
}
const slices: fc.Arbitrary<readonly Slice[]> = fc.array(
  fc.record({ budget: fc.integer({ min: 1, max: 400 }), interrupt: fc.option(fc.nat(40), { freq: 2 }), remap: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
);

/** What a person debugging sees after each slice. */
function trace(bench: Bench, program: Program, seed: number, plan: readonly Slice[]): string[] {
  prepare(bench, program, seed);
  const origin = originOf(program, seed);
  const { starts } = program;
  const seen: string[] = [];
  for (let i = 0; i < RUNS; i++) {
    const slice = plan[i % plan.length]!;
    const exit = bench.go(slice.budget);
    const shown = JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    seen.push(`${shown} ${bench.cpu.retiredInRun} ${bench.state()} ${hash(bench)}`);
    if (slice.remap) mapSecond(bench, i % 2 === 0);
    if (exit.kind !== 'budget') handle(bench, origin, i + 1);
    else if (slice.interrupt !== null) interrupt(bench, origin + BigInt(starts[slice.interrupt % starts.length]!));
  }
  return seen;
}

const interpreter = newBench(null);
const translator = newBench(1);

property.prop([program, fc.integer(), slices], { numRuns: 1000 })(
  'random programs end in the same state, at the same instruction, with interrupts anywhere',
  (pieces, seed, plan) => {
    const assembled = assemble(pieces);
    expect(trace(translator, assembled, seed, plan).join('\n')).toBe(trace(interpreter, assembled, seed, plan).join('\n'));
  },
  TIMEOUT_MS,
);

/** The state after exactly `total` instructions, in slices of any length. */
function stateAfter(bench: Bench, assembled: Program, seed: number, total: number, budgets: readonly number[]): string {
  prepare(bench, assembled, seed);
  let faults = 0;
  for (let left = total, i = 0; left > 0 && faults < RUNS; i++) {
    const exit = bench.go(Math.min(left, budgets[i % budgets.length]!));
    left -= bench.cpu.retiredInRun;
    if (exit.kind !== 'budget') handle(bench, originOf(assembled, seed), ++faults);
  }
  return hash(bench);
}

property.prop(
  [program, fc.integer(), fc.integer({ min: 1, max: 3000 }), fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 })],
  { numRuns: 400 },
)(
  'after N instructions the state is the same on both engines, in every run, however it is cut',
  (pieces, seed, total, budgets) => {
    const assembled = assemble(pieces);
    const wanted = stateAfter(interpreter, assembled, seed, total, [total]);
    expect(stateAfter(interpreter, assembled, seed, total, budgets)).toBe(wanted);
    expect(stateAfter(translator, assembled, seed, total, [total])).toBe(wanted);
    expect(stateAfter(translator, assembled, seed, total, budgets)).toBe(wanted);
  },
  TIMEOUT_MS,
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

test('a loop that gets hot when there is hardly room for more code is translated all the same', () => {
  const bench = new Bench(1);
  const FAR = 0x40_0000n;
  // So many that what is left of the arena is less than a region may need, and more than a block.
  const nops = new Uint8Array(341_000).fill(0x90);
  const loop = FAR + BigInt(nops.length);
  bench.write(FAR, [...nops, 0xff, 0xc0, 0xeb, 0xfc]); // inc eax; back
  bench.context.rip = FAR;
  bench.go(nops.length);
  expect(bench.context.rip).toBe(loop);
  for (let i = 0; i < 4; i++) bench.go(100);
  expect(bench.machine.translation!.regions).toBe(1);
  expect(bench.context.gpr(0)).toBe(200n);
});

test('a branch that the budget cuts off is not linked to where an interrupt leads', () => {
  const bench = new Bench(null);
  // jmp +2 over inc ecx, to inc eax; jmp back. An interrupt comes when the jump has just been taken, and leads to inc ecx.
  bench.write(CODE, [0xeb, 0x02, 0xff, 0xc1, 0xff, 0xc0, 0xeb, 0xf8]);
  bench.context.rip = CODE;
  for (const register of [0, 1]) bench.context.setGpr(register, 0n);
  bench.go(1);
  bench.context.rip = CODE + 2n;
  bench.go(1);
  bench.context.rip = CODE;
  bench.go(30);
  expect([bench.context.gpr(0), bench.context.gpr(1)]).toEqual([10n, 1n]);
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

test('an instruction on two pages is decoded anew when its second half is written to', () => {
  for (const bench of [new Bench(null), new Bench(1)]) {
    bench.context.setGpr(7, CODE);
    // mov eax, 0, of which three bytes are on the second page; inc byte [rdi], one of them; jmp back
    bench.write(CODE - 2n, [0xb8, 0, 0, 0, 0, 0xfe, 0x07, 0xeb, 0xf7]);
    bench.context.rip = CODE - 2n;
    for (let i = 1; i <= 10; i++) {
      bench.go(30);
      expect(bench.context.gpr(0)).toBe(BigInt((10 * i - 1) << 8));
    }
  }
});

test('code that runs on into the next page runs what that page is now', () => {
  for (const bench of [new Bench(null), new Bench(1)]) {
    // inc eax at the end of a page; ret at the start of the next, in one frame; inc ecx; ret in another
    bench.write(CODE - 2n, [0xff, 0xc0, 0xc3]);
    bench.write(CODE + PAGE, [0xff, 0xc1, 0xc3]);
    bench.write(STACK - PAGE, new Uint8Array(new BigUint64Array(512).fill(CODE - 2n).buffer));
    for (const register of [0, 1]) bench.context.setGpr(register, 0n);
    bench.context.rip = CODE - 2n;
    for (let i = 0; i < 10; i++) {
      bench.context.setGpr(RSP, STACK - PAGE);
      bench.map(CODE, WRITABLE, frameOf(i % 2 === 0 ? CODE : CODE + PAGE));
      bench.go(i % 2 === 0 ? 20 : 30);
    }
    expect([bench.context.gpr(0), bench.context.gpr(1)]).toEqual([100n, 50n]);
  }
});
