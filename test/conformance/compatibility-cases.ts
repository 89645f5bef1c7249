/** Random encodings of every form that 32-bit code has. */
import { existsIn, forms, type Form } from '../../src/hw/cpu/decode/table.ts';
import { styleOf, type Case } from './cases.ts';
import { DATA, integer, randomFrom, type Random, type Recipe } from './state.ts';

/** What goes elsewhere, what only the system does, and what tells of the machine. */
const SKIPPED: ReadonlySet<string> = new Set(
  (
    'syscall sysenter int int1 int3 into ud2 cpuid rdtsc rdtscp fxsave fxrstor popf lar lsl verr verw sldt str smsw lfs lgs lss cli sti hlt in out ins outs ' +
    'xgetbv xsave xsavec xsaveopt xrstor rdmsr wrmsr rdpmc clts invd wbinvd sysret sysexit xsetbv lgdt lidt lmsw invlpg lldt ltr'
  ).split(' '),
);
/** They take the address to go on at from the stack. */
const RETURNS: ReadonlySet<string> = new Set(['ret', 'retf', 'iretq']);
const STACK: ReadonlySet<string> = new Set(['push', 'pop', 'pusha', 'popa', 'pushf', 'leave', 'enter', 'call']);
const ESP = 4;
const MEMORY_AT = 64;

const takesTarget = ({ description: { name }, operands }: Form): boolean =>
  (name === 'jmp' || name === 'call') && operands[0]!.source !== 'branch';
export const compatibilityForms: readonly Form[] = forms().filter(
  (form) =>
    existsIn(form, 32) &&
    !SKIPPED.has(form.description.name) &&
    !takesTarget(form) &&
    !form.operands.some(({ source }) => ['segment', 'other', 'pointer'].includes(source)) &&
    // FS and GS are the runner's.
    !(form.map === 1 && ['push', 'pop'].includes(form.description.name)),
);

export function makeCompatibilityCase(form: Form, seed: number): Case {
  const random = randomFrom(seed);
  const { operands, description } = form;
  const { name } = description;
  const vector = operands.some(({ source }) => source.startsWith('xmm') || source.startsWith('mmx'));
  const branches = RETURNS.has(name) || operands.some(({ source }) => source === 'branch');
  const size66 = !vector && form.prefix !== 'NP' && !branches && random(4) === 0;
  const code: number[] = [];
  if (random(8) === 0) code.push([0x26, 0x2e, 0x36, 0x3e][random(writes(form) ? 1 : 4)]!);
  if (form.prefix === '66' || size66) code.push(0x66);
  if (form.prefix === 'F2') code.push(0xf2);
  if (form.prefix === 'F3') code.push(0xf3);
  if (description.repeatable && random(2)) code.push(random(2) ? 0xf3 : 0xf2);
  // Sixteen bits of an address lead nowhere but where nothing is read.
  const short = (name === 'lea' || name.startsWith('loop') || name === 'jrcxz') && random(3) === 0;
  if (short) code.push(0x67);
  const onlyMemory = operands.some(({ memoryOnly }) => memoryOnly);
  const memoryOperand =
    form.modrm &&
    operands.some(({ source }) => source.endsWith('rm')) &&
    !operands.some(({ registerOnly }) => registerOnly) &&
    (onlyMemory || random(2) === 0);
  if (form.map > 0) code.push(0x0f);
  if (form.map > 1) code.push(form.map === 2 ? 0x38 : 0x3a);
  const inOpcode = operands.some(({ source }) => source === 'opcode');
  code.push(form.opcode + (form.conditional ? random(16) : inOpcode ? general(random) : 0));
  const indexed = memoryOperand && random(3) === 0 && !name.startsWith('bt') && !STACK.has(name);
  if (form.exact >= 0) code.push(form.exact);
  else if (form.modrm) {
    const reg =
      form.digit >= 0 ? form.digit : operands.some(({ source }) => ['xmm-reg', 'mmx-reg'].includes(source)) ? random(8) : general(random);
    if (short) code.push(...shortAddress(random, reg));
    else if (memoryOperand) code.push(...address(random, reg, displacement(random, form), indexed));
    else
      code.push(
        0xc0 | (reg << 3) | (operands.some(({ source }) => ['xmm-rm', 'mmx-rm', 'st'].includes(source)) ? random(8) : general(random)),
      );
  }
  const operandSize = size66 ? 2 : 4;
  for (const { source, size, signed } of operands) {
    if (source === 'moffs') code.push(...bytes(DATA + BigInt(MEMORY_AT + 8 * random(12)), 4));
    if (source === 'branch') code.push(...bytes(0n, size === 1 ? 1 : 4));
    if (source !== 'immediate') continue;
    const count = signed ? 1 : size === 'z' || size === 'v' ? operandSize : (size as number);
    // ENTER of the outermost level; the rest stays within the stack.
    const value =
      name === 'enter' ? BigInt(count === 1 ? 0 : 4 * random(8)) : name.startsWith('ret') ? BigInt(4 * random(8)) : integer(random);
    code.push(...bytes(value, count));
  }
  const setup = setupOf(form, code, memoryOperand, indexed);
  return { form, code, recipe: { seed, style: styleOf(form), setup, memoryOperand: memoryOperand || name === 'xlat' }, operandSize };
}

