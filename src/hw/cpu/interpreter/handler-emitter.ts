/**
 * The interpreter's Emitter: one wasm function (cpu, uop, left) → exit code a handler. Operands are read from the micro-op; every handler ends in a
 * tail call to the next. A fault returns before anything has changed.
 */
import {
  Emitter,
  type FlagName,
  type Leave,
  type Place,
  type RegisterName,
  type Type,
  type Value,
  type VectorPlace,
  type Width,
} from '../isa/emitter.ts';
import { CONTEXT, EXIT, TLB, UOP } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import { F32, F64, I32, I64, V128, type ValueType } from '../wasm/module.ts';
import {
  CALL,
  ELSE,
  EMPTY,
  END,
  I32_CONST,
  I64_CONST,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  OPCODES,
  RETURN,
  RETURN_CALL,
  RETURN_CALL_INDIRECT,
  type Op,
} from '../wasm/opcodes.ts';

const CPU = 0;
const UOP_LOCAL = 1;
const LEFT = 2;
const WASM_TYPES: Readonly<Record<Type, ValueType>> = { i32: I32, i64: I64, f32: F32, f64: F64, v128: V128 };
const REGISTERS: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

/** Function indices that handlers call; the module builder knows them. */
export interface Helpers {
  /** Type index of a handler. */
  readonly handlerType: number;
  readonly fault: number;
  readonly budget: number;
  readonly near: number;
  readonly jump: number;
  readonly slowRead: number;
  readonly slowWrite: number;
  readonly finishWrite: number;
  readonly named: Readonly<Record<string, number>>;
}

export interface Shape {
  readonly operandSize: Width;
  readonly stringWidth: Width;
  readonly conditionCode: number;
  readonly repeat: 0 | 1 | 2;
  /** 'simple': base + displacement; 'full': index, segment, 32-bit addressing too. */
  readonly memory: 'none' | 'simple' | 'full';
}

export class HandlerEmitter extends Emitter {
  readonly code: Bytes = new Bytes();
  readonly locals: ValueType[] = [];
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
  get stringWidth(): Width {
    return this.#shape.stringWidth;
  }
  get conditionCode(): number {
    return this.#shape.conditionCode;
  }
  get repeat(): 0 | 1 | 2 {
    return this.#shape.repeat;
  }

  // Expressions

