import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, FLAGS } from './harness.ts';

const RAX = 0;
const RCX = 1;
const RSI = 6;
const RDI = 7;
const { present, write, user, noExecute } = FLAGS;
const LOAD = [0x48, 0x8b, 0x07]; // mov rax, [rdi]
const STORE = [0x48, 0x89, 0x07]; // mov [rdi], rax

function at(va: bigint): Bench {
  const bench = new Bench();
  bench.context.setGpr(RDI, va);
  return bench;
}

describe('page faults', () => {
  test.each([
    ['a load from a page that is not there', LOAD, 0n, 'kernel', 0],
    ['a store to a page that is not there', STORE, 0n, 'kernel', 2],
    ['a store to a read-only page', STORE, present | user, 'kernel', 3],
    ['a load in user mode', LOAD, 0n, 'user', 4],
    ['a load from a supervisor page', LOAD, present | write, 'user', 5],
  ] as const)('%s', (_, code, flags, mode, errorCode) => {
    const bench = at(DATA + 0x123n);
    bench.map(DATA, flags);
    bench.context.mode = mode;
    expect(bench.run(code)).toEqual({ kind: 'exception', vector: 14, errorCode, cr2: DATA + 0x123n });
    expect(bench.context.rip).toBe(CODE);
  });

  test('a jump to a page that is not executable is an instruction fetch', () => {
    const bench = at(DATA);
    bench.map(DATA, present | write | user | noExecute);
    expect(bench.run([0xff, 0xe7])).toEqual({ kind: 'exception', vector: 14, errorCode: 0x11, cr2: DATA });
    expect(bench.context.rip).toBe(DATA);
  });

  test('an access over two pages faults at the second page and stores nothing in the first', () => {
    const bench = at(DATA + 0xffcn);
    bench.context.setGpr(RAX, -1n);
    bench.map(DATA + 0x1000n, 0n);
    expect(bench.run(STORE)).toMatchObject({ vector: 14, errorCode: 2, cr2: DATA + 0x1000n });
    expect(bench.read(DATA + 0xffcn, 4)).toEqual([0, 0, 0, 0]);
  });

  test('a non-canonical address is #GP, or #SS when it is the stack’s', () => {
    expect(at(0x8000_0000_0000_0000n).run(LOAD)).toMatchObject({ vector: 13, errorCode: 0 });
    const bench = new Bench();
    bench.context.setGpr(4, 0x8000_0000_0000_0000n);
    expect(bench.run([0x50])).toMatchObject({ vector: 12, errorCode: 0 });
  });

  test('REP STOSB stops at the byte that faults with its registers there', () => {
    const bench = at(DATA + 0xffen);
    bench.context.setGpr(RCX, 10n);
    bench.map(DATA + 0x1000n, 0n);
    expect(bench.run([0xf3, 0xaa])).toMatchObject({ vector: 14, cr2: DATA + 0x1000n });
    expect([bench.context.gpr(RDI), bench.context.gpr(RCX)]).toEqual([DATA + 0x1000n, 8n]);
  });

  test('accessed and dirty bits are set by the walk', () => {
    const bench = at(DATA);
    bench.map(DATA, present | write | user);
    bench.run(STORE);
    const entry = bench.machine.memory.view.getBigUint64(bench.machine.memory.address(4 + 1) + 0, true);
    expect(entry & 0x60n).toBe(0x60n);
  });
});

describe('upper levels', () => {
  /** The level 2 entry of the data's two MiB, in frame 3. */
  const entryAt = (bench: Bench): number => bench.machine.memory.address(3) + 8 * Number(DATA >> 21n);

  test.each([
    ['a flush', (bench: Bench) => bench.context.flushTlb()],
    ['an invalidated page', (bench: Bench) => bench.context.invalidatePage(DATA)],
  ] as const)('%s makes walks see a level 2 entry that has changed', (_, forget) => {
    const bench = at(DATA);
    bench.write(DATA, [1]);
    expect(bench.run(LOAD)).toEqual({ kind: 'syscall' });
    expect(bench.context.gpr(RAX) & 0xffn).toBe(1n);
    bench.machine.memory.view.setBigUint64(entryAt(bench), 0n, true);
    forget(bench);
    expect(bench.run(LOAD)).toEqual({ kind: 'exception', vector: 14, errorCode: 0, cr2: DATA });
  });

  test('what a level 2 entry does not allow, no page below it does', () => {
    const bench = at(DATA + 8n);
    const entry = bench.machine.memory.view.getBigUint64(entryAt(bench), true);
    bench.machine.memory.view.setBigUint64(entryAt(bench), (entry & ~write) | noExecute, true);
    bench.context.flushTlb();
    bench.run(LOAD);
    // The second walk finds the way in the cache.
    bench.context.setGpr(RDI, DATA + 0x1008n);
    expect(bench.run(STORE)).toEqual({ kind: 'exception', vector: 14, errorCode: 3, cr2: DATA + 0x1008n });
    expect(bench.run([0xff, 0xe7])).toEqual({ kind: 'exception', vector: 14, errorCode: 0x11, cr2: DATA + 0x1008n });
  });
});

