/**
 * Arithmetic as IEEE 754 and the x86 manual (SDM vol. 1, 4.8 and 4.9) have it, exact for every format: results are computed as integers of any
 * length and rounded once. What happened is added to the environment's flags.
 */
import { bitLength, finite, INDEFINITE, infinity, isNaN, quieted, zero, type Format, type Unpacked } from './format.ts';

/** Exception flags, as in MXCSR and in the x87 status word. */
export const FLAG: Readonly<Record<'invalid' | 'denormal' | 'divideByZero' | 'overflow' | 'underflow' | 'precision', number>> = {
  invalid: 1,
  denormal: 2,
  divideByZero: 4,
  overflow: 8,
  underflow: 0x10,
  precision: 0x20,
};

/** 0 to nearest even, 1 down, 2 up, 3 towards zero: the RC fields' encoding. */
export type Rounding = 0 | 1 | 2 | 3;

export interface Environment {
  readonly rounding: Rounding;
  /** FLAG bits whose exception is masked. */
  readonly masks: number;
  readonly flushToZero: boolean;
  /** Significant bits of results, when fewer than the format has (x87's PC field). */
  precision?: number;
  /** x87: an unmasked overflow or underflow gives a result with its exponent wrapped by this. */
  wrap?: number;
  /** x87's choice between two NaNs: the one with the larger significand. SSE: the first operand. */
  readonly largerNaN: boolean;
  flags: number;
  /** The last rounding went away from zero (C1). */
  roundedUp: boolean;
}

const masked = (env: Environment, flag: number): boolean => (env.masks & flag) !== 0;

/** `significand` to a multiple of 2^shift: away from zero or not. `sticky`: there is something below the last bit. */
function roundsUp(rounding: Rounding, negative: boolean, significand: bigint, shift: number, sticky: boolean): boolean {
  if (shift <= 0) return sticky && ((rounding === 1 && negative) || (rounding === 2 && !negative));
  const bits = BigInt(shift);
  const rest = significand & ((1n << bits) - 1n);
  if (rest === 0n && !sticky) return false;
  switch (rounding) {
    case 0: {
      const half = 1n << (bits - 1n);
      return rest > half || (rest === half && (sticky || ((significand >> bits) & 1n) === 1n));
    }
    case 1:
      return negative;
    case 2:
      return !negative;
    case 3:
      return false;
  }
}
interface Rounded {
  readonly significand: bigint;
  readonly exponent: number;
  readonly inexact: boolean;
  readonly up: boolean;
}
/** Keeps what lies at 2^quantum and above. */
function roundAt(env: Environment, negative: boolean, significand: bigint, exponent: number, sticky: boolean, quantum: number): Rounded {
  const shift = quantum - exponent;
  if (shift <= 0) return { significand: significand << BigInt(-shift), exponent: quantum, inexact: sticky, up: false };
  const up = roundsUp(env.rounding, negative, significand, shift, sticky);
  const inexact = sticky || (significand & ((1n << BigInt(shift)) - 1n)) !== 0n;
  return { significand: (significand >> BigInt(shift)) + (up ? 1n : 0n), exponent: quantum, inexact, up };
}

/** The format's number for ±significand × 2^exponent. With `sticky` (a little more than that) the significand has two bits more than the format. */
export function round(
  env: Environment,
  format: Format,
  negative: boolean,
  significand: bigint,
  exponent: number,
  sticky: boolean = false,
): Unpacked {
  env.roundedUp = false;
  if (significand === 0n && !sticky) return zero(negative);
  const precision = env.precision ?? format.precision;
  const least = 1 - format.bias;
  const free = roundAt(env, negative, significand, exponent, sticky, exponent + bitLength(significand) - precision);
  const magnitude = free.exponent + bitLength(free.significand) - 1;
  const done = (rounded: Rounded): void => {
    env.roundedUp = rounded.up;
    if (rounded.inexact) env.flags |= FLAG.precision;
  };
  if (magnitude < least) {
    if (!masked(env, FLAG.underflow)) {
      env.flags |= FLAG.underflow;
      done(free);
      if (env.wrap && magnitude + env.wrap < least) return beyond(env, zero(negative));
      return finite(negative, free.significand, free.exponent + (env.wrap ?? 0));
    }
    if (env.flushToZero) {
      env.flags |= FLAG.underflow | FLAG.precision;
      return zero(negative);
    }
    const tiny = roundAt(env, negative, significand, exponent, sticky, least - precision + 1);
    if (tiny.inexact) env.flags |= FLAG.underflow;
    done(tiny);
    return finite(negative, tiny.significand, tiny.exponent);
  }
  if (magnitude > format.bias) {
    env.flags |= FLAG.overflow;
    if (!masked(env, FLAG.overflow)) {
      done(free);
      if (env.wrap && magnitude - env.wrap > format.bias) return beyond(env, infinity(negative));
      return finite(negative, free.significand, free.exponent - (env.wrap ?? 0));
    }
    env.flags |= FLAG.precision;
    const away = env.rounding === 0 || (env.rounding === 1 && negative) || (env.rounding === 2 && !negative);
    env.roundedUp = away;
    return away ? infinity(negative) : finite(negative, (1n << BigInt(precision)) - 1n, format.bias - precision + 1);
  }
  done(free);
  return finite(negative, free.significand, free.exponent);
}

