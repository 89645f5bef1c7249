/** The engine that all processors of a machine share: handlers, decoded code, translation, and the driver around the generated code. */
import type { Clock } from '../clock.ts';
import type { MachineMemory } from '../memory.ts';
import { CodeCache } from './code-cache.ts';
import { Context } from './context.ts';
import { decode, toInstruction, TRUNCATED } from './decode/decoder.ts';
import type { Instruction } from './decode/instruction.ts';
import { floatHelpers } from './float/helpers.ts';
import { buildHandlers, type HandlerModule } from './interpreter/handlers.ts';
import { CONTEXT, EXIT, JUMPS, TLB, UOP } from './layout.ts';
import { Mmu } from './mmu.ts';
import type { Access, CpuEnvironment, Exit, Translation } from './types.ts';

const DEBUG = 1;
const INVALID_OPCODE = 6;
const NOT_PRESENT = 11;
const GENERAL_PROTECTION = 13;
const STACK_FAULT = 12;
const PAGE_FAULT = 14;
const CONTEXTS_ALIGNMENT = 64;
const CS = 1;
const SS = 2;
const FS = 4;
const GS = 5;
/** What generated code says of an address: pushed or popped, or based on one of these registers (their offsets in the context). */
const PUSHED = 1;
const RSP_FIELD = 32;
const RBP_FIELD = 40;
const TRAP_FLAG = 0x100;

export class Engine {
  readonly memory: MachineMemory;
  readonly clock: Clock;
  readonly mmu: Mmu;
  readonly code: CodeCache;
  readonly #contexts: Set<Context> = new Set();
  readonly #free: number[] = [];
  #handlers: HandlerModule | null = null;
  #enter: ((cpu: number, uop: number, left: number) => number) | null = null;
  // What runs now
  #context!: Context;
  #environment!: CpuEnvironment;
  #budget = 0;

