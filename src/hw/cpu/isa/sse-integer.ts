/** Packed integer arithmetic, logic and shifts (SDM vol. 2): SSE2 with its MMX forms, SSSE3, SSE4. */
import type { Op } from '../wasm/opcodes.ts';
import type { Emitter, Value } from './emitter.ts';
import type { Description } from './instruction.ts';
import {
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
  unary,
  v,
  zeroes,
  type Binary,
  type Translate,
} from './vector.ts';

const simple =
  (op: Op): Binary =>
  (t, a, b) =>
    v(t, op, a, b);

/** One wasm instruction, MMX and SSE2. */
const PLAIN: readonly (readonly [name: string, opcode: string, op: Op])[] = [
  ['pand', 'db', 'v128.and'],
  ['por', 'eb', 'v128.or'],
  ['pxor', 'ef', 'v128.xor'],
  ['paddb', 'fc', 'i8x16.add'],
  ['paddw', 'fd', 'i16x8.add'],
  ['paddd', 'fe', 'i32x4.add'],
  ['paddq', 'd4', 'i64x2.add'],
  ['psubb', 'f8', 'i8x16.sub'],
  ['psubw', 'f9', 'i16x8.sub'],
  ['psubd', 'fa', 'i32x4.sub'],
  ['psubq', 'fb', 'i64x2.sub'],
  ['paddsb', 'ec', 'i8x16.add_sat_s'],
  ['paddsw', 'ed', 'i16x8.add_sat_s'],
  ['paddusb', 'dc', 'i8x16.add_sat_u'],
  ['paddusw', 'dd', 'i16x8.add_sat_u'],
  ['psubsb', 'e8', 'i8x16.sub_sat_s'],
  ['psubsw', 'e9', 'i16x8.sub_sat_s'],
  ['psubusb', 'd8', 'i8x16.sub_sat_u'],
  ['psubusw', 'd9', 'i16x8.sub_sat_u'],
  ['pcmpeqb', '74', 'i8x16.eq'],
  ['pcmpeqw', '75', 'i16x8.eq'],
  ['pcmpeqd', '76', 'i32x4.eq'],
  ['pcmpgtb', '64', 'i8x16.gt_s'],
  ['pcmpgtw', '65', 'i16x8.gt_s'],
  ['pcmpgtd', '66', 'i32x4.gt_s'],
  ['pminub', 'da', 'i8x16.min_u'],
  ['pmaxub', 'de', 'i8x16.max_u'],
  ['pminsw', 'ea', 'i16x8.min_s'],
  ['pmaxsw', 'ee', 'i16x8.max_s'],
  ['pmullw', 'd5', 'i16x8.mul'],
  ['pavgb', 'e0', 'i8x16.avgr_u'],
  ['pavgw', 'e3', 'i16x8.avgr_u'],
  ['pmaddwd', 'f5', 'i32x4.dot_i16x8_s'],
];
/** The same of SSE4, without MMX forms. */
const PLAIN_SSE4: readonly (readonly [name: string, opcode: string, op: Op])[] = [
  ['pcmpeqq', '38 29', 'i64x2.eq'],
  ['pcmpgtq', '38 37', 'i64x2.gt_s'],
  ['packusdw', '38 2b', 'i16x8.narrow_i32x4_u'],
  ['pminsb', '38 38', 'i8x16.min_s'],
  ['pminsd', '38 39', 'i32x4.min_s'],
  ['pminuw', '38 3a', 'i16x8.min_u'],
  ['pminud', '38 3b', 'i32x4.min_u'],
  ['pmaxsb', '38 3c', 'i8x16.max_s'],
  ['pmaxsd', '38 3d', 'i32x4.max_s'],
  ['pmaxuw', '38 3e', 'i16x8.max_u'],
  ['pmaxud', '38 3f', 'i32x4.max_u'],
  ['pmulld', '38 40', 'i32x4.mul'],
];

/** wasm's andnot has its operands the other way round. */
const andNot: Binary = (t, a, b) => v(t, 'v128.andnot', b, a);
const multiplyHigh =
  (sign: 's' | 'u'): Binary =>
  (t, a, b) => {
    const low = v(t, `i32x4.extmul_low_i16x8_${sign}`, a, b);
    const high = v(t, `i32x4.extmul_high_i16x8_${sign}`, a, b);
    return shuffle(t, low, high, byLanes(2, [1, 3, 5, 7, 9, 11, 13, 15]));
  };
