/** A virtual processor: its register context plus everything the PV ABI keeps for it. */
import type { CpuEnvironment, VcpuContext } from '../hw/cpu/types.ts';
import type { Timer } from '../hw/clock.ts';
import type { RunState } from './control/types.ts';
import type { Domain } from './domain.ts';

/** struct trap_info of one vector; handler 0n: none. */
export interface TrapGate {
  handler: bigint;
  /** Bits 0-1: the gate's DPL; bit 2: mask events on entry. */
  flags: number;
  selector: number;
}

/** A callback registered by callback_op or set_callbacks. */
export interface Callback {
  address: bigint;
  /** CALLBACKF_mask_events. */
  maskEvents: boolean;
}

export type CallbackKind = 'event' | 'failsafe' | 'syscall' | 'sysenter' | 'nmi' | 'syscall32';

export class Vcpu {
  readonly domain: Domain;
  readonly id: number;
  readonly context: VcpuContext;
  /** What the processor asks while this vCPU runs; set by the memory subsystem. */
  environment!: CpuEnvironment;

  // Scheduling. `wake`, `block` and friends of the scheduler keep these true; nobody else writes them.
  /** Has a context (builder or VCPUOP_initialise). */
  initialised = false;
  /** VCPUOP_up, or vCPU 0 of a built domain. */
  online = false;
  blocked = false;
  /** SCHEDOP_poll: the ports waited for; null when not polling. */
  polling: readonly number[] | null = null;
  pollTimer: Timer | null = null;
  runState: RunState = 'offline';
  runStateSinceNs = 0;
  readonly stateTimesNs: Record<RunState, number> = { running: 0, runnable: 0, blocked: 0, offline: 0 };
  /** The pCPU it runs on or ran on last. */
  processor = 0;
  hardAffinity: ReadonlySet<number> = new Set();
  softAffinity: ReadonlySet<number> = new Set();
  /** The scheduler's own record of this vCPU. */
  schedulerData: unknown = null;
  /** Stopped by its scheduler: the domain is over its cap. */
  parked = false;

  // Traps
  readonly traps: TrapGate[] = Array.from({ length: 256 }, () => ({ handler: 0n, flags: 0, selector: 0 }));
  readonly callbacks: Record<CallbackKind, Callback> = {
    event: { address: 0n, maskEvents: true },
    failsafe: { address: 0n, maskEvents: false },
    syscall: { address: 0n, maskEvents: false },
    sysenter: { address: 0n, maskEvents: false },
    nmi: { address: 0n, maskEvents: false },
    syscall32: { address: 0n, maskEvents: false },
  };
  kernelSs = 0;
  kernelSp = 0n;
  gdtFrames: readonly number[] = [];
  gdtEntries = 0;
  ldtBase = 0n;
  ldtEntries = 0;
  /** The GS base of the mode it is not in now: swapped at every transition. */
  gsBaseOther = 0n;
  readonly debugRegisters: bigint[] = [0n, 0n, 0n, 0n, 0n, 0n, 0xffff0ff0n, 0x400n];
  /** Virtual IOPL (PHYSDEVOP_set_iopl), 0 to 3. */
  iopl = 0;
  cr0 = 0x80050033n;
  cr4 = 0x20n;

  // Shared areas
  /** Byte offset in machine memory of its vcpu_info: in shared_info, or where VCPUOP_register_vcpu_info put it. */
  vcpuInfoAddress = 0;
  /** Frame that holds a registered vcpu_info (referenced), or null. */
  vcpuInfoFrame: number | null = null;
  /** Guest virtual address of the registered runstate area, or null. */
  runstateArea: bigint | null = null;
  singleShot: Timer | null = null;
  /** Runs only while the vCPU does. */
  periodic: Timer | null = null;
  /** VCPUOP_set_periodic_timer; 0: none. */
  periodNs = 0;
  lastPeriodNs = 0;
  /** When its vcpu_time_info was last written. */
  timeWrittenNs: number = -Infinity;

  constructor(domain: Domain, id: number, context: VcpuContext) {
    this.domain = domain;
    this.id = id;
    this.context = context;
  }

  /** May the scheduler put it on a pCPU? */
  get runnable(): boolean {
    const { domain } = this;
    return (
      this.initialised &&
      this.online &&
      !this.blocked &&
      !this.parked &&
      domain.pauseCount === 0 &&
      domain.shutdown === null &&
      !domain.dying
    );
  }
}
