/**
 * Memory operands where two pages meet, one or both of which refuse them: what a real processor made of every form that reaches memory, at each byte. A case
 * is made from its form and where its operand lies; what is recorded is packed. By hand:
 * gcc -O1 -static -o /tmp/faults test/conformance/faults.c && node test/conformance/faults.ts /tmp/faults
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { decode, sizeOf, TRUNCATED } from '../../src/hw/cpu/decode/decoder.ts';
import { existsIn, forms, type Form } from '../../src/hw/cpu/decode/table.ts';
import { styleOf } from './cases.ts';
import { makeState, randomFrom, type Random } from './state.ts';

const DATA = 0x1000_0000n;
const BOUNDARY: bigint = DATA + 0x1000n;
export const CODE = 0x4000_0000n;
/** Bytes of memory on either side of the boundary. */
export const WINDOW = 640;
const FILE = new URL('vectors/faults.bin', import.meta.url);
const [RAX, RCX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 3, 4, 5, 6, 7];

export interface FaultCase {
  readonly name: string;
  readonly code: readonly number[];
  readonly regs: readonly bigint[];
  readonly flags: bigint;
  readonly fpu: Uint8Array;
  readonly memory: Uint8Array;
  /** Which refuse: 1 the first, 2 the second, 3 both; 0 none: the operand is not canonical, or not aligned while EFLAGS.AC is set. */
  readonly pages: 0 | 1 | 2 | 3;
  /** What a page that refuses still allows. */
  readonly access: 'none' | 'read';
}
export interface FaultOutcome {
  /** null: none. */
  readonly trap: { readonly vector: number; readonly error: number; /** Of a page fault. */ readonly cr2: bigint } | null;
  /** Registers that have changed. */
  readonly regs: readonly (readonly [index: number, value: bigint])[];
  /** Has anything of memory, or of the FPU? */
  readonly stored: boolean;
  readonly fpuChanged: boolean;
}

/** The system's; what changes segments; what UMIP refuses here; and what has a memory operand that it does not reach. */
const SKIPPED: ReadonlySet<string> = new Set(
  (
    'lldt ltr lgdt lidt lmsw invlpg lss lfs lgs les lds sldt str smsw sgdt sidt int int1 int3 into iretq syscall sysenter sysexit sysret retf in out ins outs hlt cli sti ' +
    'lea nop prefetchnta prefetcht0 prefetcht1 prefetcht2 xgetbv swapgs rdmsr wrmsr ud2 cpuid rdtsc rdtscp wrfsbase wrgsbase'
  ).split(' '),
);
/** Areas that a description names the beginning of, with the alignment that they need. */
const AREAS: Readonly<Record<string, readonly [bytes: number, alignment: number]>> = {
  fxsave: [512, 16],
  fxrstor: [512, 16],
  xsave: [576, 64],
  xsaveopt: [576, 64],
  xsavec: [576, 64],
  xrstor: [576, 64],
  fnsave: [108, 1],
  frstor: [108, 1],
  fnstenv: [28, 1],
  fldenv: [28, 1],
};
const ON_STACK = /^(push|pop|call|ret|leave|enter|pushf|popf)$/;

/** Where the instruction reaches: through which register, and how many bytes. */
interface Reach {
  readonly register: number;
  readonly bytes: number;
  /** Of pushes: the bytes below. */
  readonly below: boolean;
}
interface Encoded {
  readonly form: Form;
  readonly code: readonly number[];
  readonly reaches: readonly Reach[];
}

const hasMemory = (form: Form): boolean =>
  form.modrm && form.operands.some(({ source, registerOnly }) => source.endsWith('rm') && !registerOnly);
const isString = (form: Form): boolean => form.stringWidth !== null;

