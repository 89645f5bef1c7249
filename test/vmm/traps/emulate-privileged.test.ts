/** Each privileged instruction, as a guest's kernel and its user code execute it on a real processor. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createHypervisor } from '../../../src/vmm/hypervisor.ts';
import { REGISTER, Trapping } from '../support/trapping.ts';

const { rax, rcx, rdx } = REGISTER;
const GP = 13;
const UD = 6;
const ARCHITECTURAL_IOPL = 1 << 4;
const OLD = 0x1122_3344_5566_7788n;

const IN = {
  al: { bytes: [0xec], ones: 0x1122_3344_5566_77ffn },
  ax: { bytes: [0x66, 0xed], ones: 0x1122_3344_5566_ffffn },
  eax: { bytes: [0xed], ones: 0xffff_ffffn },
  'al from a port by number': { bytes: [0xe4, 0x42], ones: 0x1122_3344_5566_77ffn },
} as const;
const OUT = [[0xee], [0xef], [0x66, 0xef], [0xe6, 0x80], [0xe7, 0x80]] as const;
const CLI = [0xfa];
const STI = [0xfb];
const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];
const readControl = (n: number): number[] => [0x0f, 0x20, 0xc0 | (n << 3)];
const writeControl = (n: number): number[] => [0x0f, 0x22, 0xc0 | (n << 3)];
const readDebug = (n: number): number[] => [0x0f, 0x21, 0xc0 | (n << 3)];
const writeDebug = (n: number): number[] => [0x0f, 0x23, 0xc0 | (n << 3)];

let t: Trapping;
let refused: bigint;
let undefinedOpcode: bigint;

beforeEach(() => {
  t = new Trapping(createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 }));
  refused = t.handler(GP);
  undefinedOpcode = t.handler(UD);
});

/** Executes one instruction in the kernel; true when it was carried out, false when it was #GP with error code 0 at the instruction. */
function does(bytes: readonly number[], registers: Partial<Record<keyof typeof REGISTER, bigint>> = {}): boolean {
  t.context.setGpr(REGISTER.rsp, t.stack);
  for (const [name, value] of Object.entries(registers)) t.context.setGpr(REGISTER[name as keyof typeof REGISTER], value);
  const at = t.run(...bytes);
  if (at === t.code + BigInt(bytes.length)) return true;
  expect(at).toBe(refused);
  expect(t.words(4).slice(2)).toEqual([0n, t.code]);
  return false;
}
const a = (): bigint => t.context.gpr(rax);

describe.each([
  ['IN', Object.values(IN).map(({ bytes }) => bytes)],
  ['OUT', OUT],
  ['CLI', [CLI]],
  ['STI', [STI]],
])('%s', (_, forms) => {
  test.each([
    ['kernel', 0, false, false],
    ['kernel', 1, false, true],
    ['kernel', 0, true, true],
    ['user', 1, false, false],
    ['user', 2, true, false],
    ['user', 3, false, true],
  ] as const)('in %s mode with IOPL %i, architectural %s: %s', (mode, iopl, architectural, passes) => {
    for (const bytes of forms) {
      t.guest.vcpu.iopl = iopl;
      t.guest.domain.vmAssist = architectural ? ARCHITECTURAL_IOPL : 0;
      if (mode === 'user') t.enterUser();
      expect(does(bytes)).toBe(passes);
    }
  });
});

test.each(Object.entries(IN))('IN to %s gives ones, of its width', (_, { bytes, ones }) => {
  t.guest.vcpu.iopl = 1;
  expect(does(bytes, { rax: OLD, rdx: 0x60n })).toBe(true);
  expect(a()).toBe(ones);
});

test('CLI and STI change no upcall mask', () => {
  t.guest.vcpu.iopl = 1;
  const { memory } = t.handle.hypervisor.machine;
  const mask = t.guest.vcpu.vcpuInfoAddress + 1;
  for (const value of [0, 1])
    for (const bytes of [CLI, STI]) {
      memory.u8[mask] = value;
      expect(does(bytes)).toBe(true);
      expect([memory.u8[mask], t.context.rflags & 0x200n]).toEqual([value, 0x200n]);
    }
});