  constructor(memory: MachineMemory, clock: Clock) {
    this.memory = memory;
    this.clock = clock;
    this.mmu = new Mmu(memory);
    this.code = new CodeCache(memory, this.mmu, () => this.#handlers!);
    this.code.onReset = () => this.#contexts.forEach((context) => (context.forgetJumps('kernel'), context.forgetJumps('user')));
    this.code.onFirstCode = (mfn) => this.#purgeWrites(mfn);
  }

  newContext(): Context {
    const address = this.#free.pop() ?? this.memory.allocateEngine(CONTEXT.bytes, CONTEXTS_ALIGNMENT);
    const context = new Context(this.memory, address, (gone) => {
      if (this.#contexts.delete(gone)) this.#free.push(gone.address);
    });
    this.#contexts.add(context);
    return context;
  }

  /** Builds the handlers now rather than at the first run. */
  warm(): void {
    if (this.#enter) return;
    const { wasm } = this.memory;
    this.#handlers = buildHandlers(wasm.buffer.byteLength / 65536);
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: this.#handlers.slots });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(this.#handlers.bytes), {
      env: { memory: wasm, table, ...this.#imports() },
    });
    this.#enter = instance.exports.enter as (cpu: number, uop: number, left: number) => number;
  }

  run(context: Context, environment: CpuEnvironment, budget: number): { exit: Exit; retired: number } {
    this.warm();
    this.#context = context;
    this.#environment = environment;
    this.#budget = budget;
    const { i32 } = this.memory;
    const leftIndex = (context.address + CONTEXT.left) >>> 2;
    const flagsIndex = (context.address + CONTEXT.otherFlags) >>> 2;
    i32[leftIndex] = budget;
    for (;;) {
      const left: number = i32[leftIndex]!;
      if (left === 0) return { exit: { kind: 'budget' }, retired: budget };
      const uop = this.#lookUp(context, environment);
      const stepping = (i32[flagsIndex]! & TRAP_FLAG) !== 0;
      const code = uop === 0 ? EXIT.exception : this.#enter!(context.address, uop, stepping ? 1 : left);
      if (stepping && i32[leftIndex] === 0 && (code === EXIT.lookup || code === EXIT.budget)) {
        i32[leftIndex] = left - 1;
        return { exit: { kind: 'exception', vector: DEBUG, errorCode: null, cr2: 0n }, retired: budget - left + 1 };
      }
      if (stepping && uop !== 0) i32[leftIndex] = left - 1 + i32[leftIndex]!;
      if (code === EXIT.lookup) continue;
      if (code === EXIT.guard) {
        // The second page is another one now: decode afresh.
        const walk = this.mmu.walk(context, environment, Number(context.rip & 0xffff_ffffn) | 0, Number(context.rip >> 32n) | 0, 'execute');
        if (walk.mfn >= 0) this.code.drop(walk.mfn);
        continue;
      }
      return { exit: this.#exit(context, environment, code), retired: budget - i32[leftIndex]! };
    }
  }

  #exit(context: Context, environment: CpuEnvironment, code: number): Exit {
    const { i32 } = this.memory;
    const field = (offset: number): number => i32[(context.address + offset) >>> 2]!;
    switch (code) {
      case EXIT.budget:
        return { kind: 'budget' };
      case EXIT.syscall:
        return { kind: 'syscall' };
      case EXIT.trap:
        return { kind: 'exception', vector: field(CONTEXT.exitVector), errorCode: null, cr2: 0n };
      case EXIT.interrupt:
        return { kind: 'interrupt', vector: field(CONTEXT.exitVector) & 0xff, length: 2 };
      case EXIT.privileged: {
        const instruction = this.#instructionAt(context, environment);
        return instruction ? { kind: 'privileged', instruction } : { kind: 'exception', vector: 6, errorCode: null, cr2: 0n };
      }
      default: {
        const vector = field(CONTEXT.exitVector);
        const error = field(CONTEXT.exitError);
        const cr2 =
          vector === PAGE_FAULT ? BigInt.asUintN(64, (BigInt(field(CONTEXT.cr2High)) << 32n) | BigInt(field(CONTEXT.cr2Low) >>> 0)) : 0n;
        return { kind: 'exception', vector, errorCode: error === -1 ? null : error, cr2 };
      }
    }
  }

  /** The instruction at rip, decoded for whoever emulates it. */
  #instructionAt(context: Context, environment: CpuEnvironment): Instruction | null {
    const bytes = new Uint8Array(32);
    let have = 0;
    for (; have < 15; have++) {
      const at = this.translate(context, environment, context.rip + BigInt(have), 'execute');
      if (!at.ok) break;
      bytes[have] = this.memory.u8[at.address]!;
    }
    const decoded = decode(bytes, 0, have);
    return decoded === TRUNCATED || 'undefined' in decoded ? null : toInstruction(decoded);
  }

  translate(context: Context, environment: CpuEnvironment, va: bigint, access: Access): Translation {
    const low = Number(va & 0xffff_ffffn) | 0;
    const high = Number((va >> 32n) & 0xffff_ffffn) | 0;
    if (!Mmu.canonical(high)) return { ok: false, errorCode: 0 };
    const walk = this.mmu.walk(context, environment, low, high, access);
    if (walk.mfn < 0 || walk.readOnly) return { ok: false, errorCode: walk.errorCode };
    return { ok: true, mfn: walk.mfn, address: this.memory.address(walk.mfn) + (low & 4095) };
  }

  /** The micro-op at rip, or 0 with a fault recorded. */
  #lookUp(context: Context, environment: CpuEnvironment): number {
    const { i32, view } = this.memory;
    const at = context.address;
    const low = i32[(at + CONTEXT.rip) >>> 2]!;
    const high = i32[(at + CONTEXT.rip + 4) >>> 2]!;
    const linkFrom = i32[(at + CONTEXT.linkFrom) >>> 2]!;
    i32[(at + CONTEXT.linkFrom) >>> 2] = 0;
    const mfn = this.#fetch(context, environment, low, high, true);
    if (mfn < 0) return 0;
    // Canonical addresses have 48 significant bits, signed: exact as a number.
    const va = high * 0x1_0000_0000 + (low >>> 0);
    const uop = this.code.find(mfn, va, () => {
      const next = va + 4096 - (low & 4095);
      const nextHigh = Math.floor(next / 0x1_0000_0000);
      return this.#fetch(context, environment, (next - nextHigh * 0x1_0000_0000) | 0, nextHigh | 0, true);
    });
    if (uop === 0) return 0;
    if (linkFrom !== 0) {
      // Within a page a link holds as long as the page's code does: dropping it makes the micro-ops stale, links and all.
      const from = view.getBigInt64(linkFrom + UOP.rip, true);
      const samePage = Math.floor(Number(from) / 4096) === Math.floor(va / 4096) && i32[(linkFrom + UOP.handler) >>> 2] !== 0;
      if (samePage) i32[(linkFrom + UOP.link) >>> 2] = uop;
    }
    const jump = (i32[(at + CONTEXT.jumpCache) >>> 2]! + (low & (JUMPS.entries - 1)) * JUMPS.bytes) >>> 2;
    i32[jump] = low;
    i32[jump + 1] = high;
    i32[jump + 2] = uop;
    return uop;
  }

