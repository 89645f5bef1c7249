/** SSE floating point (SDM vol. 2), inline under the conditions of sse-guard.ts. */
import type { Emitter, Value } from './emitter.ts';
import type { Description } from './instruction.ts';
import { checks, every, exactly, lowLane, unless, usualMxcsr, wideOf, withLow, type Checks, type Scalar } from './sse-guard.ts';
import { aligned, byLanes, extract, lanes, shuffle, sse, v, zeroes, type Translate } from './vector.ts';

type Suffix = 'ps' | 'pd' | 'ss' | 'sd';
const PREFIX = { ps: 'NP', pd: '66', ss: 'F3', sd: 'F2' } as const;
const scalarOf = (suffix: Suffix): Scalar => (suffix === 'ps' || suffix === 'ss' ? 'f32' : 'f64');
const isPacked = (suffix: Suffix): boolean => suffix[0] === 'p';

type Safe = (c: Checks, a: Value, b: Value, result: Value) => Value;
/** What must hold of operands and result, beside MXCSR's mode. */
const SAFE: Readonly<Record<'add' | 'sub' | 'mul' | 'div' | 'sqrt', Safe>> = {
  // A zero sum of such terms is exact.
  add: (c, a, b, r) => c.and(c.and(c.plain(a), c.plain(b)), c.or(c.normal(r), c.zero(r))),
  sub: (c, a, b, r) => c.and(c.and(c.plain(a), c.plain(b)), c.or(c.normal(r), c.zero(r))),
  mul: (c, a, b, r) => c.and(c.and(c.plain(a), c.plain(b)), c.or(c.normal(r), c.and(c.zero(r), c.or(c.zero(a), c.zero(b))))),
  div: (c, a, b, r) => c.and(c.and(c.plain(a), c.plain(b)), c.or(c.normal(r), c.and(c.zero(r), c.zero(a)))),
  sqrt: (c, _a, b, r) => c.and(c.plain(b), c.or(c.normal(r), c.zero(r))),
};
type Operation = keyof typeof SAFE;

/** Whether `result` is exact, as far as that is quickly told. */
function exactness(
  t: Emitter,
  operation: Operation,
  scalar: Scalar,
  packed: boolean,
  a: Value,
  b: Value,
  result: Value,
): (() => Value) | undefined {
  switch (operation) {
    case 'add':
    case 'sub':
      return () => sumIsExact(t, operation, scalar, packed, a, b, result);
    case 'mul':
      return packed ? undefined : () => productIsExact(t, scalar, a, b, result);
    case 'div':
      return packed ? undefined : () => t.eqz(fraction(t, scalar, b)); // by a power of two
    case 'sqrt':
      return undefined;
  }
}
/** Knuth's two-sum: what the sum lacks is a number of the format, and so it is computed exactly. */
function sumIsExact(t: Emitter, operation: 'add' | 'sub', scalar: Scalar, packed: boolean, a: Value, b: Value, sum: Value): Value {
  const type = packed ? 'v128' : scalar;
  const op = (name: 'add' | 'sub', x: Value, y: Value): Value =>
    t.op(`${packed ? wideOf(scalar) : scalar}.${name}` as 'f64.add', type, x, y);
  const virtual = t.let(op('sub', sum, a));
  const lost = op('sub', a, op('sub', sum, virtual));
  const error = operation === 'add' ? op('add', lost, op('sub', b, virtual)) : op('sub', lost, op('add', b, virtual));
  const c = checks(t, scalar, packed);
  return c.all(c.zero(error));
}
const bitsOf = (t: Emitter, scalar: Scalar, value: Value): Value =>
  scalar === 'f32' ? t.op('i32.reinterpret_f32', 'i32', value) : t.op('i64.reinterpret_f64', 'i64', value);
function fraction(t: Emitter, scalar: Scalar, value: Value): Value {
  const bits = bitsOf(t, scalar, value);
  return scalar === 'f32' ? t.and(bits, t.i32(0x7fffff)) : t.and(bits, t.i64(0xfffffffffffffn));
}
/** A product of singles is a double; one of doubles fits when both have zeroes enough at the end. */
function productIsExact(t: Emitter, scalar: Scalar, a: Value, b: Value, product: Value): Value {
  if (scalar === 'f32') {
    const wide = (value: Value): Value => t.op('f64.promote_f32', 'f64', value);
    return t.op('f64.eq', 'i32', t.op('f64.mul', 'f64', wide(a), wide(b)), wide(product));
  }
  const zeroesAtEnd = (value: Value): Value => t.op('i64.ctz', 'i64', t.or(fraction(t, 'f64', value), t.i64(1n << 52n)));
  return t.op('i64.ge_u', 'i32', t.add(zeroesAtEnd(a), zeroesAtEnd(b)), t.i64(53n));
}

