/** Instructions that rearrange lanes (SDM vol. 2): unpack, pack, shuffle, insert, extract, blend. */
import type { Op } from '../wasm/opcodes.ts';
import type { Emitter, Value } from './emitter.ts';
import type { Description } from './instruction.ts';
import {
  aligned,
  both,
  byLanes,
  extract,
  iota,
  join,
  lanes,
  mmx,
  packed,
  replace,
  shuffle,
  splat,
  sse,
  v,
  xmm0,
  zeroes,
  type Binary,
  type Translate,
} from './vector.ts';

/** Lanes of both operands by turns, from the low halves or the high ones. */
function interleave(width: 1 | 2 | 4 | 8, from: number): Binary {
  const count = 16 / width;
  const indices = Array.from({ length: count }, (_, i) => from / width + (i >> 1) + (i & 1 ? count : 0));
  return (t, a, b) => shuffle(t, a, b, byLanes(width, indices));
}
/** MMX's high half begins at byte 4; its low half is the wide one's. */
const unpackHigh = (name: string, opcode: string, width: 1 | 2 | 4): Description[] =>
  both(name, opcode, interleave(width, 8), interleave(width, 4));
const unpackLow = (name: string, opcode: string, width: 1 | 2 | 4): Description[] => [
  sse(name, [`66 0f ${opcode} /r Vx,Wx`], packed(interleave(width, 0))),
  mmx(name, [`NP 0f ${opcode} /r Pq,Qd`], packed(interleave(width, 0))),
];
const pack = (name: string, opcode: string, op: Op): Description[] =>
  both(
    name,
    opcode,
    (t, a, b) => v(t, op, a, b),
    (t, a, b) => {
      const joined = t.let(join(t, a, b));
      return v(t, op, joined, joined);
    },
  );

/** Bits [shift, shift + size) of an immediate in lane i, where `shifts[i]` is the shift: a multiplication, for want of shifts by lane. */
function fields(t: Emitter, immediate: Value, shifts: readonly number[], mask: number): Value {
  const top = 8;
  const scaled = v(
    t,
    'i32x4.mul',
    splat(t, 'i32x4', immediate),
    lanes(
      t,
      4,
      shifts.map((shift) => 2 ** (top - shift)),
    ),
  );
  return v(t, 'v128.and', v(t, 'i32x4.shr_u', scaled, t.i32(top)), lanes(t, 4, Array(4).fill(mask)));
}
/** Byte indices from lane numbers held in 32-bit lanes. */
const dwordIndices = (t: Emitter, numbers: Value): Value =>
  v(t, 'i32x4.add', v(t, 'i32x4.mul', numbers, lanes(t, 4, Array(4).fill(0x04040404))), lanes(t, 4, Array(4).fill(0x03020100)));
const shuffleDwords: Translate = (t, dst, src, immediate) => {
  aligned(t, src!);
  const value = src!.read();
  dst!.write(v(t, 'i8x16.swizzle', value, dwordIndices(t, fields(t, immediate!.read(), [0, 2, 4, 6], 3))));
};
/** Four words of one half by the immediate; the other half stays. */
const shuffleWords =
  (half: 0 | 1): Translate =>
  (t, dst, src, immediate) => {
    aligned(t, src!);
    const value = src!.read();
    const numbers = fields(t, immediate!.read(), [0, 2, 4, 6], 3); // in 32-bit lanes
    const packedNumbers = shuffle(t, numbers, zeroes(t), byLanes(2, half ? [8, 8, 8, 8, 0, 2, 4, 6] : [0, 2, 4, 6, 8, 8, 8, 8]));
    const indices = v(t, 'i16x8.mul', packedNumbers, lanes(t, 2, Array(8).fill(0x0202)));
    const kept = half ? [0, 1, 2, 3, 4, 4, 4, 4] : [0, 0, 0, 0, 4, 5, 6, 7];
    const base = lanes(
      t,
      2,
      kept.map((lane) => 0x0100 + 0x0202 * lane),
    );
    dst!.write(v(t, 'i8x16.swizzle', value, v(t, 'i16x8.add', indices, base)));
  };
/** Two lanes from the destination, two from the source. */
const shuffleSingles: Translate = (t, dst, src, immediate) =>
  packed((t, a, b) => {
    const indices = t.let(dwordIndices(t, fields(t, immediate!.read(), [0, 2, 4, 6], 3)));
    return shuffle(t, v(t, 'i8x16.swizzle', a, indices), v(t, 'i8x16.swizzle', b, indices), byLanes(8, [0, 3]));
  })(t, dst!, src!);
