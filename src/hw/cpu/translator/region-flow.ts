/** A region's ways: conditional parts of an instruction, branches between blocks, the one exit, and what becomes of flags on each of them. */
import type { FlagName, Value } from '../isa/emitter.ts';
import { PSEUDO } from '../interpreter/pseudo.ts';
import { CONTEXT, EXIT, UOP } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import type { ValueType } from '../wasm/module.ts';
import { BLOCK, BR, CALL, ELSE, EMPTY, END, IF, LOOP, RETURN, RETURN_CALL, RETURN_CALL_INDIRECT } from '../wasm/opcodes.ts';
import { lazyCode, type Comparison } from './flags.ts';
import { RegionBase } from './region-base.ts';

const UOP_LOCAL = 1;
const LEFT = 2;
/**
 * The local that says how to leave: positive, the micro-op to go on with; zero, by a jump to exitRip; negative, the complement of an exit code, the
 * instructions to give back, and where in the page rip is.
 */
const JUMP = 0;
const OFFSET_MASK = 0x1fff;
const REFUND_AT = 13;
const REFUND_MASK = 0x3ff;
const CODE_AT = 23;
const FLAGS: readonly FlagName[] = ['z', 's', 'p', 'c', 'o', 'a'];
export const flagType = (flag: FlagName): 'i64' | 'i32' => (flag === 'z' || flag === 's' ? 'i64' : 'i32');

