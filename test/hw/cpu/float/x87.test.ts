import { beforeEach, describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, FLAGS } from '../harness.ts';

const RBX = 3;
const NOT_AVAILABLE = 7;
const MATH_FAULT = 16;
const PAGE_FAULT = 14;
const PAGE = 4096n;

let bench: Bench;
let image: DataView;
beforeEach(() => {
  bench = new Bench();
  const { fxsave } = bench.context;
  image = new DataView(fxsave.buffer, fxsave.byteOffset, 512);
  bench.context.setGpr(RBX, DATA);
});
const doubles = (...values: number[]): number[] => [...new Uint8Array(new Float64Array(values).buffer)];
const double = (at: bigint): number => Buffer.from(bench.read(at, 8)).readDoubleLE();
const runs = (...code: number[]): void => expect(bench.run(code)).toEqual({ kind: 'syscall' });
const top = (): number => (image.getUint16(2, true) >> 11) & 7;

const FLD_M64 = [0xdd, 0x03]; // fld qword [rbx]
const FSTP_M64 = [0xdd, 0x5b, 0x10]; // fstp qword [rbx + 16]
const FSTP_M80 = [0xdb, 0x3b]; // fstp tbyte [rbx]
const FLD1 = [0xd9, 0xe8];
const FLDZ = [0xd9, 0xee];
const FLDPI = [0xd9, 0xeb];
const FDIVP = [0xde, 0xf9];
const FWAIT = [0x9b];
const FNINIT = [0xdb, 0xe3];
const FXSAVE_256 = [0x48, 0x0f, 0xae, 0x83, 0, 1, 0, 0]; // fxsave64 [rbx + 256]
const FXRSTOR_256 = [0x48, 0x0f, 0xae, 0x8b, 0, 1, 0, 0];
const FNSAVE = [0xdd, 0x33]; // fnsave [rbx]
const FRSTOR = [0xdd, 0x23];

describe('the x87 stack', () => {
  test('a ninth push is a stack fault and leaves the indefinite', () => {
    runs(...Array.from({ length: 9 }, () => FLD1).flat());
    expect(image.getUint16(2, true) & 0x241).toBe(0x241); // IE, SF, C1: overflow
    expect([image.getUint16(40, true), image.getBigUint64(32, true)]).toEqual([0xffff, 0xc000000000000000n]);
  });
  test('FNINIT empties it and leaves the registers as they are', () => {
    runs(...FLDPI, ...FNINIT);
    expect([top(), image.getUint8(4), image.getUint16(0, true)]).toEqual([0, 0, 0x37f]);
    expect(image.getUint16(32 + 16 * 7 + 8, true)).toBe(0x4000); // pi, in physical register 7
  });
  test('a store that faults pops nothing', () => {
    bench.map(DATA, FLAGS.present | FLAGS.user);
    expect(bench.run([...FLD1, ...FSTP_M80])).toMatchObject({ kind: 'exception', vector: PAGE_FAULT });
    expect([top(), image.getUint8(4)]).toEqual([7, 0x80]);
  });
  test('ten bytes can lie on two pages, and are stored on both or on neither', () => {
    const across = DATA + PAGE - 4n;
    bench.context.setGpr(RBX, across);
    runs(...FLDPI, ...FSTP_M80);
    expect(bench.read(across, 10)).toEqual([0x35, 0xc2, 0x68, 0x21, 0xa2, 0xda, 0x0f, 0xc9, 0x00, 0x40]);
    bench.write(across, Array(10).fill(0));
    bench.map(DATA + PAGE, FLAGS.present | FLAGS.user);
    expect(bench.run([...FLDPI, ...FSTP_M80])).toMatchObject({ kind: 'exception', vector: PAGE_FAULT, cr2: DATA + PAGE });
    expect(bench.read(across, 4)).toEqual([0, 0, 0, 0]);
  });
});

