/** x87 arithmetic, comparisons, loads and stores (SDM vol. 1, chapter 8), on the unit's registers. */
import { bitLength, EXTENDED, finite, INDEFINITE, infinity, isNaN, pack, unpack, zero, type Format, type Unpacked } from './format.ts';
import {
  add,
  compare,
  convert,
  divide,
  FLAG,
  invalid,
  multiply,
  noteDenormals,
  propagate,
  round,
  roundToIntegral,
  squareRoot,
  subtract,
  toInteger,
  type Environment,
} from './soft-float.ts';
import { STATUS, type Fpu } from './x87-state.ts';

export type Arithmetic = (env: Environment, format: Format, a: Unpacked, b: Unpacked) => Unpacked;
const reversed =
  (operation: Arithmetic): Arithmetic =>
  (env, format, a, b) =>
    operation(env, format, b, a);
/** By the opcodes' digit: add, multiply, (compare twice,) subtract, divide; 5 and 7 the other way round. */
export const ARITHMETIC: Readonly<Record<number, Arithmetic>> = {
  0: add,
  1: multiply,
  4: subtract,
  5: reversed(subtract),
  6: divide,
  7: reversed(divide),
};

/** ST(to) = operation(ST(to), source). */
export function arithmetic(fpu: Fpu, operation: Arithmetic, to: number, source: Unpacked | null, pops: boolean): void {
  const a = fpu.read(to);
  const value = a && source ? operation(fpu.env, EXTENDED, a, source) : INDEFINITE;
  if (fpu.stopped) return;
  fpu.write(to, value);
  if (pops) fpu.pop();
}

/** ST(0) = operation(ST(0)). */
export function unary(fpu: Fpu, operation: (value: Unpacked) => Unpacked): void {
  const a = fpu.read(0);
  const value = a ? operation(a) : INDEFINITE;
  if (!fpu.stopped) fpu.write(0, value);
}
export const squareRootOfTop = (fpu: Fpu): void => unary(fpu, (a) => squareRoot(fpu.env, EXTENDED, a));
export const roundTop = (fpu: Fpu): void =>
  unary(fpu, (a) => {
    const value = roundToIntegral(fpu.env, a);
    if (!isNaN(a) && a.kind !== 'unsupported') noteDenormals(fpu.env, a);
    return value;
  });

/** Sign changes look at nothing else. */
export function changeSign(fpu: Fpu, change: (bits: bigint) => bigint): void {
  fpu.c1 = false;
  const empty = fpu.read(0) === null;
  if (fpu.stopped) return;
  fpu.putBits(0, empty ? pack(EXTENDED, INDEFINITE) : change(fpu.bits(0)));
  fpu.c1 = false;
}

function order(fpu: Fpu, a: Unpacked | null, b: Unpacked | null, quietToo: boolean): -1 | 0 | 1 | null {
  if (!a || !b) return null;
  const result = compare(a, b);
  if (result !== null) noteDenormals(fpu.env, a, b);
  else if (quietToo || [a, b].some(({ kind }) => kind === 'signaling' || kind === 'unsupported')) fpu.env.flags |= FLAG.invalid;
  return result;
}
/** FCOM and FUCOM: to C3, C2 and C0. */
export function compareTop(fpu: Fpu, source: Unpacked | null, quietToo: boolean, pops: number): void {
  fpu.c1 = false;
  const a = fpu.read(0);
  const result = order(fpu, a, source, quietToo);
  fpu.c1 = false;
  fpu.setConditions(result === null ? STATUS.c3 | STATUS.c2 | STATUS.c0 : result === 0 ? STATUS.c3 : result < 0 ? STATUS.c0 : 0);
  if (fpu.stopped) return;
  for (let i = 0; i < pops; i++) fpu.pop();
}
/** FCOMI: answers ZF, PF and CF at their places in EFLAGS. */
export function compareToFlags(fpu: Fpu, source: Unpacked | null, quietToo: boolean, pops: boolean): number {
  const a = fpu.read(0);
  const result = order(fpu, a, source, quietToo);
  if ((fpu.env.flags & STATUS.stackFault) === 0) fpu.c1 = 'kept';
  if (!fpu.stopped && pops) fpu.pop();
  return result === null ? 0x45 : result === 0 ? 0x40 : result < 0 ? 1 : 0;
}

// Loads and stores

export const fromFormat =
  (format: Format) =>
  (bits: bigint): Unpacked =>
    unpack(format, bits);
export const fromSigned =
  (width: number) =>
  (bits: bigint): Unpacked => {
    const value = BigInt.asIntN(width, bits);
    return finite(value < 0n, value < 0n ? -value : value, 0);
  };

