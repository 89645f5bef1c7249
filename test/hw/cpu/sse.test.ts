import { beforeEach, describe, expect, test } from 'vitest';
import { Bench, CODE, DATA, FLAGS } from './harness.ts';

const RBX = 3;
const RDI = 7;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const SIMD_EXCEPTION = 19;
const PAGE = 4096n;
const XMM0 = 160;

let bench: Bench;
let image: DataView;
beforeEach(() => {
  bench = new Bench();
  const { fxsave } = bench.context;
  image = new DataView(fxsave.buffer, fxsave.byteOffset, 512);
  bench.context.setGpr(RBX, DATA);
});
const setDouble = (register: number, value: number): void => image.setFloat64(XMM0 + 16 * register, value, true);
const double = (register: number): number => image.getFloat64(XMM0 + 16 * register, true);
const mxcsr = (): number => image.getUint32(24, true);

describe('memory operands', () => {
  test.each([
    ['ADDPS', [0x0f, 0x58, 0x03]],
    ['PADDB', [0x66, 0x0f, 0xfc, 0x03]],
    ['MOVAPS', [0x0f, 0x28, 0x03]],
    ['MOVNTDQ', [0x66, 0x0f, 0xe7, 0x03]],
    ['CVTDQ2PS', [0x0f, 0x5b, 0x03]],
    ['SQRTPD', [0x66, 0x0f, 0x51, 0x03]],
  ])('%s wants them on sixteen bytes', (_, code) => {
    bench.context.setGpr(RBX, DATA + 8n);
    expect(bench.run(code)).toMatchObject({ kind: 'exception', vector: GENERAL_PROTECTION, errorCode: 0 });
    expect(bench.context.rip).toBe(CODE);
  });
  test.each([
    ['MOVUPS', [0x0f, 0x10, 0x03]],
    ['LDDQU', [0xf2, 0x0f, 0xf0, 0x03]],
    ['PCMPISTRI', [0x66, 0x0f, 0x3a, 0x63, 0x03, 0x0c]],
    ['ADDSD', [0xf2, 0x0f, 0x58, 0x03]],
    ['PMOVZXBW', [0x66, 0x0f, 0x38, 0x30, 0x03]],
  ])('%s takes them from two pages', (_, code) => {
    bench.context.setGpr(RBX, DATA + PAGE - 3n);
    expect(bench.run(code)).toEqual({ kind: 'syscall' });
  });
  test('MASKMOVDQU stores the chosen bytes, and none when the second page is not there', () => {
    const across = DATA + PAGE - 8n;
    for (let i = 0; i < 16; i++) {
      image.setUint8(XMM0 + i, 0x10 + i);
      image.setUint8(XMM0 + 16 + i, i % 3 === 0 ? 0x80 : 0x7f);
    }
    bench.context.setGpr(RDI, across);
    const code = [0x66, 0x0f, 0xf7, 0xc1];
    expect(bench.run(code)).toEqual({ kind: 'syscall' });
    expect(bench.read(across, 16)).toEqual(Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? 0x10 + i : 0)));
    bench.write(across, Array(16).fill(0));
    bench.map(DATA + PAGE, 0n);
    expect(bench.run(code)).toMatchObject({ kind: 'exception', vector: PAGE_FAULT, cr2: DATA + PAGE });
    expect(bench.read(across, 8)).toEqual(Array(8).fill(0));
  });
  test('a store to a page that is not writable changes nothing', () => {
    bench.map(DATA, FLAGS.present | FLAGS.user);
    expect(bench.run([0x0f, 0x11, 0x03])).toMatchObject({ kind: 'exception', vector: PAGE_FAULT, errorCode: 3 });
  });
});

