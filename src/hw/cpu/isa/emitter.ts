/**
 * What an instruction's description is written against: values, operands, flags, control flow. An engine implements the primitives; descriptions
 * never see where registers live, micro-ops or memory layout. Widths are in bytes; a value of width 1, 2 or 4 is an i32 (zero-extended), of
 * width 8 an i64. Writes to memory come first in a description, so that a fault leaves everything as it was.
 */
import type { CodeMode } from '../code-mode.ts';
import { CONTEXT, STRICT } from '../layout.ts';
import type { Op } from '../wasm/opcodes.ts';

export type Width = 1 | 2 | 4 | 8;
export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** An expression, emitted where it is used: `let` binds one that is used twice or whose inputs change. */
export interface Value {
  readonly type: Type;
  readonly emit: () => void;
  /** Known while emitting: what depends on it alone is worked out then. */
  readonly constant?: bigint;
}

export interface Place {
  readonly width: Width;
  readonly kind: 'register' | 'memory' | 'immediate';
  /** The value now, bound: later writes do not change it. */
  read(): Value;
  /** The same, and a `write` that follows cannot page-fault. */
  readToWrite(): Value;
  write(value: Value): void;
  /** Effective address without the segment base (LEA). */
  offset(): Value;
  /** Linear address. */
  linear(): Value;
}

export interface VectorPlace {
  readonly kind: 'register' | 'memory';
  /** How many bytes move when it is memory. */
  readonly bytes: 4 | 8 | 16;
  /** Of memory. */
  linear(): Value;
  /** The whole register; from memory `bytes` with zeroes above. */
  read(): Value;
  /** The whole register; to memory the low `bytes`. */
  write(value: Value): void;
}

export type FlagName = 'z' | 's' | 'p' | 'c' | 'o' | 'a';
export type RegisterName = 'rax' | 'rcx' | 'rdx' | 'rbx' | 'rsp' | 'rbp' | 'rsi' | 'rdi' | 'r11';
export const SEGMENT = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5 } as const;
export type Leave = 'syscall' | 'sysenter' | 'privileged' | 'interrupt' | 'trap';

const TYPES: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
/** An operation's name for each type, made once. */
function typed(name: string): Readonly<Record<Type, Op>> {
  return Object.fromEntries(TYPES.map((type) => [type, `${type}.${name}`])) as Record<Type, Op>;
}
const ADD: Readonly<Record<Type, Op>> = typed('add');
const SUB: Readonly<Record<Type, Op>> = typed('sub');
const MUL: Readonly<Record<Type, Op>> = typed('mul');
const AND: Readonly<Record<Type, Op>> = typed('and');
const OR: Readonly<Record<Type, Op>> = typed('or');
const XOR: Readonly<Record<Type, Op>> = typed('xor');
const SHL: Readonly<Record<Type, Op>> = typed('shl');
const SHR_U: Readonly<Record<Type, Op>> = typed('shr_u');
const SHR_S: Readonly<Record<Type, Op>> = typed('shr_s');
const ROTL: Readonly<Record<Type, Op>> = typed('rotl');
const ROTR: Readonly<Record<Type, Op>> = typed('rotr');
const EQ: Readonly<Record<Type, Op>> = typed('eq');
const NE: Readonly<Record<Type, Op>> = typed('ne');
const LT_U: Readonly<Record<Type, Op>> = typed('lt_u');
const LT_S: Readonly<Record<Type, Op>> = typed('lt_s');
const GE_U: Readonly<Record<Type, Op>> = typed('ge_u');
const EQZ: Readonly<Record<Type, Op>> = typed('eqz');