/** The same, where segments have bases and limits. */
export function makeSegmentedCase(form: Form, seed: number): Case {
  const { code, ...made } = makeCompatibilityCase(form, seed);
  // An operand that is not aligned is #GP to the processor before it is #SS; to us the limit comes first.
  const withoutStack = form.operands.some(({ source, size }) => source === 'xmm-rm' && size === 16) && code[0] === OVERRIDE_SS;
  return { ...made, code: withoutStack ? [OVERRIDE_DS, ...code.slice(1)] : code, recipe: { ...made.recipe, segmented: true } };
}
const [OVERRIDE_SS, OVERRIDE_DS] = [0x36, 0x3e];
/** Has it to do with memory at all? SGDT and SIDT are Linux's emulation, which does not keep the upper half of rsp on a 16-bit stack. */
export const reachesMemory = ({ description: { name }, operands, stringWidth }: Form): boolean =>
  (stringWidth !== null ||
    STACK.has(name) ||
    RETURNS.has(name) ||
    operands.some(({ source, registerOnly }) => source.endsWith('rm') && !registerOnly)) &&
  name !== 'sgdt' &&
  name !== 'sidt';

const bytes = (value: bigint, count: number): number[] => Array.from({ length: count }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
/** CS cannot be written through. */
const writes = ({ description: { name }, operands }: Form): boolean =>
  name.startsWith('maskmov') || operands[0]?.source.endsWith('rm') === true || operands[0]?.source === 'moffs';

/** Any register but esp, or ah and its like. */
function general(random: Random): number {
  const number = random(8);
  return number === ESP ? general(random) : number;
}
/** [ebx + disp8], [disp32], or [ebx + esi * 4 + disp8], which goes round at 4 GiB. */
function address(random: Random, reg: number, disp: number, indexed: boolean): number[] {
  if (indexed) return [0x44 | (reg << 3), 0xb3, disp];
  if (random(4) === 0) return [(reg << 3) | 5, ...bytes(DATA + BigInt(MEMORY_AT + disp), 4)];
  return random(4) ? [0x43 | (reg << 3), disp] : [0x83 | (reg << 3), ...bytes(BigInt(disp), 4)];
}
function shortAddress(random: Random, reg: number): number[] {
  const [mode, rm] = [random(3), random(8)];
  const count = mode === 1 ? 1 : mode === 2 || rm === 6 ? 2 : 0;
  return [(mode << 6) | (reg << 3) | rm, ...Array.from({ length: count }, () => random(256))];
}
function displacement(random: Random, form: Form): number {
  if (form.operands.some(({ text }) => text === 'M')) return 8 * random(4);
  return random(8) ? 16 * random(4) : 8 * random(7);
}

function setupOf(form: Form, code: readonly number[], memoryOperand: boolean, indexed: boolean): Recipe['setup'] {
  const { stringWidth, operands } = form;
  const { name } = form.description;
  if (indexed) return 'indexed';
  if (RETURNS.has(name)) return 'return';
  if (stringWidth && (code.includes(0xf3) || code.includes(0xf2))) return 'repeated';
  if (stringWidth || name.startsWith('maskmov')) return 'string';
  if (memoryOperand && name.startsWith('bt') && operands[1]!.source === 'reg') return 'bits';
  return name.startsWith('pcmpestr') ? 'lengths' : STACK.has(name) ? 'stack' : 'any';
}
