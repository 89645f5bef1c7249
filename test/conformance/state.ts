/**
 * What a case starts from, made from one number: the same number gives the same state for ever, so that recorded vectors need not hold it. (A change
 * here means recording them again.)
 */

/** What the operands should look like. */
export type Style = 'integer' | 'single' | 'double' | 'extended';
/** What registers must be beside that, for the instruction to stay within the memory and to have something to do. */
export type Setup =
  | 'any'
  | 'string'
  | 'repeated'
  | 'bits'
  | 'lengths'
  | 'counts'
  | 'division'
  | 'stack'
  | 'flags'
  | 'target'
  | CompatibilitySetup;
/** Of 32-bit code. return: on the stack is where to go on; indexed: ebx and four times esi make an address. */
export type CompatibilitySetup = 'return' | 'indexed';
export interface Recipe {
  readonly seed: number;
  readonly style: Style;
  readonly setup: Setup;
  /** rbx points into the memory. */
  readonly memoryOperand: boolean;
  /** Addresses are offsets into segments with this base; and sp is all that there is of esp. */
  readonly segmented?: boolean;
}
export const SEGMENT_BASE = 0x0fff_8000n;
const ABOVE_SP = 0x1234_0000n;
export const DATA = 0x10000000n;
/** Where the instruction is; the runner says so too. */
export const CODE = 0x400000a3n;
/** Jumps through a register or memory, and returns, lead so far behind their beginning. */
export const TARGET_OFFSET = 12;
/** Where 32-bit code is, and where it may go on. */
export const CODE32 = 0x50000000n;
export const GOES_ON: bigint = CODE32 + 16n;
export const CODE_SELECTOR = 0x23;
const STACK_AT = 128;

export interface State {
  readonly regs: bigint[];
  readonly flags: bigint;
  readonly memory: Uint8Array;
  readonly fpu: Uint8Array;
}

export type Random = (n: number) => number;
/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let a = seed | 0;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

// prettier-ignore
const INTEGER_EDGES = [
  0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x7fffffffffffffffn, 0x8000000000000000n,
  0xffffffffffffffffn,
];
// prettier-ignore
const SINGLE_EDGES = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x00800001, 0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0x3f000000, 0x40000000,
  0x40200000, 0x3fc00000, 0x4b000000, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
  0x7fc00000, 0xffc00001, 0x7f800001, 0xffa00000, 0x33800000, 0x1f800000, 0x20000000,
];
// prettier-ignore
const DOUBLE_EDGES = [
  0n, 1n << 63n, 1n, (1n << 63n) | 1n, 0x000fffffffffffffn, 0x0010000000000000n, 0x8010000000000000n, 0x3ff0000000000000n, 0xbff0000000000000n,
  0x3ff0000000000001n, 0x3fefffffffffffffn, 0x3fe0000000000000n, 0x4004000000000000n, 0x3ff8000000000000n, 0x41dfffffffc00000n, 0x41e0000000000000n,
  0xc1e0000000000000n, 0xc1e0000000200000n, 0x43e0000000000000n, 0xc3e0000000000000n, 0x7fefffffffffffffn, 0xffefffffffffffffn, 0x7ff0000000000000n,
  0xfff0000000000000n, 0x7ff8000000000000n, 0xfff8000000000123n, 0x7ff0000000000001n, 0xfff4000000000000n, 0x3810000000000000n, 0x380fffffffffffffn,
  0x36a0000000000000n, 0x47efffffe0000000n, 0x47effffff0000000n, 0x3ca0000000000000n,
];

