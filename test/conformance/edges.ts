/** Which edges the operands of a recorded case touch, by name: for the test that every form meets all of its own. */
import { decode, toInstruction, TRUNCATED } from '../../src/hw/cpu/decode/decoder.ts';
import type { Operand } from '../../src/hw/cpu/decode/instruction.ts';
import { DATA, type State } from './state.ts';
import type { Vector } from './vectors.ts';

export type Recorded = Vector & { readonly state: State };

const INTEGER = ['zero', 'one', 'all ones', 'sign bit'];
const FLOAT = ['+0', '-0', 'denormal', 'normal', 'infinity', 'quiet NaN', 'signalling NaN'];
const CONTROL = ['to nearest', 'down', 'up', 'to zero'];
const SSE_CONTROL = [...CONTROL, 'DAZ', 'FTZ', 'DAZ and FTZ', 'unmasked'];
const EXTENDED = ['+0', '-0', 'denormal', 'normal', 'infinity', 'NaN', 'unsupported'];
const X87_CONTROL = [...CONTROL, '24 bits', '53 bits', '64 bits', 'unmasked'];
const COUNTS = [0, 1, 31, 32, 33, 63, 64, 255].map((count) => `by ${count}`);

const SHIFT_BY = /^(rol|ror|rcl|rcr|shl|shr|sar|shld|shrd) .*(CL|Ib)$/;
const DIVISION = /^i?div /;
/** Of x87, those with two numbers to work on. */
const X87_ARITHMETIC = /^f(add|sub|subr|mul|div|divr|com|comp|addp|subp|subrp|mulp|divp|divrp|ucom|ucomp|comi|comip|ucomi|ucomip) .*STi/;

/** What of these the cases of a form must meet. The style is that of the operands. */
export function wanted(name: string, { recipe: { style } }: Recorded): readonly string[] {
  if (SHIFT_BY.test(name)) return COUNTS;
  if (DIVISION.test(name)) return ['zero', 'fits', '#DE'];
  if (X87_ARITHMETIC.test(name)) return [...EXTENDED, ...X87_CONTROL];
  const source = name.split(',').at(-1)!;
  if (style === 'single' || style === 'double') return /^(\S+ .*)?[VWU][xqd]$/.test(source) ? [...FLOAT, ...SSE_CONTROL] : SSE_CONTROL;
  return style === 'integer' && !/^(jmp|call) /.test(name) && /[EG][bvw](,I\w+)?$/.test(name) ? INTEGER : [];
}

/** What one case meets. */
export function met({ name, code, recipe, state, outcome }: Recorded): readonly string[] {
  const decoded = decode(Uint8Array.from([...code, ...new Uint8Array(15)]), 0, 15 + code.length);
  if (decoded === TRUNCATED || 'undefined' in decoded) throw new Error(`${name}: ${Buffer.from(code).toString('hex')} is no instruction`);
  const { operands } = toInstruction(decoded);
  if (SHIFT_BY.test(name)) return [`by ${valueOf(operands.at(-1)!, state) & 0xffn}`];
  if (DIVISION.test(name)) return [...integerEdges(operands[0]!, state), outcome.fault === 0 ? 'fits' : '#DE'];
  if (X87_ARITHMETIC.test(name)) return [...extendedEdges(state.fpu), ...x87Control(state.fpu)];
  switch (recipe.style) {
    case 'single':
    case 'double':
      return [...floatEdges(operands.at(-1)!, recipe.style, state), ...sseControl(state.fpu)];
    default:
      return operands.flatMap((operand) => integerEdges(operand, state));
  }
}

const little = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function valueOf(operand: Operand, { regs, memory, fpu }: State): bigint {
  const bits = 8 * operand.size;
  switch (operand.kind) {
    case 'gpr':
      return BigInt.asUintN(bits, operand.high ? regs[operand.index]! >> 8n : regs[operand.index]!);
    case 'immediate':
      return BigInt.asUintN(bits, operand.value);
    case 'xmm':
      return little(fpu.subarray(160 + 16 * operand.index, 160 + 16 * operand.index + operand.size));
    case 'mmx':
      return little(fpu.subarray(32 + 16 * operand.index, 40 + 16 * operand.index));
    case 'memory': {
      const at = Number((operand.base === null ? 0n : regs[operand.base]!) + operand.displacement - DATA);
      return little(memory.subarray(at, at + operand.size));
    }
    default:
      return 0n;
  }
}

function integerEdges(operand: Operand, state: State): string[] {
  const value = valueOf(operand, state);
  const bits = BigInt(8 * operand.size);
  const edges: readonly (readonly [string, bigint])[] = [
    ['zero', 0n],
    ['one', 1n],
    ['all ones', (1n << bits) - 1n],
    ['sign bit', 1n << (bits - 1n)],
  ];
  return edges.filter(([, edge]) => edge === value).map(([name]) => name);
}

function floatEdges(operand: Operand, style: 'single' | 'double', state: State): string[] {
  const [bytes, exponentBits, fractionBits] = style === 'single' ? [4, 8n, 23n] : [8, 11n, 52n];
  const value = valueOf(operand, state);
  const found: string[] = [];
  for (let at = 0; at < operand.size; at += bytes) {
    const element = BigInt.asUintN(8 * bytes, value >> BigInt(8 * at));
    const fraction = BigInt.asUintN(Number(fractionBits), element);
    const exponent = BigInt.asUintN(Number(exponentBits), element >> fractionBits);
    if (exponent === 0n) found.push(fraction !== 0n ? 'denormal' : element === 0n ? '+0' : '-0');
    else if (exponent !== (1n << exponentBits) - 1n) found.push('normal');
    else if (fraction === 0n) found.push('infinity');
    else found.push(fraction >> (fractionBits - 1n) ? 'quiet NaN' : 'signalling NaN');
  }
  return found;
}

function sseControl(fpu: Uint8Array): string[] {
  const mxcsr = Number(little(fpu.subarray(24, 28)));
  const [daz, ftz] = [(mxcsr & 0x40) !== 0, (mxcsr & 0x8000) !== 0];
  return [
    CONTROL[(mxcsr >> 13) & 3]!,
    ...(daz ? ['DAZ'] : []),
    ...(ftz ? ['FTZ'] : []),
    ...(daz && ftz ? ['DAZ and FTZ'] : []),
    ...((mxcsr & 0x1f80) === 0x1f80 ? [] : ['unmasked']),
  ];
}

/** Of ST(0). */
function extendedEdges(fpu: Uint8Array): string[] {
  const significand = little(fpu.subarray(32, 40));
  const signExponent = Number(little(fpu.subarray(40, 42)));
  const exponent = signExponent & 0x7fff;
  const whole = significand >> 63n !== 0n;
  if (exponent === 0) return [significand !== 0n ? 'denormal' : signExponent === 0 ? '+0' : '-0'];
  if (!whole) return ['unsupported'];
  if (exponent !== 0x7fff) return ['normal'];
  return [BigInt.asUintN(63, significand) === 0n ? 'infinity' : 'NaN'];
}

function x87Control(fpu: Uint8Array): string[] {
  const control = Number(little(fpu.subarray(0, 2)));
  const precision = ['24 bits', 'reserved', '53 bits', '64 bits'][(control >> 8) & 3]!;
  return [CONTROL[(control >> 10) & 3]!, precision, ...((control & 0x3f) === 0x3f ? [] : ['unmasked'])];
}
