/** The engine that all processors of a machine share: handlers, decoded code, translation, and the driver around the generated code. */
import type { Clock } from '../clock.ts';
import type { MachineMemory } from '../memory.ts';
import type { CodeMode } from './code-mode.ts';
import { SINGLE_STEP } from './breakpoints.ts';
import { CodeCache } from './code-cache.ts';
import { Context } from './context.ts';
import { decode, toInstruction, TRUNCATED } from './decode/decoder.ts';
import type { Instruction } from './decode/instruction.ts';
import { buildHandlers, type HandlerModule } from './interpreter/handlers.ts';
import { GuestAccess, nextPage, type Running } from './guest-access.ts';
import { InstructionHelpers } from './instruction-helpers.ts';
import { CONTEXT, EXIT, HOT, JUMPS, UOP } from './layout.ts';
import { Mmu } from './mmu.ts';
import { reaches } from './segments.ts';
import { Translator, type TranslationCounts } from './translator/translator.ts';
import type { Access, CpuEnvironment, Exit, Translation } from './types.ts';

const DEBUG = 1;
const DEVICE_NOT_AVAILABLE = 7;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const CS = 1;
const CONTEXTS_ALIGNMENT = 64;
const TRAP_FLAG = 0x100;
const RESUME_FLAG = 0x1_0000;

function debugException(dr6: number): Exit {
  return { kind: 'exception', vector: DEBUG, errorCode: null, cr2: 0n, dr6 };
}

export class Engine {
  readonly memory: MachineMemory;
  readonly clock: Clock;
  readonly mmu: Mmu;
  readonly code: CodeCache;
  readonly #contexts: Set<Context> = new Set();
  readonly #free: number[] = [];
  readonly #handlers: Map<CodeMode['model'], HandlerModule> = new Map();
  #table: WebAssembly.Table | null = null;
  #enter: ((cpu: number, uop: number, left: number) => number) | null = null;
  #enterAt: ((cpu: number, uop: number, left: number, slot: number) => number) | null = null;
  #translator: Translator | null = null;
  readonly #translateAfter: number | null;
  readonly #running: Running = { context: null!, environment: null!, budget: 0, hits: 0 };
  readonly #access: GuestAccess;
  readonly #helpers: InstructionHelpers;

