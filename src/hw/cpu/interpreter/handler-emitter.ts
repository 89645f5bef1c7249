/**
 * The interpreter's Emitter: one wasm function (cpu, uop, left) → exit code a handler. Operands are read from the micro-op; every handler ends in a
 * tail call to the next. A fault returns before anything has changed.
 */
import type { FlagName, Leave, Place, RegisterName, Type, Value, VectorPlace, Width } from '../isa/emitter.ts';
import type { CodeMode } from '../code-mode.ts';
import { CONTEXT, EXIT, LINEAR_32, UOP } from '../layout.ts';
import type { ValueType } from '../wasm/module.ts';
import { EMPTY, END, IF, RETURN, RETURN_CALL, RETURN_CALL_INDIRECT } from '../wasm/opcodes.ts';
import { noAddress, WASM_TYPES, WasmEmitter, type MemoryHelpers } from '../wasm/wasm-emitter.ts';

const CPU = 0;
const UOP_LOCAL = 1;
const LEFT = 2;
const REGISTERS: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

/** Function indices that handlers call; the module builder knows them. */
export interface Helpers extends MemoryHelpers {
  /** Type index of a handler. */
  readonly handlerType: number;
  readonly fault: number;
  readonly budget: number;
  readonly near: number;
  readonly jump: number;
  readonly named: Readonly<Record<string, number>>;
}

export interface Shape {
  readonly model: CodeMode['model'];
  readonly operandSize: Width;
  /** Of a form whose meaning depends on it. */
  readonly addressSize: 2 | 4 | 8;
  readonly stringWidth: Width;
  readonly conditionCode: number;
  readonly repeat: 0 | 1 | 2;
  /** 'simple': base + displacement; 'full': index, segment, 32-bit addressing too. */
  readonly memory: 'none' | 'simple' | 'full';
}

export class HandlerEmitter extends WasmEmitter {
  readonly locals: ValueType[] = [];
  protected readonly parameters: number = 3;
  readonly #helpers: Helpers;
  readonly #shape: Shape;
  #ended = false;
  #restoreRsp: Value | null = null;
  #address: Value | null = null;

  constructor(helpers: Helpers, shape: Shape) {
    super();
    this.#helpers = helpers;
    this.#shape = shape;
  }

  get operandSize(): Width {
    return this.#shape.operandSize;
  }
  get addressSize(): 2 | 4 | 8 {
    return this.#shape.addressSize;
  }
  get model(): CodeMode['model'] {
    return this.#shape.model;
  }
  get stringWidth(): Width {
    return this.#shape.stringWidth;
  }
  get conditionCode(): number {
    return this.#shape.conditionCode;
  }
  get repeat(): 0 | 1 | 2 {
    return this.#shape.repeat;
  }