const shuffleDoubles: Translate = (t, dst, src, immediate) =>
  packed((t, a, b) => {
    const choice = t.let(t.and(immediate!.read(), t.i32(3)));
    const lane = (value: Value, bit: number): Value =>
      t.select(t.and(choice, t.i32(bit)), extract(t, 'i64x2', 1, value), extract(t, 'i64x2', 0, value));
    return replace(t, 'i64x2', 1, splat(t, 'i64x2', lane(a, 1)), lane(b, 2));
  })(t, dst!, src!);

// Insert and extract: the lane is the immediate's low bits.

type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';
const WIDTH = { i8x16: 1, i16x8: 2, i32x4: 4, i64x2: 8 } as const;
/** The lane, moved to the front. */
function laneAt(t: Emitter, shape: Shape, count: number, value: Value, immediate: Value): Value {
  const start = t.mul(t.and(immediate, t.i32(count - 1)), t.i32(WIDTH[shape]));
  return extract(t, shape, 0, v(t, 'i8x16.swizzle', value, v(t, 'i8x16.add', iota(t), splat(t, 'i8x16', start))));
}
function withLane(t: Emitter, shape: Shape, count: number, into: Value, immediate: Value, value: Value): Value {
  const width = WIDTH[shape];
  const numbers = lanes(
    t,
    width,
    Array.from({ length: 16 / width }, (_, i) => i),
  );
  const number = t.and(immediate, t.i32(count - 1));
  const chosen = v(t, `${shape}.eq`, numbers, splat(t, shape, shape === 'i64x2' ? t.extendU(number) : number));
  return v(t, 'v128.bitselect', splat(t, shape, value), into, chosen);
}
const extractLane =
  (shape: Shape, count: number = 16 / WIDTH[shape]): Translate =>
  (t, dst, src, immediate) =>
    dst!.write(laneAt(t, shape, count, src!.read(), immediate!.read()));
const insertLane =
  (shape: Shape, count: number = 16 / WIDTH[shape]): Translate =>
  (t, dst, src, immediate) => {
    const value = src!.read();
    dst!.write(withLane(t, shape, count, dst!.read(), immediate!.read(), value));
  };
/** Doublewords or, with REX.W, quadwords. */
const extractWide: Translate = (t, dst, src, immediate) => extractLane(dst!.width === 8 ? 'i64x2' : 'i32x4')(t, dst!, src!, immediate!);
const insertWide: Translate = (t, dst, src, immediate) => insertLane(src!.width === 8 ? 'i64x2' : 'i32x4')(t, dst!, src!, immediate!);
/** INSERTPS: which lane of the source (memory has but one), where to, and which lanes to clear. */
const insertSingle: Translate = (t, dst, src, immediate) => {
  const value = src!.read();
  const choice = immediate!.read();
  const single = src!.kind === 'memory' ? extract(t, 'i32x4', 0, value) : laneAt(t, 'i32x4', 4, value, t.shrU(choice, t.i32(6)));
  const inserted = withLane(t, 'i32x4', 4, dst!.read(), t.shrU(choice, t.i32(4)), single);
  dst!.write(v(t, 'v128.andnot', inserted, chosenBits(t, 'i32x4', choice)));
};

// Blends

/** All ones in the lanes whose bit of the immediate is set. */
function chosenBits(t: Emitter, shape: Exclude<Shape, 'i8x16'>, immediate: Value): Value {
  const width = WIDTH[shape];
  const bits = lanes(
    t,
    width,
    Array.from({ length: 16 / width }, (_, i) => 2 ** i),
  );
  const all = splat(t, shape, shape === 'i64x2' ? t.extendU(immediate) : immediate);
  return v(t, `${shape}.eq`, v(t, 'v128.and', all, bits), bits);
}
const blend =
  (shape: Exclude<Shape, 'i8x16'>): Translate =>
  (t, dst, src, immediate) =>
    packed((t, a, b) => v(t, 'v128.bitselect', b, a, chosenBits(t, shape, immediate!.read())))(t, dst!, src!);