  constructor(memory: MachineMemory, clock: Clock, translateAfter: number | null = HOT) {
    this.#translateAfter = translateAfter;
    this.memory = memory;
    this.clock = clock;
    this.mmu = new Mmu(memory);
    this.code = new CodeCache(memory, this.mmu, (model) => this.#handlers.get(model) ?? this.#build(model).module);
    this.code.onReset = () => {
      for (const context of this.#contexts) {
        context.forgetJumps('kernel');
        context.forgetJumps('user');
        memory.i32[(context.address + CONTEXT.linkFrom) >>> 2] = 0;
      }
    };
    this.#access = new GuestAccess(memory, this.mmu, this.code, this.#running);
    this.#helpers = new InstructionHelpers(memory, clock, this.#access, this.#running);
    this.code.onFirstCode = (mfn) => this.#access.purgeWrites(this.#contexts, mfn);
  }

  get translation(): TranslationCounts | null {
    return this.#translator?.counts ?? null;
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
    const { table, exports } = this.#build('long');
    this.#enter = exports.enter as (cpu: number, uop: number, left: number) => number;
    this.#enterAt = exports.enterAt as (cpu: number, uop: number, left: number, slot: number) => number;
    if (this.#translateAfter !== null)
      this.#translator = new Translator(this.memory, this.code, { table, functions: { ...this.#helpers.imports(), ...exports } });
  }

  /** The handlers for a kind of code; they all share one table. */
  #build(model: CodeMode['model']): { module: HandlerModule; table: WebAssembly.Table; exports: WebAssembly.Instance['exports'] } {
    const { wasm } = this.memory;
    const table = (this.#table ??= new WebAssembly.Table({ element: 'anyfunc', initial: 0 }));
    // Regions may have taken slots since.
    const firstSlot = table.grow(0);
    const module = buildHandlers(wasm.buffer.byteLength / 65536, this.#translateAfter ?? 0, model, firstSlot);
    table.grow(module.slots);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes), {
      env: { memory: wasm, table, ...this.#helpers.imports() },
    });
    this.#handlers.set(model, module);
    return { module, table, exports };
  }

  run(context: Context, environment: CpuEnvironment, budget: number): { exit: Exit; retired: number } {
    this.warm();
    Object.assign(this.#running, { context, environment, budget });
    this.#translator?.flush();
    context.loadSegments(environment);
    const { i32 } = this.memory;
    const leftIndex = (context.address + CONTEXT.left) >>> 2;
    const flagsIndex = (context.address + CONTEXT.otherFlags) >>> 2;
    i32[leftIndex] = budget;
    // A branch that used up the last budget may not have led here: rip may have been changed since.
    i32[(context.address + CONTEXT.linkFrom) >>> 2] = 0;
    // Regions take whole blocks: steps, and what is left before the end of the budget, are the interpreter's.
    let interpret = false;
    let resuming = false;
    let shadowed = false;
    for (;;) {
      const left: number = i32[leftIndex]!;
      if (left === 0) return { exit: { kind: 'budget' }, retired: budget };
      const flags = i32[flagsIndex]!;
      if (flags & RESUME_FLAG) {
        i32[flagsIndex] = flags & ~RESUME_FLAG;
        resuming = true;
      }
      const stepping = (flags & TRAP_FLAG) !== 0;
      // One at a time, by the interpreter: whatever an instruction hits is known before the next.
      const single = stepping || context.breakpoints !== null;
      if (single && !resuming && !shadowed) {
        const hit = this.#instructionBreakpoint(context);
        if (hit !== 0) return { exit: debugException(hit), retired: budget - left };
      }
      const uop = this.#lookUp(context, environment);
      if (single) this.#beginStep(context, budget - left + 1);
      const code: number =
        uop === 0
          ? EXIT.exception
          : single || interpret
            ? this.#enterAt!(context.address, uop, single ? 1 : left, this.code.interpreted(uop))
            : this.#enter!(context.address, uop, left);
      interpret = code === EXIT.tail;
      if (single && uop !== 0) i32[leftIndex] = left - 1 + i32[leftIndex]!;
      if (i32[leftIndex] !== left) resuming = false;
      if (single && i32[leftIndex] !== left && (code === EXIT.lookup || code === EXIT.budget || code === EXIT.tail)) {
        shadowed = context.shadow;
        const dr6 = this.#endStep(context, stepping);
        if (dr6 !== 0) return { exit: debugException(dr6), retired: budget - left + 1 };
        continue;
      }
      if (code === EXIT.lookup || code === EXIT.tail) continue;
      if (code === EXIT.hot || code === EXIT.hotTarget) {
        this.#heated(context, environment, code === EXIT.hotTarget);
        continue;
      }
      if (code === EXIT.guard) {
        // The second page is another one now: decode afresh.
        const walk = this.mmu.walk(context, environment, ...this.#whereCode(context), 'execute');
        if (walk.mfn >= 0) this.code.drop(walk.mfn);
        continue;
      }
      const exit = this.#exit(context, environment, code);
      // A fault shows RF set, so that what it returns to is not stopped at once by the breakpoint that has already been seen to.
      if (exit.kind === 'exception' && code !== EXIT.trap) i32[flagsIndex]! |= RESUME_FLAG;
      return { exit, retired: budget - i32[leftIndex]! };
    }
  }

  #instructionBreakpoint(context: Context): number {
    if (!context.breakpoints) return 0;
    const [low, high] = this.#whereCode(context);
    return context.breakpoints.executes(high * 0x1_0000_0000 + (low >>> 0));
  }
  /** @param clock what the budget must seem to be for the time to be right at this instruction */
  #beginStep(context: Context, clock: number): void {
    context.shadow = false;
    this.#running.hits = 0;
    this.#running.budget = clock;
  }
  /** After an instruction that has retired: what of DR6 is to be reported now. */
  #endStep(context: Context, stepping: boolean): number {
    context.pendingDebug |= this.#running.hits;
    if (context.shadow) return 0;
    const dr6 = context.pendingDebug | (stepping ? SINGLE_STEP : 0);
    context.pendingDebug = 0;
    return dr6;
  }

  /** The code at rip is hot. */
  #heated(context: Context, environment: CpuEnvironment, target: boolean): void {
    const { codeMode } = context;
    // Regions know addresses, not offsets: code with segments is left to the interpreter.
    if (codeMode.model === 'segmented') return;
    const [low, high] = this.#whereCode(context);
    const mfn = this.#access.fetch(context, environment, low, high, false);
    if (mfn >= 0) this.#translator?.request(mfn, high * 0x1_0000_0000 + (low >>> 0), codeMode, target);
  }

