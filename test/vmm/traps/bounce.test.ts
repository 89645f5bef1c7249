/** What an exception, a system call or an event leaves on the guest kernel's stack. */
import { beforeEach, describe, expect, test } from 'vitest';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { setUpcallMask } from '../../../src/vmm/events/pending.ts';
import { deliverUpcall } from '../../../src/vmm/traps/deliver-upcall.ts';
import { call } from '../support/call.ts';
import { ok } from '../support/tiny-guest.ts';
import { MASK_EVENTS, REGISTER, Trapping } from '../support/trapping.ts';

const UD2 = [0x0f, 0x0b];
const INT3 = [0xcc];
const SYSCALL = [0x0f, 0x05];
const HLT = [0xf4];
const STD = [0xfd];
const int = (vector: number): number[] => [0xcd, vector];
/** mov (%rax), %rbx; mov %rbx, (%rax) */
const LOAD = [0x48, 0x8b, 0x18];
const STORE = [0x48, 0x89, 0x18];
const FLAT_CS = 0xe033n;
const KERNEL_CS = 0xe030n;
const FLAT_SS = 0xe02bn;
const IF = 0x200n;
/** A fault's frame has it set. */
const RF = 0x1_0000n;
const IOPL_3 = 0x3000n;
const ARCHITECTURAL_IOPL = 1 << 4;
const MASKED = 1n << 32n;
const XEN_START = 0xffff_8000_0000_0000n;

let t: Trapping;

beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  t.context.setGpr(REGISTER.rcx, 0xccn);
  t.context.setGpr(REGISTER.r11, 0x11n);
  setUpcallMask(t.guest.vcpu, false);
});

const masked = (): number => t.handle.hypervisor.machine.memory.u8[t.guest.vcpu.vcpuInfoAddress + 1]!;

describe('from kernel mode', () => {
  test('an exception without an error code: seven words below the stack, aligned to 16', () => {
    const handler = t.handler(6);
    t.context.setGpr(REGISTER.rsp, t.stack - 5n);
    expect(t.run(...UD2)).toBe(handler);
    expect(t.context.gpr(REGISTER.rsp)).toBe(t.stack - 16n - 56n);
    expect(t.words(7)).toEqual([0xccn, 0x11n, t.code, KERNEL_CS, t.context.rflags | IF | RF, t.stack - 5n, FLAT_SS]);
    expect([t.context.selector(1), t.context.selector(2)].map(BigInt)).toEqual([FLAT_CS, FLAT_SS]);
    expect(masked()).toBe(0);
  });

  test('one with an error code: it lies between r11 and rip', () => {
    const handler = t.handler(13, MASK_EVENTS);
    expect(t.run(...HLT)).toBe(handler);
    expect(t.context.gpr(REGISTER.rsp)).toBe(t.stack - 64n);
    expect(t.words(8).slice(0, 5)).toEqual([0xccn, 0x11n, 0n, t.code, KERNEL_CS]);
    expect(masked()).toBe(1);
  });

  test('the upcall mask is in bits 32 to 39 of cs, and IF is its opposite', () => {
    t.handler(3);
    setUpcallMask(t.guest.vcpu, true);
    t.run(...INT3);
    const [, , rip, cs, rflags] = t.words(5);
    expect([rip, cs, rflags! & IF]).toEqual([t.code + 1n, KERNEL_CS | MASKED, 0n]);
    expect(masked()).toBe(1);
  });

  test('a page fault tells its address in vcpu_info, and that the kernel did it', () => {
    const handler = t.handler(14);
    const { memory } = t.handle.hypervisor.machine;
    for (const [code, address, error] of [
      [LOAD, t.guest.unmapped, 0n],
      [STORE, t.guest.unmapped + 8n, 2n],
      [STORE, t.guest.readOnly, 3n],
    ] as const) {
      t.context.setGpr(REGISTER.rsp, t.stack);
      t.context.setGpr(REGISTER.rax, address);
      expect(t.run(...code)).toBe(handler);
      expect(t.words(3)[2]).toBe(error);
      expect(memory.view.getBigUint64(t.guest.vcpu.vcpuInfoAddress + 16, true)).toBe(address);
    }
  });

  test('IOPL shows only with the architectural_iopl assist', () => {
    t.handler(6);
    t.guest.vcpu.iopl = 3;
    t.run(...UD2);
    expect(t.words(5)[4]! & IOPL_3).toBe(0n);
    t.guest.domain.vmAssist = ARCHITECTURAL_IOPL;
    t.run(...UD2);
    expect(t.words(5)[4]! & IOPL_3).toBe(IOPL_3);
  });

  test('TF, NT and AC are in the frame and not in the handler', () => {
    const handler = t.handler(6);
    t.load(...UD2);
    t.context.rflags = 0x4_4202n;
    expect(t.go()).toBe(handler);
    expect(t.words(5)[4]! & 0x4_4100n).toBe(0x4_4000n);
    expect(t.context.rflags & 0x4_4100n).toBe(0n);
  });

  test('DF stays as it is in an exception’s handler', () => {
    t.handler(6);
    t.run(...STD, ...UD2);
    expect(t.context.rflags & 0x400n).toBe(0x400n);
  });
});

