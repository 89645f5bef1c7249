/** The x87 unit in memory: FNSTENV and FNSAVE in their protected-mode layouts (SDM vol. 1, 8.1.10), FXSAVE (10.5.1). */
import { CONTEXT } from '../layout.ts';
import { EXTENDED, unpack } from './format.ts';
import type { FloatHost } from './helpers.ts';
import { FIELD, Fpu, STATUS } from './x87-state.ts';

const GENERAL_PROTECTION = 13;
const REGISTER_BYTES = 80;
const FXSAVE_BYTES = 416; // the rest of the 512 is nobody's
const MXCSR = 24;
const MXCSR_MASK = 0xffff;
const ALL_MASKED = 0x3f;
/** Bit 6 reads as one, 7 and 13 to 15 as zero. */
export const controlWord = (value: number): number => (value & 0x1f3f) | 0x40;

/** Copies between guest memory and `bytes`; nothing has changed when it answers false. */
function transfer(host: FloatHost, va: bigint, bytes: Uint8Array, save: boolean): boolean {
  const { u8 } = host.memory;
  const open = save ? host.writing : host.reading;
  const last = va + BigInt(bytes.length - 1);
  if (open(va, 1) === 0 || open(last, 1) === 0) return false;
  for (let at = 0; at < bytes.length;) {
    const inPage = 4096 - Number((va + BigInt(at)) & 4095n);
    const count = Math.min(16, bytes.length - at, inPage);
    const address = open(va + BigInt(at), count);
    if (address === 0) return false;
    if (save) u8.set(bytes.subarray(at, at + count), address);
    else bytes.set(u8.subarray(address, address + count), at);
    if (save && host.written() === 0) return false;
    at += count;
  }
  return true;
}

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

/** Which of the four: bit 0 load, bit 1 with the registers. */
export const ENVIRONMENT = { fnstenv: 0, fldenv: 1, fnsave: 2, frstor: 3 } as const;
export const environmentBytes = (which: number, operandSize: number): number =>
  (operandSize === 2 ? 14 : 28) + (which & ENVIRONMENT.fnsave ? REGISTER_BYTES : 0);

export function moveEnvironment(host: FloatHost, cpu: number, which: number, va: bigint, operandSize: number): number {
  const fpu = new Fpu(host.memory, cpu);
  const narrow = operandSize === 2;
  const head = narrow ? 14 : 28;
  const whole = (which & 2) !== 0;
  const bytes = new Uint8Array(head + (whole ? REGISTER_BYTES : 0));
  const view = new DataView(bytes.buffer);
  const { u8 } = host.memory;
  const register = (i: number): number => fpu.image + FIELD.registers + 16 * i;
  if (which & 1) {
    if (!transfer(host, va, bytes, false)) return 0;
    readEnvironment(fpu, view, narrow);
    if (whole) for (let i = 0; i < 8; i++) u8.set(bytes.subarray(head + 10 * i, head + 10 * i + 10), register(i));
    return 1;
  }
  writeEnvironment(fpu, view, narrow);
  if (whole) for (let i = 0; i < 8; i++) bytes.set(u8.subarray(register(i), register(i) + 10), head + 10 * i);
  if (!transfer(host, va, bytes, true)) return 0;
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

/** FXSAVE. Pointers and opcode are told only of an exception that is pending, as AMD's processors do. */
export function fxsave(host: FloatHost, cpu: number, va: bigint, operandSize: number): number {
  if (va & 15n) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  const image = cpu + CONTEXT.fxsave;
  const bytes = host.memory.u8.slice(image, image + FXSAVE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(28, MXCSR_MASK, true);
  if ((view.getUint16(FIELD.status, true) & STATUS.summary) === 0) bytes.fill(0, FIELD.opcode, MXCSR);
  else if (operandSize !== 8) narrowPointers(view);
  return transfer(host, va, bytes, true) ? 1 : 0;
}
export function fxrstor(host: FloatHost, cpu: number, va: bigint, operandSize: number): number {
  if (va & 15n) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  const bytes = new Uint8Array(FXSAVE_BYTES);
  if (!transfer(host, va, bytes, false)) return 0;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(MXCSR, true) & ~MXCSR_MASK) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  view.setUint16(FIELD.control, controlWord(view.getUint16(FIELD.control, true)), true);
  if (operandSize !== 8) narrowPointers(view);
  host.memory.u8.set(bytes, cpu + CONTEXT.fxsave);
  new Fpu(host.memory, cpu).summarise();
  return 1;
}