export abstract class Emitter {
  /** Operand size of the form being described. */
  abstract readonly operandSize: Width;
  /** Of the form, where there is no memory operand to have it. */
  abstract readonly addressSize: 2 | 4 | 8;
  abstract readonly model: CodeMode['model'];
  abstract readonly conditionCode: number;
  abstract op(op: Op, type: Type, a: Value, b?: Value, c?: Value): Value;
  /** A wasm instruction with its immediates, after its operands: lanes, shuffles, vector constants. */
  abstract raw(type: Type, bytes: readonly number[], ...args: Value[]): Value;
  /** A field of the vCPU context (layout.ts). */
  abstract context(offset: number, type: Type, width: number): { read(): Value; write(value: Value): void };
  abstract i32(value: number): Value;
  abstract i64(value: bigint): Value;
  abstract let(value: Value): Value;
  abstract variable(initial: Value): { get(): Value; set(value: Value): void };
  abstract if(condition: Value, then: () => void, otherwise?: () => void): void;
  abstract gpr(register: RegisterName, width: Width): Place;
  /** Memory at a linear address; `stack`: a non-canonical address is #SS; operandBase(): as for the memory operand. */
  abstract memory(address: Value, width: Width, stack?: boolean | Value): Place;
  /** What tells whether a bad address of the memory operand is the stack's: for helpers that reach memory. */
  abstract operandBase(): Value;
  abstract readFlag(flag: FlagName): Value;
  /** z, s: i64; p: its low byte; c: 0 or 1; o: the sign bit; a: bit 4. */
  abstract writeFlag(flag: FlagName, value: Value): void;
  /** Address of the next instruction. */
  abstract nextRip(): Value;
  /** Address of this one. */
  abstract rip(): Value;
  /** Goes to an address: the end of this instruction. */
  abstract jump(target: Value): void;
  /** Goes to the target that the instruction names. */
  abstract jumpNear(): void;
  /** This instruction once more (a REP iteration). */
  abstract again(): void;
  /** #NM while CR0.TS is set. */
  abstract needFpu(): void;
  /** #GP if it holds. */
  abstract protect(condition: Value): void;
  /** After TF or RF may have been set: they take effect at `target`, the next instruction. */
  abstract stepFrom(target: Value): void;
  abstract raise(vector: number, errorCode?: Value): void;
  /** `vector`: of a trap that is not #BP. */
  abstract leave(how: Leave, vector?: number): void;
  /** Calls the engine's helper of that name: (i32 | i64)* → i32, or nothing. */
  abstract call(name: string, result: 'i32' | 'i64' | null, ...args: Value[]): Value;
  /** After `call(…, null)`: emits it now. */
  abstract do(value: Value): void;
  /** 0 (forward) or 1 (backward). */
  abstract direction(): Value;
  abstract setDirection(value: number): void;
  /** Linear address of `bytes` at an offset into the segment that the override names, or ds. */
  abstract sourceAddress(offset: Value, bytes: number): Value;
  /** Width of a string instruction. */
  abstract readonly stringWidth: Width;
  /** AH and its like. */
  abstract high(register: 'rax'): Place;
  /** For RDTSC in virtual time: the budget that is left, this instruction included. */
  abstract instructionsLeft(): Value;
  /** Number of a segment register operand. */
  abstract segmentIndex(place: Place): Value;
  /** A helper that reaches memory answers 0 when it has recorded a fault. */
  abstract faultUnless(value: Value): void;
  abstract mxcsr(): Value;
  abstract setMxcsr(value: Value): void;
  /** From here on a fault puts rsp back. */
  abstract restoreOnFault(rsp: Value): void;
  /** The decoded REP prefix: 0 none, 1 REP/REPE, 2 REPNE. */
  abstract readonly repeat: 0 | 1 | 2;

