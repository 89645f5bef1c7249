/**
 * The translator's Emitter: one wasm function (cpu, uop, left) → exit code for a region of blocks. Registers and flags it touches live in locals; they
 * are loaded at the entry and stored at the one exit that all ways out share.
 */
import { NO_REGISTER, x87Opcode } from '../decode/decoder.ts';
import { immediateIndex, type OperandSpec } from '../decode/table.ts';
import type { FlagName, Place, RegisterName, Type, Value, VectorPlace, Width } from '../isa/emitter.ts';
import type { AnyPlace } from '../isa/instruction.ts';
import { CONTEXT, LINEAR_32 } from '../layout.ts';
import type { Op } from '../wasm/opcodes.ts';
import { noAddress } from '../wasm/wasm-emitter.ts';
import type { PendingFlags } from './flags.ts';
import { refuse } from './region-base.ts';
import { flagType, RegionFlow } from './region-flow.ts';

const NAMES: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const FS = 4;
const FIRST_XMM: number = CONTEXT.fxsave + 160;

export class RegionEmitter extends RegionFlow {
  // Flags

  readFlag(flag: FlagName): Value {
    // What one arm has written is in the local by the time the other is reached.
    const pending = this.inside?.has(flag) ? undefined : this.flags.get(flag);
    if (!pending) this.ensureStored();
    // Bound: what is made of it may stay pending while the local changes, or is given back.
    return this.let(pending ?? this.readState(CONTEXT[flag], flagType(flag)));
  }
  writeFlag(flag: FlagName, value: Value): void {
    if (this.inside) {
      this.ensureStored();
      this.inside.add(flag);
      this.writeState(CONTEXT[flag], value);
    } else this.flags.set(flag, value, this.now.locals);
  }
  /** Without binding what is likely never to be looked at. */
  override flagsZsp(width: Width, result: Value): void {
    const wide = this.sign64(width, result);
    this.writeFlag('z', wide);
    this.writeFlag('s', wide);
    this.writeFlag('p', this.wrap(result));
  }
  override flagsSum(width: Width, a: Value, b: Value, result: Value): void {
    super.flagsSum(width, a, b, result);
    if (!this.inside) this.flags.compared({ kind: 'add', width, a, b, result, locals: this.now.locals });
  }
  override flagsCompare(width: Width, a: Value, b: Value, result: Value): void {
    super.flagsCompare(width, a, b, result);
    if (!this.inside) this.flags.compared({ kind: 'sub', width, a, b, result, locals: this.now.locals });
  }
  override flagsLogic(width: Width, result: Value): void {
    super.flagsLogic(width, result);
    if (!this.inside) this.flags.compared({ kind: 'logic', width, a: result, b: result, result, locals: this.now.locals });
  }
  override condition(code: number): Value {
    const { comparison } = this.flags;
    const direct = comparison && this.#compare(code >> 1, comparison);
    if (!direct) return super.condition(code);
    return code & 1 ? this.eqz(direct) : direct;
  }
  /** Condition without its lowest bit, from the operands; null: only the flags tell. */
  #compare(condition: number, { kind, width, a, b, result }: NonNullable<PendingFlags['comparison']>): Value | null {
    const zero = this.constant(width, 0n);
    const signed = (value: Value): Value => (width === 8 ? value : this.sign32(width, value));
    const [left, right] = kind === 'sub' ? [a, b] : [result, zero];
    const type = left.type;
    const compare = (op: 'eq' | 'lt_u' | 'le_u' | 'lt_s' | 'le_s', x: Value, y: Value): Value =>
      this.op(`${type}.${op}` as Op, 'i32', x, y);
    if (kind === 'add')
      return condition === 2 ? compare('eq', result, zero) : condition === 4 ? compare('lt_s', signed(result), zero) : null;
    switch (condition) {
      case 1:
        return kind === 'sub' ? compare('lt_u', left, right) : this.i32(0);
      case 2:
        return compare('eq', left, right);
      case 3:
        return kind === 'sub' ? compare('le_u', left, right) : compare('eq', left, right);
      case 4:
        return compare('lt_s', signed(result), zero);
      case 6:
        return compare('lt_s', signed(left), signed(right));
      case 7:
        return compare('le_s', signed(left), signed(right));
      default:
        return null;
    }
  }

  // Operands

  place(spec: OperandSpec): AnyPlace {
    const { form, memory, operandSize, reg, rm, opcodeRegister, immediates } = this.now.decoded;
    const width = widthOf(spec, operandSize);
    const bytes = spec.size === 4 || spec.size === 8 || spec.size === 16 ? spec.size : 16;
    switch (spec.source) {
      case 'reg':
        return this.#encoded(reg, width) as AnyPlace;
      case 'rm':
        return (memory ? this.#operandMemory(width) : this.#encoded(rm, width)) as AnyPlace;
      case 'opcode':
        return this.#encoded(opcodeRegister, width) as AnyPlace;
      case 'moffs':
        return this.#operandMemory(width) as AnyPlace;
      case 'fixed':
        return this.#register(spec.fixed, width, false) as AnyPlace;
      case 'one':
        return this.#constant(width, 1n) as AnyPlace;
      case 'xmm-reg':
        return this.#vector(reg, bytes) as AnyPlace;
      case 'xmm-rm':
        return (memory ? this.vectorPlace(() => this.#linear(), bytes, this.operandBase()) : this.#vector(rm, bytes)) as AnyPlace;
      case 'mmx-reg':
        return this.#mmx(reg) as AnyPlace;
      case 'mmx-rm':
        return (memory ? this.vectorPlace(() => this.#linear(), bytes, this.operandBase()) : this.#mmx(rm)) as AnyPlace;
      case 'immediate':
        return this.#constant(width, immediates[immediateIndex(form, spec)]!) as AnyPlace;
      case 'branch':
        if (!this.long && operandSize === 2) return refuse();
        return this.#constant(width, 0n) as AnyPlace;
      case 'st':
      case 'x87-opcode':
        return this.#constant(width, x87Opcode(this.now.decoded)) as AnyPlace;
      default:
        return refuse();
    }
  }
  #constant(width: Width, value: bigint): Place {
    const cut = width === 8 ? value : BigInt.asUintN(width * 8, value);
    return {
      width,
      kind: 'immediate',
      read: () => this.constant(width, cut),
      readToWrite: refuse,
      write: refuse,
      offset: refuse,
      linear: refuse,
    };
  }
  #encoded(index: number, width: Width): Place {
    const high = width === 1 && this.now.decoded.rex === 0 && index >= 4 && index < 8;
    return this.#register(high ? index - 4 : index, width, high);
  }
  #register(index: number, width: Width, high: boolean): Place {
    const offset = CONTEXT.gpr + index * 8;
    const whole = (): Value => this.readState(offset, 'i64');
    const read = (): Value => {
      if (width === 8) return this.let(whole());
      return this.let(this.cut(width, this.wrap(high ? this.shrU(whole(), this.i64(8n)) : whole())));
    };
    const merged = (value: Value): Value => {
      const mask = (width === 1 ? 0xffn : 0xffffn) << (high ? 8n : 0n);
      const part = this.extendU(this.cut(width, value));
      return this.or(this.and(whole(), this.i64(~mask)), high ? this.shl(part, this.i64(8n)) : part);
    };
    return {
      width,
      kind: 'register',
      read,
      readToWrite: read,
      write: (value) => this.writeState(offset, width >= 4 ? this.extendU(value) : merged(value)),
      offset: refuse,
      linear: refuse,
    };
  }
  gpr(register: RegisterName, width: Width): Place {
    return this.#register(register === 'r11' ? 11 : NAMES.indexOf(register), width, false);
  }
  high(_: 'rax'): Place {
    return this.#register(0, 1, true);
  }
  #vector(index: number, bytes: 4 | 8 | 16): VectorPlace {
    const offset = FIRST_XMM + index * 16;
    return {
      kind: 'register',
      bytes,
      linear: noAddress,
      read: () => this.let(this.readState(offset, 'v128')),
      write: (value) => this.writeState(offset, value),
    };
  }

  #mmx(index: number): VectorPlace {
    return this.mmxPlace(() => this.cpu, CONTEXT.fxsave + 32 + (index & 7) * 16);
  }
  /** XMM registers are locals, wherever they are named. */
  override context(offset: number, type: Type, width: number): { read(): Value; write(value: Value): void } {
    if (offset < FIRST_XMM || offset >= FIRST_XMM + 256) return super.context(offset, type, width);
    return this.#vector((offset - FIRST_XMM) / 16, 16);
  }

  #offset(): Value {
    const { base, index, scale, displacement, ripRelative } = this.now.decoded.memory!;
    const whole = (register: number): Value => this.readState(CONTEXT.gpr + register * 8, 'i64');
    let sum: Value | null = base === NO_REGISTER ? null : whole(base);
    if (index !== NO_REGISTER) {
      const scaled = scale === 0 ? whole(index) : this.shl(whole(index), this.i64(BigInt(scale)));
      sum = sum ? this.add(sum, scaled) : scaled;
    }
    const constant = displacement + (ripRelative ? BigInt(this.next) : 0n);
    if (!sum) sum = this.i64(constant);
    else if (constant !== 0n) sum = this.add(sum, this.i64(constant));
    const { addressSize, mode } = this.now.decoded;
    if (addressSize === 2) return this.and(sum, this.i64(0xffffn));
    return addressSize === 4 || mode.size !== 64 ? this.and(sum, this.i64(0xffff_ffffn)) : sum;
  }
  #segmentBase(address: Value): Value {
    const { segment } = this.now.decoded;
    if (segment < FS) return address;
    if (!this.long)
      return this.and(this.add(address, this.load('i64', 8, this.cpu, CONTEXT.segmentBases + 8 * segment)), this.i64(LINEAR_32));
    return this.add(address, this.load('i64', 8, this.cpu, segment === FS ? CONTEXT.fsBase : CONTEXT.gsBase));
  }
  #linear(): Value {
    return (this.now.address ??= this.let(this.#segmentBase(this.#offset())));
  }
  #operandMemory(width: Width): Place {
    return { ...this.memoryPlace(() => this.#linear(), width, this.operandBase()), offset: () => this.#offset() };
  }
  operandBase(): Value {
    const { memory, segment } = this.now.decoded;
    const { base } = memory!;
    // With a segment of its own it is not the stack's.
    if (this.long && segment !== 3) return this.i32(0);
    return this.i32(base === NO_REGISTER ? CONTEXT.zero : CONTEXT.gpr + base * 8);
  }
  memory(address: Value, width: Width, stack: boolean | Value = false): Place {
    return this.memoryPlace(() => address, width, typeof stack === 'boolean' ? this.i32(stack ? 1 : 0) : stack);
  }
  sourceAddress(offset: Value): Value {
    return this.let(this.#segmentBase(offset));
  }
  rip(): Value {
    return this.i64(BigInt(this.now.va));
  }
  nextRip(): Value {
    return this.i64(BigInt(this.next));
  }

  // The rest of the context, where it is

  direction(): Value {
    return this.load('i32', 4, this.cpu, CONTEXT.direction);
  }
  setDirection(value: number): void {
    this.store(4, this.cpu, CONTEXT.direction, this.i32(value));
  }
  mxcsr(): Value {
    return this.load('i32', 4, this.cpu, CONTEXT.fxsave + 24);
  }
  setMxcsr(value: Value): void {
    this.store(4, this.cpu, CONTEXT.fxsave + 24, value);
  }

  again(): void {
    this.onAgain();
  }
  stepFrom(): void {
    refuse();
  }
  leave(): void {
    refuse();
  }
  instructionsLeft(): Value {
    return refuse();
  }
  segmentIndex(): Value {
    return refuse();
  }
}

function widthOf({ size }: OperandSpec, operandSize: Width): Width {
  switch (size) {
    case 'v':
    case 'z':
      return operandSize;
    case 'y':
      return operandSize === 8 ? 8 : 4;
    case 16:
      return 8;
    default:
      return size;
  }
}
