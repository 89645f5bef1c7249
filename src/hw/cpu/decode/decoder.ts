/** Decodes one instruction, of 64-bit code or of a compatibility segment (SDM vol. 2, chapter 2). */
import { LONG, type CodeMode } from '../code-mode.ts';
import type { Width } from '../isa/emitter.ts';
import type { Instruction, MemoryOperand, Operand, OperandSize } from './instruction.ts';
import { addressOf, hasSib, NO_REGISTER } from './addressing.ts';
import { formsOf, type Form, type OperandSpec } from './table.ts';

export interface Decoded {
  readonly form: Form;
  readonly length: number;
  readonly operandSize: Width;
  readonly rex: number;
  /** ModRM.reg and .rm (or the opcode's register) with their REX bits. */
  readonly reg: number;
  readonly rm: number;
  readonly opcodeRegister: number;
  readonly modrm: number;
  /** The memory operand, or null when rm is a register. */
  readonly memory: {
    readonly base: number;
    readonly index: number;
    readonly scale: number;
    readonly displacement: bigint;
    readonly ripRelative: boolean;
  } | null;
  /** es 0 to gs 5, by prefix or as the base register has it; in 64-bit code 3 for all but fs and gs, since the others have base zero there. */
  readonly segment: number;
  readonly addressSize: 2 | 4 | 8;
  readonly immediates: readonly bigint[];
  readonly lock: boolean;
  readonly repeat: 0 | 1 | 2;
  readonly condition: number;
  readonly mode: CodeMode;
}

/** Not an instruction, or none that is implemented; `bytes` names it for the counters. */
export interface Undefined {
  readonly undefined: true;
  readonly opcode: string;
}
/** The bytes end before the instruction does. */
export const TRUNCATED: unique symbol = Symbol('truncated');
export { NO_REGISTER };

const DS = 3;
const SS = 2;
/** es, cs, ss, ds. */
const OVERRIDES: readonly number[] = [0x26, 0x2e, 0x36, 0x3e];

/** The opcode as the x87 unit notes it: its low three bits of the first byte, and the second. */
export const x87Opcode = ({ form, modrm }: Decoded): bigint => BigInt(((form.opcode & 7) << 8) | modrm);