describe('precision and exceptions', () => {
  test('with 24 bits a third is a single', () => {
    bench.write(DATA, doubles(3));
    bench.write(DATA + 32n, [0x7f, 0x00]);
    runs(0xd9, 0x6b, 0x20, ...FLD1, ...FLD_M64, ...FDIVP, ...FSTP_M64); // fldcw [rbx + 32]
    expect(double(DATA + 16n)).toBe(Math.fround(1 / 3));
  });
  test('an unmasked division by zero waits for the next instruction that waits', () => {
    bench.write(DATA + 32n, [0x7b, 0x03]);
    const code = [0xd9, 0x6b, 0x20, ...FLD1, ...FLDZ, ...FDIVP];
    runs(...code);
    expect(image.getUint16(2, true) & 0x8084).toBe(0x8084); // B, ES, ZE
    expect(top()).toBe(6); // nothing popped
    expect(bench.run(FWAIT)).toMatchObject({ kind: 'exception', vector: MATH_FAULT, errorCode: null });
    expect(bench.context.rip).toBe(CODE);
    expect(bench.run([0x0f, 0x77])).toMatchObject({ kind: 'exception', vector: MATH_FAULT }); // emms
    runs(0xdb, 0xe2, ...FWAIT); // fnclex
  });
  test('where it happened is noted for the handler', () => {
    bench.write(DATA, doubles(0));
    bench.write(DATA + 32n, [0x7b, 0x03]);
    runs(0xd9, 0x6b, 0x20, ...FLD1, 0xdc, 0x33, ...FXSAVE_256); // fdiv qword [rbx]
    const saved = DATA + 256n;
    expect(bench.read(saved + 6n, 2)).toEqual([0x33, 0x04]); // the opcode's low bits, ModRM
    expect([bench.u64(saved + 8n), bench.u64(saved + 16n)]).toEqual([CODE + 5n, DATA]);
  });
  test.each([
    ['FLD1', FLD1],
    ['EMMS', [0x0f, 0x77]],
    ['MOVD', [0x0f, 0x6e, 0xc0]],
    ['ADDPS', [0x0f, 0x58, 0xc0]],
    ['PSHUFB', [0x66, 0x0f, 0x38, 0x00, 0xc0]],
    ['LDMXCSR', [0x0f, 0xae, 0x13]],
    ['FXSAVE', FXSAVE_256],
    ['FNINIT', FNINIT],
  ])('%s is #NM while CR0.TS is set', (_, code) => {
    bench.context.taskSwitched = true;
    expect(bench.run(code)).toMatchObject({ kind: 'exception', vector: NOT_AVAILABLE });
  });
});

describe('what is saved', () => {
  test('FXSAVE and FXRSTOR carry the unit over', () => {
    runs(...FLDPI, ...FLD1, ...FXSAVE_256);
    const before = bench.read(DATA + 256n, 416);
    runs(...FNINIT, ...FLDZ, 0x66, 0x0f, 0xef, 0xc0, ...FXRSTOR_256, ...FXSAVE_256);
    expect(bench.read(DATA + 256n, 416)).toEqual(before);
    expect([top(), image.getUint8(4)]).toEqual([6, 0xc0]);
  });
  test('FXSAVE leaves the last 96 bytes to the program', () => {
    bench.write(DATA + 256n, Array(512).fill(0xaa));
    runs(...FXSAVE_256);
    expect(bench.read(DATA + 256n + 416n, 96)).toEqual(Array(96).fill(0xaa));
    expect(bench.read(DATA + 256n + 28n, 4)).toEqual([0xff, 0xff, 0, 0]); // MXCSR_MASK
  });
  test('FXRSTOR refuses an MXCSR that cannot be, and changes nothing', () => {
    runs(...FLDPI, ...FXSAVE_256);
    bench.write(DATA + 256n + 26n, [1]);
    runs(...FNINIT);
    expect(bench.run(FXRSTOR_256)).toMatchObject({ kind: 'exception', vector: 13, errorCode: 0 });
    expect(image.getUint8(4)).toBe(0);
  });
  test('FNSAVE starts the unit afresh, FRSTOR brings all back, also across pages', () => {
    bench.context.setGpr(RBX, DATA + PAGE - 40n);
    runs(...FLDPI, ...FLD1, ...FNSAVE);
    expect([top(), image.getUint8(4)]).toEqual([0, 0]);
    runs(...FRSTOR);
    expect([top(), image.getUint8(4), image.getUint16(40, true), image.getUint16(56, true)]).toEqual([6, 0xc0, 0x3fff, 0x4000]);
  });
  test('FNSTENV tells zeroes and specials from numbers', () => {
    runs(...FLDZ, ...FLD1, ...FLD1, ...FLDZ, ...FDIVP, 0xd9, 0x33); // 0, 1, inf; fnstenv [rbx]
    expect(bench.read(DATA + 8n, 2)).toEqual([0xff, 0b01_00_10_11]); // 7 zero, 6 valid, 5 special, the rest empty
  });
});

describe('MMX on the same registers', () => {
  const MOVQ_MM3_MEM = [0x0f, 0x6f, 0x1b]; // movq mm3, [rbx]
  test('a write fills the exponent with ones and makes all registers valid', () => {
    bench.write(DATA, [1, 2, 3, 4, 5, 6, 7, 8]);
    runs(...FLDPI, ...MOVQ_MM3_MEM);
    expect([top(), image.getUint8(4)]).toEqual([0, 0xff]);
    expect(image.getBigUint64(32 + 48, true)).toBe(0x0807060504030201n);
    expect(image.getUint16(32 + 48 + 8, true)).toBe(0xffff);
    expect(image.getUint16(32 + 16 * 7 + 8, true)).toBe(0x4000); // pi is MM7 now
  });
  test('EMMS gives them back', () => {
    runs(...MOVQ_MM3_MEM, 0x0f, 0x77, ...FLD1);
    expect([top(), image.getUint8(4), image.getUint16(2, true) & 0x41]).toEqual([7, 0x80, 0]);
  });
  test('a load that faults leaves them to x87', () => {
    bench.map(DATA, 0n);
    expect(bench.run([...FLDPI, ...MOVQ_MM3_MEM])).toMatchObject({ kind: 'exception', vector: PAGE_FAULT });
    expect([top(), image.getUint8(4)]).toEqual([7, 0x80]);
  });
});
