/** Domain 0's programs together: what the toolstack's operations share. */
import type { Control, GuestCalls } from '../../vmm/control/types.ts';
import { Consoled } from '../console/consoled.ts';
import type { StoreClient } from '../xenstore/store-client.ts';
import { Xenstored } from '../xenstore/xenstored.ts';
import { DomainTable } from './domain-table.ts';
import { EventHub } from './event-hub.ts';
import { MachineTime } from './machine-time.ts';
import type { Machine } from './machine.ts';
import { ToolstackError } from './types.ts';

const DOM0 = 0;

export class Dom0 {
  readonly machine: Machine;
  readonly control: Control;
  readonly calls: GuestCalls;
  readonly time: MachineTime;
  readonly xenstored: Xenstored;
  readonly consoled: Consoled;
  readonly domains: DomainTable = new DomainTable();
  readonly events: EventHub = new EventHub();
  halted = false;
  /** Numbers the domains, for ids that are the same in every run of a virtual machine. */
  domainsMade = 0;
  #lastRead: Promise<unknown> = Promise.resolve();

  constructor(machine: Machine) {
    this.machine = machine;
    this.control = machine.controlFor(DOM0);
    this.calls = machine.guestCalls(DOM0);
    this.time = new MachineTime(machine);
    this.xenstored = new Xenstored(this.calls);
    this.consoled = new Consoled(this.calls);
  }

  get store(): StoreClient {
    return this.xenstored.client;
  }

  /** Does `work` in domain 0's scheduled and accounted time, and answers what it answers. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.halted) return Promise.reject(new ToolstackError({ code: 'cancelled', message: 'the machine was halted' }));
    return new Promise<T>((resolve, reject) => {
      this.calls.schedule(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /**
   * Reads from the host's files, one after the other in the order asked for: which of two takes longer decides nothing. It takes no
   * machine time either.
   */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    using _frozen = this.machine.freezeVirtualTime();
    const mine = this.#lastRead.then(read);
    this.#lastRead = mine.catch(() => undefined);
    return await mine;
  }

  /** A line for `xm dmesg`. */
  log(text: string): void {
    this.calls.consoleWrite({ text: `${text}\n` });
  }
}
