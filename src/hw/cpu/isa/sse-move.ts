/** Moves of vectors and to and from them (SDM vol. 2): SSE to SSE4.1, MMX. */
import type { Emitter, Value } from './emitter.ts';
import type { Description } from './instruction.ts';
import { aligned, byLanes, extract, mmx, replace, shuffle, sse, storeBytes, v, zeroes, type Translate } from './vector.ts';

const copy: Translate = (_t, dst, src) => dst!.write(src!.read());
const copyAligned: Translate = (t, dst, src) => {
  aligned(t, dst!, src!);
  copy(t, dst!, src!);
};
/** A scalar from memory clears the rest of the register, one from a register leaves it. */
const scalarLoad =
  (width: 4 | 8): Translate =>
  (t, dst, src) => {
    const value = src!.read();
    dst!.write(src!.kind === 'memory' ? value : low(t, width, dst!.read(), value));
  };
const scalarStore =
  (width: 4 | 8): Translate =>
  (t, dst, src) =>
    dst!.write(dst!.kind === 'memory' ? src!.read() : low(t, width, dst!.read(), src!.read()));
/** `into` with its low lane from `value`. */
function low(t: Emitter, width: 4 | 8, into: Value, value: Value): Value {
  return shuffle(t, into, value, width === 4 ? byLanes(4, [4, 1, 2, 3]) : byLanes(8, [2, 1]));
}
const loadHalf =
  (lane: 0 | 1): Translate =>
  (t, dst, src) => {
    const value = src!.read();
    dst!.write(replace(t, 'i64x2', lane, dst!.read(), value));
  };
const storeHalf =
  (lane: 0 | 1): Translate =>
  (t, dst, src) =>
    dst!.write(extract(t, 'i64x2', lane, src!.read()));
const fromGpr: Translate = (t, dst, src) => dst!.write(replace(t, 'i64x2', 0, zeroes(t), t.extendU(src!.read())));
const toGpr: Translate = (t, dst, src) => {
  const value = t.let(extract(t, 'i64x2', 0, src!.read()));
  dst!.write(dst!.width === 8 ? value : t.wrap(value));
};
/** The low half, zeroes above. */
const lowHalf: Translate = (t, dst, src) => dst!.write(shuffle(t, src!.read(), zeroes(t), byLanes(8, [0, 2])));
const mask =
  (op: 'i8x16.bitmask' | 'i32x4.bitmask' | 'i64x2.bitmask', and: number): Translate =>
  (t, dst, src) =>
    dst!.write(t.and(t.op(op, 'i32', src!.read()), t.i32(and)));
/** Bytes whose mask has its top bit set, to where rdi points. */
const maskedStore =
  (bytes: 8 | 16): Translate =>
  (t, src, selector) => {
    const selected = t.let(t.and(t.op('i8x16.bitmask', 'i32', selector!.read()), t.i32(bytes === 16 ? 0xffff : 0xff)));
    storeBytes(t, t.sourceAddress(t.toWidth(8, t.indexRegister('rdi').read()), bytes), src!.read(), selected);
  };

const duplicate = (width: 4 | 8, indices: readonly number[]): Translate => {
  const bytes = byLanes(width, indices);
  return (t, dst, src) => {
    aligned(t, src!);
    const value = src!.read();
    dst!.write(shuffle(t, value, value, bytes));
  };
};

type Extend = `${'i16x8' | 'i32x4' | 'i64x2'}.extend_low_${'i8x16' | 'i16x8' | 'i32x4'}_${'s' | 'u'}`;
/** PMOVSX and PMOVZX, a doubling at a time. */
const extend =
  (...steps: Extend[]): Translate =>
  (t, dst, src) =>
    dst!.write(steps.reduce((value, step) => v(t, step as never, value), src!.read()));