/** Both operands as the operation sees them: whole registers, or their low lanes. */
function operate(t: Emitter, operation: Operation, suffix: Suffix, a: Value, b: Value): Value {
  const scalar = scalarOf(suffix);
  const packed = isPacked(suffix);
  const c = checks(t, scalar, packed);
  const type = packed ? 'v128' : scalar;
  const name = packed ? wideOf(scalar) : scalar;
  const [x, y] = packed ? [a, b] : [lowLane(t, scalar, a), lowLane(t, scalar, b)];
  const op = `${name}.${operation}` as 'f32x4.add';
  const fast = t.let(operation === 'sqrt' ? t.op(op, type, y) : t.op(op, type, x, y));
  const safe = t.and(usualMxcsr(t, exactness(t, operation, scalar, packed, x, y, fast)), c.all(SAFE[operation](c, x, y, fast)));
  return unless(t, safe, packed ? fast : withLow(t, scalar, a, fast), () => exactly(t, operation + suffix, a, b));
}

const forms = (suffix: Suffix, opcode: string): string[] => [
  `${PREFIX[suffix]} 0f ${opcode} /r Vx,${isPacked(suffix) ? 'Wx' : scalarOf(suffix) === 'f32' ? 'Wd' : 'Wq'}`,
];
const SUFFIXES: readonly Suffix[] = ['ps', 'pd', 'ss', 'sd'];
const HOT = { compact: false };

const arithmetic = (name: Operation, opcode: string): Description[] =>
  SUFFIXES.map((suffix) =>
    sse(
      name + suffix,
      forms(suffix, opcode),
      (t, dst, src) => {
        aligned(t, src!);
        const b = src!.read();
        dst!.write(operate(t, name, suffix, dst!.read(), b));
      },
      name === 'sqrt' ? {} : HOT,
    ),
  );

/** x86 takes the second operand unless the first is really less: wasm's pmin with its operands exchanged. */
const choice = (name: 'min' | 'max', opcode: string): Description[] =>
  SUFFIXES.map((suffix) =>
    sse(name + suffix, forms(suffix, opcode), (t, dst, src) => {
      aligned(t, src!);
      const b = src!.read();
      const a = dst!.read();
      const scalar = scalarOf(suffix);
      const packed = isPacked(suffix);
      const c = checks(t, scalar, packed);
      const chosen = t.let(v(t, `${wideOf(scalar)}.p${name}`, b, a));
      const [x, y] = packed ? [a, b] : [lowLane(t, scalar, a), lowLane(t, scalar, b)];
      const fast = packed ? chosen : withLow(t, scalar, a, extract(t, wideOf(scalar), 0, chosen));
      dst!.write(unless(t, c.all(c.and(c.plain(x), c.plain(y))), fast, () => exactly(t, name + suffix, a, b)));
    }),
  );

/** CMPPS and its like: the predicate is the immediate. */
const comparisons: Description[] = SUFFIXES.map((suffix) =>
  sse(
    `cmp${suffix}`,
    forms(suffix, 'c2').map((form) => `${form},Ib`),
    (t, dst, src, immediate) => {
      aligned(t, src!);
      const b = src!.read();
      const a = dst!.read();
      const scalar = scalarOf(suffix);
      const wide = wideOf(scalar);
      const packed = isPacked(suffix);
      const c = checks(t, scalar, packed);
      const predicate = t.let(t.and(immediate!.read(), t.i32(7)));
      const is = (n: number): Value => t.eq(t.and(predicate, t.i32(3)), t.i32(n));
      // Plain operands are never unordered.
      const holds = t.select(
        is(0),
        v(t, `${wide}.eq`, a, b),
        t.select(is(1), v(t, `${wide}.lt`, a, b), t.select(is(2), v(t, `${wide}.le`, a, b), zeroes(t))),
      );
      const inverted = t.let(v(t, 'v128.xor', holds, v(t, 'i32x4.splat', t.shrS(t.shl(predicate, t.i32(29)), t.i32(31)))));
      const [x, y] = packed ? [a, b] : [lowLane(t, scalar, a), lowLane(t, scalar, b)];
      const fast = packed ? inverted : shuffle(t, a, inverted, scalar === 'f32' ? byLanes(4, [4, 1, 2, 3]) : byLanes(8, [2, 1]));
      dst!.write(unless(t, c.all(c.and(c.plain(x), c.plain(y))), fast, () => exactly(t, `cmp${suffix}`, a, b, predicate)));
    },
  ),
);

