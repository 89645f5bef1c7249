/**
 * The x87 unit's constants and transcendental functions (SDM vol. 1, 8.3.7 and 8.3.8). Values are computed in fixed point with far more bits than
 * the result has, so that they are correctly rounded but for cases that no one will meet; processors are free within one unit in the last place.
 */
import { bitLength, EXTENDED, finite, INDEFINITE, infinity, pack, zero, type Unpacked } from './format.ts';
import { LN2, logarithm, PI, arcTangent, exponentialMinusOne, POINT, sineAndCosine } from './fixed-point.ts';
import { FLAG, invalid, noteDenormals, propagate, round, type Environment } from './soft-float.ts';
import type { Fpu } from './x87-state.ts';

/** In fixed point: rounded by RC when loaded. */
type Constant = () => bigint;
const ONE = 1n << BigInt(POINT);
const log2 = (n: bigint): bigint => (logarithm(n << BigInt(POINT)) << BigInt(POINT)) / LN2();
export const CONSTANTS: readonly (readonly [name: string, opcode: string, value: Constant])[] = [
  ['fld1', 'e8', () => ONE],
  ['fldl2t', 'e9', () => log2(10n)],
  ['fldl2e', 'ea', () => (ONE * ONE) / LN2()],
  ['fldpi', 'eb', PI],
  ['fldlg2', 'ec', () => (ONE * ONE) / log2(10n)],
  ['fldln2', 'ed', LN2],
  ['fldz', 'ee', () => 0n],
];
const known: Map<Constant, bigint> = new Map();
const once = (make: Constant): bigint => known.get(make) ?? known.set(make, make()).get(make)!;

/** No flag tells that it is inexact. */
export function constant(fpu: Fpu, value: Constant): bigint {
  const env = { ...fpu.env, precision: EXTENDED.precision, flags: 0, masks: 0x3f };
  return pack(EXTENDED, round(env, EXTENDED, false, once(value), -POINT));
}

type Function1 = (env: Environment, a: Unpacked) => Unpacked;
type Function2 = (env: Environment, y: Unpacked, x: Unpacked) => Unpacked;

/** An inexact result: fixed point at 2^exponent. */
function inexact(env: Environment, value: bigint, exponent: number = -POINT): Unpacked {
  return value < 0n ? round(env, EXTENDED, true, -value, exponent, true) : round(env, EXTENDED, false, value, exponent, true);
}
const signed = ({ negative, significand }: Unpacked): bigint => (negative ? -significand : significand);
/** In fixed point; what is far below is lost. */
function fixed(a: Unpacked): bigint {
  const shift = a.exponent + POINT;
  return shift >= 0 ? signed(a) << BigInt(shift) : signed(a) >> BigInt(-shift);
}
const exponentOf = (a: Unpacked): number => a.exponent + bitLength(a.significand) - 1;
/** Where f(x) = slope × x (1 ± tiny): a little less, or more, than the product. `slope` in fixed point. */
function linear(env: Environment, a: Unpacked, slope: bigint, nudge: 1n | -1n): Unpacked {
  const magnitude = a.significand * slope * 4n + nudge;
  return round(env, EXTENDED, a.negative, magnitude, a.exponent - POINT - 2, true);
}
/** Below this exponent the second term of a series is beyond the result's last bits. */
const TINY = -70;
const LEAST_EXPONENT = -16382;
/** Arguments of the circular functions are less than 2^63. */
const LARGEST_ANGLE = 63;

/** ST(0) = f(ST(0)). */
function one(fpu: Fpu, run: Function1): void {
  const a = fpu.read(0);
  const value = a ? (propagate(fpu.env, a) ?? run(fpu.allBits(), a)) : INDEFINITE;
  if (!fpu.stopped) fpu.write(0, value);
}
/** ST(1) = f(ST(1), ST(0)), and pop. */
function two(fpu: Fpu, run: Function2): void {
  const [x, y] = [fpu.read(0), fpu.read(1)];
  const value = x && y ? (propagate(fpu.env, y, x) ?? run(fpu.allBits(), y, x)) : INDEFINITE;
  if (fpu.stopped) return;
  fpu.write(1, value);
  fpu.pop();
}

