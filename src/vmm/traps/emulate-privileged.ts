/** Privileged instructions of a guest kernel that the hypervisor carries out in its place (xen/arch/x86/pv/emul-priv-op.c). */
import type { Instruction, Operand } from '../../hw/cpu/decode/instruction.ts';
import { SINGLE_STEP } from '../../hw/cpu/breakpoints.ts';
import { CR4, STATE_COMPONENTS } from '../../hw/cpu/control-registers.ts';
import type { VcpuContext } from '../../hw/cpu/types.ts';
import type { Vcpu } from '../vcpu.ts';
import { isCanonical } from '../control/vcpu-context.ts';
import { ENODEV, Errno } from '../errno.ts';
import { setKernelRoot } from '../memory/base-pointers.ts';
import { noteDebugException, readDebugRegister, setDebugRegister } from './debug-registers.ts';
import { stringPort } from './string-ports.ts';
import { DEBUG, fault, GENERAL_PROTECTION, INVALID_OPCODE, raise, RF } from './raise.ts';

const VMASST_ARCHITECTURAL_IOPL = 1 << 4;
const TF = 0x100n;
const CR0_TS = 8n;
/** What a guest may change of CR4; the rest is silently left. */
const CR4_GUEST = BigInt(CR4.timeStampDisable | CR4.debuggingExtensions | CR4.fsgsbase | CR4.osxsave);
const RAX = 0;
const RCX = 1;
const RDX = 2;

/** True when it was carried out, false: #GP, or the exception that it raises instead; null: all is said, and rip stays. */
type Emulation = (vcpu: Vcpu, instruction: Instruction) => boolean | null | typeof INVALID_OPCODE;

const MSR = {
  tsc: 0x10,
  apicBase: 0x1b,
  ucodeRevision: 0x8b,
  platformInfo: 0xce,
  miscFeatures: 0x140,
  miscEnable: 0x1a0,
  pat: 0x277,
  efer: 0xc000_0080,
  fsBase: 0xc000_0100,
  gsBase: 0xc000_0101,
  kernelGsBase: 0xc000_0102,
  tscAux: 0xc000_0103,
} as const;
/** Readable, always the same; writes are dropped. */
const CONSTANT_MSRS: ReadonlyMap<number, bigint> = new Map([
  [MSR.apicBase, 0xfee0_0900n],
  [MSR.ucodeRevision, 0n],
  [MSR.platformInfo, 0n],
  [MSR.miscFeatures, 0n],
  [MSR.miscEnable, 1n],
  [MSR.pat, 0x0000_0501_0007_0406n],
  [MSR.efer, 0xd01n],
  [MSR.tscAux, 0n],
]);

const READ_ONLY_MSRS: ReadonlySet<number> = new Set([MSR.apicBase, MSR.platformInfo]);

/** Port access: by the guest's virtual IOPL. The kernel counts as ring 1 (ring 0 with the architectural_iopl assist). */
function ioAllowed({ context, domain, iopl }: Vcpu): boolean {
  const architectural = (domain.vmAssist & VMASST_ARCHITECTURAL_IOPL) !== 0;
  const ring = context.mode === 'user' ? 3 : architectural ? 0 : 1;
  return ring <= iopl;
}

/** No devices: reads are all ones, writes go nowhere. */
const port: Emulation = (vcpu, { name, operands, operandSize }) => {
  if (!ioAllowed(vcpu)) return false;
  if (name === 'out') return true;
  const size = operands[0]?.size ?? operandSize;
  const { context } = vcpu;
  const ones = (1n << BigInt(8 * size)) - 1n;
  context.setGpr(RAX, size === 4 ? ones : context.gpr(RAX) | ones);
  return true;
};

const interruptFlag: Emulation = (vcpu) => ioAllowed(vcpu);
const kernelOnly =
  (emulation: Emulation): Emulation =>
  (vcpu, instruction) =>
    vcpu.context.mode === 'kernel' && emulation(vcpu, instruction);
const edxEax = (context: VcpuContext): bigint => ((context.gpr(RDX) & 0xffff_ffffn) << 32n) | (context.gpr(RAX) & 0xffff_ffffn);
const number = (operand: Operand | undefined): number =>
  operand && 'index' in operand && typeof operand.index === 'number' ? operand.index : 0;

const move: Emulation = (vcpu, { operands: [to, from] }) => {
  const { context } = vcpu;
  if (to?.kind === 'control') return writeControl(vcpu, to.index, context.gpr(number(from)));
  if (from?.kind === 'control') {
    const value = readControl(vcpu, from.index);
    if (value === null) return false;
    context.setGpr(number(to), value);
    return true;
  }
  if (to?.kind === 'debug') {
    const problem = setDebugRegister(vcpu, to.index, context.gpr(number(from)));
    return problem === ENODEV ? INVALID_OPCODE : problem === undefined;
  }
  if (from?.kind !== 'debug') return false;
  const value = readDebugRegister(vcpu, from.index);
  if (value instanceof Errno) return INVALID_OPCODE;
  context.setGpr(number(to), value);
  return true;
};

function readControl(vcpu: Vcpu, register: number): bigint | null {
  const { context } = vcpu;
  switch (register) {
    case 0:
      return (vcpu.cr0 & ~CR0_TS) | (context.taskSwitched ? CR0_TS : 0n);
    case 2:
      return vcpu.vcpuInfoAddress === 0 ? 0n : vcpu.domain.hypervisor.machine.memory.view.getBigUint64(vcpu.vcpuInfoAddress + 16, true);
    case 3:
      return BigInt(context.root('kernel')) << 12n;
    case 4:
      return vcpu.cr4;
    default:
      return null;
  }
}