  protected get memoryHelpers(): MemoryHelpers {
    return this.#helpers;
  }
  get cpu(): Value {
    return this.getLocal(CPU, 'i32');
  }
  protected tlb(): Value {
    return this.#state(CONTEXT.tlb, 'i32');
  }
  protected newLocal(type: Type): number {
    return this.parameters + this.locals.push(WASM_TYPES[type]) - 1;
  }
  get #uop(): Value {
    return this.getLocal(UOP_LOCAL, 'i32');
  }
  get #left(): Value {
    return this.getLocal(LEFT, 'i32');
  }
  #state(offset: number, type: 'i32' | 'i64'): Value {
    return this.load(type, type === 'i32' ? 4 : 8, this.cpu, offset);
  }

  // Statements

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.branch(condition, then, otherwise);
  }
  protected override branch(condition: Value, then: () => void, otherwise?: () => void): void {
    const address = this.#address;
    const part = (write: () => void) => (): void => {
      write();
      this.#address = address;
    };
    super.branch(condition, part(then), otherwise && part(otherwise));
    this.#ended = false;
  }

  call(name: string, result: 'i32' | 'i64' | null, ...args: Value[]): Value {
    const index = this.#helpers.named[name];
    if (index === undefined) throw new Error(`no helper ${name}`);
    return this.called(index, result, args);
  }
  #tail(target: number, ...args: Value[]): void {
    for (const arg of args) arg.emit();
    this.code.u8(RETURN_CALL);
    this.code.u32(target);
    this.#ended = true;
  }
  protected fault(): void {
    if (this.#restoreRsp) this.store(8, this.cpu, CONTEXT.gpr + 4 * 8, this.#restoreRsp);
    this.#tail(this.#helpers.fault, this.cpu, this.#uop, this.#left);
  }
  restoreOnFault(rsp: Value): void {
    this.#restoreRsp = rsp;
  }
  faultUnless(value: Value): void {
    this.rarely(this.eqz(value), () => this.fault());
  }
  raise(vector: number, errorCode?: Value): void {
    this.store(4, this.cpu, CONTEXT.exitVector, this.i32(vector));
    this.store(4, this.cpu, CONTEXT.exitError, errorCode ?? this.i32(vector === 13 ? 0 : -1));
    this.fault();
  }

  // Control flow

  /** To the next micro-op. */
  finish(): void {
    if (this.#ended) return;
    this.op('i32.add', 'i32', this.#uop, this.i32(UOP.bytes)).emit();
    this.setLocal(UOP_LOCAL);
    this.#dispatch();
  }
  #dispatch(): void {
    this.sub(this.#left, this.i32(1)).emit();
    this.setLocal(LEFT);
    this.eqz(this.#left).emit();
    this.code.u8(IF);
    this.code.u8(EMPTY);
    this.#tail(this.#helpers.budget, this.cpu, this.#uop, this.#left);
    this.code.u8(END);
    this.cpu.emit();
    this.#uop.emit();
    this.#left.emit();
    this.load('i32', 4, this.#uop, UOP.handler).emit();
    this.code.u8(RETURN_CALL_INDIRECT);
    this.code.u32(this.#helpers.handlerType);
    this.code.u32(0);
    this.#ended = true;
  }
  again(): void {
    this.#dispatch();
  }
  needFpu(): void {
    this.if(this.#state(CONTEXT.taskSwitched, 'i32'), () => this.raise(7));
  }
  protect(condition: Value): void {
    this.if(condition, () => this.raise(13));
  }
  stepFrom(target: Value): void {
    const trap = this.and(this.#state(CONTEXT.otherFlags, 'i32'), this.i32(0x1_0100));
    this.if(trap, () => {
      this.store(8, this.cpu, CONTEXT.rip, target);
      this.store(4, this.cpu, CONTEXT.left, this.sub(this.#left, this.i32(1)));
      this.i32(EXIT.lookup).emit();
      this.code.u8(RETURN);
    });
  }
  nextRip(): Value {
    const next = this.add(this.load('i64', 8, this.#uop, UOP.rip), this.load('i64', 1, this.#uop, UOP.length));
    return this.let(this.long ? next : this.and(next, this.i64(0xffff_ffffn)));
  }
  rip(): Value {
    return this.load('i64', 8, this.#uop, UOP.rip);
  }
  jump(target: Value): void {
    this.#tail(this.#helpers.jump, this.cpu, target, this.#left);
  }
  jumpNear(): void {
    this.#tail(this.#helpers.near, this.cpu, this.#uop, this.#left);
  }
  leave(how: Leave, vector: number = 3): void {
    const retires = how === 'syscall' || how === 'sysenter' || how === 'trap';
    this.store(8, this.cpu, CONTEXT.rip, retires ? this.nextRip() : this.load('i64', 8, this.#uop, UOP.rip));
    this.store(4, this.cpu, CONTEXT.left, retires ? this.sub(this.#left, this.i32(1)) : this.#left);
    if (how === 'interrupt' || how === 'trap')
      this.store(4, this.cpu, CONTEXT.exitVector, how === 'trap' ? this.i32(vector) : this.load('i32', 4, this.#uop, UOP.immediate));
    this.i32(EXIT[how]).emit();
    this.code.u8(RETURN);
    this.#ended = true;
  }

  // Flags

  readFlag(flag: FlagName): Value {
    return this.#state(CONTEXT[flag], flag === 'z' || flag === 's' ? 'i64' : 'i32');
  }
  writeFlag(flag: FlagName, value: Value): void {
    this.store(value.type === 'i64' ? 8 : 4, this.cpu, CONTEXT[flag], value);
  }
  direction(): Value {
    return this.#state(CONTEXT.direction, 'i32');
  }
  setDirection(value: number): void {
    this.store(4, this.cpu, CONTEXT.direction, this.i32(value));
  }
  mxcsr(): Value {
    return this.#state(CONTEXT.fxsave + 24, 'i32');
  }
  setMxcsr(value: Value): void {
    this.store(4, this.cpu, CONTEXT.fxsave + 24, value);
  }
  instructionsLeft(): Value {
    return this.#left;
  }
  segmentIndex(_: Place): Value {
    return this.load('i32', 2, this.#uop, UOP.reg);
  }

  // Operands

  #field(offset: number): Value {
    return this.op('i32.add', 'i32', this.cpu, this.load('i32', 2, this.#uop, offset));
  }
  #register(address: () => Value, offset: number, width: Width): Place {
    const never = (): never => {
      throw new Error('a register has no address');
    };
    const read = (): Value => this.let(this.load(width === 8 ? 'i64' : 'i32', width, address(), offset));
    return {
      width,
      kind: 'register',
      read,
      readToWrite: read,
      // 32-bit results clear the upper half; smaller ones leave the rest.
      write: (value) => (width === 4 ? this.store(8, address(), offset, this.extendU(value)) : this.store(width, address(), offset, value)),
      offset: never,
      linear: never,
    };
  }
  gpr(register: RegisterName, width: Width): Place {
    const number = register === 'r11' ? 11 : REGISTERS.indexOf(register);
    return this.#register(() => this.cpu, CONTEXT.gpr + number * 8, width);
  }
  high(_: 'rax'): Place {
    return this.#register(() => this.cpu, CONTEXT.gpr + 1, 1);
  }
  field(name: 'reg' | 'rm', width: Width): Place {
    return this.#register(() => this.#field(UOP[name]), 0, width);
  }
  immediate(width: Width, at: number = 0): Place {
    const never = (): never => {
      throw new Error('an immediate is only read');
    };
    const read = (): Value => this.let(this.load(width === 8 ? 'i64' : 'i32', width, this.#uop, UOP.immediate + at));
    return { width, kind: 'immediate', read, readToWrite: never, write: never, offset: never, linear: never };
  }
  constantPlace(width: Width, value: number): Place {
    return { ...this.immediate(width), read: () => this.i32(value) };
  }
  selector(): Place {
    const address = (): Value => this.add(this.cpu, this.shl(this.load('i32', 2, this.#uop, UOP.reg), this.i32(1)));
    return { ...this.#register(address, CONTEXT.selectors, 2), kind: 'register' };
  }

  #offset(): Value {
    if (!this.long) return this.#shortOffset();
    const base = this.load('i64', 8, this.#field(UOP.base), 0);
    const simple = this.add(base, this.load('i64', 8, this.#uop, UOP.displacement));
    if (this.#shape.memory === 'simple') return simple;
    const index = this.shl(this.load('i64', 8, this.#field(UOP.index), 0), this.load('i64', 1, this.#uop, UOP.scale));
    const whole = this.let(this.add(simple, index));
    return this.select(this.load('i32', 4, this.#uop, UOP.mask32), this.and(whole, this.i64(0xffff_ffffn)), whole);
  }
  /** Of 32 or 16 bits. */
  #shortOffset(): Value {
    const base = this.load('i32', 4, this.#field(UOP.base), 0);
    const simple = this.add(base, this.load('i32', 4, this.#uop, UOP.displacement));
    if (this.#shape.memory === 'simple') return this.extendU(simple);
    const index = this.shl(this.load('i32', 4, this.#field(UOP.index), 0), this.load('i32', 1, this.#uop, UOP.scale));
    return this.extendU(this.and(this.add(simple, index), this.load('i32', 4, this.#uop, UOP.mask32)));
  }
  #linear(bytes: number): Value {
    if (this.#address) return this.#address;
    const offset = this.#offset();
    this.#address = this.let(this.#shape.memory === 'simple' ? offset : this.sourceAddress(offset, bytes));
    return this.#address;
  }
  sourceAddress(offset: Value, bytes: number): Value {
    if (this.model === 'segmented') return this.checkedAddress(this.load('i32', 2, this.#uop, UOP.segment), offset, bytes);
    const sum = this.add(offset, this.load('i64', 8, this.#field(UOP.segment), 0));
    return this.let(this.long ? sum : this.and(sum, this.i64(LINEAR_32)));
  }
  operandMemory(width: Width): Place {
    return { ...this.memoryPlace(() => this.#linear(width), width, this.operandBase()), offset: () => this.#offset() };
  }
  memory(address: Value, width: Width, stack: boolean | Value = false): Place {
    return this.memoryPlace(() => address, width, typeof stack === 'boolean' ? this.i32(stack ? 1 : 0) : stack);
  }
  vectorMemory(bytes: 4 | 8 | 16): VectorPlace {
    return this.vectorPlace(() => this.#linear(bytes), bytes, this.operandBase());
  }
  operandBase(): Value {
    const base = this.load('i32', 2, this.#uop, UOP.base);
    if (this.#shape.memory === 'simple' || !this.long) return base;
    // With a segment of its own it is not the stack's.
    return this.select(this.eq(this.load('i32', 2, this.#uop, UOP.segment), this.i32(CONTEXT.zero)), base, this.i32(0));
  }
  vectorField(name: 'reg' | 'rm', bytes: 4 | 8 | 16): VectorPlace {
    return {
      kind: 'register',
      bytes,
      linear: noAddress,
      read: () => this.let(this.load('v128', 16, this.#field(UOP[name]), 0)),
      write: (value) => this.store(16, this.#field(UOP[name]), 0, value),
    };
  }
  mmxField(name: 'reg' | 'rm'): VectorPlace {
    return this.mmxPlace(() => this.#field(UOP[name]), 0);
  }
}
