/** The hypervisor: the machine, its domains, and the parts they share. `createHypervisor` switches the machine on. */
import type { Clock, Timer } from '../hw/clock.ts';
import type { Intake, Machine, MachineOptions } from '../hw/machine.ts';
import { bootHypervisor } from './boot.ts';
import type { ConsoleRing } from './console-ring.ts';
import type { Control, Domid, GuestCalls } from './control/types.ts';
import type { Domain } from './domain.ts';
import type { FrameTable } from './memory/frame-table.ts';
import type { PhysicalCpu } from './physical-cpu.ts';
import type { Scheduler } from './schedulers/scheduler.ts';

export interface Hypervisor {
  readonly machine: Machine;
  readonly frames: FrameTable;
  readonly scheduler: Scheduler;
  /** The hypervisor's log: what `xm dmesg` prints. */
  readonly console: ConsoleRing;
  readonly domains: Map<number, Domain>;
  readonly pcpus: readonly PhysicalCpu[];
  /** The id that was given to a new domain last: the next one gets a higher one. */
  lastDomid: number;
  /** A guest did something fatal: it crashes alone, with registers and this reason on the console ring. */
  crash(domain: Domain, reason: string): void;
}

export interface HypervisorOptions extends MachineOptions {
  /** Memory reserved for domain 0. */
  readonly dom0MemoryMiB?: number;
}

/** What the programs of domain 0, and whoever starts the machine, hold in their hands. */
export interface HypervisorHandle {
  readonly hypervisor: Hypervisor;
  readonly clock: Clock;
  readonly intake: Intake;
  /** Starts the run loop. Nothing runs before. */
  start(): void;
  /** Resolves when the loop has stopped. Domains stay as they are; `start` goes on. */
  stop(): Promise<void>;
  /** The control interface, used as this domain: only domain 0 gets more than EPERM. */
  controlFor(domid: Domid): Control;
  guestCalls(domid: Domid): GuestCalls;
  /** Calls `fire` in domain 0's time when `deadlineNs` has come. A sleeping machine is woken to look at its timers again. */
  at(deadlineNs: number, fire: () => void): Timer;
  /**
   * Virtual clock: until disposed, idle time is not skipped. Hold it whenever nobody waits for machine time to pass (an interactive prompt, a
   * request that waits for the host); let go while somebody does (`wait 10s`). Instructions take their time in any case.
   */
  holdVirtualTime(): Disposable;
  /**
   * Virtual clock: until disposed nothing runs at all. Hold it while the host does something that takes no machine time: a file is read, a program
   * thinks about its next statement. Then the same program gives the same run however fast the host is.
   */
  freezeVirtualTime(): Disposable;
  /** Hears of every exception in our own code: a handler of domain 0, or the hypervisor itself. Also on the console ring, as "(XEN) BUG: …". */
  onBug: ((error: unknown) => void) | null;
}

export function createHypervisor(options: HypervisorOptions): HypervisorHandle {
  return bootHypervisor(options);
}