/** FSIN, FCOS, FSINCOS, FPTAN: C2 tells an argument that is too large, which stays. `results` are written and pushed in turn. */
function circular(fpu: Fpu, results: readonly Function1[]): void {
  const pushes = results.length > 1;
  const a = fpu.read(0);
  fpu.setC2(false);
  const full = pushes && !fpu.isEmpty(7);
  if (full && a) fpu.stackFault(true);
  if (!full && a?.kind === 'finite' && exponentOf(a) >= LARGEST_ANGLE) {
    fpu.setC2(true);
    fpu.c1 = false;
    return;
  }
  const env = fpu.allBits();
  const special = a ? propagate(env, a) : INDEFINITE;
  const value = (run: Function1): Unpacked => (full ? INDEFINITE : (special ?? (a!.kind === 'infinite' ? invalid(env) : run(env, a!))));
  const values = results.map(value);
  if (fpu.stopped) return;
  fpu.write(0, values[0]!);
  if (!pushes) return;
  fpu.turn(-1);
  fpu.write(0, values[1]!);
}
const sine: Function1 = (env, a) => {
  if (a.kind === 'zero') return a;
  noteDenormals(env, a);
  return exponentOf(a) < TINY ? linear(env, a, ONE, -1n) : inexact(env, sineAndCosine(fixed(a))[0]);
};
const cosine: Function1 = (env, a) => {
  if (a.kind === 'zero') return finite(false, 1n, 0);
  noteDenormals(env, a);
  return exponentOf(a) < TINY ? inexact(env, ONE - 1n) : inexact(env, sineAndCosine(fixed(a))[1]);
};
const tangent: Function1 = (env, a) => {
  if (a.kind === 'zero') return a;
  noteDenormals(env, a);
  if (exponentOf(a) < TINY) return linear(env, a, ONE, 1n);
  const [sin, cos] = sineAndCosine(fixed(a));
  return inexact(env, (sin << BigInt(POINT)) / cos);
};
const unity: Function1 = () => finite(false, 1n, 0);

/** Outside a function's domain the manual defines nothing; the silicon leaves the operand. */
function unchanged(env: Environment, a: Unpacked): Unpacked {
  env.flags |= FLAG.precision;
  return a;
}

/** 2^x - 1 for x from -1 to 1; beyond, the manual leaves the result undefined. */
const powerMinusOne: Function1 = (env, a) => {
  if (a.kind === 'zero') return a;
  if (a.kind === 'infinite') return a.negative ? finite(true, 1n, 0) : a;
  noteDenormals(env, a);
  const exponent = exponentOf(a);
  const isPower = a.significand === 1n << BigInt(bitLength(a.significand) - 1);
  if (exponent >= 1 || (exponent === 0 && !isPower)) return unchanged(env, a);
  if (exponent === 0) {
    env.flags |= FLAG.precision; // exact as it is
    return finite(a.negative, 1n, a.negative ? -1 : 0);
  }
  if (exponent < TINY) return linear(env, a, LN2(), a.negative ? -1n : 1n);
  return inexact(env, exponentialMinusOne((fixed(a) * LN2()) >> BigInt(POINT)));
};