function encode(form: Form, size: 2 | 4 | 8, random: Random, lock: boolean, repeat: number): Encoded | null {
  const { name } = form.description;
  const code: number[] = [];
  if (lock) code.push(0xf0);
  if (repeat) code.push(repeat);
  if (form.prefix === '66' || (size === 2 && form.prefix === null)) code.push(0x66);
  if (form.prefix === 'F2') code.push(0xf2);
  if (form.prefix === 'F3') code.push(0xf3);
  if (size === 8) code.push(0x48);
  if (form.map > 0) code.push(0x0f);
  if (form.map > 1) code.push(form.map === 2 ? 0x38 : 0x3a);
  // Of registers in the opcode rcx.
  code.push(form.opcode + (form.conditional ? random(16) : form.operands.some(({ source }) => source === 'opcode') ? RCX : 0));
  if (form.exact >= 0) code.push(form.exact);
  else if (form.modrm) {
    const memory = hasMemory(form) && !name.startsWith('maskmov');
    code.push((memory ? 0 : 0xc0) | ((form.digit >= 0 ? form.digit : 1) << 3) | (memory ? RBX : 2));
  }
  const head = code.length;
  code.push(...Array.from({ length: 8 }, () => (form.operands.some(({ source }) => source === 'moffs') ? 0 : random(4))));
  const decoded = decode(Uint8Array.from([...code, ...new Uint8Array(8)]), 0, code.length + 8);
  if (decoded === TRUNCATED || 'undefined' in decoded || decoded.form !== form) return null;
  code.length = decoded.length;
  if (code.length < head) throw new Error(`${name} ${form.text}`);
  return { form, code, reaches: reachesOf(decoded) };
}

function reachesOf({ form, operandSize, repeat }: Exclude<Exclude<ReturnType<typeof decode>, symbol>, { undefined: true }>): Reach[] {
  const { name } = form.description;
  const all: Reach[] = [];
  const memory = hasMemory(form) ? form.operands.find(({ source, registerOnly }) => source.endsWith('rm') && !registerOnly) : null;
  const to = (register: number, bytes: number, below: boolean = false): void => void all.push({ register, bytes, below });
  const word = operandSize === 2 ? 2 : 8;
  if (memory && !name.startsWith('maskmov')) {
    const area = AREAS[name]?.[0];
    const ten = memory.text === 'Mt';
    const pair = name === 'cmpxchg8b' ? (operandSize === 8 ? 16 : 8) : undefined;
    to(RBX, area ?? pair ?? (ten ? 10 : sizeOf(memory, operandSize)));
  }
  if (name === 'xlat') to(RBX, 1);
  if (name.startsWith('maskmov')) to(RDI, form.prefix === '66' ? 16 : 8);
  if (form.operands.some(({ source }) => source === 'moffs'))
    to(
      -1,
      sizeOf(
        form.operands.find(({ source }) => source !== 'fixed')!,
        operandSize,
      ),
    );
  if (isString(form)) {
    const bytes = form.stringWidth === 'b' ? 1 : operandSize;
    if (/^(movs|lods|cmps)$/.test(name)) to(RSI, bytes);
    if (/^(movs|stos|scas|cmps)$/.test(name)) to(RDI, bytes);
    if (repeat) for (const reach of all.splice(0)) to(reach.register, 3 * bytes);
  }
  if (/^(push|pushf|call|enter)$/.test(name)) to(RSP, name === 'call' ? 8 : word, true);
  if (/^(pop|popf|ret)$/.test(name)) to(RSP, name === 'ret' ? 8 : word);
  if (name === 'leave') to(RBP, word);
  return all;
}

/** Every form that reaches memory, in each operand size that it has. */
function encodings(): Encoded[] {
  const all: Encoded[] = [];
  for (const form of forms()) {
    const { name } = form.description;
    const far = /^ff \/[35]/.test(form.text) || /^0f a[0189]$/.test(form.text) || form.operands.some(({ source }) => source === 'segment');
    const odd = SKIPPED.has(name) || far || !existsIn(form, 64);
    if (
      odd ||
      !(
        hasMemory(form) ||
        isString(form) ||
        ON_STACK.test(name) ||
        /^(xlat|maskmov)/.test(name) ||
        form.operands.some(({ source }) => source === 'moffs')
      )
    )
      continue;
    const random = randomFrom(form.index + 1);
    // Processors differ in what 66 does to a near branch.
    const branches = /^(jmp|call|ret)$/.test(name);
    const seen = new Set<string>();
    for (const size of branches ? ([4, 8] as const) : ([4, 2, 8] as const)) {
      for (const lock of form.description.lockable && form.operands[0]!.source === 'rm' ? [false, true] : [false]) {
        for (const repeat of form.description.repeatable && isString(form) ? [0, 0xf3, 0xf2] : [0]) {
          const one = encode(form, size, random, lock, repeat);
          // A size that changes nothing needs no second run.
          const key = one && `${one.code.join()} ${JSON.stringify(one.reaches)}`;
          if (!one || seen.has(key!)) continue;
          seen.add(key!);
          all.push(one);
        }
      }
    }
  }
  return all;
}

