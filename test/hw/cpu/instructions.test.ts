import { describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, STACK } from './harness.ts';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const RSI = 6;
const RDI = 7;

function after(code: readonly number[], registers: Readonly<Record<number, bigint>> = {}): Bench {
  const bench = new Bench();
  for (const [index, value] of Object.entries(registers)) bench.context.setGpr(Number(index), value);
  expect(bench.run(code).kind).toBe('syscall');
  return bench;
}

describe('arithmetic', () => {
  test('adding one to all ones carries out and leaves zero', () => {
    const bench = after([0x83, 0xc0, 0x01], { [RAX]: 0xffff_ffffn }); // add eax, 1
    expect(bench.context.gpr(RAX)).toBe(0n);
    expect(bench.flags).toBe('CPAZ');
  });

  test('a 32-bit result clears the upper half, a 16-bit one leaves it', () => {
    expect(after([0x01, 0xc8], { [RAX]: -1n, [RCX]: 1n }).context.gpr(RAX)).toBe(0n); // add eax, ecx
    expect(after([0x66, 0x01, 0xc8], { [RAX]: -1n, [RCX]: 1n }).context.gpr(RAX)).toBe(0xffff_ffff_ffff_0000n); // add ax, cx
  });

  test('the high byte registers are bits 8 to 15', () => {
    expect(after([0x00, 0xc4], { [RAX]: 0x1201n }).context.gpr(RAX)).toBe(0x1301n); // add ah, al
  });

  test('a shift by zero changes no flag', () => {
    const bench = after([0xf9, 0xd3, 0xe0], { [RAX]: 5n, [RCX]: 32n }); // stc; shl eax, cl
    expect(bench.context.gpr(RAX)).toBe(5n);
    expect(bench.flags).toContain('C');
  });

  test('a 64-bit multiplication has a 128-bit result', () => {
    const bench = after([0x48, 0xf7, 0xe1], { [RAX]: 0xffff_ffff_ffff_ffffn, [RCX]: 0xffff_ffff_ffff_ffffn }); // mul rcx
    expect([bench.context.gpr(RDX), bench.context.gpr(RAX)]).toEqual([0xffff_ffff_ffff_fffen, 1n]);
    expect(bench.flags).toMatch(/C.*O/);
  });

  test.each([
    ['by zero', [0x48, 0xf7, 0xf1], { [RCX]: 0n }],
    ['with a quotient that does not fit', [0x48, 0xf7, 0xf1], { [RDX]: 5n, [RCX]: 5n }],
    ['of the least integer by minus one', [0xf7, 0xf9], { [RAX]: 0x8000_0000n, [RDX]: 0xffff_ffffn, [RCX]: 0xffff_ffffn }],
  ])('dividing %s is #DE and changes nothing', (_, code, registers) => {
    const bench = new Bench();
    for (const [index, value] of Object.entries(registers)) bench.context.setGpr(Number(index), value);
    const before = [0, 1, 2].map((i) => bench.context.gpr(i));
    expect(bench.run(code)).toMatchObject({ kind: 'exception', vector: 0, errorCode: null });
    expect([0, 1, 2].map((i) => bench.context.gpr(i))).toEqual(before);
    expect(bench.context.rip).toBe(CODE);
  });
});

