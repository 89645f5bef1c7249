/** HYPERVISOR_iret, issued by SYSCALL from a kernel's stack. */
import { beforeEach, describe, expect, test } from 'vitest';
import { setUserRoot } from '../../../src/vmm/memory/base-pointers.ts';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const SYSCALL = [0x0f, 0x05];
const IRET = 23n;
const IN_SYSCALL = 0x100n;
const IF = 0x200n;
const FLAT_CS = 0xe033n;
const FLAT_SS = 0xe02bn;
const ARCHITECTURAL_IOPL = 1 << 4;

let t: Trapping;
let target: bigint;

beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  target = t.code + 64n;
});

interface Frame {
  rax?: bigint;
  r11?: bigint;
  rcx?: bigint;
  flags?: bigint;
  rip?: bigint;
  cs?: bigint;
  rflags?: bigint;
  rsp?: bigint;
  ss?: bigint;
}

/** Issues it with this frame, and runs on until it stays somewhere. */
function iret(change: Frame): bigint {
  const { rax, r11, rcx, flags, rip, cs, rflags, rsp, ss } = {
    rax: 0xaan,
    r11: 0x11n,
    rcx: 0xccn,
    flags: 0n,
    rip: target,
    cs: 0xe030n,
    rflags: IF,
    rsp: t.stack - 512n,
    ss: FLAT_SS,
    ...change,
  };
  [rax, r11, rcx, flags, rip, cs, rflags, rsp, ss].forEach((word, i) => t.guest.page(2).setBigUint64(1024 + i * 8, word, true));
  t.load(...SYSCALL);
  [0xeb, 0xfe].forEach((byte, i) => t.guest.page(0).setUint8(64 + i, byte));
  t.context.setGpr(REGISTER.rsp, t.guest.va(2) + 1024n);
  t.context.setGpr(REGISTER.rax, IRET);
  return t.go();
}
const masked = (): number => t.handle.hypervisor.machine.memory.u8[t.guest.vcpu.vcpuInfoAddress + 1]!;

describe('into the kernel', () => {
  test('loads rax, r11, rcx, rip, rsp, the flags and the selectors, with RPL 3', () => {
    expect(iret({ rflags: IF | 0x8d5n })).toBe(target);
    const { context } = t;
    expect([REGISTER.rax, REGISTER.r11, REGISTER.rcx, REGISTER.rsp].map((index) => context.gpr(index))).toEqual([
      0xaan,
      0x11n,
      0xccn,
      t.stack - 512n,
    ]);
    expect([context.selector(1), context.selector(2)].map(BigInt)).toEqual([FLAT_CS, FLAT_SS]);
    expect(context.rflags).toBe(0x202n | 0x8d5n);
    expect(context.mode).toBe('kernel');
  });

  test('leaves rcx and r11 to SYSRET when it ends a system call', () => {
    iret({ flags: IN_SYSCALL });
    expect(t.context.gpr(REGISTER.rcx)).toBe(t.code + 2n);
  });

  test('sets the upcall mask from IF, and the processor’s own IF stays', () => {
    iret({ rflags: 0n });
    expect([masked(), t.context.rflags & IF]).toEqual([1, IF]);
    iret({ rflags: IF });
    expect([masked(), t.context.rflags & IF]).toEqual([0, IF]);
  });

  test.each([
    ['IOPL', 0x3000n],
    ['VM', 0x2_0000n],
    ['VIF and VIP', 0x18_0000n],
    ['what is reserved', 0xffff_ffff_0000_0000n | 0x8028n],
  ])('does not load %s', (_, bits) => {
    expect(iret({ rflags: IF | bits })).toBe(target);
    expect(t.context.rflags & bits).toBe(0n);
  });

  test('sets the virtual IOPL with the architectural_iopl assist only', () => {
    iret({ rflags: IF | 0x1000n });
    expect(t.guest.vcpu.iopl).toBe(0);
    t.guest.domain.vmAssist = ARCHITECTURAL_IOPL;
    iret({ rflags: IF | 0x1000n });
    expect(t.guest.vcpu.iopl).toBe(1);
    iret({ rflags: IF });
    expect(t.guest.vcpu.iopl).toBe(0);
  });
});

describe('into user mode', () => {
  test('changes page tables and GS bases', () => {
    const { vcpu } = t.guest;
    setUserRoot(vcpu, vcpu.context.root('kernel'));
    t.context.gsBase = 0x1000n;
    vcpu.gsBaseOther = 0x2000n;
    expect(iret({ cs: FLAT_CS })).toBe(target);
    expect([t.context.mode, t.context.gsBase, vcpu.gsBaseOther]).toEqual(['user', 0x2000n, 0x1000n]);
  });

  test('without user page tables ends the domain', () => {
    iret({ cs: FLAT_CS });
    expect(t.guest.domain.shutdown).toBe('crash');
    expect(t.log).toContain('without user page tables');
  });
});

describe('what the processor would refuse is #GP in the kernel, with the frame of where it leads', () => {
  test.each([
    ['cs 0', { cs: 0n }, 0n],
    ['cs beyond the table', { cs: 0x10n }, 0x10n],
    ['cs of data', { cs: 0xe028n }, 0xe028n],
    ['cs of an entry that Xen keeps empty', { cs: 0xe018n }, 0xe018n],
    ['cs in a local table that is not there', { cs: 0xcn }, 0xcn],
    ['ss 0', { ss: 0n }, 0n],
    ['ss of code', { ss: 0xe033n }, 0xe030n],
    ['ss beyond the table', { ss: 0x18n }, 0x18n],
  ])('%s', (_, change, error) => {
    const handler = t.handler(13);
    expect(iret(change)).toBe(handler);
    const [, , code, rip] = t.words(4);
    expect([code, rip]).toEqual([error, target]);
    expect(t.context.mode).toBe('kernel');
    expect([t.context.selector(1), t.context.selector(2)].map(BigInt)).toEqual([FLAT_CS, FLAT_SS]);
  });

  test.each([0x8000_0000_0000n, 0xdead_beef_0000_0000n, (1n << 60n) | 0x40_4000n])('rip %d', (rip) => {
    const handler = t.handler(13);
    expect(iret({ rip })).toBe(handler);
    expect(t.words(4).slice(2)).toEqual([0n, rip]);
  });

  test('rip without a page is #PF there', () => {
    const handler = t.handler(14);
    expect(iret({ rip: t.guest.unmapped })).toBe(handler);
    expect(t.words(4).slice(2)).toEqual([0x10n, t.guest.unmapped]);
  });
});

test.each([
  ['unmapped', (): bigint => t.guest.unmapped],
  ['running into an unmapped page', (): bigint => t.guest.va(12) - 64n],
  ['not canonical', (): bigint => 0x8000_0000_0000n],
  ['the hypervisor’s', (): bigint => 0xffff_8000_0000_0000n],
])('a frame that is %s ends the domain', (_, rsp) => {
  t.load(...SYSCALL);
  t.context.setGpr(REGISTER.rsp, rsp());
  t.context.setGpr(REGISTER.rax, IRET);
  t.go();
  expect(t.guest.domain.shutdown).toBe('crash');
  expect(t.log).toContain('the frame of an iret hypercall cannot be read');
});
