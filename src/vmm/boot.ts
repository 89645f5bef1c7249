/** Switches the machine on: the hypervisor's parts, its banner, and domain 0. */
import { createMachine, type Machine } from '../hw/machine.ts';
import type { Timer } from '../hw/clock.ts';
import { XEN_VERSION } from './abi/version.ts';
import { ConsoleRing } from './console-ring.ts';
import { controlFor } from './control/control.ts';
import { createDomain } from './control/create-domain.ts';
import { guestCallsFor } from './control/guest-calls.ts';
import { VIRQ_CON_RING, type Control, type Domid, type GuestCalls } from './control/types.ts';
import type { Domain } from './domain.ts';
import { Errno } from './errno.ts';
import { Programs } from './events/programs.ts';
import { raiseGlobalVirq } from './events/virqs.ts';
import type { Hypervisor, HypervisorHandle, HypervisorOptions } from './hypervisor.ts';
import { allocateFrames } from './memory/control.ts';
import { FrameTable } from './memory/frame-table.ts';
import { PhysicalCpu } from './physical-cpu.ts';
import { RunLoop } from './run-loop.ts';
import { CreditScheduler } from './schedulers/credit.ts';
import { reconsider, shutdownDomain, unpauseDomain } from './schedulers/transitions.ts';
import { deliverUpcall } from './traps/deliver-upcall.ts';
import { describeRegisters } from './traps/describe-registers.ts';
import { handleExit } from './traps/handle-exit.ts';
import { writeRunstateArea } from './time/runstate-area.ts';

const DOM0_HANDLE = '00000000-0000-0000-0000-000000000000';
const DOM0_MEMORY_MIB = 64;

class BootedHypervisor implements Hypervisor, HypervisorHandle {
  readonly machine: Machine;
  readonly frames: FrameTable;
  readonly scheduler: CreditScheduler;
  readonly console: ConsoleRing = new ConsoleRing();
  readonly domains: Map<number, Domain> = new Map();
  readonly pcpus: readonly PhysicalCpu[];
  lastDomid = 0;
  onBug: ((error: unknown) => void) | null = null;
  readonly #loop: RunLoop;

  constructor(machine: Machine) {
    this.machine = machine;
    this.frames = new FrameTable(machine.memory);
    this.pcpus = machine.cpus.map((cpu) => new PhysicalCpu(cpu));
    this.scheduler = new CreditScheduler({
      cpus: this.pcpus.length,
      clock: machine.clock,
      tickle: (cpu) => this.#loop.tickle(cpu),
      park: (vcpu, parked) => {
        vcpu.parked = parked;
        reconsider(vcpu);
      },
    });
    this.#loop = new RunLoop(this, { handleExit, deliverUpcall, writeRunstate: writeRunstateArea }, (error) => this.reportBug(error));
    this.console.onNews = () => raiseGlobalVirq(this, VIRQ_CON_RING);
  }

  get hypervisor(): Hypervisor {
    return this;
  }
  get clock(): Machine['clock'] {
    return this.machine.clock;
  }
  get intake(): Machine['intake'] {
    return this.machine.intake;
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  holdVirtualTime(): Disposable {
    return this.#loop.holdVirtualTime();
  }

  freezeVirtualTime(): Disposable {
    return this.#loop.freezeVirtualTime();
  }

  controlFor(domid: Domid): Control {
    return controlFor(this, this.#domain(domid));
  }

  guestCalls(domid: Domid): GuestCalls {
    return guestCallsFor(this.#domain(domid));
  }

  at(deadlineNs: number, fire: () => void): Timer {
    const timer = this.machine.clock.at(deadlineNs, () => {
      this.domains.get(0)!.programs!.schedule(fire);
      this.#loop.turnSoon();
    });
    this.#loop.wake();
    return timer;
  }

  /** domain_crash() of xen/common/domain.c. */
  crash(domain: Domain, reason: string): void {
    if (domain.shutdown !== null) return;
    const executing = this.#loop.executing;
    const vcpu = executing?.domain === domain ? executing : domain.vcpus[0];
    const where = vcpu ? ` (vcpu#${vcpu.id}) crashed on cpu#${vcpu.processor}` : ' crashed';
    this.console.log(`Domain ${domain.domid}${where}: ${reason}`);
    if (vcpu) for (const line of describeRegisters(vcpu)) this.console.log(line);
    // Whatever reason the guest has announced for its next shutdown: this is not it.
    domain.shutdownCode = null;
    shutdownDomain(domain, 'crash');
  }

  reportBug(error: unknown): void {
    this.console.log(`BUG: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    this.onBug?.(error);
  }

  #domain(domid: Domid): Domain {
    const domain = this.domains.get(domid);
    if (!domain) throw new RangeError(`there is no domain ${domid}`);
    return domain;
  }
}

export function bootHypervisor(options: HypervisorOptions): HypervisorHandle {
  const { dom0MemoryMiB = DOM0_MEMORY_MIB, ...bare } = options;
  const machine = createMachine(bare);
  const hypervisor = new BootedHypervisor(machine);
  banner(hypervisor, machine);
  startDomain0(hypervisor, dom0MemoryMiB);
  return hypervisor;
}

function mib(frames: number): number {
  return Math.floor(frames / 256);
}

function banner(hypervisor: Hypervisor, { memory, cpus, clock }: Machine): void {
  const { console, frames, scheduler } = hypervisor;
  console.log(`Xen version ${XEN_VERSION} (Xenolith: paravirtual guests on an emulated x86-64)`);
  console.log(`System RAM: ${mib(memory.frames)}MB (${memory.frames * 4}kB)`);
  console.log(`Using scheduler: ${scheduler.name}`);
  console.log(`Clock: ${clock.mode}, TSC 1000.000 MHz`);
  console.log(`Brought up ${cpus.length} CPU${cpus.length === 1 ? '' : 's'}`);
  console.log(`Xen heap: ${mib(memory.frames - frames.freeCount)}MB reserved, ${mib(frames.freeCount)}MB free`);
}

/** Domain 0: one vCPU whose programs are TypeScript, and memory that is set aside for it. */
function startDomain0(hypervisor: BootedHypervisor, memoryMiB: number): void {
  const domain = createDomain(hypervisor, { domid: 0, handle: DOM0_HANDLE, maxVcpus: 1 });
  if (domain instanceof Errno) throw new RangeError(`no room for domain 0 (${domain.name})`);
  reserve(hypervisor, domain, memoryMiB);
  const vcpu = domain.vcpus[0]!;
  domain.programs = new Programs(vcpu, (error) => hypervisor.reportBug(error));
  vcpu.initialised = true;
  vcpu.online = true;
  unpauseDomain(domain);
  hypervisor.console.log(`Dom0 has maximum 1 VCPUs and ${memoryMiB}MB`);
}

function reserve(hypervisor: Hypervisor, domain: Domain, memoryMiB: number): void {
  domain.maxPages = memoryMiB * 256;
  const frames = allocateFrames(hypervisor, domain, domain.maxPages);
  if (frames instanceof Errno) throw new RangeError(`the machine has no ${memoryMiB} MiB for domain 0`);
}
