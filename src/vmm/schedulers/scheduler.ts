/**
 * What every scheduler offers. One object schedules all pCPUs of its pool; it keeps its own record of a vCPU in
 * `vcpu.schedulerData` and learns of every change by the calls below. Times are clock nanoseconds.
 *
 * A scheduler never looks at `vcpu.runState`: it is told. `transitions.ts` is the only caller of wake and sleep.
 */
import type { Clock } from '../../hw/clock.ts';
import type { CreditParams } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import type { Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';

/** What a scheduler needs of its surroundings. */
export interface SchedulerHost {
  readonly cpus: number;
  readonly clock: Clock;
  /** This pCPU shall ask for a new decision as soon as it can. */
  tickle(cpu: number): void;
  /** Stops a vCPU that is over its domain's cap, or lets it go on. */
  park(vcpu: Vcpu, parked: boolean): void;
}

export interface Decision {
  /** null: nobody, the pCPU idles until it is tickled. */
  readonly vcpu: Vcpu | null;
  /** How long it may run before the scheduler wants to be asked again. */
  readonly sliceNs: number;
}

export interface SchedulerParams {
  readonly tsliceMs: number;
  readonly ratelimitUs: number;
  readonly migrationDelayUs: number;
}

export interface Scheduler {
  readonly id: 'credit';
  /** As `xl info` and the boot banner name it. */
  readonly name: string;
  /** A new vCPU, not runnable yet. Chooses its first pCPU. */
  insert(vcpu: Vcpu): void;
  /** Forgets it, whatever it was doing. */
  remove(vcpu: Vcpu): void;
  /** It has become runnable. */
  wake(vcpu: Vcpu, nowNs: number): void;
  /** It is no longer runnable. */
  sleep(vcpu: Vcpu, nowNs: number): void;
  /** It runs, and would let somebody else go first. */
  yield(vcpu: Vcpu): void;
  /** Its hard or soft affinity has changed. */
  affinityChanged(vcpu: Vcpu): void;
  /** Who runs on this pCPU from now on. The one that ran so far goes back to the queue if it is runnable. */
  pick(cpu: number, nowNs: number): Decision;
  domainParams(domain: Domain, set?: Partial<CreditParams>): CreditParams | Errno;
  params(set?: Partial<SchedulerParams>): SchedulerParams | Errno;
  /** The run queues, as debug key 'r' prints them. */
  dump(): readonly string[];
}
