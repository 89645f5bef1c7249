/**
 * The translator's Emitter: one wasm function (cpu, uop, left) → exit code for a region of blocks. Registers and flags it touches live in locals; they
 * are loaded at the entry and stored at the one exit that all ways out share.
 */
import { NO_REGISTER, type Decoded } from '../decode/decoder.ts';
import type { OperandSpec } from '../decode/table.ts';
import type { FlagName, Place, RegisterName, Type, Value, VectorPlace, Width } from '../isa/emitter.ts';
import type { AnyPlace } from '../isa/instruction.ts';
import { CONTEXT, EXIT, UOP } from '../layout.ts';
import { PSEUDO } from '../interpreter/pseudo.ts';
import { Bytes } from '../wasm/bytes.ts';
import type { ValueType } from '../wasm/module.ts';
import { BLOCK, BR, CALL, ELSE, EMPTY, END, IF, LOOP, RETURN, RETURN_CALL, RETURN_CALL_INDIRECT, type Op } from '../wasm/opcodes.ts';
import { noAddress, WASM_TYPES, WasmEmitter, type MemoryHelpers } from '../wasm/wasm-emitter.ts';
import { fold } from './fold.ts';
import { lazyCode, Locals, PendingFlags } from './flags.ts';

/** Function indices in the region's module. */
export interface RegionHelpers extends MemoryHelpers {
  readonly handlerType: number;
  /** (cpu, va, left): to an address, by the jump cache. */
  readonly jump: number;
  /** (cpu, code of a lazy kind, a, b): stores the flags in the context. */
  readonly materialize: number;
  readonly named: Readonly<Record<string, number>>;
}

/** What the description asks for cannot be done inside a region. */
export class Untranslatable extends Error {}
const refuse = (): never => {
  throw new Untranslatable();
};

const CPU = 0;
const UOP_LOCAL = 1;
const LEFT = 2;
const PARAMETERS = 3;
const NAMES: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const FIRST_XMM: number = CONTEXT.fxsave + 160;
/** Values of the local that says how to leave; others are exit codes. */
const CHAIN = -1;
const JUMP = -2;

const FLAGS: readonly FlagName[] = ['z', 's', 'p', 'c', 'o', 'a'];
const flagType = (flag: FlagName): 'i64' | 'i32' => (flag === 'z' || flag === 's' ? 'i64' : 'i32');

interface StateLocal {
  readonly local: number;
  readonly type: Type;
  written: boolean;
}

/** The instruction at hand. */
interface Instruction {
  readonly decoded: Decoded;
  readonly va: number;
  /** How many of its block's instructions have not retired, itself included. */
  readonly unretired: number;
  readonly locals: Locals;
  address: Value | null;
  restoreRsp: Value | null;
  /** It has a store that may hit code. */
  stores: boolean;
}

export class RegionEmitter extends WasmEmitter {
  readonly #helpers: RegionHelpers;
  readonly #types: ValueType[] = [];
  readonly #pool: Readonly<Record<Type, number[]>> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  /** Registers and flags in locals, by their offset in the context. */
  readonly #state: Map<number, StateLocal> = new Map();
  readonly flags: PendingFlags = new PendingFlags();
  readonly #exitRip: number;
  readonly #exitUop: number;
  readonly #exitCode: number;
  readonly #tlb: number;
  readonly #stale: number;
  /** Where blocks meet, flags may be the operands they come from: lazyCode, a, b. Code 0: they are in their locals. */
  readonly #lazyCode: number;
  readonly #lazyA: number;
  readonly #lazyB: number;
  /** Here the code is known to be 0. */
  #stored = true;
  readonly #exitLevel: number;
  /** A micro-op that goes stale with the region's code. */
  readonly #token: number;
  #now: Instruction;
  /** Flags written inside an open conditional part; null: none is open. */
  #inside: Set<FlagName> | null = null;
  onJumpNear: () => void = refuse;
  onJump: () => void = refuse;