describe('from user mode', () => {
  beforeEach(() => {
    t.context.gsBase = 0x1000n;
    t.guest.vcpu.gsBaseOther = 0x2000n;
    t.enterUser();
  });

  test('the frame is on the kernel’s stack, with RPL 3, the user’s rsp and its selectors; GS bases change places', () => {
    const handler = t.handler(6);
    expect(t.context.gsBase).toBe(0x2000n);
    t.load(...UD2);
    t.context.setSelector(2, 0x2b);
    expect(t.go()).toBe(handler);
    expect(t.context.gpr(REGISTER.rsp)).toBe(t.kernelStack - 56n);
    expect(t.words(7)).toEqual([0xccn, 0x11n, t.code, FLAT_CS, t.words(5)[4], t.stack, 0x2bn]);
    expect([t.context.mode, t.context.gsBase, t.guest.vcpu.gsBaseOther]).toEqual(['kernel', 0x1000n, 0x2000n]);
  });

  test('a page fault says so in its error code', () => {
    t.handler(14);
    t.context.setGpr(REGISTER.rax, t.guest.readOnly);
    t.run(...STORE);
    expect(t.words(3)[2]).toBe(7n);
  });

  test('a system call clears DF, returns behind itself, and masks events if it was asked to', () => {
    for (const mask of [false, true]) {
      const target = t.callback('syscall', mask);
      t.enterUser();
      t.context.setGpr(REGISTER.rsp, t.stack);
      expect(t.run(...STD, ...SYSCALL)).toBe(target);
      const [rcx, r11, rip] = t.words(3);
      expect([rcx, rip]).toEqual([t.code + 3n, t.code + 3n]);
      expect(r11! & 0x400n).toBe(0x400n);
      expect(t.context.rflags & 0x400n).toBe(0n);
      expect(masked()).toBe(mask ? 1 : 0);
    }
  });

  test('a system call that nobody takes is #UD at the instruction', () => {
    const handler = t.handler(6);
    expect(t.run(...SYSCALL)).toBe(handler);
    expect(t.words(3)[2]).toBe(t.code);
  });
});

describe('INT n', () => {
  test.each([
    ['kernel', 0, false],
    ['kernel', 1, true],
    ['kernel', 3, true],
    ['user', 1, false],
    ['user', 2, false],
    ['user', 3, true],
  ] as const)('in %s mode through a gate of DPL %i: %s', (mode, dpl, passes) => {
    const handler = t.handler(0x80, dpl);
    const refused = t.handler(13);
    if (mode === 'user') t.enterUser();
    expect(t.run(...int(0x80))).toBe(passes ? handler : refused);
    if (passes) expect(t.words(3)[2]).toBe(t.code + 2n);
    else expect(t.words(4).slice(2)).toEqual([BigInt(0x80 * 8 + 2), t.code]);
  });

  test('without a gate is #GP as well, and without a handler for that the end', () => {
    const refused = t.handler(13);
    expect(t.run(...int(0x81))).toBe(refused);
    expect(t.words(3)[2]).toBe(BigInt(0x81 * 8 + 2));
    t.guest.vcpu.traps[13]!.handler = 0n;
    t.run(...int(0x81));
    expect(t.guest.domain.shutdown).toBe('crash');
  });
});

