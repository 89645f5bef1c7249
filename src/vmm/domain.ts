/** A domain: what the hypervisor knows of it. Policy (names, configurations, restart) is dom0's. */
import type { Timer } from '../hw/clock.ts';
import type { ShutdownReason } from './control/types.ts';
import type { EventChannels } from './events/event-channels.ts';
import type { Programs } from './events/programs.ts';
import type { GrantTable } from './grants/grant-table.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Vcpu } from './vcpu.ts';

export class Domain {
  readonly hypervisor: Hypervisor;
  readonly domid: number;
  /** UUID in lower case. */
  readonly handle: string;
  readonly createdNs: number;
  readonly vcpus: Vcpu[] = [];
  maxPages = 0;
  /** Frames owned, shared_info and grant-table frames apart. */
  readonly pages: Set<number> = new Set();
  /** Frames that belong to the hypervisor but are shared with this domain: shared_info, grant table. */
  readonly sharedFrames: Set<number> = new Set();
  sharedInfoFrame = 0;
  /** Control interface pauses, nested. A new domain starts paused. */
  pauseCount = 1;
  shutdown: ShutdownReason | null = null;
  /** SCHEDOP_shutdown_code: the reason it will give, whatever it says when it shuts down. */
  shutdownCode: ShutdownReason | null = null;
  /** SCHEDOP_watchdog's two timers. */
  readonly watchdogs: (Timer | null)[] = [null, null];
  dying = false;
  /** VMASST_TYPE_* bits. */
  vmAssist = 0;
  /** Set for a domain whose programs are TypeScript (domain 0): what its vCPU runs instead of instructions. */
  programs: Programs | null = null;
  events!: EventChannels;
  grants!: GrantTable;

  constructor(hypervisor: Hypervisor, domid: number, handle: string, createdNs: number) {
    this.hypervisor = hypervisor;
    this.domid = domid;
    this.handle = handle;
    this.createdNs = createdNs;
  }

  /** Only domain 0 may use the control interface. */
  get privileged(): boolean {
    return this.domid === 0;
  }
}