/** A load that may have to quiet a NaN. */
export function load(fpu: Fpu, value: Unpacked): void {
  if (!fpu.isEmpty(7)) return fpu.push(0n);
  fpu.env.precision = EXTENDED.precision;
  const converted = convert(fpu.env, EXTENDED, value);
  // A denormal is loaded even if that exception is unmasked.
  if ((fpu.env.flags & ~fpu.env.masks & FLAG.invalid) === 0) fpu.push(pack(EXTENDED, converted));
}
/** The bits to store in place of `old`. */
export function store(fpu: Fpu, format: Format, pops: boolean, old: bigint): bigint {
  fpu.env.wrap = 0;
  fpu.env.precision = format.precision;
  const a = fpu.read(0);
  const value = a ? (a.kind === 'finite' && a.denormal ? tinyStore(fpu, format, a) : convert(fpu.env, format, a)) : INDEFINITE;
  if (fpu.outOfRange) {
    fpu.env.flags &= ~FLAG.precision;
    fpu.c1 = false;
  }
  if (fpu.stopped || fpu.outOfRange) return old;
  if (pops) fpu.pop();
  return pack(format, value);
}
/** A denormal register is no denormal operand of a store: it only underflows. */
const tinyStore = (fpu: Fpu, format: Format, a: Unpacked): Unpacked => round(fpu.env, format, a.negative, a.significand, a.exponent);

export function storeInteger(fpu: Fpu, width: 16 | 32 | 64, truncate: boolean, pops: boolean, old: bigint): bigint {
  const a = fpu.read(0);
  const value = a ? toInteger(fpu.env, a, width, truncate ? 3 : fpu.env.rounding) : null;
  if (fpu.stopped) return old;
  if (pops) fpu.pop();
  return BigInt.asUintN(64, value ?? 1n << BigInt(width - 1));
}

const DIGITS = 18;
const LARGEST_DECIMAL: bigint = 10n ** 18n - 1n;
const DECIMAL_INDEFINITE = 0xffffc000000000000000n;
/** 18 packed decimal digits and a sign. */
export function loadDecimal(fpu: Fpu, bits: bigint): void {
  let value = 0n;
  for (let i = DIGITS - 1; i >= 0; i--) value = value * 10n + ((bits >> BigInt(4 * i)) & 15n);
  fpu.push(pack(EXTENDED, finite(((bits >> 79n) & 1n) === 1n, value, 0)));
}
/** Ten bytes, or null when nothing is to be stored. */
export function storeDecimal(fpu: Fpu): bigint | null {
  const a = fpu.read(0);
  let value = a ? toInteger(fpu.env, a, 65) : null;
  if (value !== null && (value > LARGEST_DECIMAL || value < -LARGEST_DECIMAL)) {
    fpu.env.flags = (fpu.env.flags & ~FLAG.precision) | FLAG.invalid;
    value = null;
  }
  if (fpu.stopped) return null;
  fpu.pop();
  if (value === null) return DECIMAL_INDEFINITE;
  let bits = a!.negative ? 1n << 79n : 0n;
  let rest = value < 0n ? -value : value;
  for (let i = 0; i < DIGITS; i++, rest /= 10n) bits |= (rest % 10n) << BigInt(4 * i);
  return bits;
}
export function storeExtended(fpu: Fpu): bigint | null {
  const empty = fpu.read(0) === null;
  if (fpu.stopped) return null;
  const bits = empty ? pack(EXTENDED, INDEFINITE) : fpu.bits(0);
  fpu.pop();
  return bits;
}

// Register moves

export function loadRegister(fpu: Fpu, i: number): void {
  if (fpu.read(i)) return fpu.push(fpu.bits(i));
  if (fpu.stopped) return;
  fpu.turn(-1);
  fpu.write(0, INDEFINITE);
}
export function storeRegister(fpu: Fpu, i: number, pops: boolean): void {
  const empty = fpu.read(0) === null;
  if (fpu.stopped) return;
  fpu.putBits(i, empty ? pack(EXTENDED, INDEFINITE) : fpu.bits(0));
  if (pops) fpu.pop();
}
/** An undocumented FSTP that does not mind an empty register. */
export function storeOrDrop(fpu: Fpu, i: number): void {
  if (fpu.isEmpty(0)) fpu.pop();
  else storeRegister(fpu, i, true);
}
export function exchange(fpu: Fpu, i: number): void {
  for (const register of [0, i]) fpu.read(register);
  if (fpu.stopped) return;
  const [a, b] = [0, i].map((register) => (fpu.isEmpty(register) ? pack(EXTENDED, INDEFINITE) : fpu.bits(register)));
  fpu.putBits(0, b!);
  fpu.putBits(i, a!);
}
export function moveIf(fpu: Fpu, i: number, condition: boolean): void {
  const empty = [0, i].map((register) => fpu.read(register) === null).includes(true);
  if (fpu.stopped) return;
  if (!empty) fpu.c1 = 'kept';
  if (empty) fpu.write(0, INDEFINITE);
  else if (condition) fpu.putBits(0, fpu.bits(i));
}

// Examination and taking apart

export function examine(fpu: Fpu): void {
  const value = unpack(EXTENDED, fpu.bits(0));
  const { c0, c2, c3 } = STATUS;
  const kinds = { zero: c3, infinite: c2 | c0, quiet: c0, signaling: c0, unsupported: 0, finite: value.denormal ? c3 | c2 : c2 };
  fpu.setConditions(fpu.isEmpty(0) ? c3 | c0 : kinds[value.kind]);
  fpu.c1 = fpu.bits(0) >> 79n === 1n;
}

