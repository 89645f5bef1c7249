/** Random encodings of every form that an unprivileged program can run on its own, and which flags of the outcome count. */
import { forms, type Form } from '../../src/hw/cpu/decode/table.ts';
import { integer, randomFrom, type Random, type Recipe, type State, type Style } from './state.ts';

export interface Case {
  readonly form: Form;
  readonly code: readonly number[];
  readonly recipe: Recipe;
  /** In bytes, of forms whose operands have it. */
  readonly operandSize: 2 | 4 | 8;
}

/** Control transfers, the stack (rsp is the runner's) and what tells of the machine. */
const SKIPPED: ReadonlySet<string> = new Set(
  (
    'push pop leave enter call ret jmp jcc loop loope loopne jrcxz syscall int int3 ud2 iretq cpuid rdtsc rdtscp fxsave fxrstor popf pushf xlat std ' +
    'lar lsl verr verw sldt str smsw lss lfs lgs retf sysenter sysexit cli sti hlt in out ins outs rdmsr wrmsr rdpmc clts invd wbinvd sysret swapgs xsetbv monitor mwait lgdt lidt lmsw invlpg lldt ltr'
  ).split(' '),
);

export const testedForms: readonly Form[] = forms().filter(
  ({ description: { name, only }, operands }) =>
    only !== 32 && !SKIPPED.has(name) && !operands.some(({ source }) => ['segment', 'moffs', 'other', 'branch'].includes(source)),
);

export function styleOf({ description: { name }, map }: Form): Style {
  if (map === 0 && name.startsWith('f')) return 'extended';
  if (/^cvt(t?)(ps|ss|pi2ps|si2ss|dq)/.test(name) || /(ps|ss)$/.test(name)) return 'single';
  if (/^cvt(t?)(pd|sd)/.test(name) || /(pd|sd)$/.test(name)) return 'double';
  return 'integer';
}

export function makeCase(form: Form, seed: number): Case {
  const random = randomFrom(seed);
  const { operands, description } = form;
  const vector = operands.some(({ source }) => source.startsWith('xmm') || source.startsWith('mmx'));
  const code: number[] = [];
  const size66 = !vector && form.prefix !== 'NP' && random(4) === 0;
  const wide = random(3) === 0;
  if (form.prefix === '66' || size66) code.push(0x66);
  if (form.prefix === 'F2') code.push(0xf2);
  if (form.prefix === 'F3') code.push(0xf3);
  if (description.repeatable && random(2)) code.push(random(2) ? 0xf3 : 0xf2);
  const rexBits = random(3) === 0 ? random(4) : 0; // R and B: extended registers
  const memoryOperand =
    form.modrm &&
    !operands.some(({ registerOnly }) => registerOnly) &&
    (operands.some(({ memoryOnly }) => memoryOnly) || random(2) === 0) &&
    operands.some(({ source }) => source.endsWith('rm'));
  const rex = 0x40 | (wide ? 8 : 0) | (rexBits & 1 ? 4 : 0) | (rexBits & 2 && !memoryOperand ? 1 : 0);
  if (rex !== 0x40 || random(4) === 0) code.push(rex);
  const withRex = code.at(-1) === rex;
  if (form.map > 0) code.push(0x0f);
  if (form.map > 1) code.push(form.map === 2 ? 0x38 : 0x3a);
  const extendedRm = (rex & 1) !== 0;
  const inOpcode = operands.some(({ source }) => source === 'opcode');
  code.push(form.opcode + (form.conditional ? random(16) : inOpcode ? register(random, extendedRm) : 0));
  if (form.exact >= 0) code.push(form.exact);
  else if (form.modrm) {
    const byteReg = operands.some(({ source, size }) => source === 'reg' && size === 1);
    let reg = form.digit >= 0 ? form.digit : byteReg && !withRex ? random(8) : register(random, (rex & 4) !== 0);
    if (operands.some(({ source }) => source === 'xmm-reg' || source === 'mmx-reg')) reg = random(8);
    const anyRm = operands.some(({ source }) => ['xmm-rm', 'mmx-rm', 'st'].includes(source));
    if (memoryOperand) code.push(0x40 | (reg << 3) | 3, displacement(random, form));
    else code.push(0xc0 | (reg << 3) | (anyRm ? random(8) : register(random, extendedRm)));
  }
  const operandSize = wide ? 8 : size66 ? 2 : 4;
  for (const { source, size, signed } of operands) {
    if (source !== 'immediate') continue;
    const bytes = signed ? 1 : size === 'z' ? (operandSize === 2 ? 2 : 4) : size === 'v' ? operandSize : (size as number);
    const value = integer(random);
    for (let i = 0; i < bytes; i++) code.push(Number((value >> BigInt(8 * i)) & 0xffn));
  }
  return { form, code, recipe: { seed, style: styleOf(form), setup: setupOf(form, code, memoryOperand), memoryOperand }, operandSize };
}