const multiplyEven =
  (sign: 's' | 'u'): Binary =>
  (t, a, b) => {
    const even = (value: Value): Value => shuffle(t, value, value, byLanes(4, [0, 2, 0, 2]));
    return v(t, `i64x2.extmul_low_i32x4_${sign}`, even(a), even(b));
  };
const sumOfDifferences: Binary = (t, a, b) => {
  const difference = v(t, 'v128.or', v(t, 'i8x16.sub_sat_u', a, b), v(t, 'i8x16.sub_sat_u', b, a));
  const fours = t.let(v(t, 'i32x4.extadd_pairwise_i16x8_u', v(t, 'i16x8.extadd_pairwise_i8x16_u', difference)));
  return v(t, 'i64x2.add', v(t, 'v128.and', fours, lanes(t, 8, [0xffff, 0xffff])), v(t, 'i64x2.shr_u', fours, t.i32(32)));
};

/** PHADD and PHSUB: even lanes of both operands and odd lanes of both. */
const horizontal =
  (width: 2 | 4, op: Op, narrow: boolean): Binary =>
  (t, a, b) => {
    const count = (narrow ? 8 : 16) / width;
    const pick = (odd: number): Value => {
      const indices = Array.from({ length: 16 / width }, (_, i) => {
        const lane = (2 * i + odd) % (2 * count);
        return lane < count ? lane : lane - count + 16 / width;
      });
      return shuffle(t, a, b, byLanes(width, indices));
    };
    return v(t, op, pick(0), pick(1));
  };
const multiplyAddBytes: Binary = (t, a, b) => {
  const even = v(t, 'i16x8.mul', v(t, 'v128.and', a, lanes(t, 2, Array(8).fill(0xff))), low(b));
  const odd = v(t, 'i16x8.mul', v(t, 'i16x8.shr_u', a, t.i32(8)), v(t, 'i16x8.shr_s', b, t.i32(8)));
  return v(t, 'i16x8.add_sat_s', even, odd);
  function low(value: Value): Value {
    return v(t, 'i16x8.shr_s', v(t, 'i16x8.shl', value, t.i32(8)), t.i32(8));
  }
};
/** Unlike q15mulr, the product of the two least numbers is the least. */
const multiplyRound: Binary = (t, a, b) => {
  const least = lanes(t, 2, Array(8).fill(0x8000));
  const overflow = v(t, 'v128.and', v(t, 'i16x8.eq', a, least), v(t, 'i16x8.eq', b, least));
  return v(t, 'v128.xor', v(t, 'i16x8.q15mulr_sat_s', a, b), overflow);
};
const sign =
  (shape: 'i8x16' | 'i16x8' | 'i32x4'): Binary =>
  (t, a, b) => {
    const negative = t.let(v(t, `${shape}.lt_s`, b, zeroes(t)));
    const signed = v(t, `${shape}.sub`, v(t, 'v128.xor', a, negative), negative);
    return v(t, 'v128.andnot', signed, v(t, `${shape}.eq`, b, zeroes(t)));
  };
const shuffleBytes =
  (mask: number): Binary =>
  (t, a, b) =>
    v(t, 'i8x16.swizzle', a, v(t, 'v128.and', b, lanes(t, 1, Array(16).fill(mask))));

/** MPSADBW: eight sums of four differences; bits 0 and 1 of the immediate choose the block of the source, bit 2 that of the destination. */
const multipleSums: Translate = (t, dst, src, immediate) => {
  packed((t, a, b) => {
    const choice = immediate!.read();
    const blockB = t.let(splat(t, 'i8x16', t.mul(t.and(choice, t.i32(3)), t.i32(4))));
    const startA = t.let(v(t, 'i8x16.add', iota(t), splat(t, 'i8x16', t.and(choice, t.i32(4)))));
    const terms = [0, 1, 2, 3].map((k) => {
      const step = lanes(t, 1, Array(16).fill(k));
      const wordsA = v(t, 'i16x8.extend_low_i8x16_u', v(t, 'i8x16.swizzle', a, v(t, 'i8x16.add', startA, step)));
      const wordsB = v(t, 'i16x8.extend_low_i8x16_u', v(t, 'i8x16.swizzle', b, v(t, 'i8x16.add', blockB, step)));
      return v(t, 'i16x8.abs', v(t, 'i16x8.sub', wordsA, wordsB));
    });
    return terms.reduce((sum, term) => v(t, 'i16x8.add', sum, term));
  })(t, dst!, src!);
};
/** The least word and, next to it, its index. */
const leastWord = unary((t, value) => {
  const halve = (all: Value, by: number): Value => {
    const moved = shuffle(
      t,
      all,
      all,
      byLanes(
        2,
        Array.from({ length: 8 }, (_, i) => (i + by) & 7),
      ),
    );
    return t.let(v(t, 'i16x8.min_u', all, moved));
  };
  const least = [4, 2, 1].reduce(halve, value);
  const index = t.op('i32.ctz', 'i32', t.op('i16x8.bitmask', 'i32', v(t, 'i16x8.eq', value, least)));
  return replace(t, 'i16x8', 1, replace(t, 'i16x8', 0, zeroes(t), extract(t, 'i16x8', 0, least)), index);
});
const test: Translate = (t, dst, src) => {
  packed((t, a, b) => {
    const any = (value: Value): Value => t.op('v128.any_true', 'i32', value);
    t.writeFlag('z', t.extendU(any(v(t, 'v128.and', a, b))));
    t.writeFlag('c', t.eqz(any(v(t, 'v128.andnot', b, a))));
    t.writeFlag('s', t.i64(0n));
    t.writeFlag('p', t.i32(1));
    t.writeFlag('o', t.i32(0));
    t.writeFlag('a', t.i32(0));
    return a;
  })(t, dst!, src!);
};

