/** Works out operations on constants while translating: shift counts, masks, displacements. */
import type { Value } from '../isa/emitter.ts';
import type { Op } from '../wasm/opcodes.ts';

type Binary = (a: bigint, b: bigint, bits: bigint) => bigint;
const unsigned = (value: bigint, bits: bigint): bigint => BigInt.asUintN(Number(bits), value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

const ARITHMETIC: Readonly<Record<string, Binary>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << (b & (bits - 1n)),
  shr_u: (a, b, bits) => unsigned(a, bits) >> (b & (bits - 1n)),
  shr_s: (a, b, bits) => a >> (b & (bits - 1n)),
};
const COMPARISONS: Readonly<Record<string, Binary>> = { eq: (a, b) => truth(a === b), ne: (a, b) => truth(a !== b) };
const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  'i32.eqz': (a) => truth(a === 0n),
  'i64.eqz': (a) => truth(a === 0n),
  'i32.wrap_i64': (a) => BigInt.asIntN(32, a),
  'i64.extend_i32_s': (a) => a,
  'i64.extend_i32_u': (a) => unsigned(a, 32n),
  'i32.extend8_s': (a) => BigInt.asIntN(8, a),
  'i32.extend16_s': (a) => BigInt.asIntN(16, a),
};

const FOLDS: ReadonlyMap<string, (a: bigint, b: bigint) => bigint> = new Map([
  ...Object.entries(UNARY),
  ...([32, 64] as const).flatMap((bits) => [
    ...Object.entries(ARITHMETIC).map(
      ([name, run]) => [`i${bits}.${name}`, (a: bigint, b: bigint) => BigInt.asIntN(bits, run(a, b, BigInt(bits)))] as const,
    ),
    ...Object.entries(COMPARISONS).map(([name, run]) => [`i${bits}.${name}`, (a: bigint, b: bigint) => run(a, b, BigInt(bits))] as const),
  ]),
]);

/** null: not all are constants, or the operation is none of these. */
export function fold(op: Op, a: Value, b: Value | undefined): bigint | null {
  if (a.constant === undefined || (b && b.constant === undefined)) return null;
  return FOLDS.get(op)?.(a.constant, b?.constant ?? 0n) ?? null;
}