describe('MXCSR', () => {
  const DIVSD = [0xf2, 0x0f, 0x5e, 0xc1]; // divsd xmm0, xmm1
  test('an inexact result sets PE once, and the next ones go the short way to the same numbers', () => {
    setDouble(0, 1);
    setDouble(1, 3);
    expect(bench.run([...DIVSD, ...DIVSD])).toEqual({ kind: 'syscall' });
    expect([double(0), mxcsr()]).toEqual([1 / 3 / 3, 0x1fa0]);
  });
  test('an unmasked exception is #XM, its flag is set, and the operand is as it was', () => {
    setDouble(0, 1);
    setDouble(1, 0);
    image.setUint32(24, 0x1d80, true);
    expect(bench.run(DIVSD)).toMatchObject({ kind: 'exception', vector: SIMD_EXCEPTION, errorCode: null });
    expect([double(0), mxcsr(), bench.context.rip]).toEqual([1, 0x1d84, CODE]);
  });
  test.each([
    ['to nearest', 0x1fa0, 1 / 3],
    ['down', 0x3fa0, 1 / 3],
    ['up', 0x5fa0, 0.33333333333333337],
    ['towards zero', 0x7fa0, 1 / 3],
  ])('rounds %s', (_, control, result) => {
    setDouble(0, 1);
    setDouble(1, 3);
    image.setUint32(24, control, true);
    expect(bench.run(DIVSD)).toEqual({ kind: 'syscall' });
    expect(double(0)).toBe(result);
  });
  test('DAZ reads denormals as zero, FTZ writes them so', () => {
    setDouble(0, 2 ** -1022);
    setDouble(1, 2);
    image.setUint32(24, 0x9f80, true);
    expect(bench.run(DIVSD)).toEqual({ kind: 'syscall' });
    expect([double(0), mxcsr() & 0x3f]).toEqual([0, 0x30]);
    setDouble(0, 2 ** -1023);
    setDouble(1, 2 ** -100);
    image.setUint32(24, 0x1fc0, true);
    expect(bench.run(DIVSD)).toEqual({ kind: 'syscall' });
    expect([double(0), mxcsr() & 0x3f]).toEqual([0, 0]);
  });
  test('a reserved bit in LDMXCSR is #GP', () => {
    bench.write(DATA, [0x80, 0x1f, 1, 0]);
    expect(bench.run([0x0f, 0xae, 0x13])).toMatchObject({ kind: 'exception', vector: GENERAL_PROTECTION });
  });
});

describe('text instructions', () => {
  const text = (register: number, words: string): void => {
    for (let i = 0; i < 16; i++) image.setUint8(XMM0 + 16 * register + i, words.charCodeAt(i) || 0);
  };
  test('PCMPISTRI finds a word in a text', () => {
    text(0, 'domain');
    text(1, 'a dom domain');
    bench.run([0x66, 0x0f, 0x3a, 0x63, 0xc1, 0x0c], 1);
    expect(bench.context.gpr(1)).toBe(6n);
    expect(bench.flags).toBe('CZS');
  });
  test('CRC32 is Castagnoli’s', () => {
    const digits = [...'123456789'].map((digit) => digit.charCodeAt(0));
    bench.write(DATA, digits);
    bench.context.setGpr(0, 0xffff_ffffn);
    // crc32 rax, qword [rbx]; crc32 eax, byte [rbx + 8]
    expect(bench.run([0xf2, 0x48, 0x0f, 0x38, 0xf1, 0x03, 0xf2, 0x0f, 0x38, 0xf0, 0x43, 0x08])).toEqual({ kind: 'syscall' });
    expect(~Number(bench.context.gpr(0)) >>> 0).toBe(0xe3069283);
  });
});

test('what only rounding brings up to the least normal number has underflowed', () => {
  image.setBigUint64(XMM0, 0x0010000000000000n, true);
  image.setBigUint64(XMM0 + 16, 0x3fefffffffffffffn, true);
  image.setUint32(24, 0x1fa0, true);
  bench.run([0xf2, 0x0f, 0x59, 0xc1]); // mulsd xmm0, xmm1
  expect([image.getBigUint64(XMM0, true), mxcsr()]).toEqual([0x0010000000000000n, 0x1fb0]);
});
