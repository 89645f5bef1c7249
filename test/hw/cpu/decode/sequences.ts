/** Byte sequences for the comparison with iced-x86, made from a seed: a case each in a slot of a buffer. */
import { closeSync, openSync, readSync } from 'node:fs';
import { forms } from '../../../../src/hw/cpu/decode/table.ts';
import { randomFrom, type Random } from '../../../conformance/state.ts';
import { SLOT } from './oracle.ts';

const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x64, 0x65, 0x2e, 0x36, 0x48];

/** Nothing but chance, a third of it behind 0f, and behind prefixes. */
export function randomSequences(count: number): Uint8Array {
  const random = randomFrom(2);
  const bytes = new Uint8Array(count * SLOT);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random(256);
  for (let slot = 0; slot < bytes.length; slot += SLOT) {
    if (random(3) > 0) continue;
    let at = slot;
    while (random(2)) bytes[at++ % bytes.length] = PREFIXES[random(PREFIXES.length)]!;
    if (at > slot + 10) continue;
    bytes[at++] = 0x0f;
    if (random(3) === 0) bytes[at] = random(2) ? 0x38 : 0x3a;
  }
  return bytes;
}

/** Our own forms after random prefixes, with a random rest. */
export function formSequences(count: number): Uint8Array {
  const random = randomFrom(3);
  const all = forms();
  const bytes = new Uint8Array(count * SLOT);
  for (let slot = 0; slot < bytes.length; slot += SLOT) {
    const form = all[random(all.length)]!;
    const begin: number[] = [];
    if (random(4) === 0) begin.push(PREFIXES[random(PREFIXES.length)]!);
    if (form.prefix === '66') begin.push(0x66);
    if (form.prefix === 'F2') begin.push(0xf2);
    if (form.prefix === 'F3') begin.push(0xf3);
    if (random(2)) begin.push(0x40 + random(16));
    if (form.map > 0) begin.push(0x0f);
    if (form.map > 1) begin.push(form.map === 2 ? 0x38 : 0x3a);
    begin.push(form.opcode + (form.conditional ? random(16) : form.operands.some(({ source }) => source === 'opcode') ? random(8) : 0));
    if (form.exact >= 0) begin.push(form.exact);
    else if (form.digit >= 0) begin.push((random(4) << 6) | (form.digit << 3) | random(8));
    for (let i = 0; i < SLOT; i++) bytes[slot + i] = begin[i] ?? random(256);
  }
  return bytes;
}

/** Every opcode of the 0f maps with each prefix, and x87's, with memory and register operands. */
export function everyEncoding(): Uint8Array {
  const cases: number[][] = [];
  const modrms = Array.from({ length: 8 }, (_, reg) => [reg << 3, 0xc0 | (reg << 3), 0xc5 | (reg << 3)]).flat();
  for (const prefix of [[], [0x66], [0xf3], [0xf2]])
    for (const map of [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]])
      for (let opcode = 0; opcode < 256; opcode++) for (const modrm of modrms) cases.push([...prefix, ...map, opcode, modrm]);
  for (const opcode of [0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf])
    for (let modrm = 0; modrm < 256; modrm++) cases.push([opcode, modrm]);
  for (const prefix of [[], [0x66], [0xf3], [0xf2], [0x48]])
    for (let modrm = 0; modrm < 256; modrm++)
      for (const opcode of [0x01, 0xa6, 0xa7, 0xae, 0xc7]) cases.push([...prefix, 0x0f, opcode, modrm]);
  const bytes = new Uint8Array(cases.length * SLOT);
  cases.forEach((begin, i) => bytes.set(begin, i * SLOT));
  return bytes;
}

/** The code of an x86-64 ELF file: its first executable segment, at most `most` bytes; null: it is none. */
export function codeOf(path: string, most: number): Uint8Array | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null; // not on this machine
  }
  try {
    const head = Buffer.alloc(4096);
    readSync(file, head, 0, head.length, 0);
    const [MAGIC, X86_64, LOAD, EXECUTE] = [0x464c457f, 62, 1, 1];
    if (head.readUInt32LE(0) !== MAGIC || head.readUInt16LE(18) !== X86_64) return null;
    const table = Number(head.readBigUInt64LE(32));
    for (let i = 0; i < head.readUInt16LE(56); i++) {
      const at = table + i * head.readUInt16LE(54);
      if (head.readUInt32LE(at) !== LOAD || (head.readUInt32LE(at + 4) & EXECUTE) === 0) continue;
      const bytes = Buffer.alloc(Math.min(most, Number(head.readBigUInt64LE(at + 32))));
      readSync(file, bytes, 0, bytes.length, Number(head.readBigUInt64LE(at + 8)));
      return bytes;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/** Bytes of real code from where instructions begin, with bits flipped and bytes and prefixes put in or taken out. */
export function mutatedSequences(code: Uint8Array, starts: ArrayLike<number>, count: number): Uint8Array {
  const random = randomFrom(4);
  const bytes = new Uint8Array(count * SLOT);
  for (let slot = 0; slot < bytes.length; slot += SLOT) {
    const start = starts[random(starts.length)]!;
    const one = [...code.subarray(start, start + SLOT + 4)];
    for (let mutations = random(4); mutations > 0; mutations--) mutate(one, random);
    for (let i = 0; i < SLOT; i++) bytes[slot + i] = one[i] ?? 0x90;
  }
  return bytes;
}
function mutate(bytes: number[], random: Random): void {
  const at = random(6);
  switch (random(5)) {
    case 0:
      bytes[at]! ^= 1 << random(8);
      break;
    case 1:
      bytes[at] = random(256);
      break;
    case 2:
      bytes.splice(at, 0, random(256));
      break;
    case 3:
      bytes.splice(at, 1);
      break;
    case 4:
      bytes.unshift(PREFIXES[random(PREFIXES.length)]!);
  }
}
