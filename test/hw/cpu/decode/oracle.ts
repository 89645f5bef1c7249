/**
 * Our decoder against iced-x86's, instruction by instruction: both refuse, or agree on length, name, operands and their sizes. Where they may differ is
 * declared in exceptions.ts, and nowhere else.
 */
import {
  CpuidFeature,
  Decoder,
  DecoderOptions,
  Instruction as Iced,
  MemorySize,
  MemorySizeExt,
  Mnemonic,
  OpKind,
  Register,
} from 'iced-x86';
import { decode, toInstruction, TRUNCATED, type Decoded } from '../../../../src/hw/cpu/decode/decoder.ts';
import type { MemoryOperand, Operand } from '../../../../src/hw/cpu/decode/instruction.ts';
import { exceptionFor, spelledByUs, type Facts } from './exceptions.ts';

/** Bytes a case. */
export const SLOT = 16;

interface Registered {
  readonly kind: Operand['kind'];
  readonly index: number;
  readonly size: number;
  readonly high: boolean;
}

const LEGACY = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
/** iced's number of a register: ours. */
const REGISTERS: readonly (Registered | null)[] = registers();
function registers(): (Registered | null)[] {
  const found: (Registered | null)[] = [];
  const set = (name: string, kind: Registered['kind'], index: number, size: number, high = false): void => {
    const number = Register[name as keyof typeof Register] as number | undefined;
    if (number === undefined) throw new Error(`iced has no register ${name}`);
    found[number] = { kind, index, size, high };
  };
  LEGACY.forEach((name, i) => {
    const upper = name.toUpperCase();
    set(`R${upper}`, 'gpr', i, 8);
    set(`E${upper}`, 'gpr', i, 4);
    set(upper, 'gpr', i, 2);
    set(i < 4 ? `${upper[0]}L` : `${upper}L`, 'gpr', i, 1);
    if (i < 4) set(`${upper[0]}H`, 'gpr', i, 1, true);
    set(`ST${i}`, 'st', i, 8);
    set(`MM${i}`, 'mmx', i, 8);
  });
  for (let i = 8; i < 16; i++)
    for (const [suffix, size] of [
      ['', 8],
      ['D', 4],
      ['W', 2],
      ['L', 1],
    ] as const)
      set(`R${i}${suffix}`, 'gpr', i, size);
  for (let i = 0; i < 16; i++) {
    set(`XMM${i}`, 'xmm', i, 16);
    set(`CR${i}`, 'control', i, 8);
    set(`DR${i}`, 'debug', i, 8);
  }
  ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'].forEach((name, i) => set(name, 'segment', i, 2));
  return found;
}
const IMPLIED: ReadonlySet<Register> = new Set([Register.ST0, Register.XMM0, Register.AL, Register.AX, Register.FS, Register.GS]);
const NAMES: readonly string[] = Array.from({ length: Object.keys(Mnemonic).length / 2 }, (_, i) => Mnemonic[i]!.toLowerCase());
const MEMORY_SIZES: readonly number[] = Array.from({ length: Object.keys(MemorySize).length / 2 }, (_, i) => MemorySizeExt.size(i));
/** Which extensions an iced code belongs to, found once. */
const FEATURES = new Map<number, readonly string[]>();

export class Oracle {
  readonly #bytes: Uint8Array;
  readonly #decoder: Decoder;
  readonly #theirs = new Iced();
  /** Of exceptions: how often each was needed. */
  readonly used: Map<string, number> = new Map();
  readonly wrong: string[] = [];
  /** Instructions that both take. */
  agreed = 0;

