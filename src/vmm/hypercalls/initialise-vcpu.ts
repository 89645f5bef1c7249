/**
 * VCPUOP_initialise: a vCPU gets its first registers, traps, page tables and descriptor table from a struct vcpu_guest_context
 * (xen/include/public/arch-x86/xen.h, 5168 bytes). Everything is checked before anything is changed.
 */
import { FLAT_CS, FLAT_SS, guestFlags, isCanonical } from '../control/vcpu-context.ts';
import { EEXIST, EFAULT, EINVAL, type Errno } from '../errno.ts';
import { readStruct } from './structure.ts';
import { setGdt } from '../memory/descriptor-tables.ts';
import { setKernelRoot, setUserRoot } from '../memory/base-pointers.ts';
import { setDebugRegister } from '../traps/debug-registers.ts';
import type { Vcpu } from '../vcpu.ts';

const SIZE = 5168;
const FLAGS = 0x200;
const USER_REGS = 0x208;
const TRAPS = 0x2d0;
const LDT_BASE = 0x12d0;
const LDT_ENTS = 0x12d8;
const GDT_FRAMES = 0x12e0;
const GDT_ENTS = 0x1360;
const KERNEL_SS = 0x1368;
const KERNEL_SP = 0x1370;
const CTRLREG = 0x1378;
const DEBUGREG = 0x13b8;
const EVENT_CALLBACK = 0x13f8;
const FAILSAFE_CALLBACK = 0x1400;
const SYSCALL_CALLBACK = 0x1408;
const VM_ASSIST = 0x1410;
const FS_BASE = 0x1418;
const GS_BASE_KERNEL = 0x1420;
const GS_BASE_USER = 0x1428;

/** VGCF_*. */
const I387_VALID = 1;
const IN_KERNEL = 4;
const FAILSAFE_DISABLES_EVENTS = 8;
const SYSCALL_DISABLES_EVENTS = 16;
/** In cpu_user_regs, from USER_REGS: the general registers in the processor's own encoding order. */
const GPR_OFFSETS: readonly number[] = [80, 88, 96, 40, 152, 32, 104, 112, 72, 64, 56, 48, 24, 16, 8, 0];
const RIP = 128;
const CS = 136;
const RFLAGS = 144;
const SS = 160;
/** es, ds, fs, gs with their numbers in the processor. */
const SEGMENTS: readonly (readonly [offset: number, segment: number])[] = [
  [168, 0],
  [176, 3],
  [184, 4],
  [192, 5],
];
const RFLAGS_IOPL_SHIFT = 12n;
const GDT_FRAMES_MAX = 16;
const ENTRIES_A_FRAME = 512;
/** Frame 0 is the hypervisor's: as a root it means none. */
const NO_FRAME = 0;

export function initialiseVcpu(vcpu: Vcpu, arg: bigint, caller: Vcpu): Errno | 0 {
  // One beyond shared_info has nowhere to get events until it has registered a vcpu_info.
  if (vcpu.vcpuInfoAddress === 0) return EINVAL;
  const a = readStruct(caller, arg, SIZE);
  if (!a) return EFAULT;
  if (vcpu.initialised) return EEXIST;
  return check(a) ?? takeTables(vcpu, a) ?? apply(vcpu, a);
}

function check(a: DataView): Errno | undefined {
  const u64 = (offset: number): bigint => a.getBigUint64(offset, true);
  const addresses = [USER_REGS + RIP, USER_REGS + GPR_OFFSETS[4]!, KERNEL_SP, LDT_BASE, FS_BASE, GS_BASE_KERNEL, GS_BASE_USER];
  const callbacks = [EVENT_CALLBACK, FAILSAFE_CALLBACK, SYSCALL_CALLBACK];
  const traps = Array.from({ length: 256 }, (_, i) => TRAPS + 16 * i + 8);
  if (![...addresses, ...callbacks, ...traps].every((offset) => isCanonical(u64(offset)))) return EINVAL;
  if (u64(DEBUGREG + 48) >> 32n || u64(DEBUGREG + 56) >> 32n) return EINVAL;
  if (u64(LDT_BASE) & 0xfffn || u64(LDT_ENTS) > 8192n) return EINVAL;
  if (u64(GDT_ENTS) > BigInt(GDT_FRAMES_MAX * ENTRIES_A_FRAME)) return EINVAL;
  if (rootFrame(a, 3) === NO_FRAME) return EINVAL;
  // In user mode it needs page tables for that.
  if (!(a.getUint32(FLAGS, true) & IN_KERNEL) && u64(CTRLREG + 8) === 0n) return EINVAL;
  return undefined;
}