const flagComparison = (name: 'comis' | 'ucomis', opcode: string, scalar: Scalar): Description => {
  const operation = name + (scalar === 'f32' ? 's' : 'd');
  const form = scalar === 'f32' ? `NP 0f ${opcode} /r Vd,Wd` : `66 0f ${opcode} /r Vq,Wq`;
  return sse(operation, [form], (t, left, right) => {
    const b = right!.read();
    const a = left!.read();
    const c = checks(t, scalar, false);
    const [x, y] = [lowLane(t, scalar, a), lowLane(t, scalar, b)];
    const equal = t.shl(t.op(`${scalar}.eq`, 'i32', x, y), t.i32(6));
    const fast = t.or(equal, t.op(`${scalar}.lt`, 'i32', x, y));
    const flags = unless(t, t.and(c.plain(x), c.plain(y)), fast, () => t.wrap(extract(t, 'i64x2', 0, exactly(t, operation, a, b))));
    // At their places in EFLAGS: ZF 40, PF 4, CF 1.
    t.writeFlag('z', t.extendU(t.xor(t.and(flags, t.i32(0x40)), t.i32(0x40))));
    t.writeFlag('p', t.xor(t.and(t.shrU(flags, t.i32(2)), t.i32(1)), t.i32(1)));
    t.writeFlag('c', t.and(flags, t.i32(1)));
    t.writeFlag('s', t.i64(0n));
    t.writeFlag('o', t.i32(0));
    t.writeFlag('a', t.i32(0));
  });
};

// SSE3: horizontal, and subtracting and adding by turns

const EVEN_SIGNS = { ps: [0x80000000, 0, 0x80000000, 0], pd: [1n << 63n, 0n] } as const;
const alternate = (suffix: 'ps' | 'pd'): Translate => {
  const scalar = scalarOf(suffix);
  return (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    const a = dst!.read();
    const c = checks(t, scalar, true);
    const flipped = t.let(v(t, 'v128.xor', b, lanes(t, suffix === 'ps' ? 4 : 8, EVEN_SIGNS[suffix])));
    const fast = t.let(v(t, `${wideOf(scalar)}.add`, a, flipped));
    const usual = usualMxcsr(t, () => sumIsExact(t, 'add', scalar, true, a, flipped, fast));
    dst!.write(unless(t, t.and(usual, c.all(SAFE.add(c, a, b, fast))), fast, () => exactly(t, `addsub${suffix}`, a, b)));
  };
};
const horizontal =
  (operation: 'add' | 'sub', suffix: 'ps' | 'pd'): Translate =>
  (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    const a = dst!.read();
    const pick = (odd: 0 | 1): Value =>
      t.let(shuffle(t, a, b, suffix === 'ps' ? byLanes(4, [odd, odd + 2, odd + 4, odd + 6]) : byLanes(8, [odd, odd + 2])));
    dst!.write(operate(t, operation, suffix, pick(0), pick(1)));
  };
const dot =
  (operation: 'dpps' | 'dppd'): Translate =>
  (t, dst, src, immediate) => {
    aligned(t, src!);
    const b = src!.read();
    dst!.write(exactly(t, operation, dst!.read(), b, immediate!.read()));
  };

const LEAST_SINGLE = 0x00800000n;
/**
 * RCP and RSQRT. The manual asks for a relative error of at most 1.5 × 2^-12, and processors differ; ours gives the nearest single (of the root's
 * nearest single), which any program must be content with. Denormals count as zero, tiny results become zero, no flag is touched.
 */
const reciprocal =
  (ofRoot: boolean, packed: boolean): Translate =>
  (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    const sign = t.let(v(t, 'v128.and', b, every(t, 'f32', 0x80000000n)));
    const least = every(t, 'f32', LEAST_SINGLE);
    const flushed = (value: Value): Value => {
      const tiny = v(t, 'f32x4.lt', v(t, 'f32x4.abs', value), least);
      return v(t, 'v128.or', v(t, 'v128.andnot', value, tiny), sign);
    };
    const x = t.let(flushed(b));
    const quotient = t.let(v(t, 'f32x4.div', every(t, 'f32', 0x3f800000n), ofRoot ? v(t, 'f32x4.sqrt', x) : x));
    const number = ofRoot ? quotient : flushed(quotient);
    const indefinite = v(
      t,
      'v128.bitselect',
      v(t, 'v128.or', b, every(t, 'f32', 0x400000n)),
      every(t, 'f32', 0xffc00000n),
      v(t, 'f32x4.ne', b, b),
    );
    const result = v(t, 'v128.bitselect', indefinite, number, v(t, 'f32x4.ne', quotient, quotient));
    dst!.write(packed ? result : shuffle(t, dst!.read(), t.let(result), byLanes(4, [4, 1, 2, 3])));
  };

