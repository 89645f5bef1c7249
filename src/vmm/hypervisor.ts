/** The hypervisor: the machine, its domains, and the parts they share. */
import type { Machine } from '../hw/machine.ts';
import type { ConsoleRing } from './console-ring.ts';
import type { Domain } from './domain.ts';
import type { FrameTable } from './memory/frame-table.ts';
import type { Scheduler } from './schedulers/scheduler.ts';

export interface Hypervisor {
  readonly machine: Machine;
  readonly frames: FrameTable;
  readonly scheduler: Scheduler;
  /** The hypervisor's log: what `xm dmesg` prints. */
  readonly console: ConsoleRing;
  readonly domains: Map<number, Domain>;
  /** A guest did something fatal: it crashes alone, with registers and this reason on the console ring. */
  crash(domain: Domain, reason: string): void;
}
