/** Conversions between integers and floating point, and between the formats (SDM vol. 2, CVT…): inline under the conditions of sse-float.ts. */
import type { Op } from '../wasm/opcodes.ts';
import type { Emitter, Value } from './emitter.ts';
import type { Description } from './instruction.ts';
import { checks, every, exactly, lowLane, one, unless, usualMxcsr, wideOf, withLow, type Scalar } from './sse-guard.ts';
import { aligned, enterMmx, extract, replace, reportPending, splat, sse, v, zeroes, type Translate } from './vector.ts';

/** wasm's saturating truncation of a scalar (prefix 0xfc). */
const TRUNCATE = { f32: { i32: 0, i64: 4 }, f64: { i32: 2, i64: 6 } } as const;
/** -2^31, 2^31, -2^63, 2^63, as bits; in f64 the first is just beyond. */
const RANGE = {
  f32: { i32: [0xcf000000n, 0x4f000000n], i64: [0xdf000000n, 0x5f000000n] },
  f64: { i32: [0xc1e0000000000000n, 0x41e0000000000000n], i64: [0xc3e0000000000000n, 0x43e0000000000000n] },
} as const;

/** To a general register: `truncate` or as MXCSR says. */
const toRegister =
  (from: Scalar, truncate: boolean): Translate =>
  (t, dst, src) => {
    const b = src!.read();
    const type = dst!.width === 8 ? 'i64' : 'i32';
    const x = lowLane(t, from, b);
    const [low, high] = RANGE[from][type];
    const nearest = truncate ? x : t.let(t.op(`${from}.nearest`, from, x));
    const inRange = t.and(t.op(`${from}.ge`, 'i32', nearest, one(t, from, low)), t.op(`${from}.lt`, 'i32', nearest, one(t, from, high)));
    const fast = t.raw(type, [0xfc, TRUNCATE[from][type]], nearest);
    const operation = `cvt${truncate ? 't' : ''}${from === 'f32' ? 'ss' : 'sd'}2si${type === 'i64' ? 64 : 32}`;
    const usual = usualMxcsr(t, () => t.op(`${from}.eq`, 'i32', x, t.op(`${from}.trunc`, from, x)));
    const result = unless(t, t.and(usual, inRange), fast, () =>
      extract(t, type === 'i64' ? 'i64x2' : 'i32x4', 0, exactly(t, operation, b, b)),
    );
    dst!.write(result);
  };
/** From a general register. A 32-bit integer is exact in a double. */
const fromRegister =
  (to: Scalar): Translate =>
  (t, dst, src) => {
    const value = src!.read();
    const a = dst!.read();
    const fast = withLow(t, to, a, t.op(`${to}.convert_${value.type}_s` as Op, to, value));
    if (to === 'f64' && value.type === 'i32') return dst!.write(fast);
    const operation = to === 'f32' ? 'cvtsi2ss' : 'cvtsi2sd';
    // What has not more bits than the significand.
    const most = to === 'f32' ? 24n : 53n;
    const wide = t.let(t.extendS(value));
    const usual = usualMxcsr(t, () => t.op('i64.le_u', 'i32', t.add(wide, t.i64(1n << most)), t.i64(2n << most)));
    dst!.write(unless(t, usual, fast, () => exactly(t, operation, a, splat(t, 'i64x2', wide))));
  };

/** A longer format holds every number of the shorter. */
const widen: Translate = (t, dst, src) => {
  const b = src!.read();
  const a = dst!.read();
  const x = lowLane(t, 'f32', b);
  const fast = withLow(t, 'f64', a, t.op('f64.promote_f32', 'f64', x));
  dst!.write(unless(t, checks(t, 'f32', false).plain(x), fast, () => exactly(t, 'cvtss2sd', a, b)));
};
const narrow: Translate = (t, dst, src) => {
  const b = src!.read();
  const a = dst!.read();
  const x = lowLane(t, 'f64', b);
  const single = t.let(t.op('f32.demote_f64', 'f32', x));
  const safe = t.or(checks(t, 'f32', false).normal(single), checks(t, 'f64', false).zero(x));
  const usual = usualMxcsr(t, () => t.op('f64.eq', 'i32', x, t.op('f64.promote_f32', 'f64', single)));
  dst!.write(unless(t, t.and(usual, safe), withLow(t, 'f32', a, single), () => exactly(t, 'cvtsd2ss', a, b)));
};
const widenBoth: Translate = (t, dst, src) => {
  const b = src!.read();
  const c = checks(t, 'f64', true);
  const fast = t.let(v(t, 'f64x2.promote_low_f32x4', b));
  // The least normal single, as a double.
  const normal = v(t, 'f64x2.ge', v(t, 'f64x2.abs', fast), every(t, 'f64', 0x3810000000000000n));
  dst!.write(unless(t, c.all(c.or(normal, c.zero(fast))), fast, () => exactly(t, 'cvtps2pd', b, b)));
};
const narrowBoth: Translate = (t, dst, src) => {
  aligned(t, src!);
  const b = src!.read();
  const c = checks(t, 'f64', true);
  const fast = t.let(v(t, 'f32x4.demote_f64x2_zero', b));
  const magnitude = t.let(v(t, 'f64x2.abs', v(t, 'f64x2.promote_low_f32x4', fast)));
  const normal = c.and(
    v(t, 'f64x2.gt', magnitude, every(t, 'f64', 0x3810000000000000n)),
    v(t, 'f64x2.lt', magnitude, every(t, 'f64', 0x7ff0000000000000n)),
  );
  dst!.write(unless(t, t.and(usualMxcsr(t), c.all(c.or(normal, c.zero(b)))), fast, () => exactly(t, 'cvtpd2ps', b, b)));
};