/** What takes references, and may be refused. */
function takeTables(vcpu: Vcpu, a: DataView): Errno | undefined {
  const entries = Number(a.getBigUint64(GDT_ENTS, true));
  const count = Math.ceil(entries / ENTRIES_A_FRAME);
  const frames = Array.from({ length: count }, (_, i) => Number(a.getBigUint64(GDT_FRAMES + 8 * i, true)));
  const user = rootFrame(a, 1);
  const problem =
    setGdt(vcpu, frames, entries) ?? setKernelRoot(vcpu, rootFrame(a, 3)) ?? (user === 0 ? undefined : setUserRoot(vcpu, user));
  if (!problem) return undefined;
  setKernelRoot(vcpu, NO_FRAME);
  setGdt(vcpu, [], 0);
  return problem;
}

function rootFrame(a: DataView, register: number): number {
  return Number(a.getBigUint64(CTRLREG + 8 * register, true) >> 12n);
}

function apply(vcpu: Vcpu, a: DataView): 0 {
  const { context, callbacks } = vcpu;
  const u64 = (offset: number): bigint => a.getBigUint64(offset, true);
  const u16 = (offset: number): number => a.getUint16(offset, true);
  const flags = a.getUint32(FLAGS, true);
  GPR_OFFSETS.forEach((offset, i) => context.setGpr(i, u64(USER_REGS + offset)));
  context.rip = u64(USER_REGS + RIP);
  const rflags = u64(USER_REGS + RFLAGS);
  context.rflags = guestFlags(rflags);
  vcpu.iopl = Number((rflags >> RFLAGS_IOPL_SHIFT) & 3n);
  for (const [offset, segment] of SEGMENTS) context.setSelector(segment, u16(USER_REGS + offset));
  context.setSelector(1, (u16(USER_REGS + CS) || FLAT_CS) | 3);
  context.setSelector(2, (u16(USER_REGS + SS) || FLAT_SS) | 3);

  const inKernel = (flags & IN_KERNEL) !== 0;
  context.mode = inKernel ? 'kernel' : 'user';
  context.fsBase = u64(FS_BASE);
  context.gsBase = u64(inKernel ? GS_BASE_KERNEL : GS_BASE_USER);
  vcpu.gsBaseOther = u64(inKernel ? GS_BASE_USER : GS_BASE_KERNEL);
  if (flags & I387_VALID) context.fxsave.set(new Uint8Array(a.buffer, a.byteOffset, 512));

  for (let vector = 0; vector < 256; vector++) {
    const at = TRAPS + 16 * vector;
    const gate = vcpu.traps[vector]!;
    gate.flags = a.getUint8(at + 1);
    gate.selector = u16(at + 2);
    gate.handler = u64(at + 8);
  }
  vcpu.ldtEntries = Number(u64(LDT_ENTS));
  vcpu.ldtBase = vcpu.ldtEntries === 0 ? 0n : u64(LDT_BASE);
  vcpu.kernelSs = u16(KERNEL_SS) | 3;
  vcpu.kernelSp = u64(KERNEL_SP);
  for (const i of [0, 1, 2, 3, 6, 7]) setDebugRegister(vcpu, i, u64(DEBUGREG + 8 * i));
  callbacks.event.address = u64(EVENT_CALLBACK);
  callbacks.failsafe.address = u64(FAILSAFE_CALLBACK);
  callbacks.failsafe.maskEvents = (flags & FAILSAFE_DISABLES_EVENTS) !== 0;
  callbacks.syscall.address = u64(SYSCALL_CALLBACK);
  callbacks.syscall.maskEvents = (flags & SYSCALL_DISABLES_EVENTS) !== 0;
  if (vcpu.id === 0) vcpu.domain.vmAssist = Number(BigInt.asUintN(32, u64(VM_ASSIST)));
  vcpu.initialised = true;
  return 0;
}
