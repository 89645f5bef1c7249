/** 32-bit user programs of a 64-bit guest: the frames that they leave on its kernel's stack. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { setUpcallMask } from '../../../src/vmm/events/pending.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const INC_EAX = [0x40];
const INT_80 = [0xcd, 0x80];
const SYSCALL = [0x0f, 0x05];
const SYSENTER = [0x0f, 0x34];
const HLT = [0xf4];
const STD = [0xfd];
const FLAT_CS32 = 0xe023n;
const FLAT_CS64 = 0xe033n;
const FLAT_SS = 0xe02bn;
const NULL_RING3 = 3n;
const IRET = 23n;

let t: Trapping;
beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  setUpcallMask(t.guest.vcpu, false);
  t.enterUser();
  t.context.setGpr(REGISTER.rax, 6n);
});

/** Runs it as 32-bit code. Its first instruction says so: 64-bit code has a prefix there. */
function run(...code: readonly number[]): bigint {
  t.load(...INC_EAX, ...code);
  t.context.setSelector(1, Number(FLAT_CS32));
  t.context.setSelector(3, Number(FLAT_SS));
  t.context.setSelector(0, Number(FLAT_SS));
  return t.go();
}
const behind = (code: readonly number[]): bigint => t.code + BigInt(INC_EAX.length + code.length);

/** The kernel is 64-bit code, whatever it was called from. */
function inKernel(): unknown {
  return [t.context.mode, BigInt(t.context.selector(1)), t.context.compatibility, t.context.gpr(REGISTER.rax)];
}
const AS_ALWAYS = ['kernel', FLAT_CS64, false, 7n];

describe('the frame of', () => {
  test('INT n has the 32-bit CS', () => {
    const handler = t.handler(0x80, 3);
    expect(run(...INT_80)).toBe(handler);
    const [, , rip, cs, , rsp, ss] = t.words(7);
    expect([rip, cs, rsp, ss]).toEqual([behind(INT_80), FLAT_CS32, t.stack, FLAT_SS]);
    expect(inKernel()).toEqual(AS_ALWAYS);
  });
  test('an exception too, with its error code', () => {
    const handler = t.handler(13);
    expect(run(...HLT)).toBe(handler);
    expect(t.words(5).slice(2)).toEqual([0n, behind([]), FLAT_CS32]);
    expect(inKernel()).toEqual(AS_ALWAYS);
  });
  test('SYSCALL is at the callback for 32-bit code, with ecx as the return address, and DF is clear', () => {
    t.callback('syscall');
    const callback = t.callback('syscall32');
    expect(run(...STD, ...SYSCALL)).toBe(callback);
    const [rcx, r11, rip, cs, , rsp, ss] = t.words(7);
    const next = behind([...STD, ...SYSCALL]);
    expect([rcx, rip, cs, rsp, ss]).toEqual([next, next, FLAT_CS32, t.stack, FLAT_SS]);
    expect([r11! & 0x400n, t.context.rflags & 0x400n]).toEqual([0x400n, 0n]);
    expect(inKernel()).toEqual(AS_ALWAYS);
  });
  test('SYSCALL from 64-bit code stays at the other one', () => {
    const callback = t.callback('syscall');
    t.callback('syscall32');
    expect(t.run(...SYSCALL)).toBe(callback);
  });
  test('SYSENTER does not say where it was', () => {
    const callback = t.callback('sysenter');
    expect(run(...SYSENTER)).toBe(callback);
    const [, , rip, cs, , rsp, ss] = t.words(7);
    expect([rip, cs, rsp, ss]).toEqual([0n, NULL_RING3, 0n, FLAT_SS]);
    expect(inKernel()).toEqual(AS_ALWAYS);
  });
});

describe('when nobody takes it', () => {
  test('SYSCALL is #UD at the instruction', () => {
    t.callback('syscall');
    const handler = t.handler(6);
    expect(run(...SYSCALL)).toBe(handler);
    expect(t.words(4).slice(2)).toEqual([behind([]), FLAT_CS32]);
  });
  test('SYSENTER is #GP of nowhere', () => {
    const handler = t.handler(13);
    expect(run(...SYSENTER)).toBe(handler);
    expect(t.words(5).slice(2)).toEqual([0n, 0n, NULL_RING3]);
  });
});

test('the iret hypercall goes back to 32-bit code', () => {
  const handler = t.handler(0x80, 3);
  expect(run(...INT_80, ...INC_EAX)).toBe(handler);
  const frame = t.words(7);
  const rsp = t.context.gpr(REGISTER.rsp);
  // rax, r11, rcx, flags, and then what the frame has from rip on.
  const words = [100n, 0n, 0n, 0n, ...frame.slice(2)];
  words.forEach((word, i) => t.guest.page(3).setBigUint64(Number(rsp - t.guest.va(3)) - 1024 + 8 * i, word, true));
  t.context.setGpr(REGISTER.rsp, rsp - 1024n);
  t.context.setGpr(REGISTER.rax, IRET);
  SYSCALL.forEach((byte, i) => t.guest.page(4).setUint8(512 + i, byte));
  t.context.rip = t.guest.va(4) + 512n;
  const program = t.go();
  expect(program).toBe(behind([...INT_80, ...INC_EAX]));
  expect([t.context.mode, BigInt(t.context.selector(1)), t.context.compatibility, t.context.gpr(REGISTER.rax)]).toEqual([
    'user',
    FLAT_CS32,
    true,
    101n,
  ]);
});