/** How many bytes of the operand lie before the boundary. */
function splits(name: string, { bytes }: Reach): number[] {
  const [area, alignment] = AREAS[name] ?? [0, 1];
  if (!area) return Array.from({ length: bytes + (bytes > 1 ? 1 : 0) }, (_, i) => i);
  if (alignment > 1) return Array.from({ length: Math.floor(area / alignment) + 1 }, (_, i) => i * alignment);
  return Array.from({ length: area + 1 }, (_, i) => i);
}

/** The last byte that is, and one that is not. */
const NOT_CANONICAL: readonly bigint[] = [0x7fff_ffff_ffffn, 0x8000_0000_0000_0040n];
const PROGRAMS_END = 0x7fff_ffff_f000n;
const ALIGNMENT_CHECK = 0x4_0000n;
/** With EFLAGS.AC the operands lie so many bytes behind an address that is a multiple of 64. */
const MISALIGNED: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 32];

export function* faultCases(): Generator<FaultCase> {
  for (const { form, code, reaches } of encodings()) {
    const { name } = form.description;
    const state = makeState({ seed: form.index, style: styleOf(form), setup: 'any', memoryOperand: true });
    // Nothing is pending, and everything is masked.
    const fpu = state.fpu.slice();
    const image = new DataView(fpu.buffer);
    image.setUint16(0, 0x37f, true);
    image.setUint16(2, image.getUint16(2, true) & 0x7f00, true);
    image.setUint32(24, 0x1f80, true);
    const memory = new Uint8Array(2 * WINDOW);
    memory.forEach((_, i) => (memory[i] = (i * 37 + form.index) & 0xff));
    for (const reach of reaches) {
      // What loads a state must find a good one.
      const own = /^(fxrstor|xrstor|popf)$/.test(name) ? new Uint8Array(memory.length) : memory;
      const placed = (first: bigint): Omit<FaultCase, 'pages' | 'access' | 'flags'> => {
        const address = reach.below ? first + BigInt(reach.bytes) : first;
        const regs = state.regs.map((value, i) => (i === RCX || i === RAX ? value : value | 1n));
        for (const register of [RBX, RSP, RBP, RSI, RDI]) regs[register] = DATA + BigInt(0x100 + 0x20 * register);
        regs[RAX] = name === 'xlat' ? 0n : 3n;
        regs[RCX] = 3n;
        const bytes = [...code];
        if (reach.register >= 0) regs[reach.register] = address;
        else for (let i = 0; i < 8; i++) bytes[bytes.length - 8 + i] = Number((address >> BigInt(8 * i)) & 0xffn);
        return { name: `${name} ${form.text}`, code: bytes, regs, fpu, memory: own };
      };
      for (const split of splits(name, reach)) {
        const one = placed(BOUNDARY - BigInt(split));
        for (const pages of [2, 1, 3] as const) {
          // Both ways of being wholly on one page are one too many.
          if ((split === 0 && pages !== 2) || (split === reach.bytes && pages !== 1)) continue;
          for (const access of ['none', 'read'] as const) yield { ...one, flags: 0x202n, pages, access };
        }
      }
      for (const first of NOT_CANONICAL) yield { ...placed(first), flags: 0x202n, pages: 0, access: 'none' };
      for (const by of MISALIGNED) yield { ...placed(BOUNDARY + BigInt(by)), flags: 0x202n | ALIGNMENT_CHECK, pages: 0, access: 'none' };
    }
  }
}

