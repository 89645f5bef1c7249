/** In what two outcomes of a case differ, as far as the manual defines it. */
import type { Outcome } from './processor.ts';
import type { State } from './state.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.toReversed()).toString('hex');

/** `flagsMask`: the flags that count. */
export function differences(mnemonic: string, flagsMask: number, state: State, ours: Outcome, theirs: Outcome): string[] {
  const problems: string[] = [];
  if (ours.fault !== theirs.fault) problems.push(`fault ${ours.fault} want ${theirs.fault}`);
  for (let r = 0; r < 16; r++)
    if (ours.regs[r] !== theirs.regs[r]) problems.push(`r${r} ${ours.regs[r]!.toString(16)} want ${theirs.regs[r]!.toString(16)}`);
  const mask = BigInt(flagsMask);
  if ((ours.flags & mask) !== (theirs.flags & mask))
    problems.push(`flags ${(ours.flags & mask).toString(16)} want ${(theirs.flags & mask).toString(16)}`);
  if (Buffer.compare(ours.memory, theirs.memory) !== 0) {
    const changed = theirs.memory.findIndex((byte, i) => byte !== ours.memory[i]);
    const part = (bytes: Uint8Array): string => hex(bytes.subarray(changed & ~7, (changed & ~7) + 16));
    problems.push(`memory at ${changed & ~7}: ${part(ours.memory)} want ${part(theirs.memory)}`);
  }
  // What is noted of the last x87 instruction shows when an exception is pending.
  const pending = theirs.fault === 0 && (theirs.fpu[2]! & 0x80) !== 0;
  for (const [name, start, bytes] of pending ? [...FPU_FIELDS, ...NOTES] : FPU_FIELDS) {
    const [a, b] = [ours.fpu.subarray(start, start + bytes), theirs.fpu.subarray(start, start + bytes)];
    if (Buffer.compare(a, b) === 0) continue;
    if (!(APPROXIMATE.test(mnemonic) && nearby(a, b)) && !(FUNCTIONS.test(mnemonic) && oneUnit(name, a, b)))
      problems.push(`${name} ${hex(a)} want ${hex(b)} from ${hex(state.fpu.subarray(start, start + bytes))}`);
  }
  return problems;
}

/** Processors differ in these; the manual bounds the relative error by 1.5 × 2^-12. */
const APPROXIMATE = /^r(cp|sqrt)[ps]s$/;
function nearby(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== 16) return false;
  const [x, y] = [a, b].map((bytes) => new Float32Array(new Uint8Array(bytes).buffer)) as [Float32Array, Float32Array];
  return x.every((value, i) => Object.is(value, y[i]) || Math.abs(value - y[i]!) <= 3 * 2 ** -12 * Math.abs(value));
}

/** Within one unit in the last place, and C1 (which way it was rounded) with it. */
const FUNCTIONS = /^f(2xm1|yl2x|yl2xp1|ptan|patan|sin|cos|sincos)$/;
const C1 = 0x200;
function oneUnit(name: string, a: Uint8Array, b: Uint8Array): boolean {
  const value = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  // Numbers in order: the integer bit says nothing that the exponent does not.
  const ordinal = (bits: bigint): bigint => ((bits >> 64n) << 63n) | BigInt.asUintN(63, bits);
  const [x, y] = [value(a), value(b)];
  if (name === 'FSW') return ((x ^ y) & ~BigInt(C1)) === 0n;
  const distance = ordinal(x) - ordinal(y);
  return name.startsWith('ST') && distance >= -1n && distance <= 1n;
}

const FPU_FIELDS: readonly (readonly [name: string, start: number, bytes: number])[] = [
  ['FCW', 0, 2],
  ['FSW', 2, 2],
  ['FTW', 4, 1],
  ['MXCSR', 24, 4],
  ...Array.from({ length: 8 }, (_, i) => [`ST${i}`, 32 + 16 * i, 10] as const),
  ...Array.from({ length: 16 }, (_, i) => [`XMM${i}`, 160 + 16 * i, 16] as const),
];
const NOTES: typeof FPU_FIELDS = [
  ['FOP', 6, 2],
  ['FDP', 16, 8],
];