  /** Where vectors lie that a helper reads (0 and 1) and writes (2): values of up to 16 bytes. */
  scratch(slot: 0 | 1 | 2, type: Type): { read(): Value; write(value: Value): void } {
    const width = { i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 }[type];
    return this.context(CONTEXT.scratch + 16 * slot, type, width);
  }
  constant(width: Width, value: bigint): Value {
    return width === 8 ? this.i64(value) : this.i32(Number(BigInt.asIntN(32, value)));
  }
  add(a: Value, b: Value): Value {
    return this.op(ADD[a.type], a.type, a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.op(SUB[a.type], a.type, a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.op(MUL[a.type], a.type, a, b);
  }
  and(a: Value, b: Value): Value {
    return this.op(AND[a.type], a.type, a, b);
  }
  or(a: Value, b: Value): Value {
    return this.op(OR[a.type], a.type, a, b);
  }
  xor(a: Value, b: Value): Value {
    return this.op(XOR[a.type], a.type, a, b);
  }
  shl(a: Value, b: Value): Value {
    return this.op(SHL[a.type], a.type, a, b);
  }
  shrU(a: Value, b: Value): Value {
    return this.op(SHR_U[a.type], a.type, a, b);
  }
  shrS(a: Value, b: Value): Value {
    return this.op(SHR_S[a.type], a.type, a, b);
  }
  rotl(a: Value, b: Value): Value {
    return this.op(ROTL[a.type], a.type, a, b);
  }
  rotr(a: Value, b: Value): Value {
    return this.op(ROTR[a.type], a.type, a, b);
  }
  eq(a: Value, b: Value): Value {
    return this.op(EQ[a.type], 'i32', a, b);
  }
  ne(a: Value, b: Value): Value {
    return this.op(NE[a.type], 'i32', a, b);
  }
  ltU(a: Value, b: Value): Value {
    return this.op(LT_U[a.type], 'i32', a, b);
  }
  ltS(a: Value, b: Value): Value {
    return this.op(LT_S[a.type], 'i32', a, b);
  }
  geU(a: Value, b: Value): Value {
    return this.op(GE_U[a.type], 'i32', a, b);
  }
  eqz(a: Value): Value {
    return this.op(EQZ[a.type], 'i32', a);
  }
  select(condition: Value, a: Value, b: Value): Value {
    return this.op('select', a.type, a, b, condition);
  }
  wrap(a: Value): Value {
    return a.type === 'i32' ? a : this.op('i32.wrap_i64', 'i32', a);
  }
  extendU(a: Value): Value {
    return a.type === 'i64' ? a : this.op('i64.extend_i32_u', 'i64', a);
  }
  extendS(a: Value): Value {
    return a.type === 'i64' ? a : this.op('i64.extend_i32_s', 'i64', a);
  }
  not(a: Value): Value {
    return this.xor(a, a.type === 'i64' ? this.i64(-1n) : this.i32(-1));
  }
  /** Cuts an i32 to `width` (zero-extended); widths 4 and 8 are whole already. */
  cut(width: Width, value: Value): Value {
    return width >= 4 ? value : this.and(value, this.i32(width === 1 ? 0xff : 0xffff));
  }
  /** Sign-extends a value of `width` to i64. */
  sign64(width: Width, value: Value): Value {
    if (width === 8) return value;
    return this.op('i64.extend_i32_s', 'i64', this.sign32(width, value));
  }
  /** Sign-extends a value of width 1, 2 or 4 to i32. */
  sign32(width: Width, value: Value): Value {
    return width >= 4 ? value : this.op(width === 1 ? 'i32.extend8_s' : 'i32.extend16_s', 'i32', value);
  }
  /** The low `width` bytes of an i64. */
  wrapTo(width: Width, value: Value): Value {
    return width === 8 ? value : this.cut(width, this.wrap(value));
  }
  /** A value of `from` as one of `to`, zero-extended or cut. */
  toWidth(to: Width, value: Value): Value {
    return to === 8 ? this.extendU(value) : this.cut(to, this.wrap(value));
  }
  signTo(from: Width, to: Width, value: Value): Value {
    const wide = this.sign64(from, value);
    return to === 8 ? wide : this.cut(to, this.wrap(wide));
  }
  /** The sign bit of a value of `width`, at bit 31 of an i32. */
  signBit(width: Width, value: Value): Value {
    if (width === 8) return this.wrap(this.shrU(value, this.i64(32n)));
    return width === 4 ? value : this.shl(value, this.i32(32 - 8 * width));
  }

  flagsZsp(width: Width, result: Value): void {
    const wide = this.let(this.sign64(width, result));
    this.writeFlag('z', wide);
    this.writeFlag('s', wide);
    this.writeFlag('p', this.wrap(result));
  }
  flagsLogic(width: Width, result: Value): void {
    this.flagsZsp(width, result);
    for (const flag of ['c', 'o', 'a'] as const) this.writeFlag(flag, this.i32(0));
  }
  /** `carry` null: CF stays. */
  flagsAdd(width: Width, a: Value, b: Value, result: Value, carry: Value | null): void {
    this.flagsZsp(width, result);
    if (carry) this.writeFlag('c', carry);
    this.writeFlag('o', this.signBit(width, this.and(this.xor(a, result), this.xor(b, result))));
    this.writeFlag('a', this.wrap(this.xor(this.xor(a, b), result)));
  }
  flagsSub(width: Width, a: Value, b: Value, result: Value, borrow: Value | null): void {
    this.flagsZsp(width, result);
    if (borrow) this.writeFlag('c', borrow);
    this.writeFlag('o', this.signBit(width, this.and(this.xor(a, b), this.xor(a, result))));
    this.writeFlag('a', this.wrap(this.xor(this.xor(a, b), result)));
  }

  /** Of `result` = a + b, without a carry coming in. */
  flagsSum(width: Width, a: Value, b: Value, result: Value): void {
    this.flagsAdd(width, a, b, result, this.ltU(result, a));
  }
  /** Of `result` = a - b, without a borrow coming in. */
  flagsCompare(width: Width, a: Value, b: Value, result: Value): void {
    this.flagsSub(width, a, b, result, this.ltU(a, b));
  }

  /** Condition codes 0 (O) to 15 (NLE), the low four bits of Jcc's opcode: an i32, 0 or 1. */
  condition(code: number): Value {
    const zero = (): Value => this.eqz(this.readFlag('z'));
    const negative = (): Value => this.ltS(this.readFlag('s'), this.i64(0n));
    const overflow = (): Value => this.ltS(this.readFlag('o'), this.i32(0));
    const parity = (): Value => this.eqz(this.and(this.op('i32.popcnt', 'i32', this.and(this.readFlag('p'), this.i32(0xff))), this.i32(1)));
    const positive = [
      overflow,
      () => this.readFlag('c'),
      zero,
      () => this.or(this.readFlag('c'), zero()),
      negative,
      parity,
      () => this.ne(negative(), overflow()),
      () => this.or(zero(), this.ne(negative(), overflow())),
    ][code >> 1]!();
    return code & 1 ? this.eqz(positive) : positive;
  }

  get long(): boolean {
    return this.model === 'long';
  }
  /** Linear address of `bytes` at an offset into es, cs, ss or ds. */
  address(segment: 0 | 1 | 2 | 3, offset: Value, bytes: number): Value {
    if (this.model !== 'segmented') return this.extendU(offset);
    return this.checkedAddress(this.i32(CONTEXT.segmentBases + 8 * segment), offset, bytes);
  }
  /** Base added and limit checked; #GP or #SS when the bytes are not all in it. */
  protected checkedAddress(slot: Value, offset: Value, bytes: number): Value {
    const address = this.let(this.call('segmentAddress', 'i64', slot, this.wrap(offset), this.i32(bytes)));
    this.faultUnless(this.ne(address, this.i64(-1n)));
    return address;
  }
  /** Linear address of `bytes` so far behind the beginning of a memory operand. */
  addressIn(place: Pick<Place, 'linear' | 'offset'>, distance: number | Value, bytes: number): Value {
    const by = typeof distance === 'number' ? this.i64(BigInt(distance)) : distance;
    if (this.model === 'segmented')
      return this.sourceAddress(this.let(this.and(this.add(place.offset(), by), this.i64(0xffff_ffffn))), bytes);
    if (distance === 0) return place.linear();
    const sum = this.add(place.linear(), by);
    return this.let(this.long ? sum : this.and(sum, this.i64(0xffff_ffffn)));
  }
  /** A register as an address or a counter: of the address size. */
  indexRegister(register: RegisterName): Place {
    return this.gpr(register, this.addressSize);
  }

  /** rsp, or esp in compatibility mode: what all of the stack's offsets are counted in. */
  stackPointer(): Value {
    return this.gpr('rsp', this.long ? 8 : 4).read();
  }
  setStackPointer(value: Value): void {
    this.gpr('rsp', this.long ? 8 : 4).write(this.withinStack(value));
  }
  /** An offset into the stack with what else esp holds, when only sp is used. */
  withinStack(value: Value): Value {
    if (this.model !== 'segmented') return value;
    const mask = this.context(CONTEXT.stackMask, 'i32', 4).read();
    return this.let(this.or(this.and(this.stackPointer(), this.not(mask)), this.and(value, mask)));
  }
  /** `value` + `bytes` as an offset into the stack. */
  stackOffset(value: Value, bytes: number | Value): Value {
    const of = (count: number): Value => this.constant(this.long ? 8 : 4, BigInt(count));
    const sum = typeof bytes !== 'number' ? this.add(value, bytes) : bytes < 0 ? this.sub(value, of(-bytes)) : this.add(value, of(bytes));
    return this.let(this.model === 'segmented' ? this.and(sum, this.context(CONTEXT.stackMask, 'i32', 4).read()) : sum);
  }
  onStack(offset: Value, width: Width): Place {
    return this.memory(this.address(SEGMENT.ss, offset, width), width, true);
  }
  /** A place whose `readToWrite` is the last that can go wrong: read-only pages refuse there, whatever their owner does of other stores. */
  strictly(address: Value, width: Width, base: Value = this.operandBase()): Place {
    return this.memory(address, width, this.or(base, this.i32(STRICT)));
  }
  /** The same on the stack. */
  strictlyOnStack(offset: Value, width: Width): Place {
    return this.strictly(this.address(SEGMENT.ss, offset, width), width, this.i32(1));
  }
  /** #GP unless the address is a multiple of `bytes`. */
  needAligned(address: Value, bytes: number): void {
    this.protect(this.and(this.wrap(address), this.i32(bytes - 1)));
  }
  /** Where a branch leads: #GP at the branch unless the address is canonical. */
  canonical(target: Value): Value {
    if (!this.long) return target;
    const bound = this.let(target);
    const top = this.add(this.shrS(bound, this.i64(47n)), this.i64(1n));
    this.protect(this.geU(top, this.i64(2n)));
    return bound;
  }
  push(width: Width, value: Value): void {
    const top = this.stackOffset(this.stackPointer(), -width);
    this.onStack(top, width).write(value);
    this.setStackPointer(top);
  }
  /** The value on top of the stack; rsp is moved by the caller's `drop`. */
  peek(width: Width, above: number = 0): Value {
    const rsp = this.stackPointer();
    return this.onStack(above === 0 && this.model !== 'segmented' ? rsp : this.stackOffset(rsp, above), width).read();
  }
  drop(bytes: number): void {
    this.setStackPointer(this.add(this.stackPointer(), this.constant(this.long ? 8 : 4, BigInt(bytes))));
  }
}
