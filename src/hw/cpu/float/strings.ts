/** PCMPESTRI and its like (SDM vol. 2, 4.1), and CRC32. */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';

const EXPLICIT = 0x100;
const MASK = 0x200;

/**
 * Answers index << 16 | flags at their places in EFLAGS; with MASK the mask is in scratch 2. `kind`: the immediate (bit 0 words, 1 signed, 2–3 how to
 * aggregate, 4–5 polarity, 6 last index or wide mask) and the bits above.
 */
export function compareStrings(memory: MachineMemory, cpu: number, kind: number, lengthA: bigint, lengthB: bigint): number {
  const words = (kind & 1) !== 0;
  const count = words ? 8 : 16;
  const scratch = cpu + CONTEXT.scratch;
  const read = (operand: number): number[] =>
    Array.from({ length: count }, (_, i) => {
      const at = scratch + 16 * operand + (words ? 2 * i : i);
      const { view } = memory;
      if (kind & 2) return words ? view.getInt16(at, true) : view.getInt8(at);
      return words ? view.getUint16(at, true) : view.getUint8(at);
    });
  const [a, b] = [read(0), read(1)] as const;
  const validIn = (elements: readonly number[], length: bigint): number => {
    if (kind & EXPLICIT) {
      const magnitude = length < 0n ? -length : length;
      return magnitude > BigInt(count) ? count : Number(magnitude);
    }
    const end = elements.indexOf(0);
    return end < 0 ? count : end;
  };
  const validA = validIn(a, lengthA);
  const validB = validIn(b, lengthB);
  let result = aggregate((kind >> 2) & 3, a.slice(0, validA), b.slice(0, validB), count);
  const all = 2 ** count - 1;
  const polarity = (kind >> 4) & 3;
  if (polarity === 1) result ^= all;
  if (polarity === 3) result ^= 2 ** validB - 1;
  if (kind & MASK) putMask(memory, scratch + 32, result, count, words ? 2 : 1, (kind & 0x40) !== 0);
  const index = result === 0 ? count : kind & 0x40 ? 31 - Math.clz32(result) : 31 - Math.clz32(result & -result);
  return (index << 16) | (result ? 1 : 0) | (validB < count ? 0x40 : 0) | (validA < count ? 0x80 : 0) | (result & 1 ? 0x800 : 0);
}

/** The intermediate result: one bit for each element of `b`. */
function aggregate(how: number, a: readonly number[], b: readonly number[], count: number): number {
  const bits = (holds: (j: number) => boolean): number => {
    let result = 0;
    for (let j = 0; j < count; j++) if (holds(j)) result |= 1 << j;
    return result;
  };
  switch (how) {
    case 0: // equal any
      return bits((j) => j < b.length && a.includes(b[j]!));
    case 1: // ranges: pairs of bounds
      return bits((j) => j < b.length && a.some((low, i) => i % 2 === 0 && i + 1 < a.length && b[j]! >= low && b[j]! <= a[i + 1]!));
    case 2: // equal each: two ends are equal, an end and an element are not
      return bits((j) => (j < a.length && j < b.length ? a[j] === b[j] : j >= a.length && j >= b.length));
    default: // equal ordered: `a` begins here, as far as `b` shows
      return bits((j) => a.every((element, i) => j + i >= count || (j + i < b.length && element === b[j + i])));
  }
}

function putMask(memory: MachineMemory, at: number, result: number, count: number, width: 1 | 2, wide: boolean): void {
  const { u8 } = memory;
  u8.fill(0, at, at + 16);
  if (wide) {
    for (let i = 0; i < count; i++) u8.fill(result & (1 << i) ? 0xff : 0, at + i * width, at + (i + 1) * width);
  } else {
    u8[at] = result & 0xff;
    u8[at + 1] = result >>> 8;
  }
}

/** The Castagnoli polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum;
});
export function crc32(sum: number, value: bigint, bytes: number): number {
  let rest = sum;
  for (let i = 0; i < bytes; i++) rest = (rest >>> 8) ^ TABLE[(rest ^ Number((value >> BigInt(8 * i)) & 0xffn)) & 0xff]!;
  return rest;
}