/** Those that decide whether a result is a number at all; they come up more often. */
const SINGLE_CORNERS = [0, 0x80000000, 1, 0x807fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x3f800000];
// prettier-ignore
const DOUBLE_CORNERS = [
  0n, 1n << 63n, 1n, 0x800fffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n, 0x7ff0000000000001n, 0x3ff0000000000000n,
];

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!;
function random64(random: Random): bigint {
  return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
}
export function integer(random: Random): bigint {
  return random(2) ? pick(random, INTEGER_EDGES) : random64(random);
}
/** A number like those of everyday programs: no extreme exponents, sometimes few digits. */
function tameDouble(random: Random): bigint {
  const exponent = BigInt(1023 + random(41) - 20);
  const fraction = random(2) ? random64(random) >> 12n : BigInt(random(256)) << 44n;
  return (BigInt(random(2)) << 63n) | (exponent << 52n) | fraction;
}
function tameSingle(random: Random): bigint {
  const fraction = random(2) ? random(2 ** 23) : random(64) << 17;
  return BigInt(((random(2) << 31) | ((127 + random(25) - 12) << 23) | fraction) >>> 0);
}
function vector64(random: Random, style: Style, tame: boolean): bigint {
  switch (style) {
    case 'single': {
      const one = (): bigint =>
        tame ? tameSingle(random) : BigInt([pick(random, SINGLE_CORNERS), pick(random, SINGLE_EDGES), random(2 ** 32)][random(3)]!);
      return (one() << 32n) | one();
    }
    case 'double':
      return tame ? tameDouble(random) : [pick(random, DOUBLE_CORNERS), pick(random, DOUBLE_EDGES), random64(random)][random(3)]!;
    case 'extended':
      return random(3) === 0 ? integer(random) : random(2) ? tameDouble(random) : pick(random, random(2) ? DOUBLE_CORNERS : DOUBLE_EDGES);
    case 'integer':
      return integer(random);
  }
}
const TOP_BIT = 1n << 63n;
/** Significand and sign with exponent of an 80-bit number, of every kind there is. */
export function extended(random: Random): readonly [significand: bigint, signExponent: number] {
  const sign = random(2) << 15;
  const fraction = random(3) ? random64(random) : [0n, 1n, TOP_BIT >> 1n, TOP_BIT - 1n, 1n << 40n][random(5)]!;
  switch (random(16)) {
    case 0:
      return [0n, sign];
    case 1:
      return [0x8000000000000000n, sign | 0x7fff];
    case 2:
      return [fraction | TOP_BIT, sign | 0x7fff]; // a NaN of either kind
    case 3:
      return [fraction & ~TOP_BIT, sign]; // denormal
    case 4:
      return [fraction | TOP_BIT, sign | [0, 1, 0x7ffe, 2][random(4)]!]; // pseudo-denormal, or at an end of the range
    case 5:
      return [fraction & ~TOP_BIT, sign | (random(2) ? 0x7fff : 0x3fff)]; // unsupported
    case 6:
    case 7:
      return [TOP_BIT | (BigInt(random(256)) << 55n), sign | (0x3fff + random(70) - 3)];
    case 8:
      return [TOP_BIT, sign | (0x3fff + random(8) - 4)];
    case 9:
      return [TOP_BIT | fraction, sign | (0x3fff + random(2200) - 1100)];
    case 10:
      return [TOP_BIT | fraction, sign | (0x3fff + random(130) - 65)];
    default:
      return [TOP_BIT | fraction, sign | (0x3fff + random(6) - 4)];
  }
}

/** Around the widths of operands and of masks. */
export const SHIFT_COUNTS: readonly bigint[] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 18, 24, 31, 32, 33, 34, 48, 63, 64, 65, 127, 128, 255].map(
  BigInt,
);
/** What POPF may set: not TF, nor AC, under which the runner would stop. */
const HARMLESS_FLAGS = 0x3ed5n;

function setUp(regs: bigint[], memory: DataView, { seed, setup, memoryOperand }: Recipe): void {
  const random = randomFrom(~seed);
  switch (setup) {
    case 'any':
      return;
    case 'string':
    case 'repeated': // room for six elements either way
      regs[6] = DATA + 48n + BigInt(random(60));
      regs[7] = DATA + 108n + BigInt(random(50));
      if (setup === 'repeated') regs[1] = BigInt(random(6));
      return;
    case 'bits': // a bit index in a register reaches beyond the operand, both ways
      for (let i = 0; i < 16; i++) if (i !== 3) regs[i] = BigInt.asUintN(64, BigInt(random(512) - 256));
      return;
    case 'lengths': // mostly within the strings
      for (const i of [0, 2]) if (random(3)) regs[i] = BigInt.asUintN(64, BigInt(random(40) - 20));
      return;
    case 'counts':
      regs[1] = (regs[1]! & ~0xffn) | SHIFT_COUNTS[random(SHIFT_COUNTS.length)]!;
      return;
    case 'division': // quotients that fit, and those at the edge of it
      if (random(4) === 0) return;
      if (random(2)) regs[0] = BigInt(random(2 ** 16));
      regs[2] = [0n, 0n, (1n << 64n) - 1n, BigInt(random(256)), BigInt.asUintN(64, BigInt.asIntN(64, regs[0]!) >> 63n)][random(5)]!;
      return;
    case 'return':
      regs[4] = DATA + BigInt(STACK_AT);
      memory.setUint32(STACK_AT, Number(GOES_ON), true);
      memory.setUint32(STACK_AT + 4, CODE_SELECTOR, true);
      memory.setUint32(STACK_AT + 8, 0x202 | (Number(regs[0]) & 0x8d5), true);
      return;
    case 'indexed':
      regs[3] = BigInt.asUintN(32, DATA + 64n - 4n * regs[6]!);
      return;
    case 'stack':
    case 'flags':
    case 'target':
      regs[4] = DATA + 128n + BigInt(8 * random(8)) + BigInt(random(4) ? 0 : random(8));
      regs[5] = DATA + 64n + BigInt(random(64));
      if (setup === 'flags') {
        const at = Number(regs[4] - DATA);
        memory.setBigUint64(at, memory.getBigUint64(at, true) & HARMLESS_FLAGS, true);
      }
      if (setup === 'target') {
        for (let i = 0; i < 16; i++) if (i !== 4 && !(memoryOperand && i === 3)) regs[i] = CODE + BigInt(TARGET_OFFSET);
        for (let at = Number(regs[4] & 7n); at <= 248; at += 8) memory.setBigUint64(at, CODE + BigInt(TARGET_OFFSET), true);
        if (memoryOperand) regs[3] = (regs[3]! & ~7n) | (regs[4] & 7n);
      }
  }
}

