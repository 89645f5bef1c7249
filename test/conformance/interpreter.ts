/** Runs a case on our processor: one instruction from a given state. */
import { createMachine } from '../../src/hw/machine.ts';
import type { State } from './state.ts';

const CODE = 0x1000n;

export interface Outcome {
  readonly regs: readonly bigint[];
  readonly flags: bigint;
  readonly memory: Uint8Array;
  readonly fpu: Uint8Array;
  /** 0, or 256 + the vector. */
  readonly fault: number;
}

export class Interpreter {
  readonly #machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual' });
  readonly #context = this.#machine.newContext();
  readonly #cpu = this.#machine.cpus[0]!;

  constructor() {
    const { memory } = this.#machine;
    const entry = (frame: number, index: number, target: number): void =>
      memory.view.setBigUint64(memory.address(frame) + index * 8, (BigInt(target) << 12n) | 7n, true);
    entry(1, 0, 2);
    entry(2, 0, 3);
    entry(3, 0, 4);
    entry(3, 0x80, 5);
    entry(4, 1, 6);
    entry(5, 0, 7);
    entry(5, 1, 8);
    this.#context.setRoot('kernel', 1);
    this.#cpu.switchTo(this.#context, {
      permits: () => true,
      protectedStore: () => false,
      descriptor: () => null,
      cpuid: () => [0, 0, 0, 0],
    });
  }

  /** A wrong length of the instruction is the fault -1. */
  run(code: readonly number[], { regs, flags, memory, fpu }: State): Outcome {
    const context = this.#context;
    const cpu = this.#cpu;
    const frame = this.#machine.memory.frame(6);
    frame.fill(0x90, 0, 32);
    frame.set(code);
    cpu.dropCode(6);
    const data = this.#machine.memory.frame(7);
    data.fill(0);
    data.set(memory);
    regs.forEach((reg, r) => context.setGpr(r, reg));
    context.fxsave.set(fpu);
    context.rflags = flags;
    context.rip = CODE;
    let exit = cpu.run(1);
    while (exit.kind === 'budget' && context.rip === CODE) exit = cpu.run(1);
    const right = exit.kind === 'budget' && context.rip === CODE + BigInt(code.length);
    return {
      regs: regs.map((_, r) => context.gpr(r)),
      flags: context.rflags,
      memory: data.slice(0, 256),
      fpu: context.fxsave.slice(),
      fault: exit.kind === 'exception' ? 256 + exit.vector : right ? 0 : -1,
    };
  }
}
