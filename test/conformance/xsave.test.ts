/** XSAVE, XRSTOR, FXSAVE and their like do what a real processor did: cases recorded on an AMD EPYC (xsave.ts). */
import { expect, test } from 'vitest';
import { Bench, DATA } from '../hw/cpu/harness.ts';
import { recordedXsaves, type XsaveCase } from './xsave.ts';

const [RAX, RCX, RDX, RBX] = [0, 1, 2, 3];
/** What follows 0F of each with [rbx]. */
const CODES: Readonly<Record<XsaveCase['operation'], readonly number[]>> = {
  xsave: [0xae, 0x23],
  xsaveopt: [0xae, 0x33],
  xsavec: [0xc7, 0x23],
  xrstor: [0xae, 0x2b],
  fxsave: [0xae, 0x03],
  fxrstor: [0xae, 0x0b],
  xgetbv: [0x01, 0xd0],
};
const hex = (bytes: ArrayLike<number>): string => Buffer.from(Array.from(bytes)).toString('hex');
/** Where MXCSR_MASK is: the silicon has one bit more. */
const MASK = [28, 32] as const;
const AMD_BIT = 2;
/** Without the padding of x87 registers, and without pointers of which nothing is told. */
function told(image: Uint8Array): Uint8Array {
  const copy = image.slice(0, 416).fill(0, ...MASK);
  for (let at = 32; at < 160; at += 16) copy.fill(0, at + 10, at + 16);
  if ((copy[2]! & 0x80) === 0) copy.fill(0, 6, 24);
  return copy;
}

test('every case has the outcome that it had on silicon', () => {
  const bench = new Bench();
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  for (const { operation, wide, mask, fpu, area, outcome } of recordedXsaves()) {
    bench.context.fxsave.set(fpu);
    bench.write(DATA, area);
    [mask, operation === 'xgetbv' ? 1 : 0, 0, Number(DATA)].forEach((value, i) =>
      bench.context.setGpr([RAX, RCX, RDX, RBX][i]!, BigInt(value)),
    );
    const exit = bench.run([...(wide ? [0x48] : []), 0x0f, ...CODES[operation]]);
    const fault = exit.kind === 'exception' ? 256 + exit.vector : 0;
    const name = `${operation}${wide ? '64' : ''} of ${mask}`;
    seen.set(`${operation} ${outcome.fault}`, (seen.get(`${operation} ${outcome.fault}`) ?? 0) + 1);
    if (fault !== outcome.fault) {
      wrong.push(`${name}: fault ${fault}, not ${outcome.fault}: header ${hex(area.subarray(512))}`);
      continue;
    }
    if (operation === 'xgetbv' && Number(bench.context.gpr(RAX)) !== outcome.states) wrong.push(`${name}: ${bench.context.gpr(RAX)}`);
    const ours = bench.read(DATA, 576);
    if (operation.endsWith('save') || operation.startsWith('xsave')) ours[MASK[0] + 2]! |= outcome.area[MASK[0] + 2]! & AMD_BIT;
    const at = ours.findIndex((byte, i) => byte !== outcome.area[i]);
    if (at >= 0) wrong.push(`${name}: area at ${at}: ${hex(ours.slice(at, at + 16))}, not ${hex(outcome.area.subarray(at, at + 16))}`);
    if (fault === 0 && hex(told(bench.context.fxsave)) !== hex(told(outcome.fpu)))
      wrong.push(`${name}: registers ${hex(told(bench.context.fxsave))}, not ${hex(told(outcome.fpu))}`);
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  // Both ends of the restores have been tried.
  expect(seen.get('xrstor 0')).toBeGreaterThan(200);
  expect(seen.get('xrstor 269')).toBeGreaterThan(50);
  expect(seen.get('fxrstor 269')).toBeGreaterThan(20);
});