/** FSCALE can leave the range so far that not even the wrapped exponent fits. */
function beyond(env: Environment, value: Unpacked): Unpacked {
  env.flags |= FLAG.precision;
  env.roundedUp = value.kind === 'infinite';
  return value;
}

export function invalid(env: Environment): Unpacked {
  env.flags |= FLAG.invalid;
  return INDEFINITE;
}

/** The result when an operand is a NaN or no number at all, else null. Also notes denormal operands, unless something worse is the matter. */
export function propagate(env: Environment, a: Unpacked, b: Unpacked = a): Unpacked | null {
  if (a.kind === 'unsupported' || b.kind === 'unsupported') return invalid(env);
  if (a.kind === 'signaling' || b.kind === 'signaling') env.flags |= FLAG.invalid;
  if (isNaN(a) && isNaN(b) && env.largerNaN) return quieted(largerNaN(a, b));
  if (isNaN(a)) return quieted(a);
  return isNaN(b) ? quieted(b) : null;
}
function largerNaN(a: Unpacked, b: Unpacked): Unpacked {
  if (a.kind !== b.kind) return a.kind === 'quiet' ? a : b;
  if (a.significand !== b.significand) return a.significand > b.significand ? a : b;
  return a.negative ? b : a;
}
export function noteDenormals(env: Environment, ...operands: readonly Unpacked[]): void {
  if (operands.some(({ denormal }) => denormal)) env.flags |= FLAG.denormal;
}

const signed = ({ negative, significand }: Unpacked): bigint => (negative ? -significand : significand);
/** Beyond this distance the smaller of two terms is only a nudge to the larger. */
const FAR = 200;

export function add(env: Environment, format: Format, a: Unpacked, b: Unpacked): Unpacked {
  const special = propagate(env, a, b);
  if (special) return special;
  if (a.kind === 'infinite' && b.kind === 'infinite' && a.negative !== b.negative) return invalid(env);
  noteDenormals(env, a, b);
  if (a.kind === 'infinite') return a;
  if (b.kind === 'infinite') return b;
  const cancelled = env.rounding === 1;
  if (a.kind === 'zero' && b.kind === 'zero') return zero(a.negative === b.negative ? a.negative : cancelled);
  if (a.kind === 'zero') return round(env, format, b.negative, b.significand, b.exponent);
  if (b.kind === 'zero') return round(env, format, a.negative, a.significand, a.exponent);
  let [large, small] = a.exponent >= b.exponent ? [a, b] : [b, a];
  if (large.exponent - small.exponent > FAR) small = finite(small.negative, 1n, large.exponent - FAR);
  const sum = (signed(large) << BigInt(large.exponent - small.exponent)) + signed(small);
  if (sum === 0n) return zero(cancelled);
  return round(env, format, sum < 0n, sum < 0n ? -sum : sum, small.exponent);
}

export const negated = (a: Unpacked): Unpacked => ({ ...a, negative: !a.negative });

export function subtract(env: Environment, format: Format, a: Unpacked, b: Unpacked): Unpacked {
  return add(env, format, a, isNaN(b) ? b : negated(b));
}

export function multiply(env: Environment, format: Format, a: Unpacked, b: Unpacked): Unpacked {
  const special = propagate(env, a, b);
  if (special) return special;
  if ((a.kind === 'infinite' && b.kind === 'zero') || (a.kind === 'zero' && b.kind === 'infinite')) return invalid(env);
  noteDenormals(env, a, b);
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinite' || b.kind === 'infinite') return infinity(negative);
  if (a.kind === 'zero' || b.kind === 'zero') return zero(negative);
  return round(env, format, negative, a.significand * b.significand, a.exponent + b.exponent);
}

