/** The bare machine: memory, processors, clock, and the queue through which the outside comes in. */
import { Clock, type ClockMode } from './clock.ts';
import { Processor } from './cpu/cpu.ts';
import { Engine } from './cpu/engine.ts';
import type { TranslationCounts } from './cpu/translator/translator.ts';
import type { Cpu, VcpuContext } from './cpu/types.ts';
import { IntakeQueue } from './intake.ts';
import { MachineMemory } from './memory.ts';

/** Input from outside (keys, packets, disk completions), taken in between slices. */
export interface Intake {
  post(source: string, apply: () => void): void;
  /** Applies what has arrived; returns how many. */
  drain(): number;
  readonly pending: boolean;
  /** Called when something arrives, so that an idle loop wakes. */
  onArrival: (() => void) | null;
}

export interface MachineOptions {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly clock: ClockMode;
  readonly nsPerInstruction?: number;
  /** How often a branch is taken before its target is translated; null: never. Changes speed, not behaviour. */
  readonly translateAfter?: number | null;
}

export interface Machine {
  readonly memory: MachineMemory;
  readonly clock: Clock;
  readonly cpus: readonly Cpu[];
  readonly intake: Intake;
  newContext(): VcpuContext;
  /** Builds the engine now rather than when the first guest runs. */
  warm(): void;
  /** Opcodes that guests tried and that are not implemented, with how often each was decoded. */
  readonly undefinedOpcodes: ReadonlyMap<string, number>;
  /** What the translator has done; null: it is off, or nothing has run. */
  readonly translation: TranslationCounts | null;
}

export function createMachine(options: MachineOptions): Machine {
  const memory = new MachineMemory(options.memoryBytes);
  const clock = new Clock(options.clock, options.nsPerInstruction);
  const engine = new Engine(memory, clock, options.translateAfter);
  return {
    memory,
    clock,
    cpus: Array.from({ length: options.cpus }, (_, id) => new Processor(id, engine)),
    intake: new IntakeQueue(),
    newContext: () => engine.newContext(),
    warm: () => engine.warm(),
    undefinedOpcodes: engine.code.undefinedOpcodes,
    get translation() {
      return engine.translation;
    },
  };
}
