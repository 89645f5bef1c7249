/** The decoder's tables, derived from the instructions' forms. */
import type { Width } from '../isa/emitter.ts';
import type { Description } from '../isa/instruction.ts';
import { INSTRUCTIONS } from '../isa/table.ts';

/** Where an operand comes from, by the manual's letters. */
export interface OperandSpec {
  readonly source:
    | 'rm'
    | 'reg'
    | 'opcode'
    | 'immediate'
    | 'branch'
    | 'moffs'
    | 'fixed'
    | 'one'
    | 'pointer'
    | 'segment'
    | 'xmm-reg'
    | 'xmm-rm'
    | 'mmx-reg'
    | 'mmx-rm'
    | 'st'
    | 'x87-opcode'
    | 'other';
  /** 'v': the operand size; 'y': 4 or 8; 'z': 2 or 4; else bytes. */
  readonly size: Width | 16 | 'v' | 'y' | 'z';
  /** Immediate: sign-extended byte. */
  readonly signed: boolean;
  /** Memory only. */
  readonly memoryOnly: boolean;
  /** Register only. */
  readonly registerOnly: boolean;
  readonly fixed: number;
  readonly text: string;
}

export interface Form {
  readonly index: number;
  readonly description: Description;
  readonly text: string;
  readonly prefix: 'NP' | '66' | 'F2' | 'F3' | null;
  readonly map: 0 | 1 | 2 | 3;
  readonly opcode: number;
  readonly modrm: boolean;
  readonly digit: number;
  /** A third opcode byte in the place of ModRM. */
  readonly exact: number;
  readonly conditional: boolean;
  readonly operands: readonly OperandSpec[];
  readonly stringWidth: 'b' | 'v' | null;
  /** It has an operand that may be in memory; `absolute`: always, at an address in the instruction. */
  readonly reaches: boolean;
  readonly absolute: boolean;
  /** Its handler depends on the operand size. */
  readonly sized: boolean;
}

const FIXED: Readonly<Record<string, readonly [number, OperandSpec['size']]>> = {
  AL: [0, 1],
  rAX: [0, 'v'],
  eAX: [0, 'z'],
  CL: [1, 1],
  DX: [2, 2],
};

function operand(text: string): OperandSpec {
  const spec = (source: OperandSpec['source'], size: OperandSpec['size'], more: Partial<OperandSpec> = {}): OperandSpec => ({
    source,
    size,
    signed: false,
    memoryOnly: false,
    registerOnly: false,
    fixed: 0,
    text,
    ...more,
  });
  const fixed = FIXED[text];
  if (fixed) return spec('fixed', fixed[1], { fixed: fixed[0] });
  if (text === '1') return spec('one', 1);
  // What the handler gets of both is the opcode as x87 notes it, with i in its low bits.
  if (text === 'STi') return spec('st', 2, { registerOnly: true });
  if (text === 'Fop') return spec('x87-opcode', 2);
  // Ten bytes: only the address is used.
  if (text === 'Mt') return spec('rm', 8, { memoryOnly: true });
  // An offset of the operand size, a selector above it at bit 32.
  if (text === 'Ap') return spec('pointer', 8);
  if (text === 'Sw') return spec('segment', 2);
  if (text === 'Ibs') return spec('immediate', 'v', { signed: true });
  const sizes: Readonly<Record<string, OperandSpec['size']>> = { b: 1, w: 2, d: 4, q: 8, v: 'v', y: 'y', z: 'z', x: 16, '': 'v' };
  const size = sizes[text.slice(1)];
  if (size === undefined) throw new Error(`operand ${text}`);
  switch (text[0]) {
    case 'E':
      return spec('rm', size);
    case 'M':
      return spec(size === 16 ? 'xmm-rm' : 'rm', size, { memoryOnly: true });
    case 'G':
      return spec('reg', size);
    case 'Z':
      return spec('opcode', size);
    case 'I':
      return spec('immediate', size);
    case 'J':
      return spec('branch', size);
    case 'O':
      return spec('moffs', size);
    case 'V':
      return spec('xmm-reg', size === 'v' ? 16 : size);
    case 'W':
      return spec('xmm-rm', size === 'v' ? 16 : size);
    case 'U':
      return spec('xmm-rm', 16, { registerOnly: true });
    case 'P':
      return spec('mmx-reg', size);
    case 'Q':
      return spec('mmx-rm', size);
    case 'N':
      return spec('mmx-rm', size, { registerOnly: true });
    case 'R':
      // MOV to and from control and debug registers has always the whole one.
      return size === 8 ? spec('other', size) : spec('rm', size, { registerOnly: true });
    case 'C':
    case 'D':
      return spec('other', size);
    default:
      throw new Error(`operand ${text}`);
  }
}

