/** Works out operations on constants while translating: shift counts, masks, displacements. */
import type { Value } from '../isa/emitter.ts';
import type { Op } from '../wasm/opcodes.ts';

type Fold = (a: bigint, b: bigint, bits: bigint) => bigint;
const unsigned = (value: bigint, bits: bigint): bigint => BigInt.asUintN(Number(bits), value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

const BINARY: Readonly<Record<string, Fold>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << (b & (bits - 1n)),
  shr_u: (a, b, bits) => unsigned(a, bits) >> (b & (bits - 1n)),
  shr_s: (a, b, bits) => a >> (b & (bits - 1n)),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
};
const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  'i32.eqz': (a) => truth(a === 0n),
  'i64.eqz': (a) => truth(a === 0n),
  'i32.wrap_i64': (a) => a,
  'i64.extend_i32_s': (a) => a,
  'i64.extend_i32_u': (a) => unsigned(a, 32n),
  'i32.extend8_s': (a) => BigInt.asIntN(8, a),
  'i32.extend16_s': (a) => BigInt.asIntN(16, a),
};

/** null: not all are constants, or the operation is none of these. */
export function fold(op: Op, args: readonly Value[]): bigint | null {
  const [a, b] = args;
  if (a?.constant === undefined) return null;
  const result = args.length === 1 ? UNARY[op]?.(a.constant) : foldBinary(op, a.constant, b?.constant);
  if (result === undefined) return null;
  // Comparisons and wraps are i32, of the rest the name tells.
  return /^i64\.(?!eq|ne)/.test(op) ? BigInt.asIntN(64, result) : BigInt.asIntN(32, result);
}

function foldBinary(op: Op, a: bigint, b: bigint | undefined): bigint | undefined {
  const [type, name] = op.split('.');
  if (b === undefined || (type !== 'i32' && type !== 'i64')) return undefined;
  return BINARY[name!]?.(a, b, type === 'i64' ? 64n : 32n);
}
