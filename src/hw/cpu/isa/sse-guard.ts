/**
 * When SSE floating point may be computed inline: when nothing tells it from plain IEEE arithmetic. That is with MXCSR as almost always (round to
 * nearest, all masked, no DAZ or FTZ), operands zero or normal, results normal or provably exact zeroes, and PE set already, as the first inexact
 * result leaves it, or not to be set. Anything else is computed by float/sse-operations.ts.
 */
import { sseOperation } from '../float/sse-operations.ts';
import type { Emitter, Value } from './emitter.ts';
import { extract, lanes, replace, v, zeroes } from './vector.ts';

export type Scalar = 'f32' | 'f64';
export const wideOf = (scalar: Scalar): 'f32x4' | 'f64x2' => (scalar === 'f32' ? 'f32x4' : 'f64x2');

/** Least normal number and infinity, as bits. */
const LEAST = { f32: 0x00800000n, f64: 0x0010000000000000n } as const;
const INFINITY = { f32: 0x7f800000n, f64: 0x7ff0000000000000n } as const;

const both = (scalar: Scalar, t: Emitter, bits: bigint): Value =>
  scalar === 'f32' ? lanes(t, 4, [bits, bits, bits, bits]) : lanes(t, 8, [bits, bits]);
/** A vector with this in all lanes; `one`: a scalar. */
export const every = (t: Emitter, scalar: Scalar, bits: bigint): Value => both(scalar, t, bits);
export const one = (t: Emitter, scalar: Scalar, bits: bigint): Value =>
  scalar === 'f32'
    ? t.op('f32.reinterpret_i32', 'f32', t.i32(Number(BigInt.asIntN(32, bits))))
    : t.op('f64.reinterpret_i64', 'f64', t.i64(BigInt.asIntN(64, bits)));

const PE = 0x20;
const CONTROL_AND_PE = 0xffe0;
const USUAL = 0x1f80;
/** MXCSR as almost always, and PE set already; else it depends on whether the result is `exact`. */
export function usualMxcsr(t: Emitter, exact?: () => Value): Value {
  const control = t.let(t.and(t.mxcsr(), t.i32(CONTROL_AND_PE)));
  const settled = t.eq(control, t.i32(USUAL | PE));
  if (!exact) return settled;
  const usual = t.variable(settled);
  t.if(t.eq(control, t.i32(USUAL)), () => usual.set(exact()));
  return usual.get();
}

/** Checks on a vector (lanes of all ones) or on a scalar (an i32). */
export interface Checks {
  readonly all: (mask: Value) => Value;
  /** Zero, normal or infinite. */
  readonly plain: (value: Value) => Value;
  /** Normal, and so far from the ends that rounding cannot have brought it there. */
  readonly normal: (value: Value) => Value;
  readonly zero: (value: Value) => Value;
  readonly and: (a: Value, b: Value) => Value;
  readonly or: (a: Value, b: Value) => Value;
}
export function checks(t: Emitter, scalar: Scalar, packed: boolean): Checks {
  if (packed) {
    const wide = wideOf(scalar);
    const abs = (value: Value): Value => v(t, `${wide}.abs`, value);
    const bits = (pattern: bigint): Value => every(t, scalar, pattern);
    const and = (a: Value, b: Value): Value => v(t, 'v128.and', a, b);
    const or = (a: Value, b: Value): Value => v(t, 'v128.or', a, b);
    const zero = (value: Value): Value => v(t, `${wide}.eq`, value, zeroes(t));
    return {
      all: (mask) => t.op(scalar === 'f32' ? 'i32x4.all_true' : 'i64x2.all_true', 'i32', mask),
      plain: (value) => or(v(t, `${wide}.ge`, abs(value), bits(LEAST[scalar])), zero(value)),
      normal: (value) => and(v(t, `${wide}.gt`, abs(value), bits(LEAST[scalar])), v(t, `${wide}.lt`, abs(value), bits(INFINITY[scalar]))),
      zero,
      and,
      or,
    };
  }
  const abs = (value: Value): Value => t.op(`${scalar}.abs`, scalar, value);
  const bits = (pattern: bigint): Value => one(t, scalar, pattern);
  const test = (op: 'ge' | 'gt' | 'lt' | 'eq', a: Value, b: Value): Value => t.op(`${scalar}.${op}`, 'i32', a, b);
  const zero = (value: Value): Value => test('eq', value, bits(0n));
  return {
    all: (mask) => mask,
    plain: (value) => t.or(test('ge', abs(value), bits(LEAST[scalar])), zero(value)),
    normal: (value) => t.and(test('gt', abs(value), bits(LEAST[scalar])), test('lt', abs(value), bits(INFINITY[scalar]))),
    zero,
    and: (a, b) => t.and(a, b),
    or: (a, b) => t.or(a, b),
  };
}

/** The exact way: result in the whole register, on top of `a`. */
export function exactly(t: Emitter, operation: string, a: Value, b: Value, immediate: Value = t.i32(0)): Value {
  t.scratch(0, 'v128').write(a);
  t.scratch(1, 'v128').write(b);
  t.faultUnless(t.call('runSse', 'i32', t.i32(sseOperation(operation)), immediate));
  return t.scratch(2, 'v128').read();
}
/** `fast` when `safe` holds, else exactly. */
export function unless(t: Emitter, safe: Value, fast: Value, slow: () => Value): Value {
  const result = t.variable(fast);
  t.if(t.eqz(safe), () => result.set(slow()));
  return result.get();
}
export const lowLane = (t: Emitter, scalar: Scalar, value: Value): Value => t.let(extract(t, wideOf(scalar), 0, value));
export const withLow = (t: Emitter, scalar: Scalar, into: Value, value: Value): Value => replace(t, wideOf(scalar), 0, into, value);