  /** Frame that holds the code at an address, or -1 with the fault recorded. */
  #fetch(context: Context, environment: CpuEnvironment, low: number, high: number, record: boolean): number {
    const { i32 } = this.memory;
    const entry = (i32[(context.address + CONTEXT.tlb) >>> 2]! + ((low >>> 12) & (TLB.entries - 1)) * TLB.bytes) >>> 2;
    const tagLow = low & ~0xfff;
    if (i32[entry + TLB.execute / 4] === tagLow && i32[entry + TLB.execute / 4 + 1] === high) {
      return ((i32[entry + TLB.addend / 4]! + tagLow - this.memory.base) >>> 12) & 0xfffff;
    }
    if (!Mmu.canonical(high)) {
      if (record) this.#record(context, GENERAL_PROTECTION, 0);
      return -1;
    }
    const walk = this.mmu.walk(context, environment, low, high, 'execute');
    if (walk.mfn < 0) {
      if (record) this.#pageFault(context, walk.errorCode, low, high);
      return -1;
    }
    this.mmu.fill(context, environment, low, high, walk);
    return walk.mfn;
  }

  #record(context: Context, vector: number, error: number): void {
    const { i32 } = this.memory;
    i32[(context.address + CONTEXT.exitVector) >>> 2] = vector;
    i32[(context.address + CONTEXT.exitError) >>> 2] = error;
  }
  #pageFault(context: Context, error: number, low: number, high: number): void {
    this.#record(context, PAGE_FAULT, error);
    const { i32 } = this.memory;
    i32[(context.address + CONTEXT.cr2Low) >>> 2] = low;
    i32[(context.address + CONTEXT.cr2High) >>> 2] = high;
  }

  #purgeWrites(mfn: number): void {
    const { i32 } = this.memory;
    const address = this.memory.address(mfn);
    for (const context of this.#contexts) {
      const tlb = (context.address + CONTEXT.kernelTlb) >>> 2;
      for (let i = 0; i < 2 * TLB.entries; i++) {
        const entry = tlb + (i * TLB.bytes) / 4;
        if (i32[entry + TLB.write / 4] === -1 || ((i32[entry + TLB.addend / 4]! + i32[entry + TLB.write / 4]!) | 0) !== (address | 0))
          continue;
        i32[entry + TLB.write / 4] = -1;
        i32[entry + TLB.write / 4 + 1] = -1;
      }
    }
  }

  // What the generated code calls. Addresses come as two i32; 0 back means that a fault has been recorded.

  #imports(): Record<string, (...args: never[]) => unknown> {
    return {
      slowRead: (_cpu: number, low: number, high: number, bytes: number, stack: number) => this.#slowRead(low, high, bytes, stack),
      slowWrite: (_cpu: number, low: number, high: number, bytes: number, stack: number) => this.#slowWrite(low, high, bytes, stack),
      finishWrite: () => this.#finishWrite(),
      readFlags: () => this.#context.flags() | 0,
      writeFlags: (_cpu: number, value: number, mask: number) => this.#context.setFlags(value, mask, false),
      cpuid: () => this.#cpuid(),
      tsc: (_cpu: number, left: number) => this.#tsc(left),
      divideSigned: (_cpu: number, divisor: bigint) => this.#divide(BigInt.asIntN(64, divisor), true),
      divideUnsigned: (_cpu: number, divisor: bigint) => this.#divide(BigInt.asUintN(64, divisor), false),
      descriptor: (_cpu: number, selector: number) => this.#environment.descriptor(selector & 0xffff) ?? 0n,
      interruptReturn: (_cpu: number, cs: number, ss: number) => this.#interruptReturn(cs & 0xffff, ss & 0xffff),
      loadSegment: (_cpu: number, segment: number, selector: number) => this.#loadSegment(segment, selector & 0xffff),
      guardHolds: (_cpu: number, uop: number) => this.#guardHolds(uop),
      ...this.#floatHelpers(),
    };
  }

  #floatHelpers(): Record<string, (...args: never[]) => unknown> {
    const split = (va: bigint): [number, number] => [Number(va & 0xffff_ffffn) | 0, Number((va >> 32n) & 0xffff_ffffn) | 0];
    return floatHelpers({
      memory: this.memory,
      reading: (va, bytes) => this.#slowRead(...split(va), bytes, 0),
      writing: (va, bytes) => this.#slowWrite(...split(va), bytes, 0),
      written: () => this.#finishWrite(),
      raise: (vector, error) => this.#record(this.#context, vector, error),
      setFlags: (value, mask) => this.#context.setFlags(value, mask, false),
    });
  }

  #checkCanonical(low: number, high: number, bytes: number, stack: number): boolean {
    const lastHigh = low >>> 0 > 0x1_0000_0000 - bytes ? high + 1 : high;
    if (Mmu.canonical(high) && Mmu.canonical(lastHigh | 0)) return true;
    this.#record(this.#context, stack === PUSHED || stack === RSP_FIELD || stack === RBP_FIELD ? STACK_FAULT : GENERAL_PROTECTION, 0);
    return false;
  }

  /** Host address of one page's part, after a walk; 0 with the fault recorded. */
  #page(low: number, high: number, access: Access): number {
    const context = this.#context;
    const walk = this.mmu.walk(context, this.#environment, low, high, access);
    if (walk.mfn < 0 || walk.readOnly) {
      this.#pageFault(context, walk.errorCode, low, high);
      return 0;
    }
    this.mmu.fill(context, this.#environment, low, high, walk);
    return this.memory.address(walk.mfn) + (low & 4095);
  }

  #slowRead(low: number, high: number, bytes: number, stack: number): number {
    if (!this.#checkCanonical(low, high, bytes, stack)) return 0;
    const first = this.#page(low, high, 'read');
    const inFirst = 4096 - (low & 4095);
    if (first === 0 || bytes <= inFirst) return first;
    const [nextLow, nextHigh] = nextPage(low, high);
    const second = this.#page(nextLow, nextHigh, 'read');
    if (second === 0) return 0;
    const bounce = this.#context.address + CONTEXT.bounce;
    const { u8 } = this.memory;
    u8.copyWithin(bounce, first, first + inFirst);
    u8.copyWithin(bounce + inFirst, second, second + bytes - inFirst);
    return bounce;
  }

  #slowWrite(low: number, high: number, bytes: number, stack: number): number {
    const context = this.#context;
    const { i32, u8 } = this.memory;
    const put = (offset: number, value: number): void => void (i32[(context.address + offset) >>> 2] = value);
    put(CONTEXT.bounceKind, 0);
    if (!this.#checkCanonical(low, high, bytes, stack)) return 0;
    const bounce = context.address + CONTEXT.bounce;
    const inFirst = 4096 - (low & 4095);
    if (bytes <= inFirst) {
      const walk = this.mmu.walk(context, this.#environment, low, high, 'write');
      if (walk.readOnly && bytes <= 8 && this.#environment.permits(walk.mfn, 'read')) {
        // The owner may want to see this store: it gets the value when it is known.
        const address = this.memory.address(walk.mfn) + (low & 4095);
        u8.copyWithin(bounce, address, address + bytes);
        put(CONTEXT.bounceKind, 2);
        put(CONTEXT.bounceSize, bytes);
        put(CONTEXT.bounceFirst, address);
        put(CONTEXT.bounceVaLow, low);
        put(CONTEXT.bounceVaHigh, high);
        this.#pageFault(context, walk.errorCode, low, high);
        return bounce;
      }
      if (walk.mfn < 0 || walk.readOnly) {
        this.#pageFault(context, walk.errorCode, low, high);
        return 0;
      }
      if (this.mmu.hasCode[walk.mfn]) this.code.written(walk.mfn, low & 4095, bytes);
      const { mfn } = walk;
      this.mmu.fill(context, this.#environment, low, high, walk);
      return this.memory.address(mfn) + (low & 4095);
    }
    const first = this.#page(low, high, 'write');
    if (first === 0) return 0;
    const [nextLow, nextHigh] = nextPage(low, high);
    const second = this.#page(nextLow, nextHigh, 'write');
    if (second === 0) return 0;
    u8.copyWithin(bounce, first, first + inFirst);
    u8.copyWithin(bounce + inFirst, second, second + bytes - inFirst);
    put(CONTEXT.bounceKind, 1);
    put(CONTEXT.bounceSize, bytes);
    put(CONTEXT.bounceFirst, first);
    put(CONTEXT.bounceSecond, second);
    return bounce;
  }

  /** After a store through the bounce buffer: 1 when it is done, 0 for the page fault recorded before. */
  #finishWrite(): number {
    const context = this.#context;
    const { i32, u8, view } = this.memory;
    const get = (offset: number): number => i32[(context.address + offset) >>> 2]!;
    const kind = get(CONTEXT.bounceKind);
    if (kind === 0) return 1;
    i32[(context.address + CONTEXT.bounceKind) >>> 2] = 0;
    const bounce = context.address + CONTEXT.bounce;
    const bytes = get(CONTEXT.bounceSize);
    const first = get(CONTEXT.bounceFirst) >>> 0;
    if (kind === 2) {
      const va = BigInt.asUintN(64, (BigInt(get(CONTEXT.bounceVaHigh)) << 32n) | BigInt(get(CONTEXT.bounceVaLow) >>> 0));
      const value = BigInt.asUintN(bytes * 8, view.getBigUint64(bounce, true));
      return this.#environment.protectedStore(va, first, bytes, value) ? 1 : 0;
    }
    const second = get(CONTEXT.bounceSecond) >>> 0;
    const inFirst = 4096 - (first & 4095);
    for (const [address, from, count] of [
      [first, bounce, inFirst],
      [second, bounce + inFirst, bytes - inFirst],
    ] as const) {
      const mfn = (address - this.memory.base) >>> 12;
      if (this.mmu.hasCode[mfn]) this.code.written(mfn, address & 4095, count);
      u8.copyWithin(address, from, from + count);
    }
    return 1;
  }

  #cpuid(): void {
    const context = this.#context;
    const [eax, ebx, ecx, edx] = this.#environment.cpuid(Number(context.gpr(0) & 0xffff_ffffn), Number(context.gpr(1) & 0xffff_ffffn));
    for (const [index, value] of [
      [0, eax],
      [3, ebx],
      [1, ecx],
      [2, edx],
    ] as const)
      context.setGpr(index, BigInt(value >>> 0));
  }

  #tsc(left: number): bigint {
    const ns = this.clock.now() + (this.clock.mode === 'virtual' ? (this.#budget - left) * this.clock.nsPerInstruction : 0);
    return BigInt(Math.floor(ns));
  }

  #divide(divisor: bigint, signed: boolean): number {
    if (divisor === 0n) return 0;
    const context = this.#context;
    const joined = (context.gpr(2) << 64n) | context.gpr(0);
    const dividend = signed ? BigInt.asIntN(128, joined) : joined;
    const quotient = dividend / divisor;
    if (quotient !== (signed ? BigInt.asIntN(64, quotient) : BigInt.asUintN(64, quotient))) return 0;
    context.setGpr(0, quotient);
    context.setGpr(2, dividend % divisor);
    return 1;
  }

  /** -1: fine, CS and SS are loaded; else the error code of #GP. */
  #interruptReturn(cs: number, ss: number): number {
    if ((cs & 3) !== 3) return cs & 0xfffc;
    if ((ss & 3) !== 3) return ss & 0xfffc;
    const code = this.#environment.descriptor(cs);
    // Present, a code segment, of privilege level 3, long mode.
    if (code === null || ((code >> 40n) & 0xf8n) !== 0xf8n || ((code >> 53n) & 1n) === 0n) return cs & 0xfffc;
    this.#context.setSelector(1, cs);
    this.#context.setSelector(2, ss);
    return -1;
  }

  /** MOV to a segment register: 1 when it is loaded, 0 with #GP, #SS or #NP recorded. */
  #loadSegment(segment: number, selector: number): number {
    const context = this.#context;
    const refuse = (vector: number, error: number): number => {
      this.#record(context, vector, error);
      return 0;
    };
    const error = selector & 0xfffc;
    if (segment === CS || segment > GS) return refuse(INVALID_OPCODE, -1);
    let base = 0n;
    if (error === 0) {
      if (segment === SS) return refuse(GENERAL_PROTECTION, 0);
    } else {
      const descriptor = this.#environment.descriptor(selector);
      if (descriptor === null) return refuse(GENERAL_PROTECTION, error);
      const access = Number((descriptor >> 40n) & 0xffn);
      const system = (access & 0x10) === 0;
      const code = (access & 0x08) !== 0;
      const writable = (access & 0x02) !== 0;
      const dpl = (access >> 5) & 3;
      const conforming = code && (access & 0x04) !== 0;
      const wrong =
        segment === SS
          ? system || code || !writable || dpl !== 3 || (selector & 3) !== 3
          : system || (code && !writable) || (!conforming && dpl < 3);
      if (wrong) return refuse(GENERAL_PROTECTION, error);
      if ((access & 0x80) === 0) return refuse(segment === SS ? STACK_FAULT : NOT_PRESENT, error);
      base = ((descriptor >> 16n) & 0xff_ffffn) | (((descriptor >> 56n) & 0xffn) << 24n);
    }
    context.setSelector(segment, selector);
    if (segment === FS) context.fsBase = base;
    if (segment === GS) context.gsBase = base;
    return 1;
  }

  #guardHolds(uop: number): number {
    const context = this.#context;
    const va = this.memory.view.getBigInt64(uop + UOP.rip, true);
    const next = (va | 4095n) + 1n;
    const mfn = this.#fetch(context, this.#environment, Number(next & 0xffff_ffffn) | 0, Number(BigInt.asIntN(32, next >> 32n)), false);
    return mfn === this.memory.u32[(uop + UOP.link) >>> 2] ? 1 : 0;
  }
}

function nextPage(low: number, high: number): [number, number] {
  const next = (low | 4095) + 1;
  return [next | 0, next === 0 ? high + 1 : high];
}
