/** The decoder in 32-bit and 16-bit code against iced-x86. What we do not implement is listed by iced's own features. */
import { CpuidFeature, Decoder, DecoderOptions, type Instruction as Iced, Mnemonic } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { FLAT, SEGMENTED_16, type CodeMode } from '../../../../src/hw/cpu/code-mode.ts';
import { decode, toInstruction, TRUNCATED, type Decoded } from '../../../../src/hw/cpu/decode/decoder.ts';
import { existsIn, forms } from '../../../../src/hw/cpu/decode/table.ts';

let seed = 4711;
function random(n: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

function iced(bytes: Uint8Array, { size }: CodeMode): Iced | null {
  const decoder = new Decoder(size, bytes, DecoderOptions.None);
  const instruction = decoder.decode();
  const valid = instruction.code !== 0;
  decoder.free();
  if (valid) return instruction;
  instruction.free();
  return null;
}
function ours(bytes: Uint8Array, mode: CodeMode): Decoded | null {
  const decoded = decode(bytes, 0, bytes.length, mode);
  return decoded === TRUNCATED || 'undefined' in decoded ? null : decoded;
}

const PREFIXES = [0x66, 0x67, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf0, 0xf2, 0xf3];
const known = forms().filter((form) => existsIn(form, 32));
function mutated(): Uint8Array {
  const form = known[random(known.length)]!;
  const bytes: number[] = [];
  for (let i = random(3); i > 0; i--) bytes.push(PREFIXES[random(PREFIXES.length)]!);
  if (form.prefix === '66') bytes.push(0x66);
  if (form.prefix === 'F2') bytes.push(0xf2);
  if (form.prefix === 'F3') bytes.push(0xf3);
  if (form.map > 0) bytes.push(0x0f);
  if (form.map > 1) bytes.push(form.map === 2 ? 0x38 : 0x3a);
  bytes.push(form.opcode + (form.conditional ? random(16) : 0));
  if (form.exact >= 0) bytes.push(form.exact);
  else if (form.digit >= 0) bytes.push((random(4) << 6) | (form.digit << 3) | random(8));
  while (bytes.length < 16) bytes.push(random(256));
  return Uint8Array.from(bytes);
}
const anything = (): Uint8Array => Uint8Array.from({ length: 16 }, () => random(256));

const OURS: ReadonlySet<number> = new Set(
  (
    'INTEL8086 INTEL8086_ONLY INTEL186 INTEL286 INTEL386 INTEL486 CMOV CPUID CX8 FPU FPU287 FPU387 MMX MULTIBYTENOP PAUSE SEP SYSCALL TSC MSR ' +
    'SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT MOVBE FXSR RDTSCP RDPMC CLFSH PREFETCHW'
  )
    .split(' ')
    .map((name) => CpuidFeature[name as keyof typeof CpuidFeature]),
);

/** iced's name: ours. Operand sizes are not in our names, and families have one. */
const RENAMED: Readonly<Record<string, string>> = {
  sal: 'shl',
  wait: 'fwait',
  xlatb: 'xlat',
  fndisi: 'fneni',
  fnsetpm: 'fneni',
  reservednop: 'nop',
  prefetch: 'nop',
  prefetchw: 'nop',
  cwde: 'cbw',
  cdq: 'cwd',
  jcxz: 'jrcxz',
  jecxz: 'jrcxz',
  iret: 'iretq',
  iretd: 'iretq',
};
/** ud0 and ud1 are there to be refused; the others are hints that no compiler writes. */
const REFUSED: ReadonlySet<string> = new Set(['ud0', 'ud1', 'reservednop']);
/** F2 90 exchanges eax with itself. */
const isNop = ({ form: { opcode, map } }: Decoded): boolean => map === 0 && opcode === 0x90;

function rename(theirs: string, map: number): string {
  const renamed = RENAMED[theirs];
  if (renamed) return renamed;
  const sized = map === 0 ? /^(pusha|popa|pushf|popf|lods|stos|movs|scas|cmps|ins|outs)[bwdq]$/.exec(theirs) : null;
  const conditional = /^(j|set|cmov)(n?[aboszplgce]|n?[abgl]e|p[eo])$/.exec(theirs);
  return sized?.[1] ?? (conditional ? `${conditional[1]}cc` : theirs);
}

describe.each([
  ['32-bit code', FLAT],
  ['16-bit code', SEGMENTED_16],
])('%s is decoded as iced-x86 decodes it', (_name, mode) => {
  test.each([
    ['mutated real instructions', mutated],
    ['random bytes', anything],
  ])('%s', (_kind, make) => {
    const wrong = new Map<string, string>();
    let compared = 0;
    for (let i = 0; i < 40_000; i++) {
      const bytes = make();
      const mine = ours(bytes, mode);
      const theirs = iced(bytes, mode);
      const want = theirs && Mnemonic[theirs.mnemonic]!.toLowerCase();
      const wanted = theirs !== null && [...theirs.cpuidFeatures()].every((feature) => OURS.has(feature));
      const hex = Buffer.from(bytes).toString('hex');
      if (wanted || mine) compared++;
      if (wanted && !mine && !REFUSED.has(want!)) wrong.set(`${want} refused`, hex);
      else if (mine && !theirs) wrong.set(`${toInstruction(mine).name}, iced refuses`, hex);
      else if (mine && theirs && theirs.length !== mine.length)
        wrong.set(`${want} ${theirs.length}, ours ${mine.form.description.name} ${mine.length}`, hex);
      else if (mine && theirs && wanted && !isNop(mine)) {
        const { name } = mine.form.description;
        if (rename(want!, mine.form.map) !== name) wrong.set(`${want}, ours ${name}`, hex);
      }
      theirs?.free();
    }
    expect(compared).toBeGreaterThan(20_000);
    expect([...wrong].slice(0, 10)).toEqual([]);
  });
});