describe('control flow', () => {
  test('call pushes the address of the next instruction and ret goes there', () => {
    // call f; jmp end; f: inc eax; ret; end:
    const bench = after([0xe8, 2, 0, 0, 0, 0xeb, 3, 0xff, 0xc0, 0xc3]);
    expect([bench.context.gpr(RSP), bench.context.gpr(RAX)]).toEqual([STACK, 1n]);
    expect(bench.u64(STACK - 8n)).toBe(CODE + 5n);
  });

  test('a loop runs as often as its counter says', () => {
    expect(after([0xb9, 10, 0, 0, 0, 0xff, 0xc0, 0xe2, 0xfc]).context.gpr(RAX)).toBe(10n); // mov ecx,10; l: inc eax; loop l
  });

  test('SYSCALL leaves rip and flags in rcx and r11, and is counted', () => {
    const bench = new Bench();
    bench.run([0x90]);
    expect(bench.context.gpr(RCX)).toBe(CODE + 3n);
    expect(bench.context.gpr(11)).toBe(bench.context.rflags);
    expect(bench.cpu.retiredInRun).toBe(2);
  });

  test('INT3 is a trap: rip is behind it; INT n leaves it where it is', () => {
    const bench = new Bench();
    expect(bench.run([0xcc])).toMatchObject({ kind: 'exception', vector: 3 });
    expect(bench.context.rip).toBe(CODE + 1n);
    expect(bench.run([0xcd, 0x80])).toMatchObject({ kind: 'interrupt', vector: 0x80, length: 2 });
    expect(bench.context.rip).toBe(CODE);
  });

  test('privileged instructions come out decoded, without effect', () => {
    const bench = new Bench();
    const exit = bench.run([0xe5, 0x60]); // in eax, 0x60
    expect(exit).toMatchObject({ kind: 'privileged', instruction: { name: 'in', length: 2, operandSize: 4 } });
    expect(bench.cpu.retiredInRun).toBe(0);
  });

  test('an opcode that does not exist is #UD and is counted', () => {
    const bench = new Bench();
    expect(bench.run([0x06])).toMatchObject({ kind: 'exception', vector: 6, errorCode: null });
    expect(bench.machine.undefinedOpcodes.get('06')).toBe(1);
  });

  test('with TF set each instruction is followed by #DB', () => {
    const bench = new Bench();
    bench.write(CODE, [0xff, 0xc0, 0xff, 0xc0]);
    bench.context.rip = CODE;
    bench.context.rflags = 0x302n;
    expect(bench.go(100)).toMatchObject({ kind: 'exception', vector: 1 });
    expect([bench.context.rip, bench.context.gpr(RAX), bench.cpu.retiredInRun]).toEqual([CODE + 2n, 1n, 1]);
  });
});

describe('strings and locks', () => {
  test('REP MOVSB copies and leaves the registers behind the last byte', () => {
    const bench = new Bench();
    bench.write(DATA, [1, 2, 3, 4, 5]);
    bench.context.setGpr(RSI, DATA);
    bench.context.setGpr(RDI, DATA + 0x100n);
    bench.context.setGpr(RCX, 5n);
    bench.run([0xf3, 0xa4]);
    expect(bench.read(DATA + 0x100n, 5)).toEqual([1, 2, 3, 4, 5]);
    expect([bench.context.gpr(RSI), bench.context.gpr(RDI)]).toEqual([DATA + 5n, DATA + 0x105n]);
  });

  test('REPNE SCASB stops behind the byte it looks for', () => {
    const bench = new Bench();
    bench.write(DATA, [9, 9, 7, 9]);
    bench.context.setGpr(RDI, DATA);
    bench.context.setGpr(RCX, 4n);
    bench.context.setGpr(RAX, 7n);
    bench.run([0xf2, 0xae]);
    expect(bench.context.gpr(RDI)).toBe(DATA + 3n);
    expect(bench.flags).toContain('Z');
  });

  test('LOCK on a register destination is #UD', () => {
    expect(new Bench().run([0xf0, 0x01, 0xc8])).toMatchObject({ kind: 'exception', vector: 6 });
  });

  test('CMPXCHG16B exchanges when equal and loads when not', () => {
    const bench = new Bench();
    bench.context.setGpr(RDI, DATA);
    bench.context.setGpr(RBX, 11n);
    bench.context.setGpr(RCX, 22n);
    bench.run([0xf0, 0x48, 0x0f, 0xc7, 0x0f]);
    expect([bench.u64(DATA), bench.u64(DATA + 8n)]).toEqual([11n, 22n]);
    bench.context.setGpr(RCX, 0n);
    bench.run([0xf0, 0x48, 0x0f, 0xc7, 0x0f]);
    expect(bench.context.gpr(RAX)).toBe(11n);
    expect(bench.flags).not.toContain('Z');
  });
});
