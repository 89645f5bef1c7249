import { beforeEach, describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, FLAGS, STACK } from './harness.ts';

const RAX = 0;
const RSP = 4;
const GENERAL_PROTECTION = 13;
/** Flat segments of Xen's table, and a data segment of 16 pages. */
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  0xe008: 0x00af9b000000ffffn, // code, privilege level 0
  0xe030: 0x00affb000000ffffn,
  0xe028: 0x00cff3000000ffffn,
  0x10: 0x0040f1201000000fn, // read-only data at 0x201000, bytes
  0x18: 0x00c0f3000000000fn,
};

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  bench.environment = { ...bench.environment, descriptor: (selector) => DESCRIPTORS[selector & ~7] ?? null };
  bench.context.setSelector(1, 0xe033);
  bench.context.setSelector(2, 0xe02b);
  bench.context.setGpr(RSP, STACK - 64n);
});
const step = (code: readonly number[]): string => bench.run(code, 1).kind;

describe('descriptors as programs may ask for them', () => {
  test.each([
    ['LAR of code', [0x0f, 0x02, 0xc0], 0xe033, 0xaffb00n, 'Z'],
    ['LAR of the kernel’s code', [0x0f, 0x02, 0xc0], 0xe008, 0xe008n, ''],
    ['LAR of nothing', [0x0f, 0x02, 0xc0], 0, 0n, ''],
    ['LSL in pages', [0x0f, 0x03, 0xc0], 0x1b, 0xffffn, 'Z'],
    ['LSL in bytes', [0x0f, 0x03, 0xc0], 0x13, 0xfn, 'Z'],
    ['VERW of writable data', [0x0f, 0x00, 0xe8], 0x1b, 0x1bn, 'Z'],
    ['VERW of read-only data', [0x0f, 0x00, 0xe8], 0x13, 0x13n, ''],
    ['VERR of read-only data', [0x0f, 0x00, 0xe0], 0x13, 0x13n, 'Z'],
    ['VERW of code', [0x0f, 0x00, 0xe8], 0xe033, 0xe033n, ''],
  ])('%s', (_, code, selector, value, flags) => {
    bench.context.rflags = 0x202n;
    bench.context.setGpr(RAX, BigInt(selector));
    expect(step(code)).toBe('budget');
    expect([bench.context.gpr(RAX), bench.flags]).toEqual([value, flags]);
  });
  test('SMSW shows the task-switched bit', () => {
    bench.context.taskSwitched = true;
    step([0x0f, 0x01, 0xe0]);
    expect(bench.context.gpr(RAX) & 0xffffn).toBe(0x3bn);
  });
});

test('a selector is stored as two bytes, whatever the operand size', () => {
  bench.write(DATA, new Uint8Array(8).fill(0xff));
  bench.context.setGpr(RAX, DATA);
  expect(bench.run([0x48, 0x8c, 0x10], 1).kind).toBe('budget'); // mov [rax], ss
  expect(bench.read(DATA, 4)).toEqual([0x2b, 0xe0, 0xff, 0xff]);
});

test('SGDT and SIDT tell of tables where no program looks', () => {
  bench.write(DATA, new Uint8Array(32).fill(0xff));
  bench.context.setGpr(RAX, DATA);
  bench.run([0x0f, 0x01, 0x00, 0x0f, 0x01, 0x48, 0x10], 2); // sgdt [rax]; sidt [rax + 16]
  expect([bench.u64(DATA + 2n), bench.u64(DATA + 18n)]).toEqual([0xfffffffffffe0000n, 0xffffffffffff0000n]);
  expect([bench.read(DATA, 2), bench.read(DATA + 10n, 6)]).toEqual([
    [0, 0],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ]);
});

describe('selectors on the stack', () => {
  test('POP FS loads the base from the descriptor, PUSH FS gives it back', () => {
    bench.context.setGpr(RAX, 0x13n);
    bench.run([0x50, 0x0f, 0xa1, 0x0f, 0xa0], 3); // push rax; pop fs; push fs
    expect([bench.context.fsBase, bench.u64(STACK - 72n), bench.context.gpr(RSP)]).toEqual([0x201000n, 0x13n, STACK - 72n]);
  });
  test('a POP that is refused leaves the stack pointer', () => {
    bench.context.setGpr(RAX, 0x4bn);
    expect(bench.run([0x50, 0x0f, 0xa9])).toMatchObject({ kind: 'exception', vector: GENERAL_PROTECTION, errorCode: 0x48 });
    expect(bench.context.gpr(RSP)).toBe(STACK - 72n);
  });
});

describe('far transfers', () => {
  const target = CODE + 0x100n;
  const pointer = (selector: number): number[] => [...new Uint8Array(new BigUint64Array([target, BigInt(selector)]).buffer)];
  test('RETF takes address and code segment from the stack', () => {
    bench.write(STACK - 64n, pointer(0xe033));
    expect(step([0x48, 0xcb])).toBe('budget');
    expect([bench.context.rip, bench.context.gpr(RSP)]).toEqual([target, STACK - 48n]);
  });
  test('RETF to the kernel’s code is #GP', () => {
    bench.write(STACK - 64n, pointer(0xe00b));
    expect(bench.run([0x48, 0xcb])).toMatchObject({ kind: 'exception', vector: GENERAL_PROTECTION, errorCode: 0xe008 });
    expect([bench.context.rip, bench.context.gpr(RSP)]).toEqual([CODE, STACK - 64n]);
  });
  test('a far call pushes both, a far return undoes it', () => {
    bench.write(DATA, pointer(0xe033));
    bench.write(target, [0x48, 0xcb]);
    bench.context.setGpr(RAX, DATA);
    bench.run([0x48, 0xff, 0x18], 2); // call far [rax]; retf
    expect([bench.context.rip, bench.context.gpr(RSP), bench.u64(STACK - 72n), bench.u64(STACK - 80n)]).toEqual([
      CODE + 3n,
      STACK - 64n,
      0xe033n,
      CODE + 3n,
    ]);
  });
  test('a far call that cannot push changes nothing', () => {
    bench.write(DATA, pointer(0xe033));
    bench.context.setGpr(RAX, DATA);
    bench.context.setGpr(RSP, STACK);
    bench.map(STACK - 4096n, FLAGS.present | FLAGS.user);
    expect(bench.run([0x48, 0xff, 0x18])).toMatchObject({ kind: 'exception', vector: 14 });
    expect([bench.context.rip, bench.context.gpr(RSP)]).toEqual([CODE, STACK]);
  });
  test('IRET without REX.W takes 32-bit values', () => {
    const words = [Number(target), 0xe033, 0x202, Number(STACK) - 8, 0xe02b];
    bench.write(STACK - 64n, [...new Uint8Array(new Uint32Array(words).buffer)]);
    step([0xcf]);
    expect([bench.context.rip, bench.context.gpr(RSP)]).toEqual([target, STACK - 8n]);
  });
  test('LOCK is for stores to memory: a load with it is undefined', () => {
    bench.context.setGpr(RAX, DATA);
    expect(bench.run([0xf0, 0x03, 0x08])).toMatchObject({ kind: 'exception', vector: 6 }); // lock add ecx, [rax]
    expect(step([0xf0, 0x01, 0x08])).toBe('budget');
  });
});