export function decode(bytes: Uint8Array, start: number, end: number, mode: CodeMode = LONG): Decoded | Undefined | typeof TRUNCATED {
  const long = mode.size === 64;
  let at = start;
  const limit = Math.min(end, start + 15);
  const short = end - start < 15;
  let size66 = false;
  let size67 = false;
  let lock = false;
  let repeat: 0 | 1 | 2 = 0;
  let override: number | null = null;
  let rex = 0;
  for (; ; at++) {
    if (at >= limit) return short ? TRUNCATED : { undefined: true, opcode: 'too long' };
    const byte = bytes[at]!;
    if (byte === 0x66) size66 = true;
    else if (byte === 0x67) size67 = true;
    else if (byte === 0xf0) lock = true;
    else if (byte === 0xf3) repeat = 1;
    else if (byte === 0xf2) repeat = 2;
    else if (byte === 0x64 || byte === 0x65) override = byte - 0x60;
    else if (OVERRIDES.includes(byte)) override = long ? override : OVERRIDES.indexOf(byte);
    else if (long && (byte & 0xf0) === 0x40) {
      rex = byte; // counts only when the opcode follows
      continue;
    } else break;
    rex = 0;
  }
  const missing = (n: number): typeof TRUNCATED | Undefined | null =>
    at + n <= limit ? null : short ? TRUNCATED : { undefined: true, opcode: 'too long' };
  let opcode = bytes[at++]!;
  let map = 0;
  if (opcode === 0x0f) {
    const lack = missing(1);
    if (lack) return lack;
    opcode = bytes[at++]!;
    map = 1;
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? 2 : 3;
      const lack = missing(1);
      if (lack) return lack;
      opcode = bytes[at++]!;
    }
  }
  const name = (): Undefined => ({
    undefined: true,
    opcode: `${['', '0f ', '0f 38 ', '0f 3a '][map]}${opcode.toString(16).padStart(2, '0')}`,
  });
  const candidates = formsOf(map, opcode, long);
  if (candidates.length === 0) return name();
  let modrm = 0;
  if (candidates.some((form) => form.modrm || form.exact >= 0)) {
    const lack = missing(1);
    if (lack) return lack;
    modrm = bytes[at]!;
  }
  const form = choose(candidates, { size66, repeat, modrm, rex });
  if (!form) return name();
  if (form.modrm || form.exact >= 0) at++;
  const operandSize = operandSizeOf(form, mode, size66, rex);
  const addressSize = long ? (size67 ? 4 : 8) : size67 === (mode.size === 32) ? 2 : 4;
  let memory: Decoded['memory'] = null;
  // MOV to and from control and debug registers takes no notice of mod.
  const ignoresMod = form.operands.some(({ source }) => source === 'other');
  if (ignoresMod && !registerExists(form, ((modrm >>> 3) & 7) | ((rex & 4) << 1))) return name();
  if (form.operands.some(({ source }) => source === 'segment') && !segmentExists(form, (modrm >>> 3) & 7)) return name();
  const rmIsMemory = form.modrm && !ignoresMod && modrm >>> 6 !== 3;
  if (rmIsMemory) {
    const sib = hasSib(modrm, addressSize);
    const lack = missing(sib ? 1 : 0);
    if (lack) return lack;
    const { absolute, displacementBytes, ...address } = addressOf(modrm, sib ? bytes[at++]! : 0, rex, addressSize);
    const more = missing(displacementBytes);
    if (more) return more;
    memory = {
      ...address,
      displacement: displacementBytes === 0 ? 0n : readSigned(bytes, at, displacementBytes),
      ripRelative: absolute && long,
    };
    at += displacementBytes;
  }
  const immediates: bigint[] = [];
  for (const spec of form.operands) {
    const count = immediateBytes(spec, operandSize, addressSize, long);
    if (count === 0) continue;
    const lack = missing(count);
    if (lack) return lack;
    if (spec.source === 'moffs')
      memory = {
        base: NO_REGISTER,
        index: NO_REGISTER,
        scale: 0,
        displacement: count === 8 ? readSigned(bytes, at, 8) : BigInt.asUintN(8 * count, readSigned(bytes, at, count)),
        ripRelative: false,
      };
    else if (spec.source === 'pointer')
      immediates.push(BigInt.asUintN(8 * (count - 2), readSigned(bytes, at, count)) | (readSigned(bytes, at + count - 2, 2) << 32n));
    else immediates.push(readSigned(bytes, at, count));
    at += count;
  }
  if (lock && !(form.description.lockable && rmIsMemory && form.operands[0]!.source === 'rm')) return { undefined: true, opcode: 'lock' };
  return {
    form,
    length: at - start,
    operandSize,
    rex,
    reg: ((modrm >>> 3) & 7) | ((rex & 4) << 1),
    rm: (modrm & 7) | ((rex & 1) << 3),
    opcodeRegister: (opcode & 7) | ((rex & 1) << 3),
    modrm,
    memory,
    segment: override ?? (!long && memory && isStackBase(memory.base) ? SS : DS),
    addressSize,
    immediates,
    lock,
    repeat: form.description.repeatable ? repeat : 0,
    condition: opcode & 15,
    mode,
  };
}

function operandSizeOf({ prefix, description: { default64, ends } }: Form, { size }: CodeMode, size66: boolean, rex: number): Width {
  const override = size66 && prefix !== '66';
  if (size !== 64) return override === (size === 32) ? 2 : 4;
  // Near branches ignore 66.
  if (default64) return ends || !override || (rex & 8) !== 0 ? 8 : 2;
  return (rex & 8) !== 0 ? 8 : override ? 2 : 4;
}

const isStackBase = (base: number): boolean => base === 4 || base === 5;

function choose(candidates: readonly Form[], seen: { size66: boolean; repeat: number; modrm: number; rex: number }): Form | null {
  let plain: Form | null = null;
  for (const form of candidates) {
    if (form.exact >= 0 && form.exact !== seen.modrm) continue;
    if (form.digit >= 0 && ((seen.modrm >>> 3) & 7) !== form.digit) continue;
    if (form.modrm && form.operands.some(({ memoryOnly, registerOnly }) => (seen.modrm >>> 6 === 3 ? memoryOnly : registerOnly))) continue;
    if (
      form.modrm &&
      form.exact < 0 &&
      form.operands.some(({ source, text }) => source === 'other' && text[0] === 'R') === false &&
      candidates.some((other) => other.exact === seen.modrm)
    )
      continue;
    // 90 is NOP, and XCHG only with REX.B.
    if (form.opcode === 0x90 && form.map === 0 && form.prefix !== null && (seen.rex & 1) !== 0) continue;
    switch (form.prefix) {
      case 'F3':
        if (seen.repeat === 1) return form;
        break;
      case 'F2':
        if (seen.repeat === 2) return form;
        break;
      case '66':
        if (seen.size66 && seen.repeat === 0) return form;
        break;
      case 'NP':
        // F2 90 is NOP too.
        if ((seen.repeat === 0 || form.map === 0) && (!seen.size66 || form.map === 0 || (form.map === 2 && form.opcode >= 0xf0)))
          return form;
        break;
      default:
        plain ??= form;
    }
  }
  return plain;
}

