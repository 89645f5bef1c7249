/** Runs cases on our processor: one instruction from a given state. */
import { decode, TRUNCATED } from '../../src/hw/cpu/decode/decoder.ts';
import { shapeKey, shapeOf } from '../../src/hw/cpu/interpreter/handlers.ts';
import { canTranslate } from '../../src/hw/cpu/translator/can-translate.ts';
import type { Cpu, Exit, VcpuContext } from '../../src/hw/cpu/types.ts';
import { createMachine, type Machine } from '../../src/hw/machine.ts';
import { CODE, CODE32, CODE_SELECTOR, GOES_ON, SEGMENT_BASE, type State } from './state.ts';

export interface Outcome {
  readonly regs: readonly bigint[];
  readonly flags: bigint;
  readonly memory: Uint8Array;
  readonly fpu: Uint8Array;
  /** 0, or 256 + the vector. */
  readonly fault: number;
}
export interface Started {
  readonly code: readonly number[];
  readonly state: State;
}

const PAGE = CODE & ~0xfffn;
const [CODE_FRAME, DATA_FRAME] = [6, 7];
const SEGMENT_BASE_BITS = ((SEGMENT_BASE & 0xff_ffffn) << 16n) | ((SEGMENT_BASE >> 24n) << 56n);
/** As Linux has them. */
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  0x20: 0x00cf_fb00_0000_ffffn, // 32-bit code
  0x28: 0x00cf_f300_0000_ffffn, // data
  0x30: 0x00af_fb00_0000_ffffn, // 64-bit code
  0xfff8: 0x0040_f300_0000_ffffn, // data, 64 KiB; nothing a program would name
};
const LOCAL_DESCRIPTORS: typeof DESCRIPTORS = {
  0x04: 0x0040_f300_0000_809fn | SEGMENT_BASE_BITS, // data
  0x0c: 0x0040_f700_0000_8027n | SEGMENT_BASE_BITS, // data that expands down
  0x14: 0x0000_f300_0000_80c7n | SEGMENT_BASE_BITS, // a 16-bit stack
};
/** segmented: 32-bit code with a segment somewhere that has a limit, so that all of them are looked at; segments: with those of a local table. */
export type Code = 'long' | 'flat' | 'segmented' | 'segments';
/** ds, es and ss; see silicon.c. */
const LOCAL = { ds: 0x07, es: 0x0f, ss: 0x17 };
const LIMITED_SELECTOR = 0xfffb;
const RSP = 4;
const DATA_SELECTOR = 0x2b;
const CODE64_SELECTOR = 0x33;
const UD2 = [0x0f, 0x0b];
/** rel32 */
const near = (opcode: number, from: number, to: number): number[] => {
  const by = to - from - 5;
  return [opcode, by & 0xff, (by >> 8) & 0xff, (by >> 16) & 0xff, (by >> 24) & 0xff];
};
const [CALL, JMP] = [0xe8, 0xe9];
const NEAR_BYTES = 5;
const FIRST = Number(CODE - PAGE) - NEAR_BYTES;
/** Cases a region: each is an entry of it, and there can be 64. */
export const BATCH = 60;
/** What an instruction stores or goes to may tell where it is: these cannot be moved. */
const bound = (code: readonly number[], state: State): boolean =>
  code.includes(0xe8) ||
  [...state.regs, new DataView(state.memory.buffer).getBigUint64(72, true)].some((value) => value >> 8n === CODE >> 8n);

export class Processor {
  readonly #machine: Machine;
  readonly #context: VcpuContext;
  readonly #cpu: Cpu;
  readonly #translatable: Map<number, boolean> = new Map();
  readonly #compatibility: boolean;
  readonly #start: bigint;
  readonly #selectors: readonly number[];

