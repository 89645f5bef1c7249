import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { DOUBLE, EXTENDED, pack, SINGLE, unpack, type Format } from '../../../../src/hw/cpu/float/format.ts';
import { LN2, logarithm, PI, POINT, sineAndCosine } from '../../../../src/hw/cpu/float/fixed-point.ts';
import {
  add,
  compare,
  convert,
  divide,
  FLAG,
  multiply,
  squareRoot,
  subtract,
  toInteger,
  type Environment,
  type Rounding,
} from '../../../../src/hw/cpu/float/soft-float.ts';

const environment = (rounding: Rounding = 0, masks = 0x3f): Environment => ({
  rounding,
  masks,
  flushToZero: false,
  largerNaN: false,
  flags: 0,
  roundedUp: false,
});
const view = new DataView(new ArrayBuffer(8));
const bitsOf = (value: number): bigint => (view.setFloat64(0, value), view.getBigUint64(0));
const numberOf = (bits: bigint): number => (view.setBigUint64(0, bits), view.getFloat64(0));
const anyBits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('arithmetic on integers of any length', () => {
  property.prop([anyBits, anyBits])('gives what this machine gives for doubles', (x, y) => {
    const [a, b] = [unpack(DOUBLE, x), unpack(DOUBLE, y)];
    const [p, q] = [numberOf(x), numberOf(y)];
    for (const [ours, theirs] of [
      [add(environment(), DOUBLE, a, b), p + q],
      [subtract(environment(), DOUBLE, a, b), p - q],
      [multiply(environment(), DOUBLE, a, b), p * q],
      [divide(environment(), DOUBLE, a, b), p / q],
      [squareRoot(environment(), DOUBLE, a), Math.sqrt(p)],
    ] as const)
      expect(numberOf(pack(DOUBLE, ours))).toBe(theirs);
    expect(compare(a, b)).toBe(p < q ? -1 : p > q ? 1 : p === q ? 0 : null);
  });

  property.prop([anyBits])('converts to single as this machine does', (x) => {
    const single = pack(SINGLE, convert(environment(), SINGLE, unpack(DOUBLE, x)));
    view.setUint32(0, Number(single));
    expect(view.getFloat32(0)).toBe(Math.fround(numberOf(x)));
  });

  property.prop([anyBits, anyBits, fc.constantFrom(SINGLE, DOUBLE, EXTENDED)])(
    'rounds down to at most what it rounds up to, and to the same when exact',
    (x, y, format: Format) => {
      const [a, b] = [x, y].map((bits) => convert(environment(), format, unpack(DOUBLE, bits))) as [
        ReturnType<typeof unpack>,
        ReturnType<typeof unpack>,
      ];
      const down = environment(1);
      const [low, high] = [multiply(down, format, a, b), multiply(environment(2), format, a, b)];
      const order = compare(low, high);
      expect(order === null || order === (down.flags & FLAG.precision ? -1 : 0)).toBe(true);
    },
  );

  property.prop([anyBits, fc.constantFrom(SINGLE, DOUBLE)])('takes numbers apart and puts them together again', (bits, format) => {
    const cut = BigInt.asUintN(format === SINGLE ? 32 : 64, bits);
    expect(pack(format, unpack(format, cut))).toBe(cut);
  });

  test('an unmasked underflow is told even of an exact result', () => {
    const env = environment(0, 0x3f & ~FLAG.underflow);
    multiply(env, DOUBLE, unpack(DOUBLE, bitsOf(2 ** -1022)), unpack(DOUBLE, bitsOf(0.5)));
    expect(env.flags).toBe(FLAG.underflow);
  });

  test('what does not fit an integer is invalid, not inexact', () => {
    const env = environment();
    expect(toInteger(env, unpack(DOUBLE, bitsOf(2 ** 31 - 0.5)), 32)).toBeNull();
    expect(env.flags).toBe(FLAG.invalid);
  });
});

describe('functions in fixed point', () => {
  const scale = 2 ** 60;
  const toNumber = (value: bigint): number => Number(value >> BigInt(POINT - 60)) / scale;
  const fixed = (value: number): bigint => BigInt(Math.round(value * scale)) << BigInt(POINT - 60);

  test('constants are those of the mathematicians', () => {
    expect([toNumber(PI()), toNumber(LN2())]).toEqual([Math.PI, Math.LN2]);
  });
  property.prop([fc.double({ min: -100, max: 100, noNaN: true })])('sine and cosine lie on the circle, where Math has them', (x) => {
    const [sine, cosine] = sineAndCosine(fixed(x)).map(toNumber) as [number, number];
    expect(Math.abs(sine - Math.sin(x))).toBeLessThan(1e-13);
    expect(Math.abs(sine * sine + cosine * cosine - 1)).toBeLessThan(1e-15);
  });
  property.prop([fc.double({ min: 1e-6, max: 1e6, noNaN: true })])('the logarithm is where Math has it', (x) => {
    expect(Math.abs(toNumber(logarithm(fixed(x))) - Math.log(x))).toBeLessThan(1e-10);
  });
});