/** CS cannot be loaded by MOV. */
function segmentExists(form: Form, segment: number): boolean {
  return segment < 6 && !(form.opcode === 0x8e && segment === 1);
}

/** Control registers 0, 2, 3, 4 and 8, debug registers 0 to 7. */
function registerExists(form: Form, register: number): boolean {
  return form.operands.some(({ text }) => text[0] === 'D') ? register < 8 : [0, 2, 3, 4, 8].includes(register);
}

function immediateBytes(spec: OperandSpec, operandSize: Width, addressSize: 2 | 4 | 8, long: boolean): number {
  if (spec.source === 'pointer') return operandSize + 2;
  if (spec.source === 'moffs') return addressSize;
  if (spec.source === 'branch') return spec.size === 1 ? 1 : operandSize === 2 && !long ? 2 : 4;
  if (spec.source !== 'immediate') return 0;
  if (spec.signed) return 1;
  if (spec.size === 'z') return operandSize === 2 ? 2 : 4;
  return spec.size === 'v' ? operandSize : (spec.size as 1 | 2 | 4 | 8);
}

function readSigned(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return BigInt.asIntN(8 * count, value);
}

export function sizeOf(spec: OperandSpec, operandSize: Width): OperandSize {
  if (spec.size === 'v') return operandSize;
  if (spec.size === 'y') return operandSize === 8 ? 8 : 4;
  // An immediate is extended to 64 bits; ports are at most 32 wide.
  if (spec.size === 'z') return operandSize === 8 && spec.source === 'fixed' ? 4 : operandSize;
  return spec.size;
}

/** The contract's form of a decoded instruction, for emulation outside the engine. */
export function toInstruction(decoded: Decoded): Instruction {
  const { form, memory } = decoded;
  let nextImmediate = 0;
  const operands = form.operands
    .filter(({ source }) => source !== 'x87-opcode')
    .map((spec): Operand => {
      const size = sizeOf(spec, decoded.operandSize);
      const gpr = (index: number): Operand => {
        const high = size === 1 && decoded.rex === 0 && index >= 4 && index < 8;
        return { kind: 'gpr', index: high ? index - 4 : index, size, high };
      };
      switch (spec.source) {
        case 'reg':
          return gpr(decoded.reg);
        case 'opcode':
          return gpr(decoded.opcodeRegister);
        case 'fixed':
          return { kind: 'gpr', index: spec.fixed, size, high: false };
        case 'one':
          return { kind: 'immediate', value: 1n, size };
        case 'immediate':
        case 'branch':
          return { kind: 'immediate', value: decoded.immediates[nextImmediate++]!, size };
        case 'segment':
          return { kind: 'segment', index: decoded.reg & 7, size: 2 };
        case 'xmm-reg':
          return { kind: 'xmm', index: decoded.reg, size };
        case 'st':
          return { kind: 'st', index: decoded.rm & 7, size: 8 };
        case 'mmx-reg':
          return { kind: 'mmx', index: decoded.reg & 7, size };
        case 'other':
          if (spec.text[0] === 'R') return { kind: 'gpr', index: decoded.rm, size: 8, high: false };
          return { kind: spec.text[0] === 'C' ? 'control' : 'debug', index: decoded.reg, size: 8 };
        default: {
          if (!memory && spec.source === 'xmm-rm') return { kind: 'xmm', index: decoded.rm, size };
          if (!memory && spec.source === 'mmx-rm') return { kind: 'mmx', index: decoded.rm & 7, size };
          if (!memory) return gpr(decoded.rm);
          const none = (register: number): number | null => (register === NO_REGISTER ? null : register);
          const operand: MemoryOperand = {
            kind: 'memory',
            base: memory.ripRelative ? 16 : none(memory.base),
            index: none(memory.index),
            scale: (1 << memory.scale) as 1 | 2 | 4 | 8,
            displacement: memory.displacement,
            segment: decoded.segment,
            address32: decoded.addressSize === 4,
            size,
          };
          return operand;
        }
      }
    });
  return {
    name: form.description.name,
    length: decoded.length,
    operandSize: form.stringWidth === 'b' ? 1 : decoded.operandSize,
    addressSize: decoded.addressSize,
    segment: decoded.segment,
    operands,
    lock: decoded.lock,
    repeat: decoded.repeat === 0 ? null : decoded.repeat === 1 ? 'rep' : 'repne',
  };
}
