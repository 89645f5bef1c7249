/** 128-bit values against the Emitter: lanes, constants and shuffles, and the wrappers that all vector instructions share. */
import { CONTEXT } from '../layout.ts';
import type { Op } from '../wasm/opcodes.ts';
import type { Emitter, Value, VectorPlace } from './emitter.ts';
import { instruction, type AnyPlace, type Description } from './instruction.ts';

export type Translate = (t: Emitter, ...operands: AnyPlace[]) => void;
export type Binary = (t: Emitter, a: Value, b: Value) => Value;
export type LaneShape = keyof typeof LANES;

/** Lane shapes: number of extract_lane (unsigned) and of replace_lane, and the lane's type. */
const LANES = {
  i8x16: [0x16, 0x17, 'i32'],
  i16x8: [0x19, 0x1a, 'i32'],
  i32x4: [0x1b, 0x1c, 'i32'],
  i64x2: [0x1d, 0x1e, 'i64'],
  f32x4: [0x1f, 0x20, 'f32'],
  f64x2: [0x21, 0x22, 'f64'],
} as const;

export const v = (t: Emitter, op: Op, a: Value, b?: Value, c?: Value): Value => t.op(op, 'v128', a, b, c);

export const extract = (t: Emitter, shape: LaneShape, lane: number, value: Value): Value =>
  t.raw(LANES[shape][2], [0xfd, LANES[shape][0], lane], value);
export const replace = (t: Emitter, shape: LaneShape, lane: number, into: Value, value: Value): Value =>
  t.raw('v128', [0xfd, LANES[shape][1], lane], into, value);
/** Bytes of `a` (0 to 15) and `b` (16 to 31). */
export const shuffle = (t: Emitter, a: Value, b: Value, bytes: readonly number[]): Value => t.raw('v128', [0xfd, 0x0d, ...bytes], a, b);
export const constant = (t: Emitter, bytes: readonly number[]): Value => t.raw('v128', [0xfd, 0x0c, ...bytes]);
/** A constant from lanes of `width` bytes, low lane first. */
export const lanes = (t: Emitter, width: 1 | 2 | 4 | 8, values: readonly (number | bigint)[]): Value =>
  constant(
    t,
    values.flatMap((value) => Array.from({ length: width }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn))),
  );
export const splat = (t: Emitter, shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2', value: Value): Value => v(t, `${shape}.splat`, value);
export const iota = (t: Emitter): Value =>
  lanes(
    t,
    1,
    Array.from({ length: 16 }, (_, i) => i),
  );
export const zeroes = (t: Emitter): Value => lanes(t, 8, [0, 0]);

/** Byte indices of a shuffle given as lane indices of `width` bytes. */
export const byLanes = (width: number, indices: readonly number[]): number[] =>
  indices.flatMap((lane) => Array.from({ length: width }, (_, i) => lane * width + i));

/** #GP for a 16-byte memory operand that is not aligned. */
export function aligned(t: Emitter, ...operands: readonly (AnyPlace | VectorPlace)[]): void {
  for (const place of operands) if (place.kind === 'memory' && (place as VectorPlace).bytes === 16) t.needAligned(place.linear(), 16);
}

/** dst = operation(dst, src) on whole registers. */
export const packed =
  (operation: Binary): Translate =>
  (t, dst, src) => {
    aligned(t, src!);
    const b = src!.read();
    dst!.write(operation(t, dst!.read(), b));
  };
/** dst = operation(src). */
export const unary =
  (operation: (t: Emitter, value: Value) => Value): Translate =>
  (t, dst, src) => {
    aligned(t, src!);
    dst!.write(operation(t, src!.read()));
  };

/** Every one raises #NM while CR0.TS is set. */
export const sse = (name: string, forms: readonly string[], translate: Translate, more: Partial<Description> = {}): Description =>
  instruction(name, {
    forms,
    compact: true,
    ...more,
    translate(t, ...operands) {
      t.needFpu();
      translate(t, ...operands);
    },
  });

const FSW = CONTEXT.fxsave + 2;
const FTW = CONTEXT.fxsave + 4;
const ERROR_SUMMARY = 0x80;
const TOP = 0x3800;
const MATH_FAULT = 16;

/** An unmasked x87 exception that is pending is reported by the next instruction that waits. */
export function reportPending(t: Emitter): void {
  t.if(t.and(t.context(FSW, 'i32', 2).read(), t.i32(ERROR_SUMMARY)), () => t.raise(MATH_FAULT));
}

/** MMX instructions make the x87 registers theirs: TOP 0, all tags valid. Afterwards register i lies at ST(i)'s place in the image. */
export function enterMmx(t: Emitter): void {
  const top = t.and(t.context(FSW, 'i32', 2).read(), t.i32(TOP));
  const untagged = t.ne(t.context(FTW, 'i32', 1).read(), t.i32(0xff));
  t.if(t.or(top, untagged), () => t.do(t.call('enterMmx', null)));
}

/** Memory is read, or found writable, before the registers change hands. */
export const mmx = (name: string, forms: readonly string[], translate: Translate): Description =>
  sse(name, forms, (t, ...operands) => {
    reportPending(t);
    const opened = operands.map((place, i): AnyPlace => {
      if (place.kind !== 'memory') return place;
      if (i === 0) {
        t.strictly(place.linear(), (place as VectorPlace).bytes === 8 ? 8 : place.width).readToWrite();
        return place;
      }
      const value = place.read();
      return { ...place, read: () => value };
    });
    enterMmx(t);
    translate(t, ...opened);
  });

/** An operation that MMX has too, on the low halves. `narrow`: MMX's own meaning where the low half of the wide one is not it. */
export const both = (name: string, opcode: string, operation: Binary, narrow: Binary = operation): Description[] => [
  sse(name, [`66 0f ${opcode} /r Vx,Wx`], packed(operation)),
  mmx(name, [`NP 0f ${opcode} /r Pq,Qq`], packed(narrow)),
];

/** Both low halves in one register: a below, b above. */
export const join = (t: Emitter, a: Value, b: Value): Value => shuffle(t, a, b, byLanes(8, [0, 2]));

/** XMM0, which some instructions name implicitly. */
export const xmm0Place = (t: Emitter): ReturnType<Emitter['context']> => t.context(CONTEXT.fxsave + 160, 'v128', 16);
export const xmm0 = (t: Emitter): Value => xmm0Place(t).read();

/** Stores the bytes of a vector that a mask selects, all or none of them. */
export function storeBytes(t: Emitter, address: Value, value: Value, selected: Value): void {
  t.scratch(0, 'v128').write(value);
  t.faultUnless(t.call('storeBytes', 'i32', address, selected, t.i32(0)));
}
