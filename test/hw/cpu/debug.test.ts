/** Debug exceptions: breakpoints and watchpoints by DR0 to DR3 and DR7, single steps, RF, and what holds them back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, STACK } from './harness.ts';

const [RAX, RCX, RSP, RSI, RDI] = [0, 1, 4, 6, 7];
const [TF, RF] = [0x100n, 0x1_0000n];
const STEP = 0x4000;
const SS = 0x2b;
const INC = [0xff, 0xc0]; // inc eax
const STORE = [0x48, 0x89, 0x07]; // mov [rdi], rax
const LOAD = [0x48, 0x8b, 0x07];
const REP_STOSB = [0xf3, 0xaa];
const MOV_SS = [0x8e, 0xd1]; // mov ss, ecx
const POP_SS_FREE = [0x8e, 0x16]; // mov ss, [rsi]
const KINDS = { execute: 0, write: 1, io: 2, readWrite: 3 } as const;
const LENGTH_BITS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 8: 2, 4: 3 };

interface Point {
  readonly at: bigint;
  readonly kind: keyof typeof KINDS;
  readonly bytes?: 1 | 2 | 4 | 8;
  /** G rather than L. */
  readonly global?: boolean;
}
function arm(bench: Bench, ...points: readonly Point[]): void {
  let dr7 = 0x400;
  points.forEach(({ kind, bytes = 1, global = false }, i) => {
    dr7 |= ((global ? 2 : 1) << (2 * i)) | (KINDS[kind] << (16 + 4 * i)) | (LENGTH_BITS[bytes]! << (18 + 4 * i));
  });
  bench.context.setBreakpoints(
    Array.from({ length: 4 }, (_, i) => points[i]?.at ?? 0n),
    dr7 >>> 0,
  );
}
function loaded(engine: 'interpreter' | 'translator', ...code: readonly number[]): Bench {
  const bench = new Bench(engine === 'translator' ? 1 : null);
  bench.environment = { ...bench.environment, descriptor: (selector) => (selector === SS ? 0x00cf_f300_0000_ffffn : null) };
  bench.write(CODE, [...code, 0x0f, 0x05]);
  bench.context.rip = CODE;
  bench.context.setGpr(RCX, BigInt(SS));
  bench.context.setGpr(RDI, DATA);
  return bench;
}
const debug = (dr6: number): unknown => ({ kind: 'exception', vector: 1, errorCode: null, cr2: 0n, dr6 });

