/** A region's locals: registers and flags by their place in the context, temporaries by instruction; and constants, worked out while emitting. */
import type { CodeMode } from '../code-mode.ts';
import type { Decoded } from '../decode/decoder.ts';
import type { FlagName, Type, Value, Width } from '../isa/emitter.ts';
import { EXIT } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import type { ValueType } from '../wasm/module.ts';
import type { Op } from '../wasm/opcodes.ts';
import { WASM_TYPES, WasmEmitter, type MemoryHelpers } from '../wasm/wasm-emitter.ts';
import { fold } from './fold.ts';
import { Locals, PendingFlags } from './flags.ts';

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
export const refuse = (): never => {
  throw new Untranslatable();
};

/** Helpers that write guest memory themselves, and so may hit code. */
export const STORING: readonly string[] = ['storeBytes', 'moveEnvironment'];
const CPU = 0;
/** (cpu, uop, left). */
const PARAMETERS = 3;

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

export abstract class RegionBase extends WasmEmitter {
  protected readonly helpers: RegionHelpers;
  protected readonly types: ValueType[] = [];
  readonly #pool: Readonly<Record<Type, number[]>> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  /** Registers and flags in locals, by their offset in the context. */
  protected readonly state: Map<number, StateLocal> = new Map();
  readonly flags: PendingFlags = new PendingFlags();
  protected readonly exitRip: number;
  protected readonly exitCode: number;
  protected readonly tlbLocal: number;
  protected readonly stale: number;
  /** Where blocks meet, flags may be the operands they come from: lazyCode, a, b. Code 0: they are in their locals. */
  protected readonly lazyCode: number;
  protected readonly lazyA: number;
  protected readonly lazyB: number;
  /** Here the code is known to be 0. */
  protected stored = true;
  protected readonly exitLevel: number;
  /** A micro-op that goes stale with the region's code. */
  protected readonly token: number;
  protected readonly pageVa: number;
  protected now: Instruction;
  /** Flags written inside an open conditional part; null: none is open. */
  protected inside: Set<FlagName> | null = null;
  /** This block has asked for the FPU. */
  protected fpuReady = false;
  onJumpNear: () => void = refuse;
  onJump: () => void = refuse;
  onAgain: () => void = refuse;

  /** @param pageVa address of the page that the region is in */
  constructor(helpers: RegionHelpers, token: number, pageVa: number) {
    super();
    this.helpers = helpers;
    this.code = new Bytes(0x2000);
    this.token = token;
    this.pageVa = pageVa;
    this.now = this.#instruction(null!, 0, 0);
    [this.exitRip, this.lazyA, this.lazyB] = [this.newLocal('i64'), this.newLocal('i64'), this.newLocal('i64')];
    [this.exitCode, this.tlbLocal] = [this.newLocal('i32'), this.newLocal('i32')];
    [this.stale, this.lazyCode] = [this.newLocal('i32'), this.newLocal('i32')];
    this.exitLevel = ++this.depth;
  }

  // Instructions

  /** @param unretired how many of the block's instructions come from this one on */
  begin(decoded: Decoded, va: number, unretired: number): void {
    this.now = this.#instruction(decoded, va, unretired);
  }
  #instruction(decoded: Decoded, va: number, unretired: number): Instruction {
    return { decoded, va, unretired, locals: this.#newLocals(), address: null, restoreRsp: null, stores: false };
  }
  /** Other instructions are written in the middle of this one. */
  aside(work: () => void): void {
    const now = this.now;
    const stored = this.stored;
    this.flags.during(work);
    this.now = now;
    this.stored = stored;
  }
  /** After the instruction, unless it was the last: leaves if it has changed the code. */
  checkCode(): void {
    if (!this.now.stores) return;
    this.rarely(this.getLocal(this.stale, 'i32'), () => this.leaveAt(EXIT.lookup, this.next, this.now.unretired - 1));
  }
  /** The same before it goes on inside the region. */
  leaveIfStale(va: number): void {
    if (this.now.stores) this.rarely(this.getLocal(this.stale, 'i32'), () => this.leaveAt(EXIT.lookup, va, 0));
  }
  end(): void {
    this.now.locals.release();
  }
  protected get next(): number {
    return this.now.va + this.now.decoded.length;
  }

  get operandSize(): Width {
    return this.now.decoded.operandSize;
  }
  get addressSize(): 2 | 4 | 8 {
    return this.now.decoded.addressSize;
  }
  get model(): CodeMode['model'] {
    return this.now.decoded.mode.model;
  }
  get stringWidth(): Width {
    return this.now.decoded.form.stringWidth === 'b' ? 1 : this.now.decoded.operandSize;
  }
  get conditionCode(): number {
    return this.now.decoded.condition;
  }
  get repeat(): 0 | 1 | 2 {
    return this.now.decoded.repeat;
  }

  /** Leaves with an exit code for `rip`, and gives back what has not retired. */
  protected abstract leaveAt(code: number, rip: number, refund: number): void;

  // Locals

  #newLocals(): Locals {
    return new Locals(({ locals }) => {
      for (const { local, type } of locals) this.#pool[type].push(local);
    });
  }
  protected newLocal(type: Type): number {
    const local = this.#pool[type].pop() ?? this.#fixed(type);
    this.now.locals.locals.push({ local, type });
    return local;
  }
  #fixed(type: Type): number {
    return PARAMETERS + this.types.push(WASM_TYPES[type]) - 1;
  }
  #stateAt(offset: number, type: Type): StateLocal {
    let state = this.state.get(offset);
    if (!state) this.state.set(offset, (state = { local: this.#fixed(type), type, written: false }));
    return state;
  }
  protected readState(offset: number, type: Type): Value {
    return this.getLocal(this.#stateAt(offset, type).local, type);
  }
  protected writeState(offset: number, value: Value): void {
    value.emit();
    const state = this.#stateAt(offset, value.type);
    state.written = true;
    this.setLocal(state.local);
  }

  // Expressions: constants are worked out

  override op(op: Op, type: Type, a: Value, b?: Value, c?: Value): Value {
    const known = fold(op, a, b);
    if (known === null) return super.op(op, type, a, b, c);
    return type === 'i64' ? this.i64(known) : this.i32(Number(known));
  }
  override i32(value: number): Value {
    return { type: 'i32', constant: BigInt(value | 0), emit: () => this.emitI32(value) };
  }
  override i64(value: bigint): Value {
    return { type: 'i64', constant: BigInt.asIntN(64, value), emit: () => this.emitI64(value) };
  }
  override let(value: Value): Value {
    return value.constant === undefined ? super.let(value) : value;
  }

  protected get memoryHelpers(): MemoryHelpers {
    return this.helpers;
  }
  get cpu(): Value {
    return this.getLocal(CPU, 'i32');
  }
  protected tlb(): Value {
    return this.getLocal(this.tlbLocal, 'i32');
  }
  call(name: string, result: 'i32' | 'i64' | null, ...args: Value[]): Value {
    const index = this.helpers.named[name];
    if (index === undefined) return refuse();
    const answer = this.called(index, result, args);
    if (!STORING.includes(name)) return answer;
    const done = this.let(answer);
    this.storedSlowly();
    return done;
  }
}