function intoSegments(regs: bigint[], { setup }: Recipe): void {
  for (const r of [3, 4, 5, 6, 7])
    if (regs[r]! >= DATA && regs[r]! < DATA + 4096n) regs[r] = regs[r]! - SEGMENT_BASE + (r === 4 ? ABOVE_SP : 0n);
  if (setup === 'indexed') regs[3] = BigInt.asUintN(32, DATA - SEGMENT_BASE + 64n - 4n * regs[6]!);
}

const DIRECTION = 0x400;

/** All registers and 256 bytes of memory. */
export function makeState(recipe: Recipe): State {
  const { seed, style, memoryOperand } = recipe;
  const random = randomFrom(seed);
  const regs = Array.from({ length: 16 }, () => integer(random));
  if (memoryOperand) regs[3] = DATA + 64n;
  const memory = new Uint8Array(256);
  const memoryView = new DataView(memory.buffer);
  const fpu = new Uint8Array(512);
  const view = new DataView(fpu.buffer);
  const tame = random(3) === 0;
  for (let i = 0; i < 256; i += 8) memoryView.setBigUint64(i, vector64(random, style, tame), true);
  for (let i = 0; i < 256; i += 8) view.setBigUint64(160 + i, vector64(random, style, tame), true);
  if (style === 'extended') {
    for (const at of [64, 80, 96, 112, 128, 144]) {
      const [significand, signExponent] = extended(random);
      if (random(2)) memoryView.setBigUint64(at, significand, true);
      if (random(2)) memoryView.setUint16(at + 8, signExponent, true);
    }
  }
  setUp(regs, memoryView, recipe);
  if (recipe.segmented) intoSegments(regs, recipe);
  // Three of four with everything masked.
  const masked = random(4) !== 0;
  const floating = style === 'single' || style === 'double';
  const usual = tame || !floating || random(3) === 0;
  const mxcsr = usual
    ? 0x1f80 | (random(4) ? 0x20 : 0)
    : (masked ? 0x1f80 : random(64) << 7) |
      (random(4) << 13) |
      (random(4) === 0 ? 0x8000 : 0) |
      (random(4) === 0 ? 0x40 : 0) |
      (random(3) ? 0 : random(64));
  view.setUint32(24, mxcsr, true);
  view.setUint32(28, 0xffff, true);
  const top = style === 'extended' ? random(8) : random(8) ? 0 : random(8);
  const control = style === 'extended' && random(2) ? 0x40 | (masked ? 0x3f : random(64)) | (random(4) << 8) | (random(4) << 10) : 0x37f;
  view.setUint16(0, control, true);
  // Sticky flags only where they are masked: nothing is pending before the instruction, but now and then.
  const sticky = random(2) ? random(128) & (random(8) ? control : 0x7f) & 0x7f : 0;
  const pending = sticky & ~control & 0x3f ? 0x8080 : 0;
  const conditions = [0, 0x100, 0x200, 0x400, 0x4000][random(5)]!;
  view.setUint16(2, (top << 11) | conditions | (style === 'extended' ? sticky | pending : 0), true);
  for (let i = 0; i < 8; i++) {
    const [significand, signExponent] = extended(random);
    view.setBigUint64(32 + 16 * i, significand, true);
    view.setUint16(40 + 16 * i, signExponent, true);
  }
  view.setUint8(4, style === 'extended' && random(4) ? (random(3) ? 0xff : random(256)) : 0xff);
  const flags = 0x202n | BigInt((random(0x1000) & 0x8d5) | (random(4) ? 0 : DIRECTION));
  return { regs, flags, memory, fpu };
}