  /** @param bytes cases of SLOT bytes */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // What we do not announce is what these leave out: TZCNT is BSF, LZCNT is BSR, WBNOINVD is WBINVD.
    this.#decoder = new Decoder(64, bytes, DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD | DecoderOptions.NoWbnoinvd);
  }

  run(): void {
    for (let at = 0; at + SLOT <= this.#bytes.length; at += SLOT) {
      const ours = decode(this.#bytes, at, at + SLOT);
      this.#decoder.position = at;
      this.#decoder.ip = 0n;
      this.#decoder.decodeOut(this.#theirs);
      this.#compare(at, ours === TRUNCATED || 'undefined' in ours ? null : ours);
    }
  }

  #compare(at: number, ours: Decoded | null): void {
    const theirs = this.#theirs;
    const { code } = theirs;
    if (code === 0 && !ours) return;
    const difference = code === 0 ? 'iced refuses' : !ours ? 'we refuse' : this.#difference(ours);
    if (!difference) {
      this.agreed++;
      return;
    }
    const facts: Facts = {
      ours: ours?.form.description.name ?? null,
      theirs: code === 0 ? null : NAMES[theirs.mnemonic]!,
      features: code === 0 ? [] : this.#features(code),
      encoding: theirs.encoding,
      difference,
      bytes: this.#bytes.subarray(at, at + SLOT),
    };
    const exception = exceptionFor(facts);
    if (exception) this.used.set(exception, (this.used.get(exception) ?? 0) + 1);
    else
      this.wrong.push(
        `${Buffer.from(facts.bytes).toString('hex')}: ours ${facts.ours}, iced ${facts.theirs} (${facts.features.join(' ')}): ${difference}`,
      );
  }

  #features(code: number): readonly string[] {
    let known = FEATURES.get(code);
    if (!known) FEATURES.set(code, (known = [...this.#theirs.cpuidFeatures()].map((feature) => CpuidFeature[feature as number]!)));
    return known;
  }

  #difference(decoded: Decoded): string | null {
    const theirs = this.#theirs;
    if (theirs.length !== decoded.length) return `length ${decoded.length}, iced ${theirs.length}`;
    const ours = toInstruction(decoded);
    const name = NAMES[theirs.mnemonic]!;
    const own = decoded.form.conditional ? `${ours.name} ${decoded.condition}` : ours.name;
    if (name !== own && spelledByUs(name) !== own) return `name ${own}, iced ${name}`;
    if (ours.lock !== theirs.hasLockPrefix) return 'lock';
    // Of string instructions iced shows what they imply.
    const { stringWidth } = decoded.form;
    if ((stringWidth !== null) !== theirs.isStringInstruction) return 'string';
    if (stringWidth) return null;
    return this.#operands(ours.operands, decoded.length);
  }

  #operands(ours: readonly Operand[], length: number): string | null {
    const theirs = this.#theirs;
    let next = 0;
    let implied = theirs.opCount - ours.length;
    for (const operand of ours) {
      while (implied > 0 && this.#isImplied(next, operand)) {
        next++;
        implied--;
      }
      const i = next++;
      const kind = theirs.opKind(i);
      const problem =
        operand.kind === 'memory'
          ? kind === OpKind.Memory
            ? this.#memory(operand)
            : 'memory'
          : operand.kind === 'immediate'
            ? this.#immediate(operand.value, operand.size, i, kind, length)
            : kind === OpKind.Register
              ? sameRegister(operand, theirs.opRegister(i))
              : operand.kind;
      if (problem) return `operand ${i + 1}: ${problem}`;
    }
    for (; implied > 0 && this.#isImplied(next); next++) implied--;
    return implied === 0 ? null : `${ours.length} operands, iced ${theirs.opCount}`;
  }

  /** iced lists operands that no bits choose: the top of the stack, the accumulator, a fixed address. */
  #isImplied(i: number, ours?: Operand): boolean {
    const theirs = this.#theirs;
    const kind = theirs.opKind(i);
    if (kind !== OpKind.Register)
      return kind !== OpKind.Memory && kind >= OpKind.MemorySegSI; /* and what follows it: addresses in rsi, rdi */
    const register = theirs.opRegister(i);
    const same = ours && ours.kind !== 'memory' && ours.kind !== 'immediate' && sameRegister(ours, register) === null;
    return !same && IMPLIED.has(register);
  }

  #immediate(value: bigint, size: number, i: number, kind: OpKind, length: number): string | null {
    const theirs = this.#theirs;
    if (kind === OpKind.Register || kind === OpKind.Memory) return 'immediate';
    if (kind === OpKind.NearBranch64 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch16)
      return BigInt.asUintN(64, value + BigInt(length)) === theirs.nearBranchTarget ? null : 'branch target';
    const bits = 8 * size;
    return BigInt.asUintN(bits, value) === BigInt.asUintN(bits, theirs.immediate(i))
      ? null
      : `immediate ${value}, iced ${theirs.immediate(i)}`;
  }

  #memory({ base, index, scale, displacement, segment, address32, size }: MemoryOperand): string | null {
    const theirs = this.#theirs;
    const [theirBase, theirIndex] = [theirs.memoryBase, theirs.memoryIndex];
    const ripRelative = theirBase === Register.RIP || theirBase === Register.EIP;
    const register = ripRelative ? null : theirBase ? REGISTERS[theirBase]! : null;
    const indexed = theirIndex ? REGISTERS[theirIndex]! : null;
    const narrow =
      theirBase === Register.EIP ||
      (register ?? indexed)?.size === 4 ||
      (!register && !indexed && !ripRelative && theirs.memoryDisplSize === 4);
    if (base !== (ripRelative ? 16 : (register?.index ?? null))) return `base ${base}`;
    if (index !== (indexed?.index ?? null)) return `index ${index}`;
    if (indexed && scale !== theirs.memoryIndexScale) return `scale ${scale}`;
    if (address32 !== narrow) return `address size ${address32 ? 4 : 8}`;
    const target = ripRelative ? displacement + BigInt(theirs.length) : displacement;
    const bits = narrow ? 32 : 64;
    if (BigInt.asUintN(bits, target) !== BigInt.asUintN(bits, theirs.memoryDisplacement))
      return `displacement ${displacement}, iced ${theirs.memoryDisplacement}`;
    const prefix = theirs.segmentPrefix;
    if (segment !== (prefix === Register.FS ? 4 : prefix === Register.GS ? 5 : 3)) return `segment ${segment}`;
    const wide = MEMORY_SIZES[theirs.memorySize]!;
    return size === wide ? null : `memory of ${size}, iced ${wide}`;
  }
}

function sameRegister(ours: Exclude<Operand, MemoryOperand | { kind: 'immediate' }>, number: Register): string | null {
  const theirs = REGISTERS[number];
  if (!theirs) return `register ${Register[number]}`;
  const high = ours.kind === 'gpr' && ours.high;
  // Of vectors the description says what is used of a register, iced which register.
  const size = ours.kind === 'gpr' ? ours.size : theirs.size;
  if (theirs.kind === ours.kind && theirs.index === ours.index && theirs.high === high)
    return theirs.size === size ? null : `register of ${size}, iced ${theirs.size}`;
  return `${ours.kind} ${ours.index} of ${ours.size}${high ? ' high' : ''}, iced ${Register[number]}`;
}
