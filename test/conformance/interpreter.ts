/** Runs a case on our processor: one instruction from a given state. */
import type { Cpu, Exit, VcpuContext } from '../../src/hw/cpu/types.ts';
import { createMachine, type Machine } from '../../src/hw/machine.ts';
import { CODE32, CODE_SELECTOR, GOES_ON, type State } from './state.ts';

const CODE64 = 0x1000n;
/** As Linux has them. */
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  0x20: 0x00cf_fb00_0000_ffffn, // 32-bit code
  0x28: 0x00cf_f300_0000_ffffn, // data
  0x30: 0x00af_fb00_0000_ffffn, // 64-bit code
  0x38: 0x0040_f300_0000_ffffn, // data, 64 KiB
};
const DATA_SELECTOR = 0x2b;
const CODE64_SELECTOR = 0x33;
export type Engine = 'interpreter' | 'translator';
/** segmented: 32-bit code with a segment somewhere that has a limit, so that all of them are looked at. */
export type Code = 'long' | 'flat' | 'segmented';
const LIMITED_SELECTOR = 0x3b;

export interface Outcome {
  readonly regs: readonly bigint[];
  readonly flags: bigint;
  readonly memory: Uint8Array;
  readonly fpu: Uint8Array;
  /** 0, or 256 + the vector. */
  readonly fault: number;
}

/** Runs one instruction on one of our engines. */
export class Processor {
  readonly #machine: Machine;
  readonly #context: VcpuContext;
  readonly #cpu: Cpu;
  readonly #start: bigint;
  readonly #selectors: readonly number[];

  constructor(engine: Engine = 'interpreter', code: Code = 'long') {
    this.#start = code !== 'long' ? CODE32 : CODE64;
    this.#machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual', translateAfter: engine === 'translator' ? 1 : null });
    this.#context = this.#machine.newContext();
    this.#cpu = this.#machine.cpus[0]!;
    const { memory } = this.#machine;
    const entry = (frame: number, index: number, target: number): void =>
      memory.view.setBigUint64(memory.address(frame) + index * 8, (BigInt(target) << 12n) | 7n, true);
    entry(1, 0, 2);
    entry(2, 0, 3);
    entry(3, 0, 4);
    entry(3, 0x80, 5);
    entry(4, 1, 6);
    entry(2, 1, 9);
    entry(9, 0x80, 10);
    entry(10, 0, 6);
    entry(5, 0, 7);
    entry(5, 1, 8);
    this.#context.setRoot('kernel', 1);
    const codeSelector = code === 'long' ? CODE64_SELECTOR : CODE_SELECTOR;
    this.#selectors = [DATA_SELECTOR, codeSelector, DATA_SELECTOR, DATA_SELECTOR, code === 'segmented' ? LIMITED_SELECTOR : 0, 0];
    this.#cpu.switchTo(this.#context, {
      permits: () => true,
      protectedStore: () => false,
      descriptor: (selector) => DESCRIPTORS[selector & ~7 & 0xffff] ?? null,
      cpuid: () => [0, 0, 0, 0],
    });
  }

  /** A wrong length of the instruction is the fault -1. */
  run(code: readonly number[], state: State): Outcome {
    this.#load(code);
    this.#set(state);
    let exit = this.#cpu.run(1);
    while (exit.kind === 'budget' && this.#context.rip === this.#start) exit = this.#cpu.run(1);
    const right = exit.kind === 'budget' && [this.#start + BigInt(code.length), GOES_ON].includes(this.#context.rip);
    return this.#outcome(exit, right);
  }

  /** As a loop of this instruction and a jump back, the third time round. null: the translator leaves this one to the interpreter. */
  runTranslated(code: readonly number[], state: State): Outcome | null {
    const regions = (): number => this.#machine.translation?.regions ?? 0;
    const back = (from: number): number[] => [0xeb, -(from + 2) & 0xff];
    this.#load([...code, ...back(code.length)], back(Number(GOES_ON - CODE32)));
    const before = regions();
    // The first time the jump is linked, the second it is hot.
    for (let i = 0; i < 2; i++) {
      this.#set(state);
      this.#cpu.run(3);
    }
    this.#set(state);
    const exit = this.#cpu.run(2);
    if (regions() === before) return null;
    return this.#outcome(exit, this.#context.rip === this.#start);
  }

  /** @param after what is where a return in 32-bit code goes on */
  #load(code: readonly number[], after: readonly number[] = []): void {
    const frame = this.#machine.memory.frame(6);
    frame.fill(0x90, 0, 32);
    frame.set(code);
    frame.set(after, Number(GOES_ON - CODE32));
    this.#cpu.dropCode(6);
  }
  #set({ regs, flags, memory, fpu }: State): void {
    const context = this.#context;
    const data = this.#machine.memory.frame(7);
    data.fill(0);
    data.set(memory);
    regs.forEach((reg, r) => context.setGpr(r, reg));
    context.fxsave.set(fpu);
    context.rflags = flags;
    context.rip = this.#start;
    this.#selectors.forEach((selector, i) => context.setSelector(i, selector));
  }
  #outcome(exit: Exit, right: boolean): Outcome {
    const context = this.#context;
    return {
      regs: Array.from({ length: 16 }, (_, r) => context.gpr(r)),
      flags: context.rflags,
      memory: this.#machine.memory.frame(7).slice(0, 256),
      fpu: context.fxsave.slice(),
      fault: exit.kind === 'exception' ? 256 + exit.vector : right ? 0 : -1,
    };
  }
}