/** By the top bits of XMM0's lanes. */
const blendBySign = (shape: 'i8x16' | 'i32x4' | 'i64x2'): Translate =>
  packed((t, a, b) => v(t, 'v128.bitselect', b, a, v(t, `${shape}.lt_s`, xmm0(t), zeroes(t))));

export const sseShuffles: readonly Description[] = [
  ...unpackLow('punpcklbw', '60', 1),
  ...unpackLow('punpcklwd', '61', 2),
  ...unpackLow('punpckldq', '62', 4),
  ...unpackHigh('punpckhbw', '68', 1),
  ...unpackHigh('punpckhwd', '69', 2),
  ...unpackHigh('punpckhdq', '6a', 4),
  sse('punpcklqdq', ['66 0f 6c /r Vx,Wx'], packed(interleave(8, 0))),
  sse('punpckhqdq', ['66 0f 6d /r Vx,Wx'], packed(interleave(8, 8))),
  sse('unpcklps', ['NP 0f 14 /r Vx,Wx'], packed(interleave(4, 0))),
  sse('unpcklpd', ['66 0f 14 /r Vx,Wx'], packed(interleave(8, 0))),
  sse('unpckhps', ['NP 0f 15 /r Vx,Wx'], packed(interleave(4, 8))),
  sse('unpckhpd', ['66 0f 15 /r Vx,Wx'], packed(interleave(8, 8))),
  ...pack('packsswb', '63', 'i8x16.narrow_i16x8_s'),
  ...pack('packssdw', '6b', 'i16x8.narrow_i32x4_s'),
  ...pack('packuswb', '67', 'i8x16.narrow_i16x8_u'),
  sse('pshufd', ['66 0f 70 /r Vx,Wx,Ib'], shuffleDwords),
  sse('pshuflw', ['F2 0f 70 /r Vx,Wx,Ib'], shuffleWords(0)),
  sse('pshufhw', ['F3 0f 70 /r Vx,Wx,Ib'], shuffleWords(1)),
  mmx('pshufw', ['NP 0f 70 /r Pq,Qq,Ib'], shuffleWords(0)),
  sse('shufps', ['NP 0f c6 /r Vx,Wx,Ib'], shuffleSingles),
  sse('shufpd', ['66 0f c6 /r Vx,Wx,Ib'], shuffleDoubles),
  sse('pextrw', ['66 0f c5 /r Gd,Ux,Ib'], extractLane('i16x8')),
  mmx('pextrw', ['NP 0f c5 /r Gd,Nq,Ib'], extractLane('i16x8', 4)),
  sse('pinsrw', ['66 0f c4 /r Vx,Ew,Ib'], insertLane('i16x8')),
  mmx('pinsrw', ['NP 0f c4 /r Pq,Ew,Ib'], insertLane('i16x8', 4)),
  sse('pextrb', ['66 0f 3a 14 /r Rd,Vx,Ib', '66 0f 3a 14 /r Mb,Vx,Ib'], extractLane('i8x16')),
  sse('pextrw', ['66 0f 3a 15 /r Rd,Vx,Ib', '66 0f 3a 15 /r Mw,Vx,Ib'], extractLane('i16x8')),
  sse('pextrd', ['66 0f 3a 16 /r Ey,Vx,Ib'], extractWide),
  sse('extractps', ['66 0f 3a 17 /r Ed,Vx,Ib'], extractLane('i32x4')),
  sse('pinsrb', ['66 0f 3a 20 /r Vx,Rd,Ib', '66 0f 3a 20 /r Vx,Mb,Ib'], insertLane('i8x16')),
  sse('pinsrd', ['66 0f 3a 22 /r Vx,Ey,Ib'], insertWide),
  sse('insertps', ['66 0f 3a 21 /r Vx,Wd,Ib'], insertSingle),
  sse('blendps', ['66 0f 3a 0c /r Vx,Wx,Ib'], blend('i32x4')),
  sse('blendpd', ['66 0f 3a 0d /r Vx,Wx,Ib'], blend('i64x2')),
  sse('pblendw', ['66 0f 3a 0e /r Vx,Wx,Ib'], blend('i16x8')),
  sse('pblendvb', ['66 0f 38 10 /r Vx,Wx'], blendBySign('i8x16')),
  sse('blendvps', ['66 0f 38 14 /r Vx,Wx'], blendBySign('i32x4')),
  sse('blendvpd', ['66 0f 38 15 /r Vx,Wx'], blendBySign('i64x2')),
];