/** Packed, to doublewords. `count` lanes of the source are looked at. */
function toDoublewords(t: Emitter, from: Scalar, operation: string, truncate: boolean, a: Value, b: Value): Value {
  const wide = wideOf(from);
  const [low, high] = RANGE[from].i32;
  const nearest = truncate ? b : t.let(v(t, `${wide}.nearest`, b));
  const inRange = v(t, 'v128.and', v(t, `${wide}.ge`, nearest, every(t, from, low)), v(t, `${wide}.lt`, nearest, every(t, from, high)));
  const fast = v(t, from === 'f32' ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero', nearest);
  return unless(t, t.and(usualMxcsr(t), checks(t, from, true).all(inRange)), fast, () => exactly(t, operation, a, b));
}
const packedToDoublewords =
  (from: Scalar, operation: string, truncate: boolean): Translate =>
  (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    dst!.write(toDoublewords(t, from, operation, truncate, b, b));
  };

/** To and from MMX registers. A memory operand leaves the x87 registers alone, a register makes them MMX's (the silicon does so with CVTPI2PS too). */
const fromMmx =
  (to: Scalar): Translate =>
  (t, dst, src) => {
    reportPending(t);
    const fromMemory = src!.kind === 'memory' ? src!.read() : null;
    if (!fromMemory) enterMmx(t);
    const b = fromMemory ?? src!.read();
    if (to === 'f64') return dst!.write(v(t, 'f64x2.convert_low_i32x4_s', b));
    const a = dst!.read();
    const fast = replace(t, 'i64x2', 0, a, extract(t, 'i64x2', 0, v(t, 'f32x4.convert_i32x4_s', b)));
    dst!.write(unless(t, usualMxcsr(t), fast, () => exactly(t, 'cvtpi2ps', a, b)));
  };
const toMmx =
  (from: Scalar, operation: string, truncate: boolean): Translate =>
  (t, dst, src) => {
    reportPending(t);
    aligned(t, src!);
    const read = src!.read();
    // Two singles: the upper half of a register does not count.
    const b = from === 'f32' ? t.let(replace(t, 'i64x2', 1, read, t.i64(0n))) : read;
    enterMmx(t); // even if the conversion then raises #XM
    dst!.write(toDoublewords(t, from, operation, truncate, zeroes(t), b));
  };

export const sseConversions: readonly Description[] = [
  sse('cvtsi2ss', ['F3 0f 2a /r Vx,Ey'], fromRegister('f32')),
  sse('cvtsi2sd', ['F2 0f 2a /r Vx,Ey'], fromRegister('f64')),
  sse('cvttss2si', ['F3 0f 2c /r Gy,Wd'], toRegister('f32', true)),
  sse('cvttsd2si', ['F2 0f 2c /r Gy,Wq'], toRegister('f64', true)),
  sse('cvtss2si', ['F3 0f 2d /r Gy,Wd'], toRegister('f32', false)),
  sse('cvtsd2si', ['F2 0f 2d /r Gy,Wq'], toRegister('f64', false)),
  sse('cvtss2sd', ['F3 0f 5a /r Vx,Wd'], widen),
  sse('cvtsd2ss', ['F2 0f 5a /r Vx,Wq'], narrow),
  sse('cvtps2pd', ['NP 0f 5a /r Vx,Wq'], widenBoth),
  sse('cvtpd2ps', ['66 0f 5a /r Vx,Wx'], narrowBoth),
  sse('cvtdq2ps', ['NP 0f 5b /r Vx,Wx'], (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    dst!.write(unless(t, usualMxcsr(t), v(t, 'f32x4.convert_i32x4_s', b), () => exactly(t, 'cvtdq2ps', b, b)));
  }),
  sse('cvtps2dq', ['66 0f 5b /r Vx,Wx'], packedToDoublewords('f32', 'cvtps2dq', false)),
  sse('cvttps2dq', ['F3 0f 5b /r Vx,Wx'], packedToDoublewords('f32', 'cvttps2dq', true)),
  sse('cvtpd2dq', ['F2 0f e6 /r Vx,Wx'], packedToDoublewords('f64', 'cvtpd2dq', false)),
  sse('cvttpd2dq', ['66 0f e6 /r Vx,Wx'], packedToDoublewords('f64', 'cvttpd2dq', true)),
  sse('cvtdq2pd', ['F3 0f e6 /r Vx,Wq'], (t, dst, src) => dst!.write(v(t, 'f64x2.convert_low_i32x4_s', src!.read()))),
  sse('cvtpi2ps', ['NP 0f 2a /r Vx,Qq'], fromMmx('f32')),
  sse('cvtpi2pd', ['66 0f 2a /r Vx,Qq'], fromMmx('f64')),
  sse('cvttps2pi', ['NP 0f 2c /r Pq,Wq'], toMmx('f32', 'cvttps2pi', true)),
  sse('cvttpd2pi', ['66 0f 2c /r Pq,Wx'], toMmx('f64', 'cvttpd2dq', true)),
  sse('cvtps2pi', ['NP 0f 2d /r Pq,Wq'], toMmx('f32', 'cvtps2pi', false)),
  sse('cvtpd2pi', ['66 0f 2d /r Pq,Wx'], toMmx('f64', 'cvtpd2dq', false)),
];