function writeControl(vcpu: Vcpu, register: number, value: bigint): boolean {
  if (register === 0) {
    if ((value ^ vcpu.cr0) & ~CR0_TS) return false;
    vcpu.context.taskSwitched = (value & CR0_TS) !== 0n;
  } else if (register === 3) {
    // Frame 0 means none to us, and is nobody's.
    return value >> 12n !== 0n && setKernelRoot(vcpu, Number(value >> 12n)) === undefined;
  } else if (register === 2) vcpu.domain.hypervisor.machine.memory.view.setBigUint64(vcpu.vcpuInfoAddress + 16, value, true);
  else if (register === 4) {
    vcpu.cr4 = (vcpu.cr4 & ~CR4_GUEST) | (value & CR4_GUEST);
    vcpu.context.cr4 = processorCr4(vcpu);
  } else return false;
  return true;
}

/** What the processor runs with (pv_make_cr4()): XSAVE works whatever the guest kernel has set. */
const processorCr4 = ({ cr4 }: Vcpu): bigint => cr4 | BigInt(CR4.osxsave);

/** XCR0 alone, with x87 always in it (handle_xsetbv() in xen/arch/x86/xstate.c). */
const setExtendedControl: Emulation = (vcpu) => {
  const { context, cr4 } = vcpu;
  if (!(cr4 & BigInt(CR4.osxsave))) return INVALID_OPCODE;
  const value = edxEax(context);
  if (context.mode !== 'kernel' || (context.gpr(RCX) & 0xffff_ffffn) !== 0n || value & ~STATE_COMPONENTS || !(value & 1n)) return false;
  context.xcr0 = value;
  return true;
};

/** CR4.TSD: the guest kernel has kept the time from its programs, not from itself. */
const readTime: Emulation = (vcpu, { name }) => {
  const { context } = vcpu;
  if (context.mode === 'user') return false;
  const now = readMsr(vcpu, MSR.tsc)!;
  context.setGpr(RAX, now & 0xffff_ffffn);
  context.setGpr(RDX, now >> 32n);
  if (name === 'rdtscp') context.setGpr(RCX, readMsr(vcpu, MSR.tscAux)!);
  return true;
};

function readMsr(vcpu: Vcpu, msr: number): bigint | null {
  const { context } = vcpu;
  switch (msr) {
    case MSR.tsc:
      return BigInt(Math.floor(vcpu.domain.hypervisor.machine.clock.now()));
    case MSR.fsBase:
      return context.fsBase;
    case MSR.gsBase:
      return context.gsBase;
    case MSR.kernelGsBase:
      return vcpu.gsBaseOther;
    default:
      // Machine check banks read as zero.
      if ((msr >= 0x179 && msr <= 0x17b) || (msr >= 0x280 && msr <= 0x29f) || (msr >= 0x400 && msr <= 0x47f)) return 0n;
      return CONSTANT_MSRS.get(msr) ?? null;
  }
}

function writeMsr(vcpu: Vcpu, msr: number, value: bigint): boolean {
  const { context } = vcpu;
  if (msr === MSR.fsBase || msr === MSR.gsBase || msr === MSR.kernelGsBase) {
    if (!isCanonical(value)) return false;
    if (msr === MSR.fsBase) context.fsBase = value;
    else if (msr === MSR.gsBase) context.gsBase = value;
    else vcpu.gsBaseOther = value;
    return true;
  }
  // What Linux writes back unchanged may stay as it is; the rest of what can be read is silently kept.
  if (msr === MSR.efer) return value === CONSTANT_MSRS.get(msr);
  return !READ_ONLY_MSRS.has(msr) && readMsr(vcpu, msr) !== null;
}

const EMULATIONS: Readonly<Record<string, Emulation>> = {
  in: port,
  out: port,
  cli: interruptFlag,
  sti: interruptFlag,
  mov: kernelOnly(move),
  clts: kernelOnly((vcpu) => {
    vcpu.context.taskSwitched = false;
    return true;
  }),
  ins: (vcpu, instruction) => ioAllowed(vcpu) && stringPort(vcpu, instruction),
  outs: (vcpu, instruction) => ioAllowed(vcpu) && stringPort(vcpu, instruction),
  wbinvd: kernelOnly(() => true),
  xsetbv: setExtendedControl,
  rdtsc: readTime,
  rdtscp: readTime,
  rdmsr: kernelOnly((vcpu) => {
    const { context } = vcpu;
    const value = readMsr(vcpu, Number(context.gpr(RCX) & 0xffff_ffffn));
    if (value === null) return false;
    context.setGpr(RAX, value & 0xffff_ffffn);
    context.setGpr(RDX, value >> 32n);
    return true;
  }),
  wrmsr: kernelOnly((vcpu) => {
    const { context } = vcpu;
    return writeMsr(vcpu, Number(context.gpr(RCX) & 0xffff_ffffn), edxEax(context));
  }),
};

export function emulatePrivileged(vcpu: Vcpu, instruction: Instruction): void {
  const emulation = EMULATIONS[instruction.name];
  const done = emulation ? emulation(vcpu, instruction) : false;
  if (done === true) instructionDone(vcpu, instruction.length);
  else if (done === INVALID_OPCODE) fault(vcpu, INVALID_OPCODE, null);
  else if (done === false) fault(vcpu, GENERAL_PROTECTION, 0);
}

/** On to the next instruction, as the processor would go (pv_emul_instruction_done()). */
export function instructionDone(vcpu: Vcpu, length: number): void {
  const { context } = vcpu;
  context.rip += BigInt(length);
  const { rflags } = context;
  context.rflags = rflags & ~RF;
  if (!(rflags & TF)) return;
  noteDebugException(vcpu, SINGLE_STEP);
  raise(vcpu, DEBUG, null);
}
