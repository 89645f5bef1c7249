/** The x87 unit in memory: FNSTENV and FNSAVE in their protected-mode layouts (SDM vol. 1, 8.1.10), FXSAVE (10.5.1). */
import { CONTEXT } from '../layout.ts';
import { EXTENDED, unpack } from './format.ts';
import type { FloatHost } from './helpers.ts';
import type { MachineMemory } from '../../memory.ts';
import { transfer, type Area } from './transfer.ts';
import { FIELD, Fpu, STATUS } from './x87-state.ts';

const GENERAL_PROTECTION = 13;
const REGISTER_BYTES = 80;
const FXSAVE_BYTES = 416; // the rest of the 512 is nobody's
/** All of it must be there, though; the recorded silicon asks for the last byte first. */
const FXSAVE_CHECKS: readonly number[] = [511, 0];
const FIRST_XMM = 160;
const MXCSR = 24;
const MXCSR_MASK = 0xffff;
const ALL_MASKED = 0x3f;
/** Bit 6 reads as one, 7 and 13 to 15 as zero. */
export const controlWord = (value: number): number => (value & 0x1f3f) | 0x40;

/** Two bits a register: valid, zero, special, empty. */
function fullTags(fpu: Fpu): number {
  let tags = 0;
  for (let register = 0; register < 8; register++) {
    const i = (register - fpu.top) & 7;
    const value = unpack(EXTENDED, fpu.bits(i));
    const tag = fpu.isEmpty(i) ? 3 : value.kind === 'zero' ? 1 : value.kind === 'finite' && !value.denormal ? 0 : 2;
    tags |= tag << (2 * register);
  }
  return tags;
}
function abridged(tags: number): number {
  let result = 0;
  for (let register = 0; register < 8; register++) if (((tags >> (2 * register)) & 3) !== 3) result |= 1 << register;
  return result;
}

/** Layouts with 16-bit and with 32-bit fields: 14 and 28 bytes. */
function writeEnvironment(fpu: Fpu, out: DataView, narrow: boolean): void {
  const { view } = fpu.memory;
  const { image } = fpu;
  const opcode = view.getUint16(image + FIELD.opcode, true) & 0x7ff;
  const words = [fpu.control, fpu.status, fullTags(fpu)];
  if (narrow) {
    const pointers = [view.getUint16(image + FIELD.instruction, true), 0, view.getUint16(image + FIELD.data, true), 0];
    [...words, ...pointers].forEach((value, i) => out.setUint16(2 * i, value, true));
    return;
  }
  words.forEach((value, i) => out.setUint32(4 * i, (0xffff0000 | value) >>> 0, true));
  out.setUint32(12, view.getUint32(image + FIELD.instruction, true), true);
  out.setUint32(16, opcode << 16, true);
  out.setUint32(20, view.getUint32(image + FIELD.data, true), true);
  out.setUint32(24, 0xffff0000, true);
}
function readEnvironment(fpu: Fpu, from: DataView, narrow: boolean): void {
  const word = (i: number): number => from.getUint16((narrow ? 2 : 4) * i, true);
  const pointer = (i: number): number => (narrow ? from.getUint16(2 * i, true) : from.getUint32(4 * i, true));
  const { view } = fpu.memory;
  const { image } = fpu;
  fpu.control = controlWord(word(0));
  fpu.setTop((word(1) & STATUS.top) >>> 11);
  fpu.status = word(1);
  fpu.tags = abridged(word(2));
  fpu.summarise();
  view.setBigUint64(image + FIELD.instruction, BigInt(pointer(3)), true);
  view.setBigUint64(image + FIELD.data, BigInt(pointer(5)), true);
  view.setUint16(image + FIELD.opcode, narrow ? 0 : from.getUint16(18, true) & 0x7ff, true);
}

/** The recorded silicon reaches the first field, and then the last byte, before it moves anything. */
function fieldThenLast(va: bigint, length: number, field: number): number[] {
  const inFirst = 4096 - Number(va & 4095n);
  return [0, ...(inFirst < field ? [inFirst] : []), length - 1];
}

/** Which of the four: bit 0 load, bit 1 with the registers. */
export const ENVIRONMENT = { fnstenv: 0, fldenv: 1, fnsave: 2, frstor: 3 } as const;
export const environmentBytes = (which: number, operandSize: number): number =>
  (operandSize === 2 ? 14 : 28) + (which & ENVIRONMENT.fnsave ? REGISTER_BYTES : 0);

