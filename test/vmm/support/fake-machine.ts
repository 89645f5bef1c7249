/** A hypervisor without a processor: real memory, clock, scheduler and events around guests that are TypeScript functions. */
import { Clock, type ClockMode } from '../../../src/hw/clock.ts';
import type { Cpu, Exit, Mode, VcpuContext } from '../../../src/hw/cpu/types.ts';
import type { Machine } from '../../../src/hw/machine.ts';
import { MachineMemory, PAGE_SIZE } from '../../../src/hw/memory.ts';
import { ConsoleRing } from '../../../src/vmm/console-ring.ts';
import { Domain } from '../../../src/vmm/domain.ts';
import { EventChannels } from '../../../src/vmm/events/event-channels.ts';
import type { Hypervisor } from '../../../src/vmm/hypervisor.ts';
import { PhysicalCpu } from '../../../src/vmm/physical-cpu.ts';
import { RunLoop } from '../../../src/vmm/run-loop.ts';
import { CreditScheduler } from '../../../src/vmm/schedulers/credit.ts';
import { reconsider, shutdownDomain, unpauseDomain } from '../../../src/vmm/schedulers/transitions.ts';
import { Vcpu } from '../../../src/vmm/vcpu.ts';

/** What a fake guest does next: runs `instructions` (Infinity: as many as it gets), then `stops` for whatever it wants. */
export interface Behaviour {
  (vcpu: Vcpu): { readonly instructions: number; readonly stop?: () => void };
}

