/** What instructions do that is more than arithmetic: CPUID, the time-stamp counter, 128-bit division, segments, FXSAVE. Called by generated code. */
import type { Clock } from '../clock.ts';
import type { MachineMemory } from '../memory.ts';
import { floatHelpers } from './float/helpers.ts';
import type { GuestAccess, Running } from './guest-access.ts';
import { NO_SHADOW } from './isa/segment.ts';
import { ANY_ALIGNMENT, CONTEXT } from './layout.ts';
import { reaches } from './segments.ts';

const INVALID_OPCODE = 6;
const NOT_PRESENT = 11;
const STACK_FAULT = 12;
const GENERAL_PROTECTION = 13;
const CS = 1;
const SS = 2;
const FS = 4;
const GS = 5;

/** RF: gone by the time that an instruction can look. */
const RESUME = 0x1_0000;

export class InstructionHelpers {
  readonly #memory: MachineMemory;
  readonly #clock: Clock;
  readonly #access: GuestAccess;
  readonly #running: Readonly<Running>;

  constructor(memory: MachineMemory, clock: Clock, access: GuestAccess, running: Readonly<Running>) {
    this.#memory = memory;
    this.#clock = clock;
    this.#access = access;
    this.#running = running;
  }

  #cpuid(): void {
    const context = this.#running.context;
    const [eax, ebx, ecx, edx] = this.#running.environment.cpuid(
      Number(context.gpr(0) & 0xffff_ffffn),
      Number(context.gpr(1) & 0xffff_ffffn),
    );
    for (const [index, value] of [
      [0, eax],
      [3, ebx],
      [1, ecx],
      [2, edx],
    ] as const)
      context.setGpr(index, BigInt(value >>> 0));
  }

  #tsc(left: number): bigint {
    const ns = this.#clock.now() + (this.#clock.mode === 'virtual' ? (this.#running.budget - left) * this.#clock.nsPerInstruction : 0);
    return BigInt(Math.floor(ns));
  }

  /** -1: fine, CS and SS are loaded; else the error code of #GP. */
  #interruptReturn(cs: number, ss: number): number {
    if ((cs & 3) !== 3) return cs & 0xfffc;
    if ((ss & 3) !== 3) return ss & 0xfffc;
    const { context, environment } = this.#running;
    const code = environment.descriptor(cs);
    // Present, a code segment, of privilege level 3, and not of 64 and of 32 bits at once.
    if (code === null || ((code >> 40n) & 0xf8n) !== 0xf8n || ((code >> 53n) & 3n) === 3n) return cs & 0xfffc;
    context.loadSegment(CS, cs, code);
    if (ss !== context.selector(SS)) context.loadSegment(SS, ss, environment.descriptor(ss));
    context.loadSegments(environment);
    return -1;
  }

  /** MOV to a segment register: 1 when it is loaded, 0 with #GP, #SS or #NP recorded. */
  #loadSegment(which: number, selector: number): number {
    const context = this.#running.context;
    const segment = which & ~NO_SHADOW;
    const refuse = (vector: number, error: number): number => {
      this.#access.record(context, vector, error);
      return 0;
    };
    const error = selector & 0xfffc;
    if (segment === CS || segment > GS) return refuse(INVALID_OPCODE, -1);
    let loaded: bigint | null = null;
    if (error === 0) {
      if (segment === SS) return refuse(GENERAL_PROTECTION, 0);
    } else {
      const descriptor = this.#running.environment.descriptor(selector);
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
      loaded = descriptor;
    }
    context.loadSegment(segment, selector, loaded);
    const base = BigInt(context.segment(segment).base);
    if (segment === FS) context.fsBase = base;
    if (segment === GS) context.gsBase = base;
    if (context.compatibility) context.enterCode();
    context.shadow = which === SS;
    return 1;
  }

  /** Linear address of `bytes` at an offset into a segment, or -1 with #GP or #SS recorded. */
  #segmentAddress(slot: number, offset: number, bytes: number): bigint {
    const context = this.#running.context;
    const index = (slot - CONTEXT.segmentBases) / 8;
    const segment = context.segment(index);
    if (!reaches(segment, offset >>> 0, bytes)) {
      this.#access.record(context, index === SS ? STACK_FAULT : GENERAL_PROTECTION, 0);
      return -1n;
    }
    const base = this.#memory.i32[(context.address + slot) >>> 2]!;
    return BigInt((base + offset) >>> 0);
  }

  #floatHelpers(): Record<string, (...args: never[]) => unknown> {
    const split = (va: bigint): [number, number] => [Number(va & 0xffff_ffffn) | 0, Number((va >> 32n) & 0xffff_ffffn) | 0];
    return floatHelpers({
      memory: this.#memory,
      reading: (va, bytes, base) => this.#access.slowRead(...split(va), bytes, base | ANY_ALIGNMENT),
      writing: (va, bytes, base) => this.#access.slowWrite(...split(va), bytes, base | ANY_ALIGNMENT),
      aligned: (va, bytes) => this.#access.aligned(Number(va & 63n), bytes),
      reachable: (va, save, base, bytes) => this.#access.reachable(...split(va), bytes, save ? 'write' : 'read', base),
      written: () => this.#access.finishWrite(),
      raise: (vector, error) => this.#access.record(this.#running.context, vector, error),
      setFlags: (value, mask) => this.#running.context.setFlags(value, mask, false),
    });
  }

  /** By the names that descriptions and handlers call them with. */
  imports(): Record<string, (...args: never[]) => unknown> {
    const access = this.#access;
    return {
      slowRead: (_cpu: number, low: number, high: number, bytes: number, stack: number) => access.slowRead(low, high, bytes, stack),
      slowWrite: (_cpu: number, low: number, high: number, bytes: number, stack: number) => access.slowWrite(low, high, bytes, stack),
      finishWrite: () => access.finishWrite(),
      guardHolds: (_cpu: number, uop: number) => access.guardHolds(uop),
      readFlags: () => this.#running.context.flags() & ~RESUME,
      writeFlags: (_cpu: number, value: number, mask: number) => this.#running.context.setFlags(value, mask, false),
      cpuid: () => this.#cpuid(),
      tsc: (_cpu: number, left: number) => this.#tsc(left),
      quotientFits: (_cpu: number, high: bigint, low: bigint, divisor: bigint, signed: number) => {
        const { quotient } = divide(high, low, divisor, signed);
        return Number(quotient === (signed ? BigInt.asIntN(64, quotient) : BigInt.asUintN(64, quotient)));
      },
      quotient: (_cpu: number, high: bigint, low: bigint, divisor: bigint, signed: number) => divide(high, low, divisor, signed).quotient,
      remainder: (_cpu: number, high: bigint, low: bigint, divisor: bigint, signed: number) => divide(high, low, divisor, signed).remainder,
      descriptor: (_cpu: number, selector: number) => this.#running.environment.descriptor(selector & 0xffff) ?? 0n,
      interruptReturn: (_cpu: number, cs: number, ss: number) => this.#interruptReturn(cs & 0xffff, ss & 0xffff),
      loadSegment: (_cpu: number, segment: number, selector: number) => this.#loadSegment(segment, selector & 0xffff),
      segmentAddress: (_cpu: number, slot: number, offset: number, bytes: number) => this.#segmentAddress(slot, offset, bytes),
      ...this.#floatHelpers(),
    };
  }
}

/** 128 by 64 bits; all come as 64-bit patterns. The divisor is not zero. */
function divide(high: bigint, low: bigint, divisor: bigint, signed: number): { readonly quotient: bigint; readonly remainder: bigint } {
  const joined = (BigInt.asUintN(64, high) << 64n) | BigInt.asUintN(64, low);
  const dividend = signed ? BigInt.asIntN(128, joined) : joined;
  const by = signed ? BigInt.asIntN(64, divisor) : BigInt.asUintN(64, divisor);
  return { quotient: dividend / by, remainder: dividend % by };
}