/** Exponent to ST(0), then the significand is pushed. */
export function extractParts(fpu: Fpu): void {
  const a = fpu.read(0);
  if (a && !fpu.isEmpty(7)) fpu.stackFault(true);
  const both = (value: Unpacked): [Unpacked, Unpacked] => [value, value];
  const parts = !a || !fpu.isEmpty(7) ? both(INDEFINITE) : partsOf(fpu.env, a);
  if (fpu.stopped) return;
  fpu.write(0, parts[0]);
  fpu.turn(-1);
  fpu.write(0, parts[1]);
}
function partsOf(env: Environment, a: Unpacked): [exponent: Unpacked, significand: Unpacked] {
  const special = propagate(env, a);
  if (special) return [special, special];
  if (a.kind === 'infinite') return [infinity(false), a];
  if (a.kind === 'zero') {
    env.flags |= FLAG.divideByZero;
    return [infinity(true), a];
  }
  noteDenormals(env, a);
  const length = bitLength(a.significand);
  const exponent = a.exponent + length - 1;
  return [finite(exponent < 0, BigInt(Math.abs(exponent)), 0), finite(a.negative, a.significand, 1 - length)];
}

export function scale(fpu: Fpu): void {
  const [a, b] = [fpu.read(0), fpu.read(1)];
  const value = a && b ? scaled(fpu.allBits(), a, b) : INDEFINITE;
  if (!fpu.stopped) fpu.write(0, value);
}
/** No exponent is farther from another. */
const FARTHEST = 0x18000;
function scaled(env: Environment, a: Unpacked, b: Unpacked): Unpacked {
  const special = propagate(env, a, b);
  if (special) return special;
  if (b.kind === 'infinite') {
    if (a.kind === (b.negative ? 'infinite' : 'zero')) return invalid(env);
    noteDenormals(env, a);
    return b.negative ? zero(a.negative) : infinity(a.negative);
  }
  noteDenormals(env, a, b);
  if (a.kind !== 'finite') return a;
  const whole = b.exponent >= 0 ? b.significand << BigInt(Math.min(b.exponent, 64)) : b.significand >> BigInt(Math.min(-b.exponent, 64));
  const by = whole > BigInt(FARTHEST) ? FARTHEST : Number(whole);
  return round(env, EXTENDED, a.negative, a.significand, a.exponent + (b.negative ? -by : by));
}

/** FPREM and FPREM1: the remainder of ST(0) by ST(1), at most 63 bits of quotient at a time. */
export function remainder(fpu: Fpu, nearest: boolean): void {
  const [a, b] = [fpu.read(0), fpu.read(1)];
  fpu.c1 = false;
  let quotient = 0n;
  let partial = false;
  let reduced = false;
  let value: Unpacked = INDEFINITE;
  const env = fpu.allBits();
  if (a && b) {
    const special = propagate(env, a, b);
    if (special) value = special;
    else if (a.kind === 'infinite' || b.kind === 'zero') value = invalid(env);
    else {
      noteDenormals(env, a, b);
      reduced = true;
      if (a.kind !== 'finite' || b.kind === 'infinite') value = convert(env, EXTENDED, a);
      else ({ value, quotient, partial } = reduce(env, a, b, nearest));
    }
  }
  if (!reduced || fpu.stopped) fpu.setC2(false);
  if (fpu.stopped) return;
  fpu.write(0, value);
  const bit = (n: bigint): boolean => ((quotient >> n) & 1n) === 1n;
  if (!reduced) return;
  fpu.c1 = !partial && bit(0n);
  fpu.setConditions(partial ? STATUS.c2 : (bit(2n) ? STATUS.c0 : 0) | (bit(1n) ? STATUS.c3 : 0));
}
function reduce(env: Environment, a: Unpacked, b: Unpacked, nearest: boolean): { value: Unpacked; quotient: bigint; partial: boolean } {
  const distance = a.exponent + bitLength(a.significand) - b.exponent - bitLength(b.significand);
  const partial = distance >= 64;
  if (distance < -2) return { value: round(env, EXTENDED, a.negative, a.significand, a.exponent), quotient: 0n, partial };
  // Of a far larger dividend: between 32 and 63 bits, so that the rest is a multiple of 32 nearer.
  const lowered = partial ? distance - ((distance & 31) | 32) : 0;
  const least = Math.min(a.exponent, b.exponent + lowered);
  const dividend = a.significand << BigInt(a.exponent - least);
  const divisor = b.significand << BigInt(b.exponent + lowered - least);
  let quotient = dividend / divisor;
  let rest = dividend % divisor;
  if (nearest && !partial && (rest * 2n > divisor || (rest * 2n === divisor && (quotient & 1n) === 1n))) {
    quotient += 1n;
    rest -= divisor;
  }
  if (rest === 0n) return { value: zero(a.negative), quotient, partial };
  const negative = rest < 0n ? !a.negative : a.negative;
  return { value: round(env, EXTENDED, negative, rest < 0n ? -rest : rest, least), quotient, partial };
}
