/** #DB on its way to a guest: DR6, the frame, and the instructions that the hypervisor carries out. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { readDebugRegister, setDebugRegister } from '../../../src/vmm/traps/debug-registers.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const [DB, GP] = [1, 13];
const [TF, RF] = [0x100n, 0x1_0000n];
const FIXED = 0xffff_0ff0n;
const STEP = 0x4000n;
const NOP = [0x90];
const READ_CR4 = [0x0f, 0x20, 0xe0];
const FORCED_CPUID = [0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2];
const STORE = [0x48, 0x89, 0x03]; // mov [rbx], rax
/** mov dr7, rax */
const ENABLE = [0x0f, 0x23, 0xf8];
const SET = [0x0f, 0x23, 0xc3]; // mov dr0, rbx

let t: Trapping;
let handler: bigint;
beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  handler = t.handler(DB);
});
const dr6 = (): bigint => readDebugRegister(t.guest.vcpu, 6) as bigint;
/** rip and flags of the frame without an error code. */
const frame = (): bigint[] => [t.words(5)[2]! - t.code, t.words(5)[4]! & (TF | RF)];

describe('a single step', () => {
  test.each([
    ['an instruction', NOP, 1n],
    ['one that the hypervisor carries out', READ_CR4, 3n],
    ['the forced emulation', FORCED_CPUID, 7n],
  ])('over %s ends behind it, with DR6.BS', (_, code, length) => {
    t.load(...code, ...NOP);
    t.context.rflags |= TF;
    expect(t.go()).toBe(handler);
    expect(frame()).toEqual([length, TF]);
    expect(dr6()).toBe(FIXED | STEP);
    // The handler runs without it.
    expect(t.context.rflags & TF).toBe(0n);
  });

  test('over one that is refused is a fault', () => {
    const refused = t.handler(GP);
    t.load(0xf4);
    t.context.rflags |= TF;
    expect(t.go()).toBe(refused);
    expect(t.words(6)[5]! & RF).toBe(RF);
    expect(dr6()).toBe(FIXED);
  });
});

describe('breakpoints that the guest sets itself', () => {
  test('a watchpoint: the store is done, DR6 says which, and keeps what it had', () => {
    t.context.setGpr(REGISTER.rbx, t.guest.va(5) + 8n);
    t.context.setGpr(REGISTER.rax, 0x1_0001n);
    setDebugRegister(t.guest.vcpu, 6, STEP);
    expect(t.run(...SET, ...ENABLE, ...STORE)).toBe(handler);
    expect(frame()).toEqual([9n, 0n]);
    expect(t.guest.page(5).getBigUint64(8, true)).toBe(0x1_0001n);
    expect(dr6()).toBe(FIXED | STEP | 1n);
  });

  test('a breakpoint: at its instruction, without RF, so that the handler decides', () => {
    t.context.setGpr(REGISTER.rbx, t.code + 6n);
    t.context.setGpr(REGISTER.rax, 1n);
    expect(t.run(...SET, ...ENABLE, ...NOP)).toBe(handler);
    expect(frame()).toEqual([6n, 0n]);
    expect(dr6()).toBe(FIXED | 1n);
  });

  test('the return hypercall takes RF, and the instruction runs', () => {
    t.context.setGpr(REGISTER.rbx, t.code + 2n);
    setDebugRegister(t.guest.vcpu, 0, t.code + 2n);
    setDebugRegister(t.guest.vcpu, 7, 1n);
    t.load(0x0f, 0x05, 0xff, 0xc6); // syscall; inc esi
    t.context.setGpr(REGISTER.rax, 23n);
    t.context.setGpr(REGISTER.rsi, 0n);
    const words = [0n, 0n, 0n, 0n, t.code + 2n, 0xe030n, 0x202n | RF, t.stack, 0xe02bn];
    const rsp = t.stack - 256n;
    t.context.setGpr(REGISTER.rsp, rsp);
    words.forEach((word, i) => t.guest.page(2).setBigUint64(Number(rsp - t.guest.va(2)) + 8 * i, word, true));
    expect(t.go()).toBe(t.code + 4n);
    expect(t.context.gpr(REGISTER.rsi)).toBe(1n);
  });

  test('are gone when DR7 is cleared', () => {
    setDebugRegister(t.guest.vcpu, 0, t.code + 1n);
    setDebugRegister(t.guest.vcpu, 7, 1n);
    t.context.setGpr(REGISTER.rax, 0n);
    expect(t.run(...NOP)).toBe(handler);
    expect(t.run(...ENABLE, ...NOP)).toBe(t.code + 4n);
  });
});

test('INT1 is #DB behind it, and changes nothing in DR6', () => {
  expect(t.run(0xf1)).toBe(handler);
  expect(frame()).toEqual([1n, 0n]);
  expect(dr6()).toBe(FIXED);
});