/** y × log2(x). */
const yLog: Function2 = (env, y, x) => {
  if (x.negative && x.kind !== 'zero') return invalid(env);
  const isOne = x.kind === 'finite' && x.significand === 1n << BigInt(bitLength(x.significand) - 1) && exponentOf(x) === 0;
  if (x.kind === 'zero') {
    if (y.kind === 'zero') return invalid(env);
    if (y.kind === 'infinite') return infinity(!y.negative);
    env.flags |= FLAG.divideByZero;
    return infinity(!y.negative);
  }
  if (y.kind === 'infinite' || x.kind === 'infinite') {
    if (isOne || (x.kind === 'infinite' && y.kind === 'zero')) return invalid(env);
    noteDenormals(env, x, y);
    return infinity(y.negative !== (x.kind === 'finite' && exponentOf(x) < 0));
  }
  noteDenormals(env, x, y);
  const exponent = exponentOf(x);
  if (isOne || y.kind === 'zero') return zero(y.negative !== exponent < 0);
  if (x.significand === 1n << BigInt(bitLength(x.significand) - 1)) {
    const whole = BigInt(Math.abs(exponent));
    const value = round(env, EXTENDED, y.negative !== exponent < 0, y.significand * whole, y.exponent);
    // Exact, but the silicon does not know.
    env.flags |= FLAG.precision | (exponentOf(value) < LEAST_EXPONENT ? FLAG.underflow : 0);
    return value;
  }
  const mantissa = x.significand << BigInt(POINT - bitLength(x.significand) + 1);
  const log = (BigInt(exponent) << BigInt(POINT)) + (logarithm(mantissa) << BigInt(POINT)) / LN2();
  return inexact(env, signed(y) * log, y.exponent - POINT);
};
/** y × log2(x + 1), where x is at most 1 - sqrt(1/2) from zero. */
const yLogPlusOne: Function2 = (env, y, x) => {
  if (x.kind === 'infinite') {
    if (x.negative || y.kind === 'zero') return invalid(env);
    noteDenormals(env, y);
    return infinity(y.negative);
  }
  if (y.kind === 'infinite') {
    if (x.kind === 'zero') return invalid(env);
    noteDenormals(env, x);
    return infinity(y.negative !== x.negative);
  }
  noteDenormals(env, x, y);
  if (x.kind === 'zero' || y.kind === 'zero') return zero(x.negative !== y.negative);
  if (exponentOf(x) < TINY) {
    const slope = (ONE * ONE) / LN2();
    const product = x.significand * y.significand * slope * 4n + (x.negative ? 1n : -1n);
    return round(env, EXTENDED, x.negative !== y.negative, product, x.exponent + y.exponent - POINT - 2, true);
  }
  const sum = ONE + fixed(x);
  if (sum <= 0n) return unchanged(env, x);
  return inexact(env, signed(y) * ((logarithm(sum) << BigInt(POINT)) / LN2()), y.exponent - POINT);
};

/** The angle of (x, y), from -pi to pi. */
const angle: Function2 = (env, y, x) => {
  noteDenormals(env, y, x);
  const part = (numerator: bigint, denominator: bigint): Unpacked =>
    inexact(env, ((y.negative ? -1n : 1n) * (PI() * numerator)) / denominator);
  if (y.kind === 'infinite') return x.kind === 'infinite' ? part(x.negative ? 3n : 1n, 4n) : part(1n, 2n);
  if (x.kind === 'infinite' || y.kind === 'zero') return x.negative ? part(1n, 1n) : zero(y.negative);
  if (x.kind === 'zero') return part(1n, 2n);
  const distance = exponentOf(y) - exponentOf(x);
  if (distance < TINY && !x.negative) {
    // y / x, a little less.
    const quotient = (y.significand << BigInt(POINT)) / x.significand;
    return round(env, EXTENDED, y.negative, quotient * 4n - 1n, y.exponent - x.exponent - POINT - 2, true);
  }
  const flat = distance < TINY || distance > -TINY;
  const [opposite, adjacent] = flat ? [distance < 0 ? 0n : 1n, distance < 0 ? 1n : 0n] : alignedPair(y, x);
  const first = arcTangent(opposite, adjacent);
  const turned = x.negative ? PI() - first : first;
  // In the flat cases a hair nearer to the axis on this side.
  const nudged = flat ? turned + (distance < 0 || !x.negative ? -1n : 1n) : turned;
  return inexact(env, y.negative ? -nudged : nudged);
};
function alignedPair(a: Unpacked, b: Unpacked): [bigint, bigint] {
  const least = Math.min(a.exponent, b.exponent);
  return [a.significand << BigInt(a.exponent - least), b.significand << BigInt(b.exponent - least)];
}

export const TRANSCENDENTAL: readonly (readonly [name: string, opcode: string, run: (fpu: Fpu) => void])[] = [
  ['f2xm1', 'f0', (fpu) => one(fpu, powerMinusOne)],
  ['fyl2x', 'f1', (fpu) => two(fpu, yLog)],
  ['fptan', 'f2', (fpu) => circular(fpu, [tangent, unity])],
  ['fpatan', 'f3', (fpu) => two(fpu, angle)],
  ['fyl2xp1', 'f9', (fpu) => two(fpu, yLogPlusOne)],
  ['fsincos', 'fb', (fpu) => circular(fpu, [sine, cosine])],
  ['fsin', 'fe', (fpu) => circular(fpu, [sine])],
  ['fcos', 'ff', (fpu) => circular(fpu, [cosine])],
];