export abstract class RegionFlow extends RegionBase {
  // Conditional parts

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      if (condition.constant !== 0n) then();
      else otherwise?.();
      return;
    }
    // What comes behind a branch is other instructions, not a part of this one.
    if (this.now.decoded.form.operands.some(({ source }) => source === 'branch')) return this.branch(condition, then, otherwise);
    const outer = this.inside;
    const inside = (this.inside = new Set(outer));
    const main = this.code;
    const part = (write: () => void): Bytes => {
      const address = this.now.address;
      const stored = this.stored;
      this.code = new Bytes();
      write();
      this.now.address = address;
      this.stored = stored;
      return this.code;
    };
    this.depth++;
    const first = part(then);
    const second = otherwise && part(otherwise);
    this.depth--;
    this.code = main;
    this.inside = outer;
    // What is written on one way only must be in its local on the other way too.
    for (const flag of inside) {
      if (outer) outer.add(flag);
      else this.#settle(flag);
    }
    if (inside.size > 0) this.flags.forget();
    condition.emit();
    this.code.bytes([IF, EMPTY]);
    this.code.append(first);
    if (second) {
      this.code.u8(ELSE);
      this.code.append(second);
    }
    this.code.u8(END);
  }
  #settle(flag: FlagName): void {
    const value = this.flags.get(flag);
    if (value) {
      this.ensureStored();
      this.writeState(CONTEXT[flag], value);
    }
    this.flags.drop(flag);
  }
  /** What is not pending is in its local from here on. */
  protected ensureStored(): void {
    if (this.stored) return;
    const code = this.getLocal(this.lazyCode, 'i32');
    this.rarely(code, () => {
      this.#materialize();
      for (const flag of FLAGS)
        this.writeState(CONTEXT[flag], this.load(flagType(flag), flagType(flag) === 'i64' ? 8 : 4, this.cpu, CONTEXT[flag]));
      this.#setCode(0);
    });
    this.stored = true;
  }
  #materialize(): void {
    for (const value of [this.cpu, this.getLocal(this.lazyCode, 'i32'), this.getLocal(this.lazyA, 'i64'), this.getLocal(this.lazyB, 'i64')])
      value.emit();
    this.code.u8(CALL);
    this.code.u32(this.helpers.materialize);
  }
  #setCode(code: number): void {
    this.i32(code).emit();
    this.setLocal(this.lazyCode);
  }

  // Ways out

  #keepLazily({ kind, width, a, b }: Comparison): void {
    this.extendU(a).emit();
    this.setLocal(this.lazyA);
    if (kind !== 'logic') {
      this.extendU(b).emit();
      this.setLocal(this.lazyB);
    }
    this.#setCode(lazyCode(kind, width));
  }
  /** Stores what is pending, on this way only. */
  #storePending(): void {
    const { comparison } = this.flags;
    if (comparison && !this.inside?.size) return this.#keepLazily(comparison);
    const pending = [...this.flags.entries()].filter(([flag]) => !this.inside?.has(flag));
    if (pending.length === 0) return;
    const stored = this.stored;
    if (pending.length < FLAGS.length) this.ensureStored();
    for (const [flag, { value }] of pending) this.writeState(CONTEXT[flag], value);
    if (!this.stored) this.#setCode(0);
    this.stored = stored;
  }
  protected leaveAt(code: number, rip: number, refund: number): void {
    this.#storePending();
    // One number says it all: there are many such exits, and the epilogue is one.
    this.#exitWith(~((code << CODE_AT) | (refund << REFUND_AT) | (rip - this.pageVa)));
  }
  #exitWith(code: number): void {
    this.i32(code).emit();
    this.setLocal(this.exitCode);
    this.#br(this.exitLevel);
  }
  #br(level: number): void {
    this.code.u8(BR);
    this.code.u32(this.depth - level);
  }
  protected fault(code: number = EXIT.exception): void {
    if (this.now.restoreRsp) this.writeState(CONTEXT.gpr + 4 * 8, this.now.restoreRsp);
    this.leaveAt(code, this.now.va, this.now.unretired);
  }
  restoreOnFault(rsp: Value): void {
    this.now.restoreRsp = rsp;
  }
  faultUnless(value: Value): void {
    this.rarely(this.eqz(value), () => this.fault());
  }
  raise(vector: number, errorCode?: Value): void {
    this.store(4, this.cpu, CONTEXT.exitVector, this.i32(vector));
    this.store(4, this.cpu, CONTEXT.exitError, errorCode ?? this.i32(vector === 13 ? 0 : -1));
    this.fault();
  }
  needFpu(): void {
    // Only the hypervisor changes it, and it is not asked inside a block.
    if (this.fpuReady) return;
    this.fpuReady = true;
    this.rarely(this.load('i32', 4, this.cpu, CONTEXT.taskSwitched), () => this.fault(EXIT.noFpu));
  }
  protect(condition: Value): void {
    this.rarely(condition, () => this.fault(EXIT.protection));
  }
  protected override storedSlowly(): void {
    this.now.stores = true;
    this.eq(this.load('i32', 4, this.i32(this.token), UOP.handler), this.i32(PSEUDO.stale)).emit();
    this.setLocal(this.stale);
  }
  jump(target: Value): void {
    target.emit();
    this.setLocal(this.exitRip);
    if (this.now.stores) this.rarely(this.getLocal(this.stale, 'i32'), () => this.exitWanted());
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
    this.want(va);
    this.#exitWith(JUMP);
  }
  /** What the dispatcher is to go to. */
  want(va: number): void {
    this.i64(this.long ? BigInt(va) : BigInt.asUintN(32, BigInt(va))).emit();
    this.setLocal(this.exitRip);
  }
  /** To a block of the same page outside, by a micro-op that goes there. */
  chainTo(uop: number): void {
    this.#storePending();
    this.#exitWith(uop);
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
    this.stored = false;
  }
  /** To a block inside that others reach too. */
  goTo(level: number): void {
    this.#storePending();
    this.#br(level);
  }
  /** The dispatcher's choice among addresses, in order of address. */
  ifBelow(va: number, then: () => void, otherwise: () => void): void {
    this.branch(this.op('i64.lt_s', 'i32', this.getLocal(this.exitRip, 'i64'), this.i64(BigInt(va))), then, otherwise);
  }
  ifWanted(va: number, then: () => void): void {
    this.branch(this.eq(this.getLocal(this.exitRip, 'i64'), this.i64(BigInt(va))), then);
  }
  /** Takes the block's instructions off the budget, or leaves if there are not as many. */
  charge(count: number, va: number): void {
    const left = this.getLocal(LEFT, 'i32');
    this.sub(left, this.i32(count)).emit();
    this.setLocal(LEFT);
    this.branch(this.op('i32.lt_s', 'i32', left, this.i32(0)), () => this.leaveAt(EXIT.tail, va, count));
    this.fpuReady = false;
  }

  /** The whole function. */
  finish(): { readonly locals: readonly ValueType[]; readonly code: Bytes } {
    const body = this.code;
    const whole = (this.code = new Bytes(body.length + 0x800));
    this.load('i32', 4, this.cpu, CONTEXT.tlb).emit();
    this.setLocal(this.tlbLocal);
    for (const [offset, { local, type }] of this.state) {
      this.load(type, type === 'i32' ? 4 : 8, this.cpu, offset).emit();
      this.setLocal(local);
    }
    // Several micro-ops may lead here: which it was is what the dispatcher asks.
    this.load('i64', 8, this.getLocal(UOP_LOCAL, 'i32'), UOP.rip).emit();
    this.setLocal(this.exitRip);
    this.code.bytes([BLOCK, EMPTY]);
    this.code.append(body);
    this.code.u8(END);
    this.depth = 0;
    for (const [offset, { local, type, written }] of this.state) {
      if (written) this.store(type === 'i32' ? 4 : 8, this.cpu, offset, this.getLocal(local, type));
    }
    this.branch(this.getLocal(this.lazyCode, 'i32'), () => this.#materialize());
    this.#epilogue();
    return { locals: this.types, code: whole };
  }
  #epilogue(): void {
    const [left, rip, code] = [this.getLocal(LEFT, 'i32'), this.getLocal(this.exitRip, 'i64'), this.getLocal(this.exitCode, 'i32')];
    const leave = (at: Value, exit: Value): void => {
      this.store(8, this.cpu, CONTEXT.rip, at);
      this.store(4, this.cpu, CONTEXT.left, left);
      exit.emit();
      this.code.u8(RETURN);
    };
    this.branch(this.op('i32.gt_s', 'i32', code, this.i32(0)), () => {
      this.rarely(this.eqz(left), () => leave(this.load('i64', 8, code, UOP.rip), this.i32(EXIT.lookup)));
      for (const value of [this.cpu, code, left, this.load('i32', 4, code, UOP.handler)]) value.emit();
      this.code.u8(RETURN_CALL_INDIRECT);
      this.code.u32(this.helpers.handlerType);
      this.code.u32(0);
    });
    this.branch(this.eqz(code), () => {
      // It takes the jump itself off the budget, which has been done.
      for (const value of [this.cpu, rip, this.add(left, this.i32(1))]) value.emit();
      this.code.u8(RETURN_CALL);
      this.code.u32(this.helpers.jump);
    });
    this.xor(code, this.i32(-1)).emit();
    this.setLocal(this.exitCode);
    const field = (at: number, mask: number): Value => this.and(this.shrU(code, this.i32(at)), this.i32(mask));
    this.add(left, field(REFUND_AT, REFUND_MASK)).emit();
    this.setLocal(LEFT);
    leave(this.add(this.i64(BigInt(this.pageVa)), this.extendU(field(0, OFFSET_MASK))), this.shrU(code, this.i32(CODE_AT)));
    this.code.u8(0x00);
  }
}
