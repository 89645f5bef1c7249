/** The decoder against iced-x86: same length, or both refuse. What we do not implement is left out by opcode. */
import { CpuidFeature, Decoder, DecoderOptions, type Instruction as Iced, Mnemonic } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { decode, toInstruction, TRUNCATED } from '../../../../src/hw/cpu/decode/decoder.ts';
import { forms } from '../../../../src/hw/cpu/decode/table.ts';

let seed = 12345;
function random(n: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

function iced(bytes: Uint8Array): Iced | null {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const instruction = decoder.decode();
  const valid = instruction.code !== 0;
  decoder.free();
  if (valid) return instruction;
  instruction.free();
  return null;
}

/** Bytes that begin with one of our forms, after random prefixes, with a random rest. */
function mutated(): Uint8Array {
  const form = forms()[random(forms().length)]!;
  const bytes: number[] = [];
  if (random(4) === 0) bytes.push([0x66, 0x67, 0x64, 0x65, 0x2e][random(5)]!);
  if (form.prefix === '66') bytes.push(0x66);
  if (form.prefix === 'F2') bytes.push(0xf2);
  if (form.prefix === 'F3') bytes.push(0xf3);
  if (random(2)) bytes.push(0x40 + random(16));
  if (form.map > 0) bytes.push(0x0f);
  if (form.map > 1) bytes.push(form.map === 2 ? 0x38 : 0x3a);
  bytes.push(form.opcode + (form.conditional ? random(16) : 0));
  if (form.exact >= 0) bytes.push(form.exact);
  else if (form.digit >= 0) bytes.push((random(4) << 6) | (form.digit << 3) | random(8));
  while (bytes.length < 16) bytes.push(random(256));
  return Uint8Array.from(bytes);
}

/** Opcodes of the 0f maps with each prefix, and x87's, with memory and register operands. */
function* everyEncoding(): Generator<Uint8Array> {
  const encode = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0);
  const modrms = Array.from({ length: 8 }, (_, reg) => [reg << 3, 0xc0 | (reg << 3), 0xc5 | (reg << 3)]).flat();
  for (const prefix of [[], [0x66], [0xf3], [0xf2]])
    for (const map of [[0x0f], [0x0f, 0x38], [0x0f, 0x3a]])
      for (let opcode = 0; opcode < 256; opcode++) for (const modrm of modrms) yield encode(...prefix, ...map, opcode, modrm);
  for (let opcode = 0xd8; opcode < 0xe0; opcode++) for (let modrm = 0; modrm < 256; modrm++) yield encode(opcode, modrm);
}
const OURS: ReadonlySet<number> = new Set([
  CpuidFeature.FPU,
  CpuidFeature.FPU287,
  CpuidFeature.FPU387,
  CpuidFeature.MMX,
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.SSE3,
  CpuidFeature.SSSE3,
  CpuidFeature.SSE4_1,
  CpuidFeature.SSE4_2,
  CpuidFeature.POPCNT,
  CpuidFeature.MOVBE,
  CpuidFeature.FXSR,
]);
function isOurs(instruction: Iced): boolean {
  return [...instruction.cpuidFeatures()].some((feature) => OURS.has(feature));
}
/** iced's name: ours. */
const RENAMED: Readonly<Record<string, string>> = { fndisi: 'fneni', fnsetpm: 'fneni', frstpm: 'fneni' };

describe('the decoder agrees with iced-x86', () => {
  test('on the length of 20,000 mutated real instructions', () => {
    const wrong: string[] = [];
    let compared = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutated();
      const ours = decode(bytes, 0, bytes.length);
      if (ours === TRUNCATED || 'undefined' in ours) continue; // not implemented, or refused: the next test
      const theirs = iced(bytes);
      compared++;
      const hex = Buffer.from(bytes).toString('hex');
      if (!theirs) wrong.push(`${hex}: ours ${toInstruction(ours).name}, iced refuses`);
      else if (theirs.length !== ours.length)
        wrong.push(`${hex}: ours ${toInstruction(ours).name} ${ours.length}, iced ${Mnemonic[theirs.mnemonic]} ${theirs.length}`);
      theirs?.free();
    }
    expect(compared).toBeGreaterThan(10_000);
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  test('on which encodings of MMX, SSE and x87 there are, and what they are called', () => {
    const wrong = new Set<string>();
    let compared = 0;
    for (const bytes of everyEncoding()) {
      const theirs = iced(bytes);
      const ours = decode(bytes, 0, bytes.length);
      const known = ours !== TRUNCATED && !('undefined' in ours) ? ours : null;
      const hex = Buffer.from(bytes.subarray(0, 6)).toString('hex');
      const wanted = theirs !== null && isOurs(theirs);
      const want = theirs && Mnemonic[theirs.mnemonic]!.toLowerCase();
      if (wanted) compared++;
      if (wanted && !known) wrong.add(`${hex}: ${want} refused`);
      if (!theirs && known) wrong.add(`${hex}: ${known.form.description.name}, iced refuses`);
      if (wanted && known) {
        const { name } = known.form.description;
        if ((RENAMED[want!] ?? want) !== name) wrong.add(`${hex}: ${name}, iced ${want}`);
        if (theirs.length !== known.length) wrong.add(`${hex}: ${name} ${known.length}, iced ${theirs.length}`);
      }
      theirs?.free();
    }
    expect(compared).toBeGreaterThan(8_000);
    expect([...wrong].slice(0, 10)).toEqual([]);
  });
});