export function divide(env: Environment, format: Format, a: Unpacked, b: Unpacked): Unpacked {
  const special = propagate(env, a, b);
  if (special) return special;
  if (a.kind === b.kind && (a.kind === 'zero' || a.kind === 'infinite')) return invalid(env);
  const negative = a.negative !== b.negative;
  if (b.kind === 'zero' && a.kind === 'finite') {
    env.flags |= FLAG.divideByZero;
    return infinity(negative);
  }
  noteDenormals(env, a, b);
  if (a.kind === 'infinite') return infinity(negative);
  if (a.kind === 'zero' || b.kind === 'infinite') return zero(negative);
  const shift = Math.max(0, format.precision + 3 + bitLength(b.significand) - bitLength(a.significand));
  const dividend = a.significand << BigInt(shift);
  const quotient = dividend / b.significand;
  return round(env, format, negative, quotient, a.exponent - b.exponent - shift, quotient * b.significand !== dividend);
}

export function squareRoot(env: Environment, format: Format, a: Unpacked): Unpacked {
  const special = propagate(env, a);
  if (special) return special;
  if (a.kind === 'zero') return a;
  if (a.negative) return invalid(env);
  noteDenormals(env, a);
  if (a.kind === 'infinite') return a;
  let shift = Math.max(0, 2 * (format.precision + 3) - bitLength(a.significand));
  if ((a.exponent - shift) & 1) shift++;
  const radicand = a.significand << BigInt(shift);
  const root = integerRoot(radicand);
  return round(env, format, false, root, (a.exponent - shift) / 2, root * root !== radicand);
}
function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** -1, 0 or 1; null when they are unordered. No flags. */
export function compare(a: Unpacked, b: Unpacked): -1 | 0 | 1 | null {
  if (isNaN(a) || isNaN(b) || a.kind === 'unsupported' || b.kind === 'unsupported') return null;
  if (a.kind === 'zero' && b.kind === 'zero') return 0;
  const sign = (value: Unpacked): number => (value.kind === 'zero' ? 0 : value.negative ? -1 : 1);
  if (sign(a) !== sign(b)) return sign(a) < sign(b) ? -1 : 1;
  const less = a.negative ? 1 : -1;
  const more = a.negative ? -1 : 1;
  if (a.kind === 'infinite' || b.kind === 'infinite') return a.kind === b.kind ? 0 : a.kind === 'infinite' ? more : less;
  const top = (value: Unpacked): number => value.exponent + bitLength(value.significand);
  if (top(a) !== top(b)) return top(a) < top(b) ? less : more;
  const least = Math.min(a.exponent, b.exponent);
  const x = a.significand << BigInt(a.exponent - least);
  const y = b.significand << BigInt(b.exponent - least);
  return x === y ? 0 : x < y ? less : more;
}

/** Another format's number; NaNs keep what fits of their payload. */
export function convert(env: Environment, format: Format, a: Unpacked): Unpacked {
  const special = propagate(env, a);
  if (special) return special;
  noteDenormals(env, a);
  return a.kind === 'finite' ? round(env, format, a.negative, a.significand, a.exponent) : a;
}

/** The nearest integer, or null when it does not fit in `bits` signed bits (flag: invalid). */
export function toInteger(env: Environment, a: Unpacked, bits: number, rounding: Rounding = env.rounding): bigint | null {
  env.roundedUp = false;
  if (a.kind === 'zero') return 0n;
  const limit = 1n << BigInt(bits - 1);
  // Far out of range: not worth a shift.
  if (a.kind !== 'finite' || a.exponent > bits) {
    env.flags |= FLAG.invalid;
    return null;
  }
  const shift = Math.max(-a.exponent, -bits);
  const far = shift > bitLength(a.significand) + 2;
  const rounded = roundAt({ ...env, rounding }, a.negative, far ? 1n : a.significand, far ? -3 : a.exponent, false, 0);
  const value = a.negative ? -rounded.significand : rounded.significand;
  if (value >= limit || value < -limit) {
    env.flags |= FLAG.invalid;
    return null;
  }
  env.roundedUp = rounded.up;
  if (rounded.inexact) env.flags |= FLAG.precision;
  return value;
}

export function fromInteger(env: Environment, format: Format, value: bigint): Unpacked {
  return round(env, format, value < 0n, value < 0n ? -value : value, 0);
}

/** To an integer in the same format. `exact`: PE is not raised. */
export function roundToIntegral(env: Environment, a: Unpacked, rounding: Rounding = env.rounding, silent: boolean = false): Unpacked {
  env.roundedUp = false;
  const special = propagate(env, a);
  if (special) return special;
  if (a.kind !== 'finite' || a.exponent >= 0) return a;
  const far = -a.exponent > bitLength(a.significand) + 2;
  const rounded = roundAt({ ...env, rounding }, a.negative, far ? 1n : a.significand, far ? -3 : a.exponent, false, 0);
  if (rounded.inexact && !silent) env.flags |= FLAG.precision;
  env.roundedUp = rounded.up;
  return rounded.significand === 0n ? zero(a.negative) : finite(a.negative, rounded.significand, 0);
}
