/**
 * What both engines' emitters share: expressions as wasm, locals, and guest memory through the software TLB. An engine says where registers and
 * flags live, and how a fault leaves.
 */
import { Emitter, type Place, type Type, type Value, type VectorPlace, type Width } from '../isa/emitter.ts';
import { TLB } from '../layout.ts';
import { Bytes } from './bytes.ts';
import { F32, F64, I32, I64, V128, type ValueType } from './module.ts';
import { CALL, ELSE, EMPTY, END, I32_CONST, I64_CONST, IF, LOCAL_GET, LOCAL_SET, LOCAL_TEE, OPCODES, type Op } from './opcodes.ts';

export const WASM_TYPES: Readonly<Record<Type, ValueType>> = { i32: I32, i64: I64, f32: F32, f64: F64, v128: V128 };

/** From an address to its TLB entry: page number × the entry's size, in one step. */
const PAGE_TO_ENTRY: number = 12 - Math.log2(TLB.bytes);
const TLB_MASK: number = (TLB.entries - 1) * TLB.bytes;

/** Function indices of what guest memory needs. */
export interface MemoryHelpers {
  readonly slowRead: number;
  readonly slowWrite: number;
  readonly finishWrite: number;
}

export abstract class WasmEmitter extends Emitter {
  code: Bytes = new Bytes();
  /** The local.set written last, and where. */
  readonly #lastSet: { code: Bytes | null; at: number; end: number; local: number } = { code: null, at: 0, end: 0, local: 0 };
  /** How many blocks, loops and ifs are open. */
  protected depth = 0;
  protected abstract readonly memoryHelpers: MemoryHelpers;
  /** Address of the context. */
  abstract get cpu(): Value;
  /** Address of the current TLB. */
  protected abstract tlb(): Value;
  protected abstract newLocal(type: Type): number;
  /** Leaves for the fault that has been recorded, with nothing of this instruction done. */
  protected abstract fault(): void;

  // Expressions