// Shifts

type Shiftable = 'i16x8' | 'i32x4' | 'i64x2';
const BITS = { i16x8: 16, i32x4: 32, i64x2: 64 } as const;
const DIGITS = { shr_u: 2, shr_s: 4, shl: 6 } as const;

/** `count` an i64: all of it counts, and from the lane's width on nothing (or the sign alone) is left. */
function shiftBy(t: Emitter, shape: Shiftable, how: keyof typeof DIGITS, value: Value, count: Value): Value {
  const bound = t.let(count);
  const far = t.op('i64.ge_u', 'i32', bound, t.i64(BigInt(BITS[shape])));
  if (how === 'shr_s') return v(t, `${shape}.shr_s`, value, t.select(far, t.i32(BITS[shape] - 1), t.wrap(bound)));
  return t.select(far, zeroes(t), v(t, `${shape}.${how}`, value, t.wrap(bound)));
}
function shifts(name: string, shape: Shiftable, how: keyof typeof DIGITS, opcode: string, group: string): Description[] {
  const byRegister: Binary = (t, a, b) => shiftBy(t, shape, how, a, extract(t, 'i64x2', 0, b));
  const byImmediate: Translate = (t, dst, count) => dst!.write(shiftBy(t, shape, how, dst!.read(), t.extendU(count!.read())));
  return [
    ...both(name, opcode, byRegister),
    sse(name, [`66 0f ${group} /${DIGITS[how]} Ux,Ib`], byImmediate),
    mmx(name, [`NP 0f ${group} /${DIGITS[how]} Nq,Ib`], byImmediate),
  ];
}
/** By whole bytes, more than 15 clear all. Indices beyond the vector read zero. */
const byteShift =
  (left: boolean): Translate =>
  (t, dst, count) => {
    const bytes = t.let(count!.read());
    const bounded = splat(t, 'i8x16', t.select(t.ltU(bytes, t.i32(16)), bytes, t.i32(16)));
    dst!.write(v(t, 'i8x16.swizzle', dst!.read(), v(t, left ? 'i8x16.sub' : 'i8x16.add', iota(t), bounded)));
  };

/** PALIGNR: the pair destination:source, shifted right by bytes. */
const alignRight: Translate = (t, dst, src, count) =>
  packed((t, a, b) => {
    const bytes = count!.read();
    const bounded = t.let(splat(t, 'i8x16', t.select(t.ltU(bytes, t.i32(32)), bytes, t.i32(32))));
    const fromLow = v(t, 'i8x16.swizzle', b, v(t, 'i8x16.add', iota(t), bounded));
    const above = lanes(
      t,
      1,
      Array.from({ length: 16 }, (_, i) => (i - 16) & 0xff),
    );
    return v(t, 'v128.or', fromLow, v(t, 'i8x16.swizzle', a, v(t, 'i8x16.add', above, bounded)));
  })(t, dst!, src!);
const alignRightNarrow: Translate = (t, dst, src, count) =>
  packed((t, a, b) => {
    const bytes = count!.read();
    const bounded = splat(t, 'i8x16', t.select(t.ltU(bytes, t.i32(16)), bytes, t.i32(16)));
    return v(t, 'i8x16.swizzle', join(t, b, a), v(t, 'i8x16.add', iota(t), bounded));
  })(t, dst!, src!);

