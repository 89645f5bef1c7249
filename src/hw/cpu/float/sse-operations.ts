/**
 * SSE floating point, exact with MXCSR (SDM vol. 1, 11.5): what generated code calls when its fast path does not apply. Operands and result lie in
 * the context's scratch vectors.
 */
import { CONTEXT } from '../layout.ts';
import { DOUBLE, isNaN, pack, SINGLE, unpack, zero, type Format, type Unpacked } from './format.ts';
import type { FloatHost } from './helpers.ts';
import {
  add,
  compare,
  convert,
  divide,
  FLAG,
  fromInteger,
  multiply,
  noteDenormals,
  roundToIntegral,
  squareRoot,
  subtract,
  toInteger,
  type Environment,
  type Rounding,
} from './soft-float.ts';

interface SseEnvironment extends Environment {
  readonly denormalsAreZero: boolean;
  /** Flags of the steps of this instruction that are over. */
  earlier: number;
}
/** 16 bytes as lanes. */
class Vector {
  readonly #view: DataView;
  readonly #at: number;
  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }
  bits(width: 4 | 8, lane: number): bigint {
    return width === 8 ? this.#view.getBigUint64(this.#at + 8 * lane, true) : BigInt(this.#view.getUint32(this.#at + 4 * lane, true));
  }
  put(width: 4 | 8, lane: number, value: bigint): void {
    if (width === 8) this.#view.setBigUint64(this.#at + 8 * lane, value, true);
    else this.#view.setUint32(this.#at + 4 * lane, Number(BigInt.asUintN(32, value)), true);
  }
}
interface Call {
  readonly env: SseEnvironment;
  readonly a: Vector;
  readonly b: Vector;
  readonly result: Vector;
  readonly immediate: number;
}
type Operation = (call: Call) => void;
type Lanes = 1 | 2 | 4;

const widthOf = (format: Format): 4 | 8 => (format === SINGLE ? 4 : 8);

function number(env: SseEnvironment, format: Format, bits: bigint): Unpacked {
  const value = unpack(format, bits);
  return value.denormal && env.denormalsAreZero ? zero(value.negative) : value;
}

type Arithmetic = (env: Environment, format: Format, a: Unpacked, b: Unpacked) => Unpacked;
const lanewise =
  (format: Format, count: Lanes, operation: (lane: number) => Arithmetic): Operation =>
  ({ env, a, b, result }) => {
    const width = widthOf(format);
    for (let i = 0; i < count; i++) {
      const value = operation(i)(env, format, number(env, format, a.bits(width, i)), number(env, format, b.bits(width, i)));
      result.put(width, i, pack(format, value));
    }
  };
const root: Arithmetic = (env, format, _, b) => squareRoot(env, format, b);

/** The second operand when they are equal or unordered, even a signaling NaN. */
const choose =
  (format: Format, count: Lanes, wanted: -1 | 1): Operation =>
  ({ env, a, b, result }) => {
    const width = widthOf(format);
    for (let i = 0; i < count; i++) {
      const x = number(env, format, a.bits(width, i));
      const y = number(env, format, b.bits(width, i));
      const order = compare(x, y);
      if (order === null) env.flags |= FLAG.invalid;
      else noteDenormals(env, x, y);
      const chosen = order === wanted ? x : y;
      result.put(width, i, isNaN(chosen) ? b.bits(width, i) : pack(format, chosen));
    }
  };

/** Equal, less, less or equal, unordered; 4 to 7 their opposites. */
const HOLDS: readonly ((order: -1 | 0 | 1 | null) => boolean)[] = [
  (order) => order === 0,
  (order) => order === -1,
  (order) => order === -1 || order === 0,
  (order) => order === null,
];
function ordered(env: SseEnvironment, x: Unpacked, y: Unpacked, quietToo: boolean): -1 | 0 | 1 | null {
  const order = compare(x, y);
  if (order !== null) noteDenormals(env, x, y);
  else if (quietToo || x.kind === 'signaling' || y.kind === 'signaling') env.flags |= FLAG.invalid;
  return order;
}
const compareLanes =
  (format: Format, count: Lanes): Operation =>
  ({ env, a, b, result, immediate }) => {
    const width = widthOf(format);
    const predicate = immediate & 7;
    const quietToo = (predicate & 3) === 1 || (predicate & 3) === 2;
    for (let i = 0; i < count; i++) {
      const order = ordered(env, number(env, format, a.bits(width, i)), number(env, format, b.bits(width, i)), quietToo);
      const holds = HOLDS[predicate & 3]!(order) !== (predicate & 4) > 0;
      result.put(width, i, holds ? -1n : 0n);
    }
  };