  op(op: Op, type: Type, a: Value, b?: Value, c?: Value): Value {
    const opcode = OPCODES[op];
    return {
      type,
      emit: () => {
        a.emit();
        b?.emit();
        c?.emit();
        if (opcode >= 0xfd00) {
          this.code.u8(0xfd);
          this.code.u32(opcode - 0xfd00);
        } else this.code.u8(opcode);
      },
    };
  }
  raw(type: Type, bytes: readonly number[], ...args: Value[]): Value {
    return {
      type,
      emit: () => {
        for (const arg of args) arg.emit();
        this.code.bytes(bytes);
      },
    };
  }
  /** A call of a function that gets the context first. */
  protected called(index: number, result: 'i32' | 'i64' | null, args: readonly Value[]): Value {
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
  context(offset: number, type: Type, width: number): { read(): Value; write(value: Value): void } {
    return {
      read: () => this.let(this.load(type, width, this.cpu, offset)),
      write: (value) => this.store(width, this.cpu, offset, value),
    };
  }
  /** An MMX register: the low eight bytes of an x87 register, whose exponent a write fills with ones. */
  protected mmxPlace(address: () => Value, offset: number): VectorPlace {
    return {
      kind: 'register',
      bytes: 8,
      linear: noAddress,
      read: () => this.let(this.raw('v128', [0xfd, 0x5d, 0, ...leb(offset)], address())), // v128.load64_zero
      write: (value) => {
        this.store(8, address(), offset, this.raw('i64', [0xfd, 0x1d, 0], value));
        this.store(2, address(), offset + 8, this.i32(0xffff));
      },
    };
  }
  i32(value: number): Value {
    return { type: 'i32', emit: () => this.emitI32(value) };
  }
  i64(value: bigint): Value {
    return { type: 'i64', emit: () => this.emitI64(value) };
  }
  protected emitI32(value: number): void {
    this.code.u8(I32_CONST);
    this.code.s32(value);
  }
  protected emitI64(value: bigint): void {
    this.code.u8(I64_CONST);
    this.code.s64(value);
  }
  protected getLocal(local: number, type: Type): Value {
    return { type, emit: () => this.#get(local) };
  }
  /** Directly behind its local.set, which then becomes a local.tee. */
  #get(local: number): void {
    const { code } = this;
    const set = this.#lastSet;
    if (set.local === local && set.code === code && set.end === code.length) {
      code.patch(set.at, LOCAL_TEE);
      set.code = null;
      return;
    }
    code.u8(LOCAL_GET);
    code.u32(local);
  }
  protected setLocal(local: number): void {
    const { code } = this;
    const set = this.#lastSet;
    set.at = code.length;
    code.u8(LOCAL_SET);
    code.u32(local);
    set.code = code;
    set.end = code.length;
    set.local = local;
  }
  let(value: Value): Value {
    value.emit();
    const local = this.newLocal(value.type);
    this.setLocal(local);
    return this.getLocal(local, value.type);
  }
  variable(initial: Value): { get(): Value; set(value: Value): void } {
    const variable = this.unset(initial.type);
    variable.set(initial);
    return variable;
  }
  protected unset(type: Type): { get(): Value; set(value: Value): void } {
    const local = this.newLocal(type);
    return {
      get: () => this.getLocal(local, type),
      set: (value) => {
        value.emit();
        this.setLocal(local);
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
  // Statements

  protected branch(condition: Value, then: () => void, otherwise?: () => void): void {
    condition.emit();
    this.code.u8(IF);
    this.code.u8(EMPTY);
    this.depth++;
    then();
    if (otherwise) {
      this.code.u8(ELSE);
      otherwise();
    }
    this.depth--;
    this.code.u8(END);
  }
  /** A branch that is hardly ever taken: the compiler keeps registers for the other way. */
  protected rarely(condition: Value, then: () => void, otherwise?: () => void): void {
    const marked = (): void => {
      condition.emit();
      this.code.seldom.push(this.code.length);
    };
    this.branch({ type: 'i32', emit: marked }, then, otherwise);
  }
  do(value: Value): void {
    value.emit();
  }

  // Guest memory

  protected memoryPlace(linear: () => Value, width: Width, base: Value): Place {
    let host: Value | null = null;
    let slow: Value | null = null;
    const type = width === 8 ? 'i64' : 'i32';
    const open = (): void => {
      if (host) return;
      const found = this.translate(linear(), width, true, base);
      host = found.host;
      slow = found.slow;
    };
    return {
      width,
      kind: 'memory',
      offset: linear,
      linear,
      read: () => this.let(this.load(type, width, this.translate(linear(), width, false, base).host, 0)),
      readToWrite: () => {
        open();
        return this.let(this.load(type, width, host!, 0));
      },
      write: (value) => {
        const bound = this.let(value);
        open();
        this.store(width, host!, 0, bound);
        this.#finishWrite(slow!);
      },
    };
  }
  protected vectorPlace(linear: () => Value, bytes: 4 | 8 | 16, base: Value): VectorPlace {
    return {
      linear,
      kind: 'memory',
      bytes,
      read: () => {
        const { host } = this.translate(linear(), bytes, false, base);
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
        const { host, slow } = this.translate(linear(), bytes, true, base);
        host.emit();
        value.emit();
        this.code.u8(0xfd);
        this.code.u32({ 4: 0x5a, 8: 0x5b, 16: 0x0b }[bytes]);
        this.code.u32(0);
        this.code.u32(0);
        if (bytes !== 16) this.code.u8(0); // lane
        this.#finishWrite(slow);
      },
    };
  }
  /** The TLB's fast path inline; else the slow one, which answers 0 for a fault. `base` tells it whether a bad address is the stack's. */
  protected translate(va: Value, bytes: number, write: boolean, base: Value): { host: Value; slow: Value } {
    const entry = this.let(
      this.add(this.tlb(), this.wrap(this.and(this.shrU(va, this.i64(BigInt(PAGE_TO_ENTRY))), this.i64(BigInt(TLB_MASK))))),
    );
    const first = this.add(this.load('i64', 8, entry, write ? TLB.write : TLB.read), va);
    const last = bytes === 1 ? first : this.add(first, this.i64(BigInt(bytes - 1)));
    const miss = this.op('i64.ge_u', 'i32', last, this.i64(4096n));
    const host = this.unset('i32');
    // Only a store must be finished when it has gone the slow way.
    const slow = write ? this.variable(this.i32(0)) : null;
    this.rarely(
      miss,
      () => {
        for (const value of [this.cpu, this.wrap(va), this.wrap(this.shrU(va, this.i64(32n))), this.i32(bytes), base]) value.emit();
        this.code.u8(CALL);
        this.code.u32(write ? this.memoryHelpers.slowWrite : this.memoryHelpers.slowRead);
        const answer = this.let({ type: 'i32', emit: () => undefined });
        host.set(answer);
        slow?.set(this.i32(1));
        this.rarely(this.eqz(answer), () => this.fault());
      },
      () => host.set(this.wrap(this.add(va, this.load('i64', 4, entry, TLB.addend)))),
    );
    return { host: host.get(), slow: slow?.get() ?? this.i32(0) };
  }
  /** A store has gone the slow way: it may have hit code. */
  protected storedSlowly(): void {}
  #finishWrite(slow: Value): void {
    this.rarely(slow, () => {
      this.cpu.emit();
      this.code.u8(CALL);
      this.code.u32(this.memoryHelpers.finishWrite);
      this.rarely({ type: 'i32', emit: () => this.code.u8(OPCODES['i32.eqz']) }, () => this.fault());
      this.storedSlowly();
    });
  }
}

export function noAddress(): never {
  throw new Error('a register has no address');
}

function leb(value: number): readonly number[] {
  const bytes = new Bytes();
  bytes.u32(value);
  return [...bytes.view()];
}