/** Any register but rsp. */
function register(random: Random, extended: boolean): number {
  for (;;) {
    const number = random(8);
    if (number !== 4 || extended) return number;
  }
}
/** From 64 bytes into the memory: mostly on 16 bytes, and so that what is reached lies in the 256. */
function displacement(random: Random, form: Form): number {
  if (form.operands.some(({ text }) => text === 'M')) return 8 * random(4);
  return random(8) ? 16 * random(6) : 8 * random(12);
}

function setupOf({ stringWidth, description: { name }, operands }: Form, code: readonly number[], memoryOperand: boolean): Recipe['setup'] {
  if (stringWidth && (code.includes(0xf3) || code.includes(0xf2))) return 'repeated';
  if (stringWidth || name.startsWith('maskmov')) return 'string';
  if (memoryOperand && name.startsWith('bt') && operands[1]!.source === 'reg') return 'bits';
  return name.startsWith('pcmpestr') ? 'lengths' : 'any';
}

/** Results that the manual leaves undefined: a 16-bit BSWAP, a 16-bit double shift by more than 16. */
export function undefinedResult({ form, code, operandSize }: Case, state: State): boolean {
  const word = operandSize === 2;
  switch (form.description.name) {
    case 'bswap':
      return word;
    case 'shld':
    case 'shrd':
      return word && ((form.operands.at(-1)!.source === 'fixed' ? Number(state.regs[1]! & 0xffn) : code.at(-1)!) & 31) > 16;
    default:
      return false;
  }
}

/** Flags that the manual leaves undefined, and that are therefore not compared. CF 1, PF 4, AF 10, ZF 40, SF 80, OF 800. */
function undefinedFlags({ form, code, operandSize }: Case, state: State): number {
  const width = form.operands[0]?.size === 1 ? 1 : operandSize;
  const source = form.operands.at(-1)?.source;
  const raw = source === 'one' ? 1 : source === 'fixed' ? Number(state.regs[1]! & 0xffn) : code.at(-1)!;
  const count = raw & (width === 8 ? 63 : 31);
  switch (form.description.name) {
    case 'and':
    case 'or':
    case 'xor':
    case 'test':
      return 0x10;
    case 'daa':
    case 'das':
      return 0x800;
    case 'aaa':
    case 'aas':
      return 0x8c4;
    case 'aam':
    case 'aad':
      return 0x811;
    case 'mul':
    case 'imul':
      return 0xd4;
    case 'div':
    case 'idiv':
      return 0x8d5;
    case 'bt':
    case 'bts':
    case 'btr':
    case 'btc':
      return 0x894;
    case 'bsf':
    case 'bsr':
      return 0x895;
    case 'rol':
    case 'ror':
    case 'rcl':
    case 'rcr':
      return count === 1 ? 0 : 0x800;
    case 'shl':
    case 'shr':
    case 'sar':
      return count === 0 ? 0 : 0x10 | (count === 1 ? 0 : 0x800) | (count >= width * 8 ? 1 : 0);
    case 'shld':
    case 'shrd':
      return count === 0 ? 0 : 0x10 | (count === 1 ? 0 : 0x800) | (count > width * 8 ? 0x8d5 : 0);
    default:
      return 0;
  }
}

const ARITHMETIC_FLAGS = 0x8d5;
export const countedFlags = (testCase: Case, state: State): number => ARITHMETIC_FLAGS & ~undefinedFlags(testCase, state);