  /** Linear address of the code at rip, in halves. */
  #whereCode(context: Context): [low: number, high: number] {
    const { i32 } = this.memory;
    const low = i32[(context.address + CONTEXT.rip) >>> 2]!;
    if (!context.compatibility) return [low, i32[(context.address + CONTEXT.rip + 4) >>> 2]!];
    return [(low + context.segment(CS).base) | 0, 0];
  }

  #exit(context: Context, environment: CpuEnvironment, code: number): Exit {
    const { i32 } = this.memory;
    const field = (offset: number): number => i32[(context.address + offset) >>> 2]!;
    switch (code) {
      case EXIT.budget:
        return { kind: 'budget' };
      case EXIT.syscall:
        return { kind: 'syscall' };
      case EXIT.noFpu:
        return { kind: 'exception', vector: DEVICE_NOT_AVAILABLE, errorCode: null, cr2: 0n };
      case EXIT.protection:
        return { kind: 'exception', vector: GENERAL_PROTECTION, errorCode: 0, cr2: 0n };
      case EXIT.sysenter:
        return { kind: 'sysenter' };
      case EXIT.trap: {
        const vector = field(CONTEXT.exitVector);
        return vector === DEBUG ? debugException(0) : { kind: 'exception', vector, errorCode: null, cr2: 0n };
      }
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
      const va = context.rip + BigInt(have + (context.compatibility ? context.segment(CS).base : 0));
      const at = this.translate(context, environment, context.compatibility ? va & 0xffff_ffffn : va, 'execute');
      if (!at.ok) break;
      bytes[have] = this.memory.u8[at.address]!;
    }
    const decoded = decode(bytes, 0, have, context.codeMode);
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
    const mode = context.codeMode;
    const ripLow = i32[(at + CONTEXT.rip) >>> 2]!;
    const ripHigh = i32[(at + CONTEXT.rip + 4) >>> 2]!;
    if (context.compatibility && (ripHigh !== 0 || !reaches(context.segment(CS), ripLow >>> 0, 1))) {
      this.#access.record(context, GENERAL_PROTECTION, 0);
      return 0;
    }
    const [low, high] = this.#whereCode(context);
    const mfn = this.#access.fetch(context, environment, low, high, true);
    if (mfn < 0) return 0;
    // Canonical addresses have 48 significant bits, signed: exact as a number.
    const rip = ripHigh * 0x1_0000_0000 + (ripLow >>> 0);
    const uop = this.code.find(mfn, rip, low & 4095, mode, () =>
      this.#access.fetch(context, environment, ...nextPage(low, high, context.compatibility), true),
    );
    if (uop === 0) return 0;
    const linkFrom = i32[(at + CONTEXT.linkFrom) >>> 2]!;
    i32[(at + CONTEXT.linkFrom) >>> 2] = 0;
    if (linkFrom !== 0) {
      // Within a page a link holds as long as the page's code does: dropping it makes the micro-ops stale, links and all.
      const from = Number(view.getBigInt64(linkFrom + UOP.rip, true));
      const inPage = (low & 4095) - rip;
      const samePage = Math.floor((from + inPage) / 4096) === 0 && i32[(linkFrom + UOP.handler) >>> 2] !== 0;
      if (samePage) i32[(linkFrom + UOP.link) >>> 2] = uop;
    }
    const jump = (i32[(at + CONTEXT.jumpCache) >>> 2]! + (ripLow & (JUMPS.entries - 1)) * JUMPS.bytes) >>> 2;
    i32[jump] = ripLow;
    i32[jump + 1] = ripHigh;
    i32[jump + 2] = uop;
    i32[jump + 3] = 0;
    return uop;
  }
}