function parse(description: Description, text: string, index: number): Form {
  const words = text.split(' ');
  const prefix = ['NP', '66', 'F2', 'F3'].includes(words[0]!) ? (words.shift() as Form['prefix']) : null;
  const bytes: string[] = [];
  while (words[0] && /^[0-9a-f]{2}(\+(cc)?)?$/.test(words[0])) bytes.push(words.shift()!);
  let map: Form['map'] = 0;
  const first: string | undefined = bytes[0];
  if (first === '0f') {
    bytes.shift();
    map = 1;
    const third: string | undefined = bytes[0];
    if (third === '38' || third === '3a') {
      bytes.shift();
      map = third === '38' ? 2 : 3;
    }
  }
  const modrm = words[0]?.startsWith('/') ? words.shift()! : null;
  const last = words.shift();
  const stringWidth = last === 'b' || last === 'v' ? last : null;
  const operands = last && !stringWidth ? last.split(',').map(operand) : [];
  const named = (...sources: OperandSpec['source'][]): boolean => operands.some(({ source }) => sources.includes(source));
  const sized = operands.some(({ size }) => typeof size === 'string') || stringWidth === 'v' || (!last && !modrm);
  return {
    index,
    description,
    text,
    prefix,
    map,
    opcode: Number.parseInt(bytes[0]!.slice(0, 2), 16),
    modrm: modrm !== null,
    digit: modrm && modrm !== '/r' ? Number(modrm[1]) : -1,
    exact: bytes[1] ? Number.parseInt(bytes[1], 16) : -1,
    conditional: bytes[0]!.endsWith('+cc'),
    operands,
    stringWidth,
    reaches: named('rm', 'xmm-rm', 'mmx-rm', 'moffs'),
    absolute: named('moffs'),
    sized: sized || description.default64 === true || description.sized === true,
  };
}

let parsed: readonly Form[] | null = null;
/** All forms. Parsed when first asked for: a machine without guests needs none. */
export function forms(): readonly Form[] {
  parsed ??= INSTRUCTIONS.flatMap((description) => description.forms.map((text) => ({ description, text }))).map(
    ({ description, text }, index) => parse(description, text, index),
  );
  return parsed;
}

type ByOpcode = readonly (readonly (readonly Form[])[])[];
const byOpcode: { 64: ByOpcode | null; 32: ByOpcode | null } = { 64: null, 32: null };
/** By opcode map and byte: the forms to choose among, in 64-bit code or in a compatibility segment. */
export function formsOf(map: number, opcode: number, long: boolean): readonly Form[] {
  return (byOpcode[long ? 64 : 32] ??= sortByOpcode(long ? 64 : 32))[map]![opcode]!;
}

/** Is there such an instruction in 64-bit code (64), or in compatibility mode (32)? */
export const existsIn = ({ description: { only } }: Form, size: 64 | 32): boolean => only === undefined || only === size;

function sortByOpcode(size: 64 | 32): ByOpcode {
  const maps: Form[][][] = Array.from({ length: 4 }, () => Array.from({ length: 256 }, () => []));
  for (const form of forms()) {
    if (!existsIn(form, size)) continue;
    const inOpcode = form.conditional ? 16 : form.operands.some(({ source }) => source === 'opcode') ? 8 : 1;
    for (let i = 0; i < inOpcode; i++) maps[form.map]![form.opcode + i]!.push(form);
  }
  return maps;
}

/** ENTER alone has two immediates. */
export function immediateIndex({ operands }: Form, spec: OperandSpec): 0 | 1 {
  return operands.indexOf(spec) === 1 && operands[0]!.source === 'immediate' ? 1 : 0;
}
