/** The bare machine: memory, processors, clock, and the queue through which the outside comes in. */
import type { Clock } from './clock.ts';
import type { Cpu, VcpuContext } from './cpu/types.ts';
import type { MachineMemory } from './memory.ts';

/** Input from outside (keys, packets, disk completions), taken in between slices, stamped with the instruction count. */
export interface Intake {
  post(source: string, apply: () => void): void;
  /** Applies what has arrived; returns how many. */
  drain(): number;
  readonly pending: boolean;
  /** Called when something arrives, so that an idle loop wakes. */
  onArrival: (() => void) | null;
}

export interface Machine {
  readonly memory: MachineMemory;
  readonly clock: Clock;
  readonly cpus: readonly Cpu[];
  readonly intake: Intake;
  newContext(): VcpuContext;
}