  constructor(engine: 'interpreter' | 'translator' = 'interpreter', code: Code = 'long') {
    const compatibility = code !== 'long';
    this.#compatibility = compatibility;
    this.#start = compatibility ? CODE32 : CODE;
    const codeSelector = compatibility ? CODE_SELECTOR : CODE64_SELECTOR;
    const { es, ss, ds } = code === 'segments' ? LOCAL : { es: DATA_SELECTOR, ss: DATA_SELECTOR, ds: DATA_SELECTOR };
    this.#selectors = [es, codeSelector, ss, ds, code === 'segmented' ? LIMITED_SELECTOR : 0, 0];
    this.#machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual', translateAfter: engine === 'translator' ? 1 : null });
    this.#context = this.#machine.newContext();
    this.#cpu = this.#machine.cpus[0]!;
    const { memory } = this.#machine;
    const entry = (frame: number, index: number, target: number): void =>
      memory.view.setBigUint64(memory.address(frame) + index * 8, (BigInt(target) << 12n) | 7n, true);
    entry(1, 0, 2);
    entry(2, 0, 3);
    entry(2, 1, 9);
    entry(9, 0, 10);
    entry(10, 0, CODE_FRAME);
    entry(9, 0x80, 11);
    entry(11, 0, CODE_FRAME);
    entry(3, 0x80, 5);
    entry(5, 0, DATA_FRAME);
    entry(5, 1, 8);
    this.#context.setRoot('kernel', 1);
    this.#cpu.switchTo(this.#context, {
      permits: () => true,
      protectedStore: () => false,
      descriptor: (selector) => (code === 'segments' ? { ...DESCRIPTORS, ...LOCAL_DESCRIPTORS } : DESCRIPTORS)[selector & 0xfffc] ?? null,
      cpuid: () => [0, 0, 0, 0],
    });
  }

  /** A wrong length of the instruction is the fault -1. A jump may lead over what follows it in `code`, or not. */
  run({ code, state }: Started): Outcome {
    const start = this.#start;
    this.#load([[Number(start & 0xfffn), [...code, ...UD2]]]);
    this.#set(state, start);
    const end = start + BigInt(code.length);
    let exit = this.#cpu.run(1);
    while (exit.kind === 'budget' && this.#context.rip >= start && this.#context.rip < end) exit = this.#cpu.run(1);
    return this.#outcome(exit, this.#context.rip === end || (this.#compatibility && this.#context.rip === GOES_ON), start);
  }

  /**
   * As parts of regions: each case stands where a call returns to, the call of the next case, and jumps there. null: the translator leaves this one to
   * the interpreter. Checks that all others have become part of a region.
   */
  *runTranslated(cases: readonly Started[]): Generator<Outcome | null> {
    if (this.#compatibility) for (const one of cases) yield this.#runLoop(one);
    else yield* this.#runRegions(cases);
  }

  /** Each as a loop of its own, the third time round. */
  #runLoop({ code, state }: Started): Outcome | null {
    const regions = (): number => this.#machine.translation?.regions ?? 0;
    const back = (from: number): number[] => [0xeb, -(from + 2) & 0xff];
    const onward = Number(GOES_ON - CODE32);
    this.#load([
      [0, [...code, ...back(code.length)]],
      [onward, back(onward)],
    ]);
    const before = regions();
    // The first time the jump is linked, the second it is hot.
    for (let i = 0; i < 2; i++) {
      this.#set(state, CODE32);
      this.#cpu.run(3);
    }
    this.#set(state, CODE32);
    const exit = this.#cpu.run(2);
    return regions() === before ? null : this.#outcome(exit, this.#context.rip === CODE32, CODE32);
  }

  *#runRegions(cases: readonly Started[]): Generator<Outcome | null> {
    for (let from = 0; from < cases.length;) {
      const group: Started[] = [];
      for (; from < cases.length && group.length < BATCH; from++) {
        const one = cases[from]!;
        const alone = bound(one.code, one.state);
        if (alone && group.length > 0) break;
        group.push(one);
        if (alone) {
          from++;
          break;
        }
      }
      yield* this.#runRegion(group);
    }
  }

  *#runRegion(cases: readonly Started[]): Generator<Outcome | null> {
    const ours = cases.filter(({ code }) => this.#isTranslatable(code));
    const places = new Map<Started, { readonly at: number; readonly end: number }>();
    const pieces: [number, number[]][] = [[0, near(JMP, 0, FIRST)]];
    let at = FIRST;
    for (const one of ours) {
      const start = at + NEAR_BYTES;
      const end = start + one.code.length + NEAR_BYTES;
      pieces.push([at, [...near(CALL, at, end), ...one.code, ...near(JMP, end - NEAR_BYTES, end)]]);
      places.set(one, { at: start, end });
      at = end;
    }
    pieces.push([at, UD2]);
    if (ours.length > 0) {
      this.#load(pieces);
      const before = this.#machine.translation?.instructions ?? 0;
      // Once the jump is linked, twice it is hot, and before the third run there is a region: a little later if all code has had to be forgotten.
      for (let i = 0; i < 6; i++) {
        this.#context.rip = PAGE;
        this.#cpu.run(2);
      }
      const translated = this.#machine.translation!.instructions - before;
      if (translated < 2 * ours.length) throw new Error(`a region of ${translated} instructions has not all of ${ours.length} cases`);
    }
    for (const one of cases) {
      const place = places.get(one);
      if (!place) {
        yield null;
        continue;
      }
      const start = PAGE + BigInt(place.at);
      const end = PAGE + BigInt(place.end);
      this.#set(one.state, start);
      // Exactly to the next case's call: REP takes a step each time, and a jump may have skipped what follows it.
      let exit = this.#cpu.run(2);
      while (exit.kind === 'budget' && this.#context.rip === start) exit = this.#cpu.run(1);
      if (exit.kind === 'budget' && this.#context.rip !== end) exit = this.#cpu.run(1);
      yield this.#outcome(exit, this.#context.rip === end, start);
    }
  }

  /** Does the first instruction, and what may follow it, go into regions? */
  #isTranslatable(code: readonly number[]): boolean {
    const decoded = decode(Uint8Array.from([...code, ...new Uint8Array(15)]), 0, 15 + code.length);
    if (decoded === TRUNCATED || 'undefined' in decoded) return false;
    const key = shapeKey(decoded.form, shapeOf(decoded));
    let known = this.#translatable.get(key);
    if (known === undefined) this.#translatable.set(key, (known = canTranslate(decoded)));
    return known;
  }

  #load(pieces: readonly (readonly [at: number, bytes: readonly number[]])[]): void {
    const frame = this.#machine.memory.frame(CODE_FRAME);
    for (const [at, bytes] of pieces) frame.set(bytes, at);
    this.#cpu.dropCode(CODE_FRAME);
  }
  #set({ regs, flags, memory, fpu }: State, rip: bigint): void {
    const context = this.#context;
    const data = this.#machine.memory.frame(DATA_FRAME);
    data.fill(0);
    data.set(memory);
    regs.forEach((reg, r) => context.setGpr(r, reg));
    // The far jump into 32-bit code leaves half of it.
    if (this.#compatibility) context.setGpr(RSP, BigInt.asUintN(32, regs[RSP]!));
    context.fxsave.set(fpu);
    context.rflags = flags;
    context.rip = rip;
    this.#selectors.forEach((selector, i) => context.setSelector(i, selector));
  }
  #outcome(exit: Exit, right: boolean, start: bigint): Outcome {
    const context = this.#context;
    const fault = exit.kind === 'exception' && (context.rip === start || exit.vector === 3) ? 256 + exit.vector : right ? 0 : -1;
    return {
      regs: Array.from({ length: 16 }, (_, r) => context.gpr(r)),
      flags: context.rflags,
      memory: this.#machine.memory.frame(DATA_FRAME).slice(0, 256),
      fpu: context.fxsave.slice(),
      fault,
    };
  }
}
