/** Decodes one x86-64 instruction (SDM vol. 2, chapter 2). */
import type { Width } from '../isa/emitter.ts';
import type { Instruction, MemoryOperand, Operand, OperandSize } from './instruction.ts';
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
  /** 4 fs, 5 gs, 3 anything else: the others have base zero. */
  readonly segment: number;
  readonly address32: boolean;
  readonly immediates: readonly bigint[];
  readonly lock: boolean;
  readonly repeat: 0 | 1 | 2;
  readonly condition: number;
}

/** Not an instruction, or none that is implemented; `bytes` names it for the counters. */
export interface Undefined {
  readonly undefined: true;
  readonly opcode: string;
}
/** The bytes end before the instruction does. */
export const TRUNCATED: unique symbol = Symbol('truncated');
export const NO_REGISTER = 16;

/** The opcode as the x87 unit notes it: its low three bits of the first byte, and the second. */
export const x87Opcode = ({ form, modrm }: Decoded): bigint => BigInt(((form.opcode & 7) << 8) | modrm);

export function decode(bytes: Uint8Array, start: number, end: number): Decoded | Undefined | typeof TRUNCATED {
  let at = start;
  const limit = Math.min(end, start + 15);
  const short = end - start < 15;
  let size66 = false;
  let address32 = false;
  let lock = false;
  let repeat: 0 | 1 | 2 = 0;
  let segment = 3;
  let rex = 0;
  for (; ; at++) {
    if (at >= limit) return short ? TRUNCATED : { undefined: true, opcode: 'too long' };
    const byte = bytes[at]!;
    if (byte === 0x66) size66 = true;
    else if (byte === 0x67) address32 = true;
    else if (byte === 0xf0) lock = true;
    else if (byte === 0xf3) repeat = 1;
    else if (byte === 0xf2) repeat = 2;
    else if (byte === 0x64 || byte === 0x65) segment = byte - 0x60;
    else if (byte === 0x26 || byte === 0x2e || byte === 0x36 || byte === 0x3e) segment = segment === 4 || segment === 5 ? segment : 3;
    else if ((byte & 0xf0) === 0x40) {
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
  const candidates = formsOf(map, opcode);
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
  const wide = (rex & 8) !== 0;
  const usesPrefix = form.prefix === '66' ? 'size' : form.prefix === 'F2' || form.prefix === 'F3' ? 'repeat' : '';
  let operandSize: Width = wide ? 8 : size66 && usesPrefix !== 'size' ? 2 : 4;
  if (form.description.default64 && operandSize === 4) operandSize = 8;
  if (form.description.default64 && form.description.ends) operandSize = 8; // near branches ignore 66
  let memory: Decoded['memory'] = null;
  // MOV to and from control and debug registers takes no notice of mod.
  const ignoresMod = form.operands.some(({ source }) => source === 'other');
  if (ignoresMod && !registerExists(form, ((modrm >>> 3) & 7) | ((rex & 4) << 1))) return name();
  if (form.operands.some(({ source }) => source === 'segment') && !segmentExists(form, (modrm >>> 3) & 7)) return name();
  const rmIsMemory = form.modrm && !ignoresMod && modrm >>> 6 !== 3;
  if (rmIsMemory) {
    const mode = modrm >>> 6;
    let base = (modrm & 7) | ((rex & 1) << 3);
    let index = NO_REGISTER;
    let scale = 0;
    let ripRelative = false;
    let displacementBytes = mode === 1 ? 1 : mode === 2 ? 4 : 0;
    if ((modrm & 7) === 4) {
      const lack = missing(1);
      if (lack) return lack;
      const sib = bytes[at++]!;
      scale = sib >>> 6;
      index = ((sib >>> 3) & 7) | ((rex & 2) << 2);
      if (index === 4) index = NO_REGISTER;
      base = (sib & 7) | ((rex & 1) << 3);
      if ((sib & 7) === 5 && mode === 0) {
        base = NO_REGISTER;
        displacementBytes = 4;
      }
    } else if ((modrm & 7) === 5 && mode === 0) {
      base = NO_REGISTER;
      ripRelative = true;
      displacementBytes = 4;
    }
    const lack = missing(displacementBytes);
    if (lack) return lack;
    memory = {
      base,
      index,
      scale,
      displacement: displacementBytes === 0 ? 0n : readSigned(bytes, at, displacementBytes as 1 | 4),
      ripRelative,
    };
    at += displacementBytes;
  }
  const immediates: bigint[] = [];
  for (const spec of form.operands) {
    const count = immediateBytes(spec, operandSize, address32);
    if (count === 0) continue;
    const lack = missing(count);
    if (lack) return lack;
    if (spec.source === 'moffs')
      memory = {
        base: NO_REGISTER,
        index: NO_REGISTER,
        scale: 0,
        displacement: count === 8 ? readSigned(bytes, at, 8) : BigInt.asUintN(32, readSigned(bytes, at, 4)),
        ripRelative: false,
      };
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
    segment,
    address32,
    immediates,
    lock,
    repeat: form.description.repeatable ? repeat : 0,
    condition: opcode & 15,
  };
}

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
        if (seen.repeat === 0 && (!seen.size66 || form.map === 0 || (form.map === 2 && form.opcode >= 0xf0))) return form;
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

function immediateBytes(spec: OperandSpec, operandSize: Width, address32: boolean): 0 | 1 | 2 | 4 | 8 {
  if (spec.source === 'moffs') return address32 ? 4 : 8;
  if (spec.source === 'branch') return spec.size === 1 ? 1 : 4;
  if (spec.source !== 'immediate') return 0;
  if (spec.signed) return 1;
  if (spec.size === 'z') return operandSize === 2 ? 2 : 4;
  return spec.size === 'v' ? operandSize : (spec.size as 1 | 2 | 4 | 8);
}

function readSigned(bytes: Uint8Array, at: number, count: 1 | 2 | 4 | 8): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return BigInt.asIntN(8 * count, value);
}

export function sizeOf(spec: OperandSpec, operandSize: Width): OperandSize {
  if (spec.size === 'v') return operandSize;
  if (spec.size === 'y') return operandSize === 8 ? 8 : 4;
  if (spec.size === 'z') return operandSize === 2 ? 2 : operandSize;
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
            address32: decoded.address32,
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
    addressSize: decoded.address32 ? 4 : 8,
    operands,
    lock: decoded.lock,
    repeat: decoded.repeat === 0 ? null : decoded.repeat === 1 ? 'rep' : 'repne',
  };
}