describe('control registers', () => {
  test('CR0 shows task switched, and takes nothing else', () => {
    expect(does(readControl(0))).toBe(true);
    const value = a();
    expect(value & 8n).toBe(0n);
    expect(does(writeControl(0), { rax: value | 8n })).toBe(true);
    expect(t.context.taskSwitched).toBe(true);
    expect(does(readControl(0))).toBe(true);
    expect(a()).toBe(value | 8n);
    for (const bit of [1n, 4n, 1n << 16n, 1n << 31n]) expect(does(writeControl(0), { rax: value ^ bit })).toBe(false);
    expect(t.context.taskSwitched).toBe(true);
    expect(does([0x0f, 0x06])).toBe(true); // CLTS
    expect(t.context.taskSwitched).toBe(false);
  });

  test('CR2 is the one in vcpu_info', () => {
    expect(does(writeControl(2), { rax: OLD })).toBe(true);
    expect(t.handle.hypervisor.machine.memory.view.getBigUint64(t.guest.vcpu.vcpuInfoAddress + 16, true)).toBe(OLD);
    expect(does(readControl(2), { rax: 0n })).toBe(true);
    expect(a()).toBe(OLD);
  });

  test('CR3 is the kernel’s root, and takes what new_baseptr takes', () => {
    const root = BigInt(t.guest.frames[0]!) << 12n;
    expect(does(readControl(3))).toBe(true);
    expect(a()).toBe(root);
    expect(does(writeControl(3), { rax: root })).toBe(true);
    for (const bad of [0n, BigInt(t.guest.mfn(3)) << 12n, BigInt(t.guest.frames[1]!) << 12n, 0xffff_ffff_f000n])
      expect(does(writeControl(3), { rax: bad })).toBe(false);
    expect(t.context.root('kernel')).toBe(t.guest.frames[0]);
  });

  test('CR4 takes TSD, DE, FSGSBASE and OSXSAVE, and drops the rest', () => {
    expect(does(readControl(4))).toBe(true);
    const value = a();
    expect(does(writeControl(4), { rax: value | 0xffff_ffffn })).toBe(true);
    expect(does(readControl(4))).toBe(true);
    expect(a()).toBe(value | 0x5_000cn);
  });

  test('CR8 is refused', () => {
    expect(does([0x44, ...readControl(0)])).toBe(false);
    expect(does([0x44, ...writeControl(0)])).toBe(false);
  });

  test.each([0, 2, 3, 4])('CR%i is nothing for user mode', (n) => {
    for (const bytes of [readControl(n), writeControl(n)]) {
      t.enterUser();
      expect(does(bytes)).toBe(false);
    }
  });
});

describe('debug registers', () => {
  test.each([0, 1, 2, 3])('DR%i holds an address of the guest’s', (n) => {
    expect(does(writeDebug(n), { rax: 0x40_4000n })).toBe(true);
    expect(does(readDebug(n), { rax: 0n })).toBe(true);
    expect(a()).toBe(0x40_4000n);
    for (const bad of [0x8000_0000_0000n, 0xffff_8000_0000_0000n]) expect(does(writeDebug(n), { rax: bad })).toBe(false);
  });

  test('DR6 and DR7 keep their fixed bits, and have no upper half', () => {
    expect(does(writeDebug(6), { rax: 0n })).toBe(true);
    expect(does(readDebug(6))).toBe(true);
    expect(a()).toBe(0xffff_0ff0n);
    expect(does(writeDebug(7), { rax: 0xd000n })).toBe(true);
    expect(does(readDebug(7))).toBe(true);
    expect(a()).toBe(0x400n);
    for (const n of [6, 7]) expect(does(writeDebug(n), { rax: 1n << 32n })).toBe(false);
    expect(does(writeDebug(7), { rax: 0x2000n })).toBe(false); // general detect
  });

  test('an I/O breakpoint needs debugging extensions', () => {
    expect(does(writeDebug(7), { rax: 0x2_0001n })).toBe(false);
    expect(does(writeControl(4), { rax: 8n })).toBe(true);
    expect(does(writeDebug(7), { rax: 0x2_0001n })).toBe(true);
  });

  test('DR4 and DR5 are DR6 and DR7, and #UD with debugging extensions', () => {
    expect(does(writeDebug(5), { rax: 0x403n })).toBe(true);
    expect(does(readDebug(7), { rax: 0n })).toBe(true);
    expect(a()).toBe(0x403n);
    expect(does(readDebug(4))).toBe(true);
    expect(does(writeControl(4), { rax: 8n })).toBe(true);
    for (const bytes of [readDebug(4), readDebug(5), writeDebug(4), writeDebug(5)]) expect(t.run(...bytes)).toBe(undefinedOpcode);
  });
});