  op(op: Op, type: Type, ...args: Value[]): Value {
    const opcode = OPCODES[op];
    return {
      type,
      emit: () => {
        for (const arg of args) arg.emit();
        if (opcode >= 0xfd00) {
          this.code.u8(0xfd);
          this.code.u32(opcode - 0xfd00);
        } else this.code.u8(opcode);
      },
    };
  }
  raw(type: Type, bytes: readonly number[], ...args: Value[]): Value {
    return { type, emit: () => (args.forEach((arg) => arg.emit()), this.code.bytes(bytes)) };
  }
  context(offset: number, type: Type, width: number): { read(): Value; write(value: Value): void } {
    return {
      read: () => this.let(this.load(type, width, this.cpu, offset)),
      write: (value) => this.store(width, this.cpu, offset, value),
    };
  }
  i32(value: number): Value {
    return {
      type: 'i32',
      emit: () => {
        this.code.u8(I32_CONST);
        this.code.s32(value);
      },
    };
  }
  i64(value: bigint): Value {
    return {
      type: 'i64',
      emit: () => {
        this.code.u8(I64_CONST);
        this.code.s64(value);
      },
    };
  }
  #get(local: number, type: Type): Value {
    return {
      type,
      emit: () => {
        this.code.u8(LOCAL_GET);
        this.code.u32(local);
      },
    };
  }
  #set(local: number): void {
    this.code.u8(LOCAL_SET);
    this.code.u32(local);
  }
  #local(type: Type): number {
    return 3 + this.locals.push(WASM_TYPES[type]) - 1;
  }
  let(value: Value): Value {
    value.emit();
    const local = this.#local(value.type);
    this.#set(local);
    return this.#get(local, value.type);
  }
  variable(initial: Value): { get(): Value; set(value: Value): void } {
    initial.emit();
    const local = this.#local(initial.type);
    this.#set(local);
    return {
      get: () => this.#get(local, initial.type),
      set: (value) => {
        value.emit();
        this.#set(local);
      },
    };
  }
  /** Loads and stores: memory `type` (with access width) at `address` + offset. */
  load(type: Type, width: number, address: Value, offset: number): Value {
    return {
      type,
      emit: () => {
        address.emit();
        this.#access(type, width, false, offset);
      },
    };
  }
  store(width: number, address: Value, offset: number, value: Value): void {
    address.emit();
    value.emit();
    this.#access(value.type, width, true, offset);
  }
  #access(type: Type, width: number, store: boolean, offset: number): void {
    if (type === 'v128') {
      this.code.u8(0xfd);
      this.code.u32(store ? 0x0b : 0x00);
    } else if (type === 'f32') this.code.u8(store ? 0x38 : 0x2a);
    else if (type === 'f64') this.code.u8(store ? 0x39 : 0x2b);
    else if (type === 'i64')
      this.code.u8(store ? { 1: 0x3c, 2: 0x3d, 4: 0x3e, 8: 0x37 }[width]! : { 1: 0x31, 2: 0x33, 4: 0x35, 8: 0x29 }[width]!);
    else this.code.u8(store ? { 1: 0x3a, 2: 0x3b, 4: 0x36 }[width]! : { 1: 0x2d, 2: 0x2f, 4: 0x28 }[width]!);
    this.code.u32(0); // guests align as they like
    this.code.u32(offset);
  }
  get cpu(): Value {
    return this.#get(CPU, 'i32');
  }
  get #uop(): Value {
    return this.#get(UOP_LOCAL, 'i32');
  }
  get #left(): Value {
    return this.#get(LEFT, 'i32');
  }
  #state(offset: number, type: 'i32' | 'i64'): Value {
    return this.load(type, type === 'i32' ? 4 : 8, this.cpu, offset);
  }

  // Statements

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    condition.emit();
    this.code.u8(IF);
    this.code.u8(EMPTY);
    const address = this.#address;
    then();
    this.#address = address;
    if (otherwise) {
      this.code.u8(ELSE);
      otherwise();
      this.#address = address;
    }
    this.code.u8(END);
    this.#ended = false;
  }
  do(value: Value): void {
    value.emit();
  }
  call(name: string, result: 'i32' | 'i64' | null, ...args: Value[]): Value {
    const index = this.#helpers.named[name];
    if (index === undefined) throw new Error(`no helper ${name}`);
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
  #tail(target: number, ...args: Value[]): void {
    for (const arg of args) arg.emit();
    this.code.u8(RETURN_CALL);
    this.code.u32(target);
    this.#ended = true;
  }
  #fault(): void {
    if (this.#restoreRsp) this.store(8, this.cpu, CONTEXT.gpr + 4 * 8, this.#restoreRsp);
    this.#tail(this.#helpers.fault, this.cpu, this.#uop, this.#left);
  }
  restoreOnFault(rsp: Value): void {
    this.#restoreRsp = rsp;
  }
  faultUnless(value: Value): void {
    this.if(this.eqz(value), () => this.#fault());
  }
  raise(vector: number, errorCode?: Value): void {
    this.store(4, this.cpu, CONTEXT.exitVector, this.i32(vector));
    this.store(4, this.cpu, CONTEXT.exitError, errorCode ?? this.i32(vector === 13 ? 0 : -1));
    this.#fault();
  }

  // Control flow

  /** To the next micro-op. */
  finish(): void {
    if (this.#ended) return;
    this.op('i32.add', 'i32', this.#uop, this.i32(UOP.bytes)).emit();
    this.#set(UOP_LOCAL);
    this.#dispatch();
  }
  #dispatch(): void {
    this.sub(this.#left, this.i32(1)).emit();
    this.#set(LEFT);
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
  needAligned(address: Value, bytes: number): void {
    this.if(this.ne(this.and(address, this.i64(BigInt(bytes - 1))), this.i64(0n)), () => this.raise(13));
  }
  stepFrom(target: Value): void {
    const trap = this.and(this.#state(CONTEXT.otherFlags, 'i32'), this.i32(0x100));
    this.if(trap, () => {
      this.store(8, this.cpu, CONTEXT.rip, target);
      this.store(4, this.cpu, CONTEXT.left, this.sub(this.#left, this.i32(1)));
      this.i32(EXIT.lookup).emit();
      this.code.u8(RETURN);
    });
  }
  nextRip(): Value {
    return this.let(this.add(this.load('i64', 8, this.#uop, UOP.rip), this.load('i64', 1, this.#uop, UOP.length)));
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
  leave(how: Leave): void {
    const retires = how === 'syscall' || how === 'trap';
    this.store(8, this.cpu, CONTEXT.rip, retires ? this.nextRip() : this.load('i64', 8, this.#uop, UOP.rip));
    this.store(4, this.cpu, CONTEXT.left, retires ? this.sub(this.#left, this.i32(1)) : this.#left);
    if (how === 'interrupt' || how === 'trap')
      this.store(4, this.cpu, CONTEXT.exitVector, how === 'trap' ? this.i32(3) : this.load('i32', 4, this.#uop, UOP.immediate));
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
  immediate(width: Width): Place {
    const never = (): never => {
      throw new Error('an immediate is only read');
    };
    const read = (): Value => this.let(this.load(width === 8 ? 'i64' : 'i32', width, this.#uop, UOP.immediate));
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
    const base = this.load('i64', 8, this.#field(UOP.base), 0);
    const simple = this.add(base, this.load('i64', 8, this.#uop, UOP.displacement));
    if (this.#shape.memory === 'simple') return simple;
    const index = this.shl(this.load('i64', 8, this.#field(UOP.index), 0), this.load('i64', 1, this.#uop, UOP.scale));
    const whole = this.let(this.add(simple, index));
    return this.select(this.load('i32', 4, this.#uop, UOP.mask32), this.and(whole, this.i64(0xffff_ffffn)), whole);
  }
  #linear(): Value {
    if (this.#address) return this.#address;
    const offset = this.#offset();
    this.#address = this.let(this.#shape.memory === 'simple' ? offset : this.add(offset, this.load('i64', 8, this.#field(UOP.segment), 0)));
    return this.#address;
  }
  sourceAddress(register: RegisterName = 'rsi'): Value {
    return this.let(this.add(this.gpr(register, 8).read(), this.load('i64', 8, this.#field(UOP.segment), 0)));
  }
  operandMemory(width: Width): Place {
    return this.#memoryPlace(() => this.#linear(), width, this.load('i32', 2, this.#uop, UOP.base));
  }
  memory(address: Value, width: Width, stack: boolean = false): Place {
    return this.#memoryPlace(() => address, width, this.i32(stack ? 1 : 0));
  }
  #memoryPlace(linear: () => Value, width: Width, base: Value): Place {
    let host: Value | null = null;
    let slow: { get(): Value } | null = null;
    const type = width === 8 ? 'i64' : 'i32';
    const open = (): void => {
      if (host) return;
      const found = this.#translate(linear(), width, true, base);
      host = found.host;
      slow = found.slow;
    };
    return {
      width,
      kind: 'memory',
      offset: () => this.#offset(),
      linear,
      read: () => this.let(this.load(type, width, this.#translate(linear(), width, false, base).host, 0)),
      readToWrite: () => {
        open();
        return this.let(this.load(type, width, host!, 0));
      },
      write: (value) => {
        const bound = this.let(value);
        open();
        this.store(width, host!, 0, bound);
        this.#finishWrite(slow!.get());
      },
    };
  }
  vectorMemory(bytes: 4 | 8 | 16): VectorPlace {
    return {
      linear: () => this.#linear(),
      kind: 'memory',
      bytes,
      read: () => {
        const { host } = this.#translate(this.#linear(), bytes, false, this.load('i32', 2, this.#uop, UOP.base));
        return this.let({
          type: 'v128',
          emit: () => {
            host.emit();
            this.code.u8(0xfd);
            this.code.u32({ 4: 0x5c, 8: 0x5d, 16: 0x00 }[bytes]);
            this.code.u32(0);
            this.code.u32(0);
          },
        });
      },
      write: (value) => {
        const { host, slow } = this.#translate(this.#linear(), bytes, true, this.load('i32', 2, this.#uop, UOP.base));
        host.emit();
        value.emit();
        this.code.u8(0xfd);
        this.code.u32({ 4: 0x5a, 8: 0x5b, 16: 0x0b }[bytes]);
        this.code.u32(0);
        this.code.u32(0);
        if (bytes !== 16) this.code.u8(0); // lane
        this.#finishWrite(slow.get());
      },
    };
  }
  vectorField(name: 'reg' | 'rm', bytes: 4 | 8 | 16): VectorPlace {
    const noAddress = (): never => {
      throw new Error('a register has no address');
    };
    return {
      kind: 'register',
      bytes,
      linear: noAddress,
      read: () => this.let(this.load('v128', 16, this.#field(UOP[name]), 0)),
      write: (value) => this.store(16, this.#field(UOP[name]), 0, value),
    };
  }
  /** The low eight bytes of an x87 register, whose exponent a write fills with ones. */
  mmxField(name: 'reg' | 'rm'): VectorPlace {
    const low = (value: Value): Value => this.raw('i64', [0xfd, 0x1d, 0], value);
    return {
      ...this.vectorField(name, 8),
      read: () => this.let(this.raw('v128', [0xfd, 0x5d, 0, 0], this.#field(UOP[name]))), // v128.load64_zero
      write: (value) => {
        this.store(8, this.#field(UOP[name]), 0, low(value));
        this.store(2, this.#field(UOP[name]), 8, this.i32(0xffff));
      },
    };
  }

  /** The TLB's fast path inline; else the slow one, which answers 0 for a fault. `base` tells it whether a bad address is the stack's. */
  #translate(va: Value, bytes: number, write: boolean, base: Value): { host: Value; slow: { get(): Value } } {
    const low = this.let(this.wrap(va));
    const entry = this.let(
      this.add(this.#state(CONTEXT.tlb, 'i32'), this.shl(this.and(this.shrU(low, this.i32(12)), this.i32(TLB.entries - 1)), this.i32(5))),
    );
    const last = bytes === 1 ? va : this.add(va, this.i64(BigInt(bytes - 1)));
    const hit = this.eq(this.and(last, this.i64(-4096n)), this.load('i64', 8, entry, write ? TLB.write : TLB.read));
    const host = this.variable(this.add(low, this.load('i32', 4, entry, TLB.addend)));
    const slow = this.variable(this.i32(0));
    this.if(this.eqz(hit), () => {
      for (const value of [this.cpu, low, this.wrap(this.shrU(va, this.i64(32n))), this.i32(bytes), base]) value.emit();
      this.code.u8(CALL);
      this.code.u32(write ? this.#helpers.slowWrite : this.#helpers.slowRead);
      const answer = this.let({ type: 'i32', emit: () => undefined });
      host.set(answer);
      slow.set(this.i32(1));
      this.if(this.eqz(answer), () => this.#fault());
    });
    return { host: host.get(), slow: { get: () => slow.get() } };
  }
  #finishWrite(slow: Value): void {
    this.if(slow, () => {
      this.cpu.emit();
      this.code.u8(CALL);
      this.code.u32(this.#helpers.finishWrite);
      this.if({ type: 'i32', emit: () => this.code.u8(OPCODES['i32.eqz']) }, () => this.#fault());
    });
  }
}