/** ROUNDPS and its like: bits 0 to 1 the mode, bit 2 MXCSR's instead, bit 3 no PE. */
const rounding = (suffix: Suffix, opcode: string): Description =>
  sse(
    `round${suffix}`,
    [`66 0f 3a ${opcode} /r Vx,${isPacked(suffix) ? 'Wx' : scalarOf(suffix) === 'f32' ? 'Wd' : 'Wq'},Ib`],
    (t, dst, src, immediate) => {
      aligned(t, src!);
      const b = src!.read();
      const a = dst!.read();
      const choice = immediate!.read();
      const scalar = scalarOf(suffix);
      const packed = isPacked(suffix);
      const wide = wideOf(scalar);
      const c = checks(t, scalar, packed);
      // Where MXCSR chooses, the usual one chooses the nearest.
      const mode = t.let(t.select(t.and(choice, t.i32(4)), t.i32(0), t.and(choice, t.i32(3))));
      const rounded = t.variable(v(t, `${wide}.nearest`, b));
      (['floor', 'ceil', 'trunc'] as const).forEach((name, i) => {
        t.if(t.eq(mode, t.i32(i + 1)), () => rounded.set(v(t, `${wide}.${name}`, b)));
      });
      const silent = t.eq(t.and(choice, t.i32(12)), t.i32(8));
      const tested = packed ? b : lowLane(t, scalar, b);
      const fast = packed ? rounded.get() : withLow(t, scalar, a, extract(t, wide, 0, rounded.get()));
      const integral = c.all(
        c.zero(
          t.op(
            `${packed ? wide : scalar}.sub` as 'f64.sub',
            packed ? 'v128' : scalar,
            tested,
            packed ? rounded.get() : extract(t, wide, 0, rounded.get()),
          ),
        ),
      );
      const safe = t.and(
        t.or(
          silent,
          usualMxcsr(t, () => integral),
        ),
        c.all(c.plain(tested)),
      );
      dst!.write(unless(t, safe, fast, () => exactly(t, `round${suffix}`, a, b, choice)));
    },
  );

export const sseFloats: readonly Description[] = [
  ...arithmetic('add', '58'),
  ...arithmetic('mul', '59'),
  ...arithmetic('sub', '5c'),
  ...arithmetic('div', '5e'),
  ...arithmetic('sqrt', '51'),
  ...choice('min', '5d'),
  ...choice('max', '5f'),
  ...comparisons,
  flagComparison('comis', '2f', 'f32'),
  flagComparison('comis', '2f', 'f64'),
  flagComparison('ucomis', '2e', 'f32'),
  flagComparison('ucomis', '2e', 'f64'),
  sse('rcpps', ['NP 0f 53 /r Vx,Wx'], reciprocal(false, true)),
  sse('rcpss', ['F3 0f 53 /r Vx,Wd'], reciprocal(false, false)),
  sse('rsqrtps', ['NP 0f 52 /r Vx,Wx'], reciprocal(true, true)),
  sse('rsqrtss', ['F3 0f 52 /r Vx,Wd'], reciprocal(true, false)),
  sse('addsubps', ['F2 0f d0 /r Vx,Wx'], alternate('ps')),
  sse('addsubpd', ['66 0f d0 /r Vx,Wx'], alternate('pd')),
  sse('haddps', ['F2 0f 7c /r Vx,Wx'], horizontal('add', 'ps')),
  sse('haddpd', ['66 0f 7c /r Vx,Wx'], horizontal('add', 'pd')),
  sse('hsubps', ['F2 0f 7d /r Vx,Wx'], horizontal('sub', 'ps')),
  sse('hsubpd', ['66 0f 7d /r Vx,Wx'], horizontal('sub', 'pd')),
  sse('dpps', ['66 0f 3a 40 /r Vx,Wx,Ib'], dot('dpps')),
  sse('dppd', ['66 0f 3a 41 /r Vx,Wx,Ib'], dot('dppd')),
  rounding('ps', '08'),
  rounding('pd', '09'),
  rounding('ss', '0a'),
  rounding('sd', '0b'),
];