const EXTENSIONS: readonly (readonly [suffix: string, digit: number, source: string, steps: readonly string[]])[] = [
  ['bw', 0, 'Wq', ['i16x8.extend_low_i8x16']],
  ['bd', 1, 'Wd', ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8']],
  ['wd', 3, 'Wq', ['i32x4.extend_low_i16x8']],
  ['wq', 4, 'Wd', ['i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4']],
  ['dq', 5, 'Wq', ['i64x2.extend_low_i32x4']],
];
/** From two bytes: memory of that size is no vector's. */
const extendBytesToQuads =
  (sign: 's' | 'u'): Translate =>
  (t, dst, src) => {
    const value = src!.kind === 'memory' ? replace(t, 'i16x8', 0, zeroes(t), src!.read()) : src!.read();
    const wide = v(
      t,
      `i64x2.extend_low_i32x4_${sign}`,
      v(t, `i32x4.extend_low_i16x8_${sign}`, v(t, `i16x8.extend_low_i8x16_${sign}`, value)),
    );
    dst!.write(wide);
  };

const HOT = { compact: false };
export const sseMoves: readonly Description[] = [
  sse('movaps', ['NP 0f 28 /r Vx,Wx', 'NP 0f 29 /r Wx,Vx'], copyAligned, HOT),
  sse('movapd', ['66 0f 28 /r Vx,Wx', '66 0f 29 /r Wx,Vx'], copyAligned, HOT),
  sse('movdqa', ['66 0f 6f /r Vx,Wx', '66 0f 7f /r Wx,Vx'], copyAligned, HOT),
  sse('movups', ['NP 0f 10 /r Vx,Wx', 'NP 0f 11 /r Wx,Vx'], copy, HOT),
  sse('movupd', ['66 0f 10 /r Vx,Wx', '66 0f 11 /r Wx,Vx'], copy, HOT),
  sse('movdqu', ['F3 0f 6f /r Vx,Wx', 'F3 0f 7f /r Wx,Vx'], copy, HOT),
  sse('lddqu', ['F2 0f f0 /r Vx,Mx'], copy),
  sse('movntps', ['NP 0f 2b /r Mx,Vx'], copyAligned),
  sse('movntpd', ['66 0f 2b /r Mx,Vx'], copyAligned),
  sse('movntdq', ['66 0f e7 /r Mx,Vx'], copyAligned),
  sse('movntdqa', ['66 0f 38 2a /r Vx,Mx'], copyAligned),
  sse('movss', ['F3 0f 10 /r Vd,Wd'], scalarLoad(4), HOT),
  sse('movss', ['F3 0f 11 /r Wd,Vd'], scalarStore(4), HOT),
  sse('movsd', ['F2 0f 10 /r Vq,Wq'], scalarLoad(8), HOT),
  sse('movsd', ['F2 0f 11 /r Wq,Vq'], scalarStore(8), HOT),
  sse('movlps', ['NP 0f 12 /r Vx,Mq'], loadHalf(0)),
  sse('movlps', ['NP 0f 13 /r Mq,Vx'], storeHalf(0)),
  sse('movlpd', ['66 0f 12 /r Vx,Mq'], loadHalf(0)),
  sse('movlpd', ['66 0f 13 /r Mq,Vx'], storeHalf(0)),
  sse('movhps', ['NP 0f 16 /r Vx,Mq'], loadHalf(1)),
  sse('movhps', ['NP 0f 17 /r Mq,Vx'], storeHalf(1)),
  sse('movhpd', ['66 0f 16 /r Vx,Mq'], loadHalf(1)),
  sse('movhpd', ['66 0f 17 /r Mq,Vx'], storeHalf(1)),
  sse('movhlps', ['NP 0f 12 /r Vx,Ux'], (t, dst, src) => dst!.write(shuffle(t, src!.read(), dst!.read(), byLanes(8, [1, 3])))),
  sse('movlhps', ['NP 0f 16 /r Vx,Ux'], (t, dst, src) => dst!.write(shuffle(t, dst!.read(), src!.read(), byLanes(8, [0, 2])))),
  sse('movd', ['66 0f 6e /r Vx,Ey'], fromGpr),
  sse('movd', ['66 0f 7e /r Ey,Vx'], toGpr),
  sse('movq', ['F3 0f 7e /r Vq,Wq'], lowHalf, HOT),
  sse('movq', ['66 0f d6 /r Wq,Vq'], (t, dst, src) => (dst!.kind === 'memory' ? copy : lowHalf)(t, dst!, src!), HOT),
  sse('movddup', ['F2 0f 12 /r Vx,Wq'], duplicate(8, [0, 0])),
  sse('movsldup', ['F3 0f 12 /r Vx,Wx'], duplicate(4, [0, 0, 2, 2])),
  sse('movshdup', ['F3 0f 16 /r Vx,Wx'], duplicate(4, [1, 1, 3, 3])),
  sse('movmskps', ['NP 0f 50 /r Gd,Ux'], mask('i32x4.bitmask', 15)),
  sse('movmskpd', ['66 0f 50 /r Gd,Ux'], mask('i64x2.bitmask', 3)),
  sse('pmovmskb', ['66 0f d7 /r Gd,Ux'], mask('i8x16.bitmask', 0xffff)),
  sse('maskmovdqu', ['66 0f f7 /r Vx,Ux'], maskedStore(16)),
  sse('movnti', ['NP 0f c3 /r My,Gy'], copy),
  ...EXTENSIONS.flatMap(([suffix, digit, source, steps]) =>
    (['s', 'u'] as const).map((sign) =>
      sse(
        `pmov${sign === 's' ? 's' : 'z'}x${suffix}`,
        [`66 0f 38 ${sign === 's' ? 2 : 3}${digit} /r Vx,${source}`],
        extend(...steps.map((step) => `${step}_${sign}` as Extend)),
      ),
    ),
  ),
  sse('pmovsxbq', ['66 0f 38 22 /r Vx,Ux', '66 0f 38 22 /r Vx,Mw'], extendBytesToQuads('s')),
  sse('pmovzxbq', ['66 0f 38 32 /r Vx,Ux', '66 0f 38 32 /r Vx,Mw'], extendBytesToQuads('u')),

  mmx('movd', ['NP 0f 6e /r Pq,Ey'], fromGpr),
  mmx('movd', ['NP 0f 7e /r Ey,Pq'], toGpr),
  mmx('movq', ['NP 0f 6f /r Pq,Qq', 'NP 0f 7f /r Qq,Pq'], copy),
  mmx('movntq', ['NP 0f e7 /r Mq,Pq'], storeHalf(0)),
  mmx('pmovmskb', ['NP 0f d7 /r Gd,Nq'], mask('i8x16.bitmask', 0xff)),
  mmx('maskmovq', ['NP 0f f7 /r Pq,Nq'], maskedStore(8)),
  mmx('movq2dq', ['F3 0f d6 /r Vx,Nq'], lowHalf),
  mmx('movdq2q', ['F2 0f d6 /r Pq,Ux'], copy),
];
