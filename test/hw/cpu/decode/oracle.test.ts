/** The decoder against iced-x86: same length, or both refuse. What we do not implement is left out by opcode. */
import { Decoder, DecoderOptions, type Instruction as Iced, Mnemonic } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { decode, toInstruction, TRUNCATED } from '../../../../src/hw/cpu/decode/decoder.ts';
import { FORMS } from '../../../../src/hw/cpu/decode/table.ts';

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
  const form = FORMS[random(FORMS.length)]!;
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
});
