/** Random encodings of every form that an unprivileged program can run on its own. */
import { existsIn, forms, type Form, type OperandSpec } from '../../src/hw/cpu/decode/table.ts';
import { DATA, integer, randomFrom, SHIFT_COUNTS, TARGET_OFFSET, type Random, type Recipe, type Style } from './state.ts';

export interface Case {
  readonly form: Form;
  readonly code: readonly number[];
  readonly recipe: Recipe;
  /** In bytes, of forms whose operands have it. */
  readonly operandSize: 2 | 4 | 8;
}

/** What tells of the machine, is the system's, changes segments, or needs more memory than a case has. */
const SKIPPED: ReadonlySet<string> = new Set(
  (
    'syscall sysenter sysexit int int1 iretq cpuid rdtsc rdtscp fxsave fxrstor xsave xsaveopt xsavec xrstor xgetbv rdfsbase rdgsbase wrfsbase wrgsbase lar lsl verr verw sldt str smsw sgdt sidt lss lfs lgs retf ' +
    'cli sti hlt in out ins outs rdmsr wrmsr rdpmc clts invd wbinvd sysret swapgs xsetbv lgdt lidt lmsw invlpg lldt ltr'
  ).split(' '),
);
const FAR = /^ff \/[35]/;
const FS_GS = /^0f a[0189]$/;

export const testedForms: readonly Form[] = forms().filter((form) => {
  const { operands, text, description } = form;
  const odd = SKIPPED.has(description.name) || FAR.test(text) || FS_GS.test(text);
  return existsIn(form, 64) && !odd && !operands.some(({ source }) => source === 'segment' || source === 'other');
});

/** What a jump leads over: mov al, 0x5a. */
const OVER = [0xb0, 0x5a];
const NOP = 0x90;
const SHIFTS = /^(rol|ror|rcl|rcr|shl|shr|sar|shld|shrd)$/;
const COUNTED = /^(loop|jrcxz)/;
const STACK = /^(push|pop|leave|enter|pushf|popf|call)$/;

export function styleOf({ description: { name }, map, stringWidth }: Form): Style {
  if (stringWidth) return 'integer';
  if (map === 0 && name.startsWith('f')) return 'extended';
  if (/^cvt(t?)(ps|ss|pi2ps|si2ss|dq)/.test(name) || /(ps|ss)$/.test(name)) return 'single';
  if (/^cvt(t?)(pd|sd)/.test(name) || /(pd|sd)$/.test(name)) return 'double';
  return 'integer';
}

export function makeCase(form: Form, seed: number): Case {
  const random = randomFrom(seed);
  const { operands, description } = form;
  const vector = operands.some(({ source }) => source.startsWith('xmm') || source.startsWith('mmx'));
  const goes = description.name === 'ret' || /^ff \/[24]/.test(form.text);
  const branches = goes || operands.some(({ source }) => source === 'branch');
  const code: number[] = [];
  // Processors differ in what 66 does to a near branch.
  const size66 = !vector && !branches && form.prefix !== 'NP' && random(4) === 0;
  const wide = random(3) === 0;
  const rexBits = random(3) === 0 ? random(4) : 0; // R and B: extended registers
  const memoryOperand =
    description.name === 'xlat' ||
    (form.modrm &&
      !operands.some(({ registerOnly }) => registerOnly) &&
      (operands.some(({ memoryOnly }) => memoryOnly) || random(2) === 0) &&
      operands.some(({ source }) => source.endsWith('rm')));
  if (description.lockable && memoryOperand && operands[0]!.source === 'rm' && random(4) === 0) code.push(0xf0);
  if (random(8) === 0) code.push(0x67); // all addresses are below 4 GiB
  if (random(8) === 0) code.push(0x65); // with a base of zero
  if (form.prefix === '66' || size66) code.push(0x66);
  if (form.prefix === 'F2') code.push(0xf2);
  if (form.prefix === 'F3') code.push(0xf3);
  if (description.repeatable && random(2)) code.push(random(2) ? 0xf3 : 0xf2);
  const rex = 0x40 | (wide ? 8 : 0) | (rexBits & 1 ? 4 : 0) | (rexBits & 2 && !memoryOperand ? 1 : 0);
  if (rex !== 0x40 || random(4) === 0) code.push(rex);
  if (form.map > 0) code.push(0x0f);
  if (form.map > 1) code.push(form.map === 2 ? 0x38 : 0x3a);
  const inOpcode = operands.some(({ source }) => source === 'opcode');
  code.push(form.opcode + (form.conditional ? random(16) : inOpcode ? random(8) : 0));
  if (form.exact >= 0) code.push(form.exact);
  else if (form.modrm) {
    const reg = form.digit >= 0 ? form.digit : random(8);
    if (memoryOperand) code.push(0x40 | (reg << 3) | 3, displacement(random, form));
    else code.push(0xc0 | (reg << 3) | (goes ? 0 : random(8)));
  }
  const operandSize = wide ? 8 : size66 ? 2 : 4;
  for (const spec of operands) {
    const bytes = immediateBytes(spec, operandSize, code.includes(0x67));
    const value = immediate(random, form, spec);
    for (let i = 0; i < bytes; i++) code.push(Number((value >> BigInt(8 * i)) & 0xffn));
  }
  if (operands.some(({ source }) => source === 'branch')) code.push(...OVER);
  else if (branches) while (code.length < TARGET_OFFSET) code.push(...(code.length % 2 ? [NOP] : OVER));
  return { form, code, recipe: { seed, style: styleOf(form), setup: setupOf(form, code, memoryOperand), memoryOperand }, operandSize };
}

function immediateBytes({ source, size, signed }: OperandSpec, operandSize: number, address32: boolean): number {
  if (source === 'moffs') return address32 ? 4 : 8;
  if (source === 'branch') return size === 1 ? 1 : 4;
  if (source !== 'immediate') return 0;
  if (signed) return 1;
  if (size === 'z') return operandSize === 2 ? 2 : 4;
  return size === 'v' ? operandSize : (size as number);
}
function immediate(random: Random, { description: { name } }: Form, { source, size }: OperandSpec): bigint {
  if (source === 'moffs') return DATA + BigInt(8 * random(16));
  if (source === 'branch') return BigInt(OVER.length);
  // A small frame, not deep.
  if (name === 'enter') return BigInt(random(size === 1 ? 5 : 33));
  return SHIFTS.test(name) ? SHIFT_COUNTS[random(SHIFT_COUNTS.length)]! : integer(random);
}
/** From 64 bytes into the memory: mostly on 16 bytes, and so that what is reached lies in the 256. */
function displacement(random: Random, form: Form): number {
  if (form.operands.some(({ text }) => text === 'M')) return 8 * random(4);
  return random(8) ? 16 * random(6) : 8 * random(12);
}

function setupOf(
  { stringWidth, description: { name }, operands, text }: Form,
  code: readonly number[],
  memoryOperand: boolean,
): Recipe['setup'] {
  if (stringWidth && (code.includes(0xf3) || code.includes(0xf2))) return 'repeated';
  if (stringWidth || name.startsWith('maskmov')) return 'string';
  if (memoryOperand && name.startsWith('bt') && operands[1]!.source === 'reg') return 'bits';
  if (COUNTED.test(name) || SHIFTS.test(name)) return 'counts';
  if (/^i?div$/.test(name)) return 'division';
  if (name === 'popf') return 'flags';
  if (name === 'ret' || /^ff \/[24]/.test(text)) return 'target';
  if (STACK.test(name)) return 'stack';
  return name.startsWith('pcmpestr') ? 'lengths' : 'any';
}