export function moveEnvironment(host: FloatHost, cpu: number, which: number, va: bigint, operandSize: number, base: number): number {
  const fpu = new Fpu(host.memory, cpu);
  const narrow = operandSize === 2;
  const head = narrow ? 14 : 28;
  const whole = (which & 2) !== 0;
  const bytes = new Uint8Array(head + (whole ? REGISTER_BYTES : 0));
  const field = narrow ? 2 : 4;
  if (!host.aligned(va, field)) return 0;
  const area: Area = { va, base, checks: fieldThenLast(va, bytes.length, field), field };
  const view = new DataView(bytes.buffer);
  const { u8 } = host.memory;
  const register = (i: number): number => fpu.image + FIELD.registers + 16 * i;
  if (which & 1) {
    if (!transfer(host, area, bytes, false)) return 0;
    readEnvironment(fpu, view, narrow);
    if (whole) for (let i = 0; i < 8; i++) u8.set(bytes.subarray(head + 10 * i, head + 10 * i + 10), register(i));
    return 1;
  }
  writeEnvironment(fpu, view, narrow);
  if (whole) for (let i = 0; i < 8; i++) bytes.set(u8.subarray(register(i), register(i) + 10), head + 10 * i);
  if (!transfer(host, area, bytes, true)) return 0;
  if (whole) fpu.initialise();
  else {
    fpu.control |= ALL_MASKED;
    fpu.summarise();
  }
  return 1;
}

/** Without REX.W pointers have 32 bits, and selectors follow, which are zero: an operating system's FXSAVE64 has always lost them. */
function narrowPointers(view: DataView): void {
  view.setUint32(FIELD.instruction + 4, 0, true);
  view.setUint32(FIELD.data + 4, 0, true);
}

/** What FXSAVE stores. Pointers and opcode are told only of an exception that is pending, as AMD's processors do. */
export function savedImage(memory: MachineMemory, cpu: number, operandSize: number): Uint8Array<ArrayBuffer> {
  const image = cpu + CONTEXT.fxsave;
  const bytes = memory.u8.slice(image, image + FXSAVE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(28, MXCSR_MASK, true);
  if ((view.getUint16(FIELD.status, true) & STATUS.summary) === 0) bytes.fill(0, FIELD.opcode, MXCSR);
  else if (operandSize !== 8) narrowPointers(view);
  return bytes;
}
/** What of such an image FXRSTOR takes. */
export function putX87(memory: MachineMemory, cpu: number, image: Uint8Array<ArrayBuffer>, operandSize: number): void {
  const view = new DataView(image.buffer);
  view.setUint16(FIELD.control, controlWord(view.getUint16(FIELD.control, true)), true);
  if (operandSize !== 8) narrowPointers(view);
  memory.u8.set(image.subarray(0, MXCSR), cpu + CONTEXT.fxsave);
  memory.u8.set(image.subarray(FIELD.registers, FIRST_XMM), cpu + CONTEXT.fxsave + FIELD.registers);
  new Fpu(memory, cpu).summarise();
}
export function putSse(memory: MachineMemory, cpu: number, image: Uint8Array<ArrayBuffer>): void {
  memory.u8.set(image.subarray(FIRST_XMM, FXSAVE_BYTES), cpu + CONTEXT.fxsave + FIRST_XMM);
}
/** Bits that MXCSR has not: #GP. */
export function badMxcsr(host: FloatHost, value: number): boolean {
  if ((value & ~MXCSR_MASK) === 0) return false;
  host.raise(GENERAL_PROTECTION, 0);
  return true;
}

export function fxsave(host: FloatHost, cpu: number, va: bigint, operandSize: number, base: number): number {
  if (!host.aligned(va, 4)) return 0;
  if (va & 15n) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  return transfer(host, { va, base, checks: FXSAVE_CHECKS }, savedImage(host.memory, cpu, operandSize), true) ? 1 : 0;
}
export function fxrstor(host: FloatHost, cpu: number, va: bigint, operandSize: number, base: number): number {
  if (!host.aligned(va, 4)) return 0;
  if (va & 15n) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  const bytes = new Uint8Array(FXSAVE_BYTES);
  if (!transfer(host, { va, base, checks: FXSAVE_CHECKS }, bytes, false)) return 0;
  const mxcsr = new DataView(bytes.buffer).getUint32(MXCSR, true);
  if (badMxcsr(host, mxcsr)) return 0;
  host.memory.view.setUint32(cpu + CONTEXT.fxsave + MXCSR, mxcsr, true);
  putX87(host.memory, cpu, bytes, operandSize);
  putSse(host.memory, cpu, bytes);
  return 1;
}