describe('accesses over two pages', () => {
  test('loads and stores reach both frames, wherever they are', () => {
    const bench = at(DATA + 0xffdn);
    bench.map(DATA + 0x1000n, present | write | user, 0x280);
    bench.context.setGpr(RAX, 0x0807_0605_0403_0201n);
    bench.run(STORE);
    expect(bench.read(DATA + 0xffdn, 3)).toEqual([1, 2, 3]);
    expect(bench.read(0x28_0000n, 5)).toEqual([4, 5, 6, 7, 8]);
    bench.context.setGpr(RAX, 0n);
    bench.run(LOAD);
    expect(bench.context.gpr(RAX)).toBe(0x0807_0605_0403_0201n);
  });
});

describe('stores that the page tables refuse', () => {
  test.each([
    ['mov', STORE, 8, 0x55n],
    ['xchg', [0x48, 0x87, 0x07], 8, 0x55n],
    ['lock and', [0xf0, 0x80, 0x27, 0x0f], 1, 0x02n],
    ['lock or', [0xf0, 0x83, 0x0f, 0x01], 4, 0x13n],
  ] as const)('%s: the owner is asked with the value to be stored', (_, code, width, value) => {
    const bench = at(DATA);
    bench.write(DATA, [0x12]);
    bench.map(DATA, present | user);
    bench.context.setGpr(RAX, 0x55n);
    const asked: unknown[] = [];
    bench.environment = {
      ...bench.environment,
      protectedStore(va, address, bytes, stored) {
        asked.push([va, address - bench.machine.memory.address(0), bytes, stored]);
        return true;
      },
    };
    expect(bench.run(code).kind).toBe('syscall');
    expect(asked).toEqual([[DATA, Number(DATA), width, value]]);
  });

  test('a refusal is the page fault, and nothing has changed', () => {
    const bench = at(DATA);
    bench.map(DATA, present | user);
    bench.context.setGpr(RAX, 7n);
    expect(bench.run([0x48, 0x87, 0x07])).toMatchObject({ vector: 14, errorCode: 3, cr2: DATA });
    expect(bench.context.gpr(RAX)).toBe(7n);
  });
});

describe('code that changes', () => {
  const inc = [0xff, 0xc0]; // inc eax
  const dec = [0xff, 0xc8];

  test('a store to the next instruction takes effect at once', () => {
    const bench = new Bench();
    bench.context.setGpr(RSI, CODE + 4n);
    expect(bench.run([0xc6, 0x46, 0x01, 0xc8, ...inc]).kind).toBe('syscall'); // mov byte [rsi+1], 0xc8: inc becomes dec
    expect(bench.context.gpr(RAX)).toBe(0xffff_ffffn);
  });

  test('a store through another mapping of the same frame counts as well', () => {
    const bench = new Bench();
    bench.map(DATA, present | write | user, Number(CODE >> 12n));
    bench.context.setGpr(RDI, DATA);
    // Runs once, patches itself through the alias, runs again.
    const code = [...inc, 0xff, 0xc9, 0x78, 0x06, 0xc6, 0x47, 0x01, 0xc8, 0xeb, 0xf4];
    bench.context.setGpr(RCX, 1n);
    bench.run(code);
    expect(bench.context.gpr(RAX)).toBe(0n);
  });

  test('the same frame runs at two addresses', () => {
    const bench = new Bench();
    bench.map(DATA, present | write | user, Number(CODE >> 12n));
    bench.run([...inc]);
    bench.context.rip = DATA;
    expect(bench.go(10).kind).toBe('syscall');
    expect(bench.context.rip).toBe(DATA + 4n);
    expect(bench.context.gpr(RAX)).toBe(2n);
  });

  test('an instruction over two pages follows its second page', () => {
    const bench = new Bench();
    const start = DATA + 0xfffn;
    bench.write(start, [inc[0]!]);
    bench.write(DATA + 0x1000n, [inc[1]!, 0x0f, 0x05]);
    bench.write(0x28_0000n, [dec[1]!, 0x0f, 0x05]);
    for (const [frame, want] of [
      [0x201, 1n],
      [0x280, 0n],
    ] as const) {
      bench.map(DATA + 0x1000n, present | write | user, frame);
      bench.context.rip = start;
      expect(bench.go(10).kind).toBe('syscall');
      expect(bench.context.gpr(RAX)).toBe(want);
    }
  });
});