  constructor(helpers: RegionHelpers, token: number) {
    super();
    this.#helpers = helpers;
    this.#token = token;
    this.#now = this.#instruction(null!, 0, 0);
    [this.#exitRip, this.#lazyA, this.#lazyB] = [this.newLocal('i64'), this.newLocal('i64'), this.newLocal('i64')];
    [this.#exitUop, this.#exitCode, this.#tlb] = [this.newLocal('i32'), this.newLocal('i32'), this.newLocal('i32')];
    [this.#stale, this.#lazyCode] = [this.newLocal('i32'), this.newLocal('i32')];
    this.#exitLevel = ++this.depth;
  }

  // Instructions

  /** @param unretired how many of the block's instructions come from this one on */
  begin(decoded: Decoded, va: number, unretired: number): void {
    this.#now = this.#instruction(decoded, va, unretired);
  }
  #instruction(decoded: Decoded, va: number, unretired: number): Instruction {
    return { decoded, va, unretired, locals: this.#newLocals(), address: null, restoreRsp: null, stores: false };
  }
  /** Other instructions are written in the middle of this one. */
  aside(work: () => void): void {
    const now = this.#now;
    const stored = this.#stored;
    this.flags.during(work);
    this.#now = now;
    this.#stored = stored;
  }
  /** After the instruction, unless it was the last: leaves if it has changed the code. */
  checkCode(): void {
    if (!this.#now.stores) return;
    this.branch(this.getLocal(this.#stale, 'i32'), () => this.#leave(EXIT.lookup, this.#next, this.#now.unretired - 1));
  }
  /** The same before it goes on inside the region. */
  leaveIfStale(va: number): void {
    if (this.#now.stores) this.branch(this.getLocal(this.#stale, 'i32'), () => this.#leave(EXIT.lookup, va, 0));
  }
  end(): void {
    this.#now.locals.release();
  }
  get #next(): number {
    return this.#now.va + this.#now.decoded.length;
  }

  get operandSize(): Width {
    return this.#now.decoded.operandSize;
  }
  get stringWidth(): Width {
    return this.#now.decoded.form.stringWidth === 'b' ? 1 : this.#now.decoded.operandSize;
  }
  get conditionCode(): number {
    return this.#now.decoded.condition;
  }
  get repeat(): 0 | 1 | 2 {
    return this.#now.decoded.repeat;
  }

  // Locals

  #newLocals(): Locals {
    return new Locals(({ locals }) => {
      for (const { local, type } of locals) this.#pool[type].push(local);
    });
  }
  protected newLocal(type: Type): number {
    const local = this.#pool[type].pop() ?? this.#fixed(type);
    this.#now.locals.locals.push({ local, type });
    return local;
  }
  #fixed(type: Type): number {
    return PARAMETERS + this.#types.push(WASM_TYPES[type]) - 1;
  }
  #stateAt(offset: number, type: Type): StateLocal {
    let state = this.#state.get(offset);
    if (!state) this.#state.set(offset, (state = { local: this.#fixed(type), type, written: false }));
    return state;
  }
  #readState(offset: number, type: Type): Value {
    return this.getLocal(this.#stateAt(offset, type).local, type);
  }
  #writeState(offset: number, value: Value): void {
    value.emit();
    const state = this.#stateAt(offset, value.type);
    state.written = true;
    this.setLocal(state.local);
  }

  // Expressions: constants are worked out

  override op(op: Op, type: Type, ...args: Value[]): Value {
    const known = fold(op, args);
    if (known === null) return super.op(op, type, ...args);
    return type === 'i64' ? this.i64(known) : this.i32(Number(known));
  }
  override i32(value: number): Value {
    return { ...super.i32(value), constant: BigInt(value | 0) };
  }
  override i64(value: bigint): Value {
    return { ...super.i64(value), constant: BigInt.asIntN(64, value) };
  }
  override let(value: Value): Value {
    return value.constant === undefined ? super.let(value) : value;
  }

  protected get memoryHelpers(): MemoryHelpers {
    return this.#helpers;
  }
  get cpu(): Value {
    return this.getLocal(CPU, 'i32');
  }
  protected tlb(): Value {
    return this.getLocal(this.#tlb, 'i32');
  }
  call(name: string, result: 'i32' | 'i64' | null, ...args: Value[]): Value {
    const index = this.#helpers.named[name];
    if (index === undefined) return refuse();
    return {
      type: result ?? 'i32',
      emit: () => {
        this.cpu.emit();
        for (const arg of args) arg.emit();
        this.code.u8(CALL);
        this.code.u32(index);
      },
    };
  }

  // Conditional parts

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      if (condition.constant !== 0n) then();
      else otherwise?.();
      return;
    }
    // What comes behind a branch is other instructions, not a part of this one.
    if (this.#now.decoded.form.operands.some(({ source }) => source === 'branch')) return this.branch(condition, then, otherwise);
    const outer = this.#inside;
    const inside = (this.#inside = new Set(outer));
    const main = this.code;
    const part = (write: () => void): Bytes => {
      const address = this.#now.address;
      const stored = this.#stored;
      this.code = new Bytes();
      write();
      this.#now.address = address;
      this.#stored = stored;
      return this.code;
    };
    this.depth++;
    const first = part(then);
    const second = otherwise && part(otherwise);
    this.depth--;
    this.code = main;
    this.#inside = outer;
    // What is written on one way only must be in its local on the other way too.
    for (const flag of inside) {
      if (outer) outer.add(flag);
      else this.#settle(flag);
    }
    if (inside.size > 0) this.flags.forget();
    condition.emit();
    this.code.bytes([IF, EMPTY]);
    this.code.bytes(first.view());
    if (second) {
      this.code.u8(ELSE);
      this.code.bytes(second.view());
    }
    this.code.u8(END);
  }
  #settle(flag: FlagName): void {
    const value = this.flags.get(flag);
    if (value) {
      this.#ensureStored();
      this.#writeState(CONTEXT[flag], value);
    }
    this.flags.drop(flag);
  }
  /** What is not pending is in its local from here on. */
  #ensureStored(): void {
    if (this.#stored) return;
    const code = this.getLocal(this.#lazyCode, 'i32');
    this.branch(code, () => {
      this.#materialize();
      for (const flag of FLAGS)
        this.#writeState(CONTEXT[flag], this.load(flagType(flag), flagType(flag) === 'i64' ? 8 : 4, this.cpu, CONTEXT[flag]));
      this.#setCode(0);
    });
    this.#stored = true;
  }
  #materialize(): void {
    for (const value of [
      this.cpu,
      this.getLocal(this.#lazyCode, 'i32'),
      this.getLocal(this.#lazyA, 'i64'),
      this.getLocal(this.#lazyB, 'i64'),
    ])
      value.emit();
    this.code.u8(CALL);
    this.code.u32(this.#helpers.materialize);
  }
  #setCode(code: number): void {
    this.i32(code).emit();
    this.setLocal(this.#lazyCode);
  }

  // Ways out

  /** Stores what is pending, on this way only. */
  #storePending(): void {
    const inside = this.#inside;
    const pending = [...this.flags.entries()].filter(([flag]) => !inside?.has(flag));
    if (pending.length === 0) return;
    const { comparison } = this.flags;
    if (comparison && (inside?.size ?? 0) === 0) {
      const { kind, width, a, b } = comparison;
      this.extendU(a).emit();
      this.setLocal(this.#lazyA);
      if (kind !== 'logic') {
        this.extendU(b).emit();
        this.setLocal(this.#lazyB);
      }
      this.#setCode(lazyCode(kind, width));
      return;
    }
    const stored = this.#stored;
    if (pending.length < FLAGS.length) this.#ensureStored();
    for (const [flag, { value }] of pending) this.#writeState(CONTEXT[flag], value);
    if (!this.#stored) this.#setCode(0);
    this.#stored = stored;
  }
  #leave(code: number, rip: number, refund: number): void {
    this.#storePending();
    if (refund > 0) {
      this.add(this.getLocal(LEFT, 'i32'), this.i32(refund)).emit();
      this.setLocal(LEFT);
    }
    this.i64(BigInt(rip)).emit();
    this.setLocal(this.#exitRip);
    this.#exitWith(code);
  }
  #exitWith(code: number): void {
    this.i32(code).emit();
    this.setLocal(this.#exitCode);
    this.#br(this.#exitLevel);
  }
  #br(level: number): void {
    this.code.u8(BR);
    this.code.u32(this.depth - level);
  }
  protected fault(): void {
    if (this.#now.restoreRsp) this.#writeState(CONTEXT.gpr + 4 * 8, this.#now.restoreRsp);
    this.#leave(EXIT.exception, this.#now.va, this.#now.unretired);
  }
  restoreOnFault(rsp: Value): void {
    this.#now.restoreRsp = rsp;
  }
  faultUnless(value: Value): void {
    this.branch(this.eqz(value), () => this.fault());
  }
  raise(vector: number, errorCode?: Value): void {
    this.store(4, this.cpu, CONTEXT.exitVector, this.i32(vector));
    this.store(4, this.cpu, CONTEXT.exitError, errorCode ?? this.i32(vector === 13 ? 0 : -1));
    this.fault();
  }
  needFpu(): void {
    this.branch(this.load('i32', 4, this.cpu, CONTEXT.taskSwitched), () => this.raise(7));
  }
  needAligned(address: Value, bytes: number): void {
    this.branch(this.ne(this.and(address, this.i64(BigInt(bytes - 1))), this.i64(0n)), () => this.raise(13));
  }
  protected override storedSlowly(): void {
    this.#now.stores = true;
    this.eq(this.load('i32', 4, this.i32(this.#token), UOP.handler), this.i32(PSEUDO.stale)).emit();
    this.setLocal(this.#stale);
  }
  jump(target: Value): void {
    target.emit();
    this.setLocal(this.#exitRip);
    if (this.#now.stores) this.branch(this.getLocal(this.#stale, 'i32'), () => this.exitWanted());
    this.onJump();
  }
  /** To the address that `jump` was told. */
  exitWanted(): void {
    this.#storePending();
    this.#exitWith(JUMP);
  }
  jumpNear(): void {
    this.onJumpNear();
  }
  /** To an address outside, which is known. */
  exitTo(va: number): void {
    this.#storePending();
    this.i64(BigInt(va)).emit();
    this.setLocal(this.#exitRip);
    this.#exitWith(JUMP);
  }
  /** To a block of the same page outside, by a micro-op that goes there. */
  chainTo(uop: number): void {
    this.#storePending();
    this.i32(uop).emit();
    this.setLocal(this.#exitUop);
    this.#exitWith(CHAIN);
  }

  // Structure

  /** @returns the level to branch to: the end of a block, the start of a loop */
  nested(kind: 'block' | 'loop', work: (level: number) => void): void {
    this.code.bytes([kind === 'block' ? BLOCK : LOOP, EMPTY]);
    const level = ++this.depth;
    work(level);
    this.depth--;
    this.code.u8(END);
  }
  /** Stores what is pending: others come here too. */
  settleFlags(): void {
    this.#storePending();
    this.forgetFlags();
  }
  /** Whoever comes here has stored the flags, in one way or another. */
  forgetFlags(): void {
    this.flags.clear();
    this.#stored = false;
  }
  /** To a block inside that others reach too. */
  goTo(level: number): void {
    this.#storePending();
    this.#br(level);
  }
  /** The dispatcher's choice among addresses, in order of address. */
  ifBelow(va: number, then: () => void, otherwise: () => void): void {
    this.branch(this.op('i64.lt_s', 'i32', this.getLocal(this.#exitRip, 'i64'), this.i64(BigInt(va))), then, otherwise);
  }
  ifWanted(va: number, then: () => void): void {
    this.branch(this.eq(this.getLocal(this.#exitRip, 'i64'), this.i64(BigInt(va))), then);
  }
  /** Takes the block's instructions off the budget, or leaves if there are not as many. */
  charge(count: number, va: number): void {
    const left = this.getLocal(LEFT, 'i32');
    this.branch(this.op('i32.lt_s', 'i32', left, this.i32(count)), () => this.#leave(EXIT.tail, va, 0));
    this.sub(left, this.i32(count)).emit();
    this.setLocal(LEFT);
  }

  /** The whole function. */
  finish(): { readonly locals: readonly ValueType[]; readonly code: Bytes } {
    const body = this.code;
    const whole = (this.code = new Bytes());
    this.load('i32', 4, this.cpu, CONTEXT.tlb).emit();
    this.setLocal(this.#tlb);
    for (const [offset, { local, type }] of this.#state) {
      this.load(type, type === 'i32' ? 4 : 8, this.cpu, offset).emit();
      this.setLocal(local);
    }
    // Several micro-ops may lead here: which it was is what the dispatcher asks.
    this.load('i64', 8, this.getLocal(UOP_LOCAL, 'i32'), UOP.rip).emit();
    this.setLocal(this.#exitRip);
    this.code.bytes([BLOCK, EMPTY]);
    this.code.bytes(body.view());
    this.code.u8(END);
    this.depth = 0;
    for (const [offset, { local, type, written }] of this.#state) {
      if (written) this.store(type === 'i32' ? 4 : 8, this.cpu, offset, this.getLocal(local, type));
    }
    this.branch(this.getLocal(this.#lazyCode, 'i32'), () => this.#materialize());
    this.#epilogue();
    return { locals: this.#types, code: whole };
  }
  #epilogue(): void {
    const [left, uop, rip, code] = [
      this.getLocal(LEFT, 'i32'),
      this.getLocal(this.#exitUop, 'i32'),
      this.getLocal(this.#exitRip, 'i64'),
      this.getLocal(this.#exitCode, 'i32'),
    ];
    const leave = (at: Value, exit: Value): void => {
      this.store(8, this.cpu, CONTEXT.rip, at);
      this.store(4, this.cpu, CONTEXT.left, left);
      exit.emit();
      this.code.u8(RETURN);
    };
    this.branch(this.eq(code, this.i32(CHAIN)), () => {
      this.branch(this.eqz(left), () => leave(this.load('i64', 8, uop, UOP.rip), this.i32(EXIT.lookup)));
      for (const value of [this.cpu, uop, left, this.load('i32', 4, uop, UOP.handler)]) value.emit();
      this.code.u8(RETURN_CALL_INDIRECT);
      this.code.u32(this.#helpers.handlerType);
      this.code.u32(0);
    });
    this.branch(this.eq(code, this.i32(JUMP)), () => {
      // It takes the jump itself off the budget, which has been done.
      for (const value of [this.cpu, rip, this.add(left, this.i32(1))]) value.emit();
      this.code.u8(RETURN_CALL);
      this.code.u32(this.#helpers.jump);
    });
    leave(rip, code);
    this.code.u8(0x00);
  }

  // Flags

  readFlag(flag: FlagName): Value {
    // What one arm has written is in the local by the time the other is reached.
    const pending = this.#inside?.has(flag) ? undefined : this.flags.get(flag);
    if (!pending) this.#ensureStored();
    // Bound: what is made of it may stay pending while the local changes, or is given back.
    return this.let(pending ?? this.#readState(CONTEXT[flag], flagType(flag)));
  }
  writeFlag(flag: FlagName, value: Value): void {
    if (this.#inside) {
      this.#ensureStored();
      this.#inside.add(flag);
      this.#writeState(CONTEXT[flag], value);
    } else this.flags.set(flag, value, this.#now.locals);
  }
  override flagsSum(width: Width, a: Value, b: Value, result: Value): void {
    super.flagsSum(width, a, b, result);
    if (!this.#inside) this.flags.compared({ kind: 'add', width, a, b, result, locals: this.#now.locals });
  }
  override flagsCompare(width: Width, a: Value, b: Value, result: Value): void {
    super.flagsCompare(width, a, b, result);
    if (!this.#inside) this.flags.compared({ kind: 'sub', width, a, b, result, locals: this.#now.locals });
  }
  override flagsLogic(width: Width, result: Value): void {
    super.flagsLogic(width, result);
    if (!this.#inside) this.flags.compared({ kind: 'logic', width, a: result, b: result, result, locals: this.#now.locals });
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
    const { form, memory, operandSize, reg, rm, opcodeRegister, immediates } = this.#now.decoded;
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
        return (memory ? this.vectorPlace(() => this.#linear(), bytes, this.#baseField) : this.#vector(rm, bytes)) as AnyPlace;
      case 'mmx-reg':
        return this.#mmx(reg) as AnyPlace;
      case 'mmx-rm':
        return (memory ? this.vectorPlace(() => this.#linear(), bytes, this.#baseField) : this.#mmx(rm)) as AnyPlace;
      case 'immediate':
        return this.#constant(width, immediates[form.description.name === 'enter' ? 0 : immediates.length - 1] ?? 0n) as AnyPlace;
      case 'branch':
        return this.#constant(width, 0n) as AnyPlace;
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
    const high = width === 1 && this.#now.decoded.rex === 0 && index >= 4 && index < 8;
    return this.#register(high ? index - 4 : index, width, high);
  }
  #register(index: number, width: Width, high: boolean): Place {
    const offset = CONTEXT.gpr + index * 8;
    const whole = (): Value => this.#readState(offset, 'i64');
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
      write: (value) => this.#writeState(offset, width >= 4 ? this.extendU(value) : merged(value)),
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
      read: () => this.let(this.#readState(offset, 'v128')),
      write: (value) => this.#writeState(offset, value),
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
    const { base, index, scale, displacement, ripRelative } = this.#now.decoded.memory!;
    const whole = (register: number): Value => this.#readState(CONTEXT.gpr + register * 8, 'i64');
    let sum: Value | null = base === NO_REGISTER ? null : whole(base);
    if (index !== NO_REGISTER) {
      const scaled = scale === 0 ? whole(index) : this.shl(whole(index), this.i64(BigInt(scale)));
      sum = sum ? this.add(sum, scaled) : scaled;
    }
    const constant = displacement + (ripRelative ? BigInt(this.#next) : 0n);
    if (!sum) sum = this.i64(constant);
    else if (constant !== 0n) sum = this.add(sum, this.i64(constant));
    return this.#now.decoded.address32 ? this.and(sum, this.i64(0xffff_ffffn)) : sum;
  }
  #segmentBase(address: Value): Value {
    const { segment } = this.#now.decoded;
    if (segment === 3) return address;
    return this.add(address, this.load('i64', 8, this.cpu, segment === 4 ? CONTEXT.fsBase : CONTEXT.gsBase));
  }
  #linear(): Value {
    return (this.#now.address ??= this.let(this.#segmentBase(this.#offset())));
  }
  #operandMemory(width: Width): Place {
    return { ...this.memoryPlace(() => this.#linear(), width, this.#baseField), offset: () => this.#offset() };
  }
  get #baseField(): Value {
    const { base } = this.#now.decoded.memory!;
    return this.i32(base === NO_REGISTER ? CONTEXT.zero : CONTEXT.gpr + base * 8);
  }
  memory(address: Value, width: Width, stack: boolean = false): Place {
    return this.memoryPlace(() => address, width, this.i32(stack ? 1 : 0));
  }
  sourceAddress(register: RegisterName = 'rsi'): Value {
    return this.let(this.#segmentBase(this.gpr(register, 8).read()));
  }
  nextRip(): Value {
    return this.i64(BigInt(this.#next));
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
    refuse();
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