describe.each(['interpreter', 'translator'] as const)('%s', (engine) => {
  test('a breakpoint stops before its instruction, and RF lets it go on', () => {
    const bench = loaded(engine, ...INC, ...INC, ...INC);
    arm(bench, { at: CODE + 2n, kind: 'execute' });
    expect(bench.go(100)).toEqual(debug(1));
    expect([bench.context.rip, bench.context.gpr(RAX), bench.cpu.retiredInRun]).toEqual([CODE + 2n, 1n, 1]);
    expect(bench.context.rflags & RF).toBe(0n);
    expect(bench.go(100)).toEqual(debug(1));
    expect(bench.cpu.retiredInRun).toBe(0);
    bench.context.rflags |= RF;
    expect(bench.go(100).kind).toBe('syscall');
    expect(bench.context.gpr(RAX)).toBe(3n);
  });

  test('RF holds for one instruction: a loop stops at its breakpoint again', () => {
    const bench = loaded(engine, ...INC, 0xeb, 0xfc); // inc eax; jmp back
    arm(bench, { at: CODE, kind: 'execute', global: true });
    for (const count of [0n, 1n, 2n]) {
      expect(bench.go(100)).toEqual(debug(1));
      expect([bench.context.rip, bench.context.gpr(RAX)]).toEqual([CODE, count]);
      bench.context.rflags |= RF;
    }
  });

  test('IRETQ sets RF, POPF cannot', () => {
    const frame = [CODE + 16n, 0x33n, RF | 0x202n, STACK - 64n, BigInt(SS)];
    const bench = loaded(engine, 0x48, 0xcf); // iretq
    bench.environment = {
      ...bench.environment,
      descriptor: (selector) => (selector === SS ? 0x00cf_f300_0000_ffffn : 0x00af_fb00_0000_ffffn),
    };
    bench.context.setSelector(2, SS);
    bench.write(CODE + 16n, [...INC, 0x6a, 0x02, 0x80, 0x64, 0x24, 0x02, 0x00, 0x80, 0x4c, 0x24, 0x02, 0x01, 0x9d, ...INC, 0x0f, 0x05]);
    bench.context.setGpr(RSP, STACK - 256n);
    bench.write(STACK - 256n, [...new Uint8Array(new BigUint64Array(frame).buffer)]);
    const second = CODE + 16n + 2n + 13n;
    arm(bench, { at: CODE + 16n, kind: 'execute' }, { at: second - 1n, kind: 'io' }, { at: second, kind: 'execute' });
    // Not at the first, which the frame's RF is for; at the second in spite of the image that POPF took.
    expect(bench.go(100)).toEqual(debug(4));
    expect([bench.context.rip, bench.context.gpr(RAX)]).toEqual([second, 1n]);
  });

  test('all that are at one address are told', () => {
    const bench = loaded(engine, ...INC);
    const at = { at: CODE, kind: 'execute' } as const;
    arm(bench, at, { ...at, at: CODE + 1n }, at, at);
    expect(bench.go(100)).toEqual(debug(0b1101));
  });

  test.each([
    ['a store at it', STORE, 0n, 'write', 8, true],
    ['a load where only stores are watched', LOAD, 0n, 'write', 8, false],
    ['a load where both are', LOAD, 0n, 'readWrite', 8, true],
    ['a store into its last byte', STORE, 7n, 'write', 8, true],
    ['a store behind it', STORE, 8n, 'write', 8, false],
    ['a store that ends before it', STORE, -8n, 'write', 4, false],
    ['a store that ends in its first byte', STORE, -7n, 'write', 1, true],
    ['a store beside one byte', STORE, 1n, 'write', 1, false],
    ['INC, which reads and writes', [0x48, 0xff, 0x07], 0n, 'write', 1, true],
    ['CMPXCHG that does not match', [0xf0, 0x48, 0x0f, 0xb1, 0x0f], 0n, 'write', 1, true],
    ['16 bytes of SSE', [0x0f, 0x11, 0x07], -15n, 'write', 1, true],
    ['FXSAVE', [0x48, 0x0f, 0xae, 0x07], -32n, 'write', 1, true],
    ['a push', [0x50], 0n, 'write', 4, false],
  ] as const)('a watchpoint and %s', (_, code, offset, kind, bytes, hit) => {
    const bench = loaded(engine, ...code, ...INC);
    bench.context.setGpr(RDI, DATA + 0x100n + offset);
    bench.context.setGpr(RAX, 7n);
    arm(bench, { at: 0n, kind: 'io' }, { at: DATA + 0x100n, kind, bytes });
    const exit = bench.go(100);
    if (!hit) return expect(exit.kind).toBe('syscall');
    // A trap: the instruction is done.
    expect(exit).toEqual(debug(2));
    expect([bench.context.rip, bench.cpu.retiredInRun]).toEqual([CODE + BigInt(code.length), 1]);
    expect(bench.go(100).kind).toBe('syscall');
  });

  test('an access over two pages touches a watchpoint in the second', () => {
    const bench = loaded(engine, ...STORE);
    bench.context.setGpr(RDI, DATA + 0xffdn);
    arm(bench, { at: DATA + 0x1000n, kind: 'write', bytes: 4 });
    expect(bench.go(100)).toEqual(debug(1));
  });

  test('low address bits within the length do not count', () => {
    const bench = loaded(engine, ...STORE);
    arm(bench, { at: DATA + 11n, kind: 'write', bytes: 4 });
    expect(bench.go(100).kind).toBe('syscall');
    bench.context.rip = CODE;
    arm(bench, { at: DATA + 7n, kind: 'write', bytes: 8 });
    expect(bench.go(100)).toEqual(debug(1));
  });

  test('REP stops behind the iteration that hits', () => {
    const bench = loaded(engine, ...REP_STOSB);
    bench.context.setGpr(RCX, 10n);
    arm(bench, { at: DATA + 4n, kind: 'write', bytes: 1 });
    expect(bench.go(100)).toEqual(debug(1));
    expect([bench.context.rip, bench.context.gpr(RCX), bench.context.gpr(RDI), bench.cpu.retiredInRun]).toEqual([CODE, 5n, DATA + 5n, 5]);
    expect(bench.go(100).kind).toBe('syscall');
    expect(bench.context.gpr(RDI)).toBe(DATA + 10n);
  });

  test('a fault hides what its instruction has touched', () => {
    const bench = loaded(engine, 0xa4); // movsb
    bench.context.setGpr(RSI, DATA);
    bench.context.setGpr(RDI, 0x1000_0000n);
    arm(bench, { at: DATA, kind: 'readWrite' });
    expect(bench.go(100)).toMatchObject({ vector: 14 });
    bench.context.rip = CODE;
    bench.context.setGpr(RDI, DATA + 0x100n);
    expect(bench.go(100)).toEqual(debug(1));
  });

  test('a breakpoint comes before the fault of fetching', () => {
    const bench = loaded(engine, 0xff, 0xe0); // jmp rax
    bench.context.setGpr(RAX, 0x1000_0000n);
    arm(bench, { at: 0x1000_0000n, kind: 'execute' });
    expect(bench.go(100)).toEqual(debug(1));
    bench.context.rflags |= RF;
    expect(bench.go(100)).toMatchObject({ vector: 14, cr2: 0x1000_0000n });
  });

  test('what is not enabled, or is a port, does nothing', () => {
    const bench = loaded(engine, ...STORE, ...LOAD);
    arm(bench, { at: DATA, kind: 'io' });
    expect(bench.go(100).kind).toBe('syscall');
    bench.context.rip = CODE;
    bench.context.setBreakpoints([CODE, DATA, DATA, DATA], 0xfff0_0400);
    expect(bench.go(100).kind).toBe('syscall');
  });

  test('a single step says so, together with what was hit', () => {
    const bench = loaded(engine, ...STORE, ...INC);
    arm(bench, { at: DATA, kind: 'write' });
    bench.context.rflags |= TF;
    expect(bench.go(100)).toEqual(debug(STEP | 1));
    expect(bench.go(100)).toEqual(debug(STEP));
  });

  test('MOV SS holds back the step and its own watchpoint until the next instruction is done', () => {
    const bench = loaded(engine, ...MOV_SS, ...INC, ...INC);
    bench.context.rflags |= TF;
    expect(bench.go(100)).toEqual(debug(STEP));
    expect([bench.context.rip, bench.context.gpr(RAX)]).toEqual([CODE + 4n, 1n]);
    const other = loaded(engine, ...POP_SS_FREE, ...INC, ...INC);
    other.context.setGpr(RSI, DATA);
    other.write(DATA, [SS, 0]);
    arm(other, { at: DATA, kind: 'readWrite', bytes: 2 }, { at: CODE + 2n, kind: 'execute' });
    expect(other.go(100)).toEqual(debug(1));
    expect([other.context.rip, other.context.gpr(RAX)]).toEqual([CODE + 4n, 1n]);
  });

  test('LSS holds nothing back', () => {
    const bench = loaded(engine, 0x0f, 0xb2, 0x26, ...INC); // lss esp, [rsi]
    bench.context.setGpr(RSI, DATA);
    bench.write(DATA, [0, 0, 0x30, 0, SS, 0]);
    bench.context.rflags |= TF;
    expect(bench.go(100)).toEqual(debug(STEP));
    expect(bench.context.rip).toBe(CODE + 3n);
  });

  test('INT1 is #DB that sets nothing in DR6, behind it', () => {
    const bench = loaded(engine, 0xf1);
    expect(bench.go(100)).toEqual(debug(0));
    expect([bench.context.rip, bench.cpu.retiredInRun]).toEqual([CODE + 1n, 1]);
  });

  test('a step over SYSCALL or a fault is theirs', () => {
    const bench = loaded(engine);
    bench.context.rflags |= TF;
    expect(bench.go(100).kind).toBe('syscall');
    const faulting = loaded(engine, ...LOAD);
    faulting.context.setGpr(RDI, 0x1000_0000n);
    faulting.context.rflags |= TF;
    expect(faulting.go(100)).toMatchObject({ vector: 14 });
    expect(faulting.context.rflags & RF).toBe(RF);
  });

  test('breakpoints leave the time as it is', () => {
    const [plain, armed] = [false, true].map((watched) => {
      const bench = loaded(engine, ...INC, ...INC, 0x0f, 0x31); // rdtsc
      if (watched) arm(bench, { at: DATA, kind: 'write' });
      expect(bench.go(50).kind).toBe('syscall');
      return bench.context.gpr(RAX);
    });
    expect(armed).toBe(plain);
  });
});