const HORIZONTAL: readonly (readonly [name: string, opcode: string, width: 2 | 4, op: Op])[] = [
  ['phaddw', '38 01', 2, 'i16x8.add'],
  ['phaddd', '38 02', 4, 'i32x4.add'],
  ['phaddsw', '38 03', 2, 'i16x8.add_sat_s'],
  ['phsubw', '38 05', 2, 'i16x8.sub'],
  ['phsubd', '38 06', 4, 'i32x4.sub'],
  ['phsubsw', '38 07', 2, 'i16x8.sub_sat_s'],
];
const ABSOLUTE: readonly (readonly [name: string, opcode: string, op: Op])[] = [
  ['pabsb', '38 1c', 'i8x16.abs'],
  ['pabsw', '38 1d', 'i16x8.abs'],
  ['pabsd', '38 1e', 'i32x4.abs'],
];

export const sseIntegers: readonly Description[] = [
  ...PLAIN.flatMap(([name, opcode, op]) => both(name, opcode, simple(op))),
  ...both('pandn', 'df', andNot),
  ...both('pmulhw', 'e5', multiplyHigh('s')),
  ...both('pmulhuw', 'e4', multiplyHigh('u')),
  ...both('pmuludq', 'f4', multiplyEven('u')),
  ...both('psadbw', 'f6', sumOfDifferences),
  sse('andps', ['NP 0f 54 /r Vx,Wx'], packed(simple('v128.and'))),
  sse('andpd', ['66 0f 54 /r Vx,Wx'], packed(simple('v128.and'))),
  sse('andnps', ['NP 0f 55 /r Vx,Wx'], packed(andNot)),
  sse('andnpd', ['66 0f 55 /r Vx,Wx'], packed(andNot)),
  sse('orps', ['NP 0f 56 /r Vx,Wx'], packed(simple('v128.or'))),
  sse('orpd', ['66 0f 56 /r Vx,Wx'], packed(simple('v128.or'))),
  sse('xorps', ['NP 0f 57 /r Vx,Wx'], packed(simple('v128.xor'))),
  sse('xorpd', ['66 0f 57 /r Vx,Wx'], packed(simple('v128.xor'))),
  ...shifts('psrlw', 'i16x8', 'shr_u', 'd1', '71'),
  ...shifts('psrld', 'i32x4', 'shr_u', 'd2', '72'),
  ...shifts('psrlq', 'i64x2', 'shr_u', 'd3', '73'),
  ...shifts('psraw', 'i16x8', 'shr_s', 'e1', '71'),
  ...shifts('psrad', 'i32x4', 'shr_s', 'e2', '72'),
  ...shifts('psllw', 'i16x8', 'shl', 'f1', '71'),
  ...shifts('pslld', 'i32x4', 'shl', 'f2', '72'),
  ...shifts('psllq', 'i64x2', 'shl', 'f3', '73'),
  sse('psrldq', ['66 0f 73 /3 Ux,Ib'], byteShift(false)),
  sse('pslldq', ['66 0f 73 /7 Ux,Ib'], byteShift(true)),

  ...both('pshufb', '38 00', shuffleBytes(0x8f), shuffleBytes(0x87)),
  ...HORIZONTAL.flatMap(([name, opcode, width, op]) => both(name, opcode, horizontal(width, op, false), horizontal(width, op, true))),
  ...both('pmaddubsw', '38 04', multiplyAddBytes),
  ...both('psignb', '38 08', sign('i8x16')),
  ...both('psignw', '38 09', sign('i16x8')),
  ...both('psignd', '38 0a', sign('i32x4')),
  ...both('pmulhrsw', '38 0b', multiplyRound),
  ...ABSOLUTE.flatMap(([name, opcode, op]) => both(name, opcode, (t, _a, b) => v(t, op, b))),
  sse('palignr', ['66 0f 3a 0f /r Vx,Wx,Ib'], alignRight),
  mmx('palignr', ['NP 0f 3a 0f /r Pq,Qq,Ib'], alignRightNarrow),

  ...PLAIN_SSE4.map(([name, opcode, op]) => sse(name, [`66 0f ${opcode} /r Vx,Wx`], packed(simple(op)))),
  sse('pmuldq', ['66 0f 38 28 /r Vx,Wx'], packed(multiplyEven('s'))),
  sse('mpsadbw', ['66 0f 3a 42 /r Vx,Wx,Ib'], multipleSums),
  sse('phminposuw', ['66 0f 38 41 /r Vx,Wx'], leastWord),
  sse('ptest', ['66 0f 38 17 /r Vx,Wx'], test),
];