export class FakeContext implements VcpuContext {
  rip = 0n;
  rflags = 0x202n;
  fsBase = 0n;
  gsBase = 0n;
  compatibility = false;
  mode: Mode = 'kernel';
  taskSwitched = false;
  cr4 = 0n;
  xcr0 = 3n;
  readonly fxsave: Uint8Array = new Uint8Array(512);
  retired = 0;
  behaviour: Behaviour = () => ({ instructions: Infinity });
  /** Whose registers these are. */
  vcpu: Vcpu | null = null;
  /** What is left of the step it is in. */
  step: { instructions: number; stop?: () => void } | null = null;
  disposed = false;
  readonly #gprs: bigint[] = Array.from({ length: 16 }, () => 0n);
  gpr(index: number): bigint {
    return this.#gprs[index]!;
  }
  setGpr(index: number, value: bigint): void {
    this.#gprs[index] = value;
  }
  readonly #selectors: number[] = [0, 0, 0, 0, 0, 0];
  selector(segment: number): number {
    return this.#selectors[segment]!;
  }
  setSelector(segment: number, value: number): void {
    this.#selectors[segment] = value;
  }
  readonly #roots: Record<Mode, number> = { kernel: 0, user: 0 };
  root(mode: Mode): number {
    return this.#roots[mode];
  }
  setRoot(mode: Mode, mfn: number): void {
    this.#roots[mode] = mfn;
  }
  setBreakpoints(): void {}
  flushTlb(): void {}
  invalidatePage(): void {}
  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

export class FakeCpu implements Cpu {
  readonly id: number;
  retiredInRun = 0;
  #context: FakeContext | null = null;
  constructor(id: number) {
    this.id = id;
  }
  switchTo(context: VcpuContext): void {
    this.#context = context as FakeContext;
  }
  run(budget: number): Exit {
    const context = this.#context!;
    context.step ??= { ...context.behaviour(context.vcpu!) };
    const { step } = context;
    this.retiredInRun = Math.min(budget, step.instructions);
    context.retired += this.retiredInRun;
    step.instructions -= this.retiredInRun;
    return step.instructions > 0 ? { kind: 'budget' } : { kind: 'syscall' };
  }
  translate(): { ok: false; errorCode: number } {
    return { ok: false, errorCode: 0 };
  }
  dropCode(): void {}
}

export interface FakeHost {
  readonly hypervisor: Hypervisor;
  readonly clock: Clock;
  readonly loop: RunLoop;
  readonly bugs: unknown[];
  /** A domain with `count` online vCPUs that behave so, unpaused. */
  addDomain(domid: number, count: number, behaviour?: Behaviour): Domain;
  /** Drives the loop in virtual time until the clock has reached `ns`. */
  runUntil(ns: number): void;
}

export function fakeHost(cpus: number, mode: ClockMode = 'virtual'): FakeHost {
  const memory = new MachineMemory(4 * 1024 * 1024);
  const clock = new Clock(mode, 10);
  const bugs: unknown[] = [];
  const queue: (() => void)[] = [];
  const machine: Machine = {
    memory,
    clock,
    cpus: Array.from({ length: cpus }, (_, id) => new FakeCpu(id)),
    intake: {
      post(_source, apply) {
        queue.push(apply);
        this.onArrival?.();
      },
      drain() {
        for (const apply of queue.splice(0)) apply();
        return 0;
      },
      get pending() {
        return queue.length > 0;
      },
      onArrival: null,
    },
    warm: () => undefined,
    undefinedOpcodes: new Map(),
    translation: null,
    newContext: () => new FakeContext(),
  };
  let loop: RunLoop;
  const scheduler = new CreditScheduler({
    cpus,
    clock,
    tickle: (cpu) => loop.tickle(cpu),
    park: (vcpu, parked) => {
      vcpu.parked = parked;
      reconsider(vcpu);
    },
  });
  const hypervisor = {
    machine,
    scheduler,
    console: new ConsoleRing(),
    domains: new Map<number, Domain>(),
    pcpus: machine.cpus.map((cpu) => new PhysicalCpu(cpu)),
    lastDomid: 0,
    crash: (domain: Domain) => shutdownDomain(domain, 'crash'),
  } as unknown as Hypervisor;
  loop = new RunLoop(
    hypervisor,
    {
      handleExit(_hypervisor, vcpu) {
        const context = vcpu.context as FakeContext;
        const { step } = context;
        context.step = null;
        step?.stop?.();
      },
      deliverUpcall() {},
      writeRunstate() {},
    },
    (error) => bugs.push(error),
  );
  let nextFrame = 1;
  const addDomain = (domid: number, count: number, behaviour: Behaviour = () => ({ instructions: Infinity })): Domain => {
    const domain = new Domain(hypervisor, domid, '00000000-0000-0000-0000-000000000000', clock.now());
    domain.sharedInfoFrame = nextFrame++;
    domain.events = new EventChannels(domain);
    hypervisor.domains.set(domid, domain);
    for (let id = 0; id < count; id++) {
      const context = new FakeContext();
      const vcpu = new Vcpu(domain, id, context);
      context.vcpu = vcpu;
      context.behaviour = behaviour;
      vcpu.vcpuInfoAddress = memory.base + domain.sharedInfoFrame * PAGE_SIZE + id * 64;
      vcpu.hardAffinity = new Set(machine.cpus.map((cpu) => cpu.id));
      vcpu.softAffinity = vcpu.hardAffinity;
      vcpu.initialised = true;
      vcpu.online = true;
      vcpu.runStateSinceNs = clock.now();
      domain.vcpus.push(vcpu);
      scheduler.insert(vcpu);
    }
    unpauseDomain(domain);
    return domain;
  };
  const runUntil = (ns: number): void => {
    const state = { reached: false };
    const timer = clock.at(ns, () => (state.reached = true));
    for (let rounds = 0; !state.reached; rounds++) {
      if (rounds > 10_000_000) throw new Error('the machine makes no progress');
      if (!loop.round() && !state.reached) clock.advanceTo(clock.nextDeadline());
    }
    timer.cancel();
  };
  return { hypervisor, clock, loop, bugs, addDomain, runUntil };
}

/** Nanoseconds that a domain's vCPUs have run. */
export function ranNs(domain: Domain): number {
  return domain.vcpus.reduce(
    (sum, vcpu) =>
      sum + vcpu.stateTimesNs.running + (vcpu.runState === 'running' ? domain.hypervisor.machine.clock.now() - vcpu.runStateSinceNs : 0),
    0,
  );
}
