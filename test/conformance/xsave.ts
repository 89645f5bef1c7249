/**
 * Cases of XSAVE and its like, each made from its number, and what a real processor made of them, packed. Recorded by hand:
 * gcc -O1 -static -o /tmp/xsave test/conformance/xsave.c && node test/conformance/xsave.ts /tmp/xsave
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { extended, randomFrom, type Random } from './state.ts';

export interface XsaveCase {
  readonly operation: (typeof OPERATIONS)[number];
  /** With REX.W: 64-bit pointers. */
  readonly wide: boolean;
  readonly mask: number;
  readonly fpu: Uint8Array;
  readonly area: Uint8Array;
}
interface XsaveOutcome {
  /** 0, or 256 + the vector. */
  readonly fault: number;
  readonly fpu: Uint8Array;
  readonly area: Uint8Array;
  /** What XGETBV of 1 tells. */
  readonly states: number;
}
/** In the order of the runner's numbers. */
const OPERATIONS = ['xsave', 'xsaveopt', 'xsavec', 'xrstor', 'fxsave', 'fxrstor', 'xgetbv'] as const;
const CASES = 2800;
const AREA_BYTES = 576;
const OUT = 8 + 512 + AREA_BYTES + 8;
const FILE = new URL('vectors/xsave.bin', import.meta.url);

/** Parts of it as at reset, or not. */
function image(random: Random): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, random(3) ? 0x37f : 0x40 | (random(8) << 8) | 0x3f, true);
  if (random(3) === 0) view.setUint16(2, (random(8) << 11) | (random(4) ? 0 : 0x100), true);
  if (random(6) === 0) {
    // An unmasked exception is pending, and noted.
    view.setUint16(0, 0x37e, true);
    view.setUint16(2, view.getUint16(2, true) | 0x8081, true);
    view.setUint16(6, random(0x800), true);
    view.setBigUint64(8, BigInt(random(2 ** 32)) | (BigInt(random(2 ** 14)) << 32n), true);
    view.setBigUint64(16, BigInt(random(2 ** 32)) | (BigInt(random(2 ** 14)) << 32n), true);
  }
  if (random(2)) bytes[4] = random(256);
  view.setUint32(24, random(2) ? 0x1f80 : 0x1f80 | random(64) | (random(4) << 13), true);
  view.setUint32(28, 0xffff, true);
  if (random(2)) {
    for (let i = 0; i < 8; i++) {
      const [significand, signExponent] = extended(random);
      if (random(2)) view.setBigUint64(32 + 16 * i, significand, true);
      if (random(2)) view.setUint16(40 + 16 * i, signExponent, true);
    }
  }
  if (random(2)) for (let at = 160; at < 416; at += 4) if (random(2)) view.setUint32(at, random(2 ** 32), true);
  return bytes;
}

function xsaveCase(number: number): XsaveCase {
  const random = randomFrom(number);
  const operation = OPERATIONS[number % OPERATIONS.length]!;
  const area = new Uint8Array(AREA_BYTES);
  area.set(image(random));
  for (let at = 416; at < 512; at++) area[at] = random(256);
  const header = new DataView(area.buffer, 512);
  // Mostly a good header: of the states that both processors have, in either format.
  const compacted = random(2) === 1;
  const format = compacted ? (1n << 63n) | BigInt(random(3) ? 3 : random(4)) : 0n;
  header.setBigUint64(0, BigInt(random(4)) & (compacted ? format | 3n : 3n), true);
  header.setBigUint64(8, format, true);
  if (random(5) === 0) header.setUint8([0, 8, 16, 24, 40, 63, 7, 15][random(8)]!, 1 << [0, 3, 4][random(3)]!);
  // Bit 17 of MXCSR is AMD's misaligned mode, which we have not.
  if (random(12) === 0) new DataView(area.buffer).setUint32(24, 0x1f80 | (1 << (18 + random(14))), true);
  // A save must not depend on what is there; XSAVE takes over what it does not store.
  if (operation.startsWith('xsave')) for (let at = 528; at < AREA_BYTES; at++) area[at] = random(256);
  return { operation, wide: random(2) === 1, mask: random(4), fpu: image(random), area };
}

function record(runner: string): void {
  const cases = Array.from({ length: CASES }, (_, number) => xsaveCase(number));
  const input = Buffer.concat(
    cases.map(({ operation, wide, mask, fpu, area }) => {
      const number = OPERATIONS.indexOf(operation) + (wide ? 8 : 0);
      return Buffer.concat([new Uint8Array(new Uint32Array([number, mask]).buffer), fpu, area]);
    }),
  );
  const output = spawnSync(runner, { input, maxBuffer: 1 << 30 }).stdout;
  if (output.length !== CASES * OUT) throw new Error(`the runner answered ${output.length} bytes`);
  // What is as before packs to nothing.
  cases.forEach(({ fpu, area }, i) => {
    const at = i * OUT + 8;
    fpu.forEach((byte, k) => (output[at + k]! ^= byte));
    area.forEach((byte, k) => (output[at + 512 + k]! ^= byte));
  });
  writeFileSync(FILE, brotliCompressSync(output));
}

export function* recordedXsaves(): Generator<XsaveCase & { readonly outcome: XsaveOutcome }> {
  const file = brotliDecompressSync(readFileSync(FILE));
  for (let i = 0; i < CASES; i++) {
    const one = xsaveCase(i);
    const at = i * OUT;
    const fpu = one.fpu.map((byte, k) => byte ^ file[at + 8 + k]!);
    const area = one.area.map((byte, k) => byte ^ file[at + 520 + k]!);
    yield { ...one, outcome: { fault: file.readUInt16LE(at), fpu, area, states: file.readUInt16LE(at + OUT - 8) } };
  }
}

if (process.argv[1] === import.meta.filename) record(process.argv[2] ?? '/tmp/xsave');