/** COMIS and UCOMIS: ZF, PF and CF at their places in EFLAGS. */
const compareToFlags =
  (format: Format, quietToo: boolean): Operation =>
  ({ env, a, b, result }) => {
    const width = widthOf(format);
    const order = ordered(env, number(env, format, a.bits(width, 0)), number(env, format, b.bits(width, 0)), quietToo);
    result.put(4, 0, order === null ? 0x45n : order === 0 ? 0x40n : order < 0 ? 1n : 0n);
  };

const convertLanes =
  (from: Format, to: Format, count: Lanes, clearUpper: boolean): Operation =>
  ({ env, b, result }) => {
    const converted = Array.from({ length: count }, (_, i) => convert(env, to, number(env, from, b.bits(widthOf(from), i))));
    if (clearUpper) for (const half of [0, 1]) result.put(8, half, 0n);
    converted.forEach((value, i) => result.put(widthOf(to), i, pack(to, value)));
  };
const lanesToInteger =
  (from: Format, to: 4 | 8, count: Lanes, truncate: boolean, clearUpper: boolean = false): Operation =>
  ({ env, b, result }) => {
    const rounding: Rounding = truncate ? 3 : env.rounding;
    const converted = Array.from({ length: count }, (_, i) =>
      toInteger(env, number(env, from, b.bits(widthOf(from), i)), to * 8, rounding),
    );
    if (clearUpper) for (const half of [0, 1]) result.put(8, half, 0n);
    // The integer indefinite: the least number.
    converted.forEach((value, i) => result.put(to, i, value ?? 1n << BigInt(to * 8 - 1)));
  };
const integersToLanes =
  (from: 4 | 8, to: Format, count: Lanes): Operation =>
  ({ env, b, result }) => {
    for (let i = 0; i < count; i++) result.put(widthOf(to), i, pack(to, fromInteger(env, to, BigInt.asIntN(from * 8, b.bits(from, i)))));
  };
const roundLanes =
  (format: Format, count: Lanes): Operation =>
  ({ env, b, result, immediate }) => {
    const width = widthOf(format);
    const rounding = immediate & 4 ? env.rounding : ((immediate & 3) as Rounding);
    for (let i = 0; i < count; i++) {
      const value = number(env, format, b.bits(width, i));
      result.put(width, i, pack(format, roundToIntegral(env, value, rounding, (immediate & 8) !== 0)));
    }
  };

/** DPPS and DPPD: products where the immediate's upper bits say, added in pairs, to the lanes its lower bits say. */
const dotProduct =
  (format: Format, count: 2 | 4): Operation =>
  ({ env, a, b, result, immediate }) => {
    const width = widthOf(format);
    const products = Array.from({ length: count }, (_, i) =>
      immediate & (0x10 << i)
        ? multiply(env, format, number(env, format, a.bits(width, i)), number(env, format, b.bits(width, i)))
        : zero(false),
    );
    // Each step reports its own exceptions; an unmasked one ends it.
    const goesOn = (): boolean => {
      if (env.flags & ~env.masks) return false;
      env.earlier |= env.flags;
      env.flags = 0;
      return true;
    };
    if (!goesOn()) return;
    const rounded = products.map((value) => number(env, format, pack(format, value)));
    const pairs = count === 2 ? rounded : [add(env, format, rounded[0]!, rounded[1]!), add(env, format, rounded[2]!, rounded[3]!)];
    if (!goesOn()) return;
    const sum = pack(format, add(env, format, pairs[0]!, pairs[1]!));
    for (let i = 0; i < count; i++) result.put(width, i, immediate & (1 << i) ? sum : 0n);
  };