describe('counting', () => {
  // A loop with loads, stores, calls and a REP.
  const program = [
    0xb9,
    20,
    0,
    0,
    0, // mov ecx, 20
    0x48,
    0x01,
    0x07, // l: add [rdi], rax
    0x48,
    0xff,
    0xc0, // inc rax
    0x51, // push rcx
    0xb9,
    3,
    0,
    0,
    0, // mov ecx, 3
    0xf3,
    0xa4, // rep movsb
    0x59, // pop rcx
    0xe2,
    0xef, // loop l
  ];

  test('any split of a run into budgets ends in the same state after the same count', () => {
    const whole = at(DATA);
    whole.context.setGpr(RSI, DATA + 0x80n);
    expect(whole.run(program, 10_000).kind).toBe('syscall');
    const total = whole.cpu.retiredInRun;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }), (budgets) => {
        const bench = at(DATA);
        bench.context.setGpr(RSI, DATA + 0x80n);
        let exit = bench.run(program, budgets[0]!);
        let retired = bench.cpu.retiredInRun;
        for (let i = 1; exit.kind === 'budget'; i++) {
          expect(bench.cpu.retiredInRun).toBe(budgets[(i - 1) % budgets.length]);
          exit = bench.go(budgets[i % budgets.length]!);
          retired += bench.cpu.retiredInRun;
        }
        expect(retired).toBe(total);
        expect(bench.context.retired).toBe(total);
        expect(bench.state()).toBe(whole.state());
      }),
      { numRuns: 30 },
    );
  });

  test('contexts are given back and used again', () => {
    const { machine } = new Bench();
    const first = machine.newContext() as ReturnType<typeof machine.newContext> & { address: number };
    const { address } = first;
    first[Symbol.dispose]();
    expect((machine.newContext() as typeof first).address).toBe(address);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7])('a load with %i bytes on the first page has every byte of both', (first) => {
  const bench = new Bench();
  const at = DATA + 0x1000n - BigInt(first);
  bench.write(at, [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
  bench.context.setGpr(3, at);
  bench.run([0x48, 0x8b, 0x03]); // mov rax, [rbx]
  expect(bench.context.gpr(0)).toBe(0x8877665544332211n);
});

test.each([
  ['rbx', 3, [0x48, 0x8b, 0x03], 13],
  ['rbp', 5, [0x48, 0x8b, 0x45, 0x00], 12],
  ['rsp', 4, [0x48, 0x8b, 0x04, 0x24], 12],
] as const)('a non-canonical address in %s faults as its segment does', (_, register, code, vector) => {
  const bench = new Bench();
  bench.context.setGpr(register, 1n << 62n);
  expect(bench.run(code)).toMatchObject({ kind: 'exception', vector, errorCode: 0 });
});

test('a store that only ends in decoded code is seen', () => {
  const bench = new Bench();
  // At CODE + 0x40: mov eax, imm32; syscall. Rewritten by a store that begins five bytes before, where nothing has been decoded.
  const at = CODE + 0x40n;
  bench.write(at, [0xb8, 1, 0, 0, 0, 0x0f, 0x05]);
  bench.write(CODE + 0x1000n, [0x48, 0x89, 0x1f, 0x0f, 0x05]); // mov [rdi], rbx; syscall
  const runFrom = (rip: bigint): void => {
    bench.context.rip = rip;
    bench.go(10);
  };
  runFrom(at);
  bench.context.setGpr(3, 0x0000_02b8_0000_0000n << 8n);
  bench.context.setGpr(7, at - 5n);
  runFrom(CODE + 0x1000n);
  runFrom(at);
  expect(bench.context.gpr(0)).toBe(2n);
});