/** What there is of an FXSAVE image: no padding, no pointers of which nothing is told, and not the mask of MXCSR. */
export function toldOf(image: Uint8Array): Uint8Array {
  const told = image.slice(0, 416).fill(0, 5, 24).fill(0, 28, 32);
  for (let at = 32; at < 160; at += 16) told.fill(0, at + 10, at + 16);
  return told;
}

const IN = 16 + 128 + 8 + 512 + 8 + 2 * WINDOW;
const OUT = 32 + 128 + 8 + 512 + 2 * WINDOW;
/** What is recorded of a case: trap, error code, cr2 from the boundary, which registers have changed and to what. */
type Packed = readonly [trap: number, error: number, cr2: number, stored: 0 | 1, fpu: 0 | 1, ...regs: (number | string)[]];

function record(runner: string): void {
  const cases = [...faultCases()];
  const input = Buffer.alloc(cases.length * IN);
  cases.forEach(({ code, regs, flags, fpu, pages, access, memory }, i) => {
    const at = i * IN;
    input.set(code, at);
    input[at + 15] = code.length;
    regs.forEach((value, r) => input.writeBigUInt64LE(value, at + 16 + 8 * r));
    input.writeBigUInt64LE(flags, at + 144);
    input.set(fpu, at + 152);
    input[at + 664] = pages;
    input[at + 665] = access === 'read' ? 1 : 0;
    input.set(memory, at + 672);
  });
  const output = spawnSync(runner, { input, maxBuffer: 2 ** 31 }).stdout;
  if (output.length !== cases.length * OUT) throw new Error(`the runner answered ${output.length} bytes for ${cases.length} cases`);
  const packed = cases.map(({ regs, fpu, memory }, i): Packed => {
    const at = i * OUT;
    const trap = Number(output.readBigInt64LE(at));
    // Behind a jump is another instruction's fault.
    if (trap < 0 || output.readBigUInt64LE(at + 24) !== CODE) return [-1, 0, 0, 0, 0];
    const changed = regs.flatMap((value, r) => {
      const now = output.readBigUInt64LE(at + 32 + 8 * r);
      return now === value ? [] : [r, now.toString(16)];
    });
    const sameFpu = Buffer.compare(toldOf(output.subarray(at + 168, at + 680)), toldOf(fpu)) === 0;
    const sameMemory = Buffer.compare(output.subarray(at + 680, at + 680 + 2 * WINDOW), memory) === 0;
    const cr2 = trap === 14 ? Number(output.readBigUInt64LE(at + 16) - BOUNDARY) : 0;
    // Linux hides whether there is a page beyond those of programs.
    const error = output.readUInt16LE(at + 8) & (output.readBigUInt64LE(at + 16) >= PROGRAMS_END ? ~1 : ~0);
    return [trap, error, cr2, sameMemory ? 0 : 1, sameFpu ? 0 : 1, ...changed];
  });
  const file = brotliCompressSync(packed.map((one) => one.join()).join('\n'));
  writeFileSync(FILE, file);
  console.log(`${cases.length} cases, ${packed.filter(([trap]) => trap >= 0).length} of them faults, ${file.length} bytes`);
}

export function* recordedFaults(): Generator<FaultCase & { readonly outcome: FaultOutcome }> {
  const lines = brotliDecompressSync(readFileSync(FILE)).toString().split('\n');
  let i = 0;
  for (const one of faultCases()) {
    const [vector, error, cr2, stored, fpu, ...regs] = lines[i++]!.split(',');
    const trap =
      Number(vector) < 0 ? null : { vector: Number(vector), error: Number(error), cr2: vector === '14' ? BOUNDARY + BigInt(cr2!) : 0n };
    const changed = regs.flatMap((value, r) => (r % 2 ? [[Number(regs[r - 1]), BigInt(`0x${value}`)] as const] : []));
    yield { ...one, outcome: { trap, regs: changed, stored: stored === '1', fpuChanged: fpu === '1' } };
  }
}

if (process.argv[1] === import.meta.filename) record(process.argv[2] ?? '/tmp/faults');