const FORMATS = { ps: [SINGLE, 4], pd: [DOUBLE, 2], ss: [SINGLE, 1], sd: [DOUBLE, 1] } as const;
type Suffix = keyof typeof FORMATS;
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = { add, sub: subtract, mul: multiply, div: divide, sqrt: root };
const each = (make: (suffix: Suffix, format: Format, count: Lanes) => Record<string, Operation>): Record<string, Operation> =>
  Object.assign({}, ...(Object.keys(FORMATS) as Suffix[]).map((suffix) => make(suffix, FORMATS[suffix][0], FORMATS[suffix][1])));

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...each((suffix, format, count) =>
    Object.fromEntries(Object.entries(ARITHMETIC).map(([name, run]) => [name + suffix, lanewise(format, count, () => run)])),
  ),
  ...each((suffix, format, count) => ({
    [`min${suffix}`]: choose(format, count, -1),
    [`max${suffix}`]: choose(format, count, 1),
    [`cmp${suffix}`]: compareLanes(format, count),
    [`round${suffix}`]: roundLanes(format, count),
  })),
  addsubps: lanewise(SINGLE, 4, (lane) => (lane & 1 ? add : subtract)),
  addsubpd: lanewise(DOUBLE, 2, (lane) => (lane & 1 ? add : subtract)),
  dpps: dotProduct(SINGLE, 4),
  dppd: dotProduct(DOUBLE, 2),
  comiss: compareToFlags(SINGLE, true),
  comisd: compareToFlags(DOUBLE, true),
  ucomiss: compareToFlags(SINGLE, false),
  ucomisd: compareToFlags(DOUBLE, false),
  cvtps2pd: convertLanes(SINGLE, DOUBLE, 2, false),
  cvtpd2ps: convertLanes(DOUBLE, SINGLE, 2, true),
  cvtss2sd: convertLanes(SINGLE, DOUBLE, 1, false),
  cvtsd2ss: convertLanes(DOUBLE, SINGLE, 1, false),
  cvtdq2ps: integersToLanes(4, SINGLE, 4),
  cvtpi2ps: integersToLanes(4, SINGLE, 2),
  cvtsi2ss: integersToLanes(8, SINGLE, 1),
  cvtsi2sd: integersToLanes(8, DOUBLE, 1),
  ...Object.assign(
    {},
    ...['', 't'].map((t) => ({
      [`cvt${t}ps2dq`]: lanesToInteger(SINGLE, 4, 4, t !== ''),
      [`cvt${t}pd2dq`]: lanesToInteger(DOUBLE, 4, 2, t !== '', true),
      [`cvt${t}ps2pi`]: lanesToInteger(SINGLE, 4, 2, t !== ''),
      [`cvt${t}ss2si32`]: lanesToInteger(SINGLE, 4, 1, t !== ''),
      [`cvt${t}ss2si64`]: lanesToInteger(SINGLE, 8, 1, t !== ''),
      [`cvt${t}sd2si32`]: lanesToInteger(DOUBLE, 4, 1, t !== ''),
      [`cvt${t}sd2si64`]: lanesToInteger(DOUBLE, 8, 1, t !== ''),
    })),
  ),
};
const NAMES: readonly string[] = Object.keys(OPERATIONS);
const BY_NUMBER: readonly Operation[] = Object.values(OPERATIONS);

export function sseOperation(name: string): number {
  const number = NAMES.indexOf(name);
  if (number < 0) throw new Error(`no operation ${name}`);
  return number;
}

const SIMD_EXCEPTION = 19;
const BEFORE_COMPUTATION: number = FLAG.invalid | FLAG.denormal | FLAG.divideByZero;
const DAZ = 0x40;
const FTZ = 0x8000;

/** Scratch 2 = operation(scratch 0, scratch 1), on top of scratch 0. 0 when an unmasked exception is recorded, and then nothing else has changed. */
export function runSse(host: FloatHost, cpu: number, operation: number, immediate: number): number {
  const { view, u8 } = host.memory;
  const mxcsrAt = cpu + CONTEXT.fxsave + 24;
  const mxcsr = view.getUint32(mxcsrAt, true);
  const masks = (mxcsr >>> 7) & 0x3f;
  const env: SseEnvironment = {
    rounding: ((mxcsr >>> 13) & 3) as Rounding,
    masks,
    flushToZero: (mxcsr & FTZ) !== 0,
    denormalsAreZero: (mxcsr & DAZ) !== 0,
    largerNaN: false,
    flags: 0,
    earlier: 0,
    roundedUp: false,
  };
  const scratch = cpu + CONTEXT.scratch;
  u8.copyWithin(scratch + 32, scratch, scratch + 16);
  const [a, b, result] = [0, 16, 32].map((offset) => new Vector(view, scratch + offset)) as [Vector, Vector, Vector];
  BY_NUMBER[operation]!({ env, a, b, result, immediate });
  // Exceptions of the operands come before any result, in whatever lane.
  const early = env.flags & BEFORE_COMPUTATION;
  const raised = (early & ~masks ? early : env.flags) | env.earlier;
  view.setUint32(mxcsrAt, mxcsr | raised, true);
  if ((raised & ~masks) === 0) return 1;
  host.raise(SIMD_EXCEPTION, -1);
  return 0;
}
