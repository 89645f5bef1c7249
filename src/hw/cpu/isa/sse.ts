/**
 * SSE and SSE2: moves, logic and packed integers (SDM vol. 2), on wasm's SIMD. Not all of it yet, so CPUID announces neither; what is not here is #UD.
 * Every one raises #NM while CR0.TS is set.
 */
import type { Op } from '../wasm/opcodes.ts';
import type { Emitter, Value, VectorPlace } from './emitter.ts';
import { instruction, type AnyPlace, type Description } from './instruction.ts';

type Translate = (t: Emitter, ...operands: AnyPlace[]) => void;

const sse = (name: string, forms: readonly string[], translate: Translate): Description =>
  instruction(name, {
    forms,
    translate(t, ...operands) {
      t.needFpu();
      translate(t, ...operands);
    },
  });

const copy: Translate = (_t, dst, src) => (dst as VectorPlace).write(src!.read());
/** The aligned forms: a memory operand not on 16 bytes is #GP. */
const copyAligned: Translate = (t, dst, src) => {
  for (const place of [dst!, src!]) if (place.kind === 'memory') t.needAligned(place.linear(), 16);
  copy(t, dst!, src!);
};
/** An operation on both whole registers; the memory form is aligned. */
const packed =
  (operation: (t: Emitter, a: Value, b: Value) => Value): Translate =>
  (t, dst, src) => {
    if (src!.kind === 'memory') t.needAligned(src!.linear(), 16);
    const b = (src as VectorPlace).read();
    dst!.write(operation(t, (dst as VectorPlace).read(), b));
  };
const simd = (op: Op): Translate => packed((t, a, b) => t.op(op, 'v128', a, b));

const PACKED: readonly (readonly [name: string, opcode: string, op: Op])[] = [
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
];
/** andnot of wasm has its operands the other way round. */
const andNot = packed((t, a, b) => t.op('v128.andnot', 'v128', b, a));

export const sseInstructions: readonly Description[] = [
  sse('movaps', ['NP 0f 28 /r Vx,Wx', 'NP 0f 29 /r Wx,Vx', '66 0f 28 /r Vx,Wx', '66 0f 29 /r Wx,Vx'], copyAligned),
  sse('movdqa', ['66 0f 6f /r Vx,Wx', '66 0f 7f /r Wx,Vx'], copyAligned),
  sse('movntps', ['NP 0f 2b /r Nx,Vx', '66 0f 2b /r Nx,Vx', '66 0f e7 /r Nx,Vx'], copyAligned),
  sse('movups', ['NP 0f 10 /r Vx,Wx', 'NP 0f 11 /r Wx,Vx', '66 0f 10 /r Vx,Wx', '66 0f 11 /r Wx,Vx'], copy),
  sse('movdqu', ['F3 0f 6f /r Vx,Wx', 'F3 0f 7f /r Wx,Vx'], copy),
  ...PACKED.map(([name, opcode, op]) => sse(name, [`66 0f ${opcode} /r Vx,Wx`], simd(op))),
  sse('andps', ['NP 0f 54 /r Vx,Wx', '66 0f 54 /r Vx,Wx'], simd('v128.and')),
  sse('orps', ['NP 0f 56 /r Vx,Wx', '66 0f 56 /r Vx,Wx'], simd('v128.or')),
  sse('xorps', ['NP 0f 57 /r Vx,Wx', '66 0f 57 /r Vx,Wx'], simd('v128.xor')),
  sse('andnps', ['NP 0f 55 /r Vx,Wx', '66 0f 55 /r Vx,Wx', '66 0f df /r Vx,Wx'], andNot),
];