test('programs run with breakpoints that never fire end as they do without', { timeout: 60_000 }, () => {
  // A loop with stores, a call, a REP and a division.
  const program = [0xb9, 30, 0, 0, 0, 0x48, 0x01, 0x0f, 0x48, 0xff, 0xc0, 0x51, 0xb9, 3, 0, 0, 0, 0xf3, 0xa4, 0x59, 0xe2, 0xef];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), fc.boolean(), (budgets, armed) => {
      const states = [null, 1].map((after) => {
        const bench = new Bench(after);
        bench.context.setGpr(RDI, DATA);
        bench.context.setGpr(RSI, DATA + 0x80n);
        if (armed) arm(bench, { at: DATA + 0xff0n, kind: 'readWrite', bytes: 8 }, { at: CODE + 1n, kind: 'execute' });
        let exit = bench.run(program, budgets[0]!);
        for (let i = 1; exit.kind === 'budget'; i++) exit = bench.go(budgets[i % budgets.length]!);
        return `${exit.kind} ${bench.context.retired} ${bench.state()}`;
      });
      const plain = new Bench();
      plain.context.setGpr(RDI, DATA);
      plain.context.setGpr(RSI, DATA + 0x80n);
      expect(plain.run(program, 10_000).kind).toBe('syscall');
      expect(states).toEqual(states.map(() => `syscall ${plain.context.retired} ${plain.state()}`));
    }),
    { numRuns: 5 },
  );
});