test('an event is delivered like an exception that masks events', () => {
  const { vcpu, domain } = t.guest;
  const target = t.callback('event');
  domain.events.send(ok(domain.events.bindIpi(0)));
  t.load();
  deliverUpcall(vcpu, t.handle.hypervisor.machine.cpus[0]!);
  expect(t.context.rip).toBe(target);
  expect(t.words(4)).toEqual([0xccn, 0x11n, t.code, KERNEL_CS]);
  expect(masked()).toBe(1);
  const rsp = t.context.gpr(REGISTER.rsp);
  deliverUpcall(vcpu, t.handle.hypervisor.machine.cpus[0]!);
  expect(t.context.gpr(REGISTER.rsp)).toBe(rsp);
});

test('a fault in a handler lays its frame below the first', () => {
  const handler = t.handler(14);
  t.handler(6);
  // The handler of #UD loads from nowhere.
  LOAD.forEach((byte, i) => t.guest.page(4).setUint8(6 * 16 + i, byte));
  t.context.setGpr(REGISTER.rax, t.guest.unmapped);
  expect(t.run(...UD2)).toBe(handler);
  const top = t.stack - 56n;
  expect(t.context.gpr(REGISTER.rsp)).toBe((top & ~15n) - 64n);
  expect(t.words(7).slice(2)).toEqual([0n, t.guest.vcpu.traps[6]!.handler, KERNEL_CS, t.words(7)[5], top]);
});

describe('the domain is lost, and says why', () => {
  const lost = (...reasons: string[]): void => {
    expect(t.guest.domain.shutdown).toBe('crash');
    for (const reason of reasons) expect(t.log).toContain(reason);
  };

  test('when nobody handles an exception', () => {
    t.run(...UD2);
    lost(`Domain ${t.guest.domid}`, '#UD', 'no handler', `<${t.code.toString(16).padStart(16, '0')}>`);
  });

  test.each([
    ['is not mapped', (): bigint => t.guest.unmapped],
    ['begins in the page below, which is not', (): bigint => 0x400000n + 4096n + 16n],
    ['is read-only', (): bigint => t.guest.readOnly + 4096n],
    ['is the hypervisor’s', (): bigint => XEN_START + 4096n],
    ['is not canonical', (): bigint => 0x8000_0000_1000n],
    ['is at the end of the address space', (): bigint => 0n],
  ])('when the stack %s', (_, stack) => {
    t.handler(6);
    t.load(...UD2);
    t.context.setGpr(REGISTER.rsp, stack());
    t.go();
    lost('#UD', 'cannot be stored on the kernel stack');
  });

  test('when user code faults and the kernel has given no stack', () => {
    t.handler(6);
    t.guest.vcpu.kernelSp = 0n;
    t.enterUser();
    t.run(...UD2);
    lost('cannot be stored on the kernel stack');
  });

  test('when frames eat their way out of the stack', () => {
    // The handler of #UD is an UD2.
    t.handler(6);
    UD2.forEach((byte, i) => t.guest.page(4).setUint8(6 * 16 + i, byte));
    expect(call(t.guest.vcpu, updateVaMapping, t.guest.va(1), (BigInt(t.guest.mfn(1)) << 12n) | 1n, 0)).toBe(0);
    t.run(...UD2);
    lost('#UD', 'cannot be stored');
    // All that fits was stored; what did not fit was not begun.
    expect(t.context.gpr(REGISTER.rsp)).toBeGreaterThanOrEqual(t.guest.va(2));
  });

  test('when an event finds no stack', () => {
    t.callback('event');
    t.guest.domain.events.send(ok(t.guest.domain.events.bindIpi(0)));
    t.context.setGpr(REGISTER.rsp, t.guest.unmapped);
    deliverUpcall(t.guest.vcpu, t.handle.hypervisor.machine.cpus[0]!);
    lost('the frame of an event cannot be stored');
  });

  test('with registers and stack; a stack that cannot be read is no trouble', () => {
    t.load(...UD2);
    t.context.setGpr(REGISTER.rsp, 0xdead_0000_0000_0000n);
    t.go();
    lost('rsp: ', 'Guest stack trace', 'Stack cannot be read');
  });
});