describe('MSRs', () => {
  const [EFER, FS_BASE, GS_BASE, KERNEL_GS_BASE] = [0xc000_0080n, 0xc000_0100n, 0xc000_0101n, 0xc000_0102n];

  test.each([
    ['FS_BASE', FS_BASE, (): bigint => t.context.fsBase],
    ['GS_BASE', GS_BASE, (): bigint => t.context.gsBase],
    ['KERNEL_GS_BASE', KERNEL_GS_BASE, (): bigint => t.guest.vcpu.gsBaseOther],
  ])('%s is written and read in two halves, and is canonical', (_, msr, value) => {
    expect(does(WRMSR, { rcx: 0xabcd_0000_0000n | msr, rax: 0xffff_ffff_8100_0000n, rdx: 0x1234_5678_ffff_c900n })).toBe(true);
    expect(value()).toBe(0xffff_c900_8100_0000n);
    expect(does(RDMSR, { rcx: msr, rax: OLD, rdx: OLD })).toBe(true);
    expect([a(), t.context.gpr(rdx)]).toEqual([0x8100_0000n, 0xffff_c900n]);
    expect(does(WRMSR, { rcx: msr, rax: 0n, rdx: 0x8000n })).toBe(false);
    expect(value()).toBe(0xffff_c900_8100_0000n);
    expect(t.context.gpr(rcx)).toBe(msr);
  });

  test('EFER can be written back as it is, and not otherwise', () => {
    expect(does(RDMSR, { rcx: EFER })).toBe(true);
    expect(a()).toBe(0xd01n);
    expect(does(WRMSR, { rcx: EFER, rax: 0xd01n, rdx: 0n })).toBe(true);
    expect(does(WRMSR, { rcx: EFER, rax: 0xd00n, rdx: 0n })).toBe(false);
  });

  test('APIC_BASE can be read, and machine check banks are zero', () => {
    expect(does(RDMSR, { rcx: 0x1bn })).toBe(true);
    expect(a()).toBe(0xfee0_0900n);
    expect(does(WRMSR, { rcx: 0x1bn, rax: 0n, rdx: 0n })).toBe(false);
    for (const msr of [0x179n, 0x400n, 0x47fn]) {
      expect(does(RDMSR, { rcx: msr, rax: OLD, rdx: OLD })).toBe(true);
      expect([a(), t.context.gpr(rdx)]).toEqual([0n, 0n]);
    }
  });

  test.each([0n, 0x174n, 0xc000_0081n, 0xc000_0082n, 0xffff_ffffn])('%d is refused', (msr) => {
    expect(does(RDMSR, { rcx: msr })).toBe(false);
    expect(does(WRMSR, { rcx: msr, rax: 0n, rdx: 0n })).toBe(false);
  });

  test('are nothing for user mode', () => {
    for (const bytes of [RDMSR, WRMSR]) {
      t.enterUser();
      expect(does(bytes, { rcx: FS_BASE, rax: 0n, rdx: 0n })).toBe(false);
    }
  });
});

test.each([
  ['HLT', [0xf4]],
  ['LGDT', [0x0f, 0x01, 0x10]],
  ['LIDT', [0x0f, 0x01, 0x18]],
  ['LLDT', [0x0f, 0x00, 0xd0]],
  ['LTR', [0x0f, 0x00, 0xd8]],
  ['LMSW', [0x0f, 0x01, 0xf0]],
  ['INVLPG', [0x0f, 0x01, 0x38]],
  ['INVD', [0x0f, 0x08]],
  ['SYSRET', [0x48, 0x0f, 0x07]],
  ['RDPMC', [0x0f, 0x33]],
])('%s is #GP for a kernel as well', (_, bytes) => {
  t.guest.vcpu.iopl = 3;
  expect(does(bytes, { rax: t.guest.va(1) })).toBe(false);
});

test('SWAPGS is #GP, and changes nothing', () => {
  t.context.gsBase = 0x1000n;
  expect(does([0x0f, 0x01, 0xf8])).toBe(false);
  expect(t.context.gsBase).toBe(0x1000n);
});

test('WBINVD does nothing in the kernel, and is #GP in user mode', () => {
  expect(does([0x0f, 0x09])).toBe(true);
  t.enterUser();
  expect(does([0x0f, 0x09])).toBe(false);
});

test('CPUID behind the prefix of forced emulation is one instruction', () => {
  const forced = [0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2];
  expect(does(forced, { rax: 0x4000_0000n, rcx: 0n })).toBe(true);
  expect(t.context.gpr(REGISTER.rbx)).toBe(0x566e_6558n); // "XenV"
  expect(does([0x0f, 0xa2], { rax: 0x4000_0000n, rcx: 0n })).toBe(true);
  expect(t.context.gpr(REGISTER.rbx)).toBe(0x566e_6558n);
  expect(t.run(0x0f, 0x0b, 0x78, 0x65, 0x6f)).toBe(undefinedOpcode);
});
