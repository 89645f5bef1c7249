/**
 * The machine thread's loop: one host thread drives all pCPUs. In rounds: what has arrived from outside is taken in, due timers fire, each pCPU
 * runs for a while; between rounds the event loop gets its turn, and when nobody can run the thread sleeps (real mode) or the clock
 * jumps to the next timer (virtual mode).
 *
 * Virtual mode is deterministic: all pCPUs go through the same quantum of time one after the other, each from the quantum's
 * start, in instructions that are counted exactly; then the clock moves. A quantum ends early at the next timer, and when a sleeping pCPU is woken.
 */
import { hostNs, type Clock } from '../hw/clock.ts';
import type { Cpu, Exit } from '../hw/cpu/types.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { PhysicalCpu } from './physical-cpu.ts';
import type { Programs } from './events/programs.ts';
import { block, restingState, setRunState } from './schedulers/transitions.ts';
import { refreshVcpuTime } from './time/pvclock.ts';
import { resumePeriodic, suspendPeriodic } from './time/timers.ts';
import type { Vcpu } from './vcpu.ts';

/** What the loop does with a guest that stops. */
export interface TrapHandlers {
  /** Everything but 'budget'. */
  handleExit(hypervisor: Hypervisor, vcpu: Vcpu, cpu: Cpu, exit: Exit): void;
  /** An upcall, if one is pending and not masked. */
  deliverUpcall(vcpu: Vcpu, cpu: Cpu): void;
  /** The guest's copy of its runstate, if it has registered one. */
  writeRunstate(vcpu: Vcpu): void;
}

const US = 1000;
const MS = 1_000_000;
/** Virtual mode. Short while several pCPUs run, so that what one does is soon seen by the others. */
const QUANTUM_ALONE_NS: number = MS;
const QUANTUM_SHARED_NS: number = 100 * US;
/** Real mode: how long a round lasts, all pCPUs together. */
const ROUND_NS: number = 2 * MS;
/** The event loop gets its turn at least this often, in host time. */
const TURN_NS: number = 2 * MS;
/** What an exit costs its vCPU besides what it retired, so that a guest that only traps uses up its time like any other. */
const EXIT_INSTRUCTIONS = 100;
const EXIT_REAL_NS: number = US;
/** Virtual mode: what a handler of domain 0 costs. */
const HANDLER_NS: number = 2 * US;
/** Real mode: the clock is read after so many exits. */
const EXITS_PER_READING = 16;
const BUDGET_LEAST = 200;
const BUDGET_MOST = 50_000_000;
/** A timer that is nearer than this is waited for awake. */
const SPIN_NS: number = 200 * US;

export class RunLoop {
  readonly #hypervisor: Hypervisor;
  readonly #clock: Clock;
  readonly #virtual: boolean;
  readonly #traps: TrapHandlers;
  readonly #onBug: (error: unknown) => void;
  /** The vCPU whose instructions, traps or handlers are being worked on at this moment. */
  executing: Vcpu | null = null;
  #running: PhysicalCpu | null = null;
  #endNs = 0;
  #holds = 0;
  #freezes = 0;
  #wake: (() => void) | null = null;
  #stopping = false;
  #turnSoon = false;
  #loop: Promise<void> | null = null;

  constructor(hypervisor: Hypervisor, traps: TrapHandlers, onBug: (error: unknown) => void) {
    this.#hypervisor = hypervisor;
    this.#clock = hypervisor.machine.clock;
    this.#virtual = this.#clock.mode === 'virtual';
    this.#traps = traps;
    this.#onBug = onBug;
    hypervisor.machine.intake.onArrival = () => this.wake();
  }

  start(): void {
    this.#stopping = false;
    this.#loop ??= this.#run();
  }

  /** Resolves when the loop has left its last round. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loop;
    this.#loop = null;
  }

  /** Something has changed from outside a round: a sleeping loop looks again. */
  wake(): void {
    this.#wake?.();
  }

  /** Until disposed, virtual time does not skip over idle time. */
  holdVirtualTime(): Disposable {
    this.#holds++;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#holds--;
        this.wake();
      },
    };
  }

  /** Until disposed, nothing runs while the clock is virtual: guests cannot get ahead of somebody outside who is about to make a move. */
  freezeVirtualTime(): Disposable {
    let held = this.#virtual;
    if (held) this.#freezes++;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#freezes--;
        this.wake();
      },
    };
  }

  /** SchedulerHost: pCPU `id` shall ask its scheduler. */
  tickle(id: number): void {
    const pcpu = this.#hypervisor.pcpus[id]!;
    pcpu.needsSchedule = true;
    if (this.#running && this.#running !== pcpu && pcpu.current === null) {
      // An idle pCPU is woken: it starts now, not at the end of what the running one has been given.
      pcpu.nowNs = Math.max(pcpu.nowNs, this.#running.nowNs);
      this.#endNs = Math.min(this.#endNs, this.#running.nowNs);
    }
    this.wake();
  }

  /** The event loop gets its turn right after this round: somebody outside has waited for this moment of machine time. */
  turnSoon(): void {
    this.#turnSoon = true;
  }

  async #run(): Promise<void> {
    let worked = true;
    let turnNs = -Infinity;
    while (!this.#stopping) {
      if (!worked || this.#turnSoon || hostNs() - turnNs >= TURN_NS) {
        this.#turnSoon = false;
        await new Promise((resolve) => setImmediate(resolve));
        turnNs = hostNs();
        if (this.#stopping) break;
      }
      const asleep = this.#freezes > 0 ? this.#sleep(null) : worked ? undefined : this.#idle();
      if (asleep) {
        await asleep;
        // Whoever has woken us may have more to say.
        this.#turnSoon = true;
        continue;
      }
      try {
        worked = this.round();
      } catch (error) {
        this.#onBug(error);
      }
    }
  }

  /** Nobody can run. What the event loop has just brought may have changed that. */
  #idle(): Promise<void> | undefined {
    if (this.#hypervisor.machine.intake.pending || this.#hypervisor.pcpus.some((pcpu) => pcpu.busy)) return undefined;
    const deadline = this.#clock.nextDeadline();
    if (this.#virtual) {
      if (deadline === Infinity || this.#holds > 0) return this.#sleep(null);
      this.#clock.advanceTo(deadline);
      return undefined;
    }
    const leftNs = deadline - this.#clock.now();
    if (leftNs <= SPIN_NS) return undefined;
    return this.#sleep(leftNs === Infinity ? null : Math.max(1, Math.floor(leftNs / MS)));
  }

  #sleep(delayMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      // setTimeout counts in 32 bits.
      const timeout = delayMs === null ? undefined : setTimeout(() => this.wake(), Math.min(delayMs, 0x7fff_ffff));
      this.#wake = () => {
        clearTimeout(timeout);
        this.#wake = null;
        resolve();
      };
    });
  }

  /** One round; false: nobody could run. */
  round(): boolean {
    const { machine, pcpus } = this.#hypervisor;
    this.#clock.skewNs = 0;
    machine.intake.drain();
    this.#clock.fireDue();
    const busy = pcpus.reduce((count, pcpu) => count + (pcpu.busy ? 1 : 0), 0);
    if (busy === 0) return false;
    if (this.#virtual) this.#virtualRound(busy);
    else
      for (const pcpu of pcpus) {
        if (!pcpu.busy) continue;
        pcpu.nowNs = this.#clock.now();
        this.#endNs = pcpu.nowNs + ROUND_NS / busy;
        this.#runCpu(pcpu);
      }
    return true;
  }

  #virtualRound(busy: number): void {
    const { pcpus } = this.#hypervisor;
    const startNs = this.#clock.now();
    this.#endNs = startNs + (busy > 1 ? QUANTUM_SHARED_NS : QUANTUM_ALONE_NS);
    let reachedNs = startNs;
    for (const pcpu of pcpus) {
      if (!pcpu.busy) continue;
      pcpu.nowNs = Math.max(startNs, pcpu.nowNs);
      this.#runCpu(pcpu);
      reachedNs = Math.max(reachedNs, pcpu.nowNs);
    }
    this.#clock.skewNs = 0;
    // When everybody has gone to sleep before the quantum is over, it was shorter.
    const allIdle = pcpus.every((pcpu) => !pcpu.busy);
    this.#clock.advanceTo(allIdle ? Math.min(this.#endNs, reachedNs) : this.#endNs);
  }

  #runCpu(pcpu: PhysicalCpu): void {
    this.#running = pcpu;
    try {
      while (pcpu.nowNs < this.#limitNs()) {
        this.#showTime(pcpu);
        if (pcpu.needsSchedule || pcpu.nowNs >= pcpu.sliceEndNs) this.#schedule(pcpu);
        const vcpu = pcpu.current;
        if (!vcpu) return;
        this.executing = vcpu;
        const { programs } = vcpu.domain;
        if (programs) this.#runPrograms(pcpu, vcpu, programs);
        else this.#runGuest(pcpu, vcpu);
      }
    } finally {
      this.executing = null;
      this.#running = null;
    }
  }

  /** How far the running pCPU may go. A timer that has been set meanwhile ends the round for everybody. */
  #limitNs(): number {
    this.#endNs = Math.min(this.#endNs, this.#clock.nextDeadline());
    return this.#endNs;
  }

  /** Makes the clock tell the time of the pCPU that runs. */
  #showTime(pcpu: PhysicalCpu): void {
    if (this.#virtual) this.#clock.skewNs += pcpu.nowNs - this.#clock.now();
  }

  #schedule(pcpu: PhysicalCpu): void {
    const { scheduler } = this.#hypervisor;
    pcpu.needsSchedule = false;
    const now = this.#virtual ? pcpu.nowNs : this.#clock.now();
    const { vcpu: next, sliceNs } = scheduler.pick(pcpu.id, now);
    pcpu.sliceEndNs = now + sliceNs;
    const before = pcpu.current;
    if (next === before) return;
    if (before) {
      suspendPeriodic(before);
      setRunState(before, restingState(before), now);
      this.#traps.writeRunstate(before);
    }
    pcpu.setCurrent(next, now);
    if (!next) return;
    next.processor = pcpu.id;
    setRunState(next, 'running', now);
    refreshVcpuTime(next, now);
    this.#traps.writeRunstate(next);
    resumePeriodic(next);
  }

  #runPrograms(pcpu: PhysicalCpu, vcpu: Vcpu, programs: Programs): void {
    while (!pcpu.needsSchedule && pcpu.nowNs < this.#limitNs()) {
      if (!programs.hasWork) {
        block(vcpu);
        return;
      }
      this.#showTime(pcpu);
      programs.runOne();
      // What it says to somebody outside is heard at once, not when the host's clock says so.
      if (this.#virtual) this.#turnSoon = true;
      pcpu.nowNs = this.#virtual ? pcpu.nowNs + HANDLER_NS : this.#clock.now();
    }
  }

  #runGuest(pcpu: PhysicalCpu, vcpu: Vcpu): void {
    try {
      const { cpu } = pcpu;
      if (pcpu.loaded !== vcpu.context) {
        cpu.switchTo(vcpu.context, vcpu.environment);
        pcpu.loaded = vcpu.context;
      }
      if (this.#virtual) this.#runVirtual(pcpu, vcpu, cpu);
      else this.#runReal(pcpu, vcpu, cpu);
    } catch (error) {
      // No guest action may end here. If one does it is our bug, and the guest that found it pays for it.
      this.#onBug(error);
      this.#hypervisor.crash(vcpu.domain, 'the hypervisor failed while it served this domain');
    }
  }

  /** May `vcpu` go on here? */
  #mayGoOn(pcpu: PhysicalCpu, vcpu: Vcpu): boolean {
    if (!vcpu.runnable) pcpu.needsSchedule = true;
    return !pcpu.needsSchedule;
  }

  #runVirtual(pcpu: PhysicalCpu, vcpu: Vcpu, cpu: Cpu): void {
    const ns = this.#clock.nsPerInstruction;
    for (;;) {
      this.#showTime(pcpu);
      this.#traps.deliverUpcall(vcpu, cpu);
      const leftNs = Math.min(this.#limitNs(), pcpu.sliceEndNs) - pcpu.nowNs;
      if (leftNs <= 0 || !this.#mayGoOn(pcpu, vcpu)) return;
      const exit = cpu.run(Math.ceil(leftNs / ns));
      pcpu.nowNs += cpu.retiredInRun * ns;
      if (exit.kind === 'budget') continue;
      this.#showTime(pcpu);
      this.#traps.handleExit(this.#hypervisor, vcpu, cpu, exit);
      pcpu.nowNs += EXIT_INSTRUCTIONS * ns;
    }
  }

  #runReal(pcpu: PhysicalCpu, vcpu: Vcpu, cpu: Cpu): void {
    let exits = 0;
    for (;;) {
      this.#traps.deliverUpcall(vcpu, cpu);
      const leftNs = Math.min(this.#limitNs(), pcpu.sliceEndNs) - pcpu.nowNs;
      if (leftNs <= 0 || !this.#mayGoOn(pcpu, vcpu)) return;
      const budget = Math.max(BUDGET_LEAST, Math.min(BUDGET_MOST, Math.floor(leftNs * pcpu.rate)));
      const exit = cpu.run(budget);
      if (exit.kind === 'budget') {
        const startNs = pcpu.nowNs;
        pcpu.nowNs = this.#clock.now();
        // Only a run without traps tells how fast the engine is.
        if (exits === 0 && budget > BUDGET_LEAST) measure(pcpu, budget, pcpu.nowNs - startNs);
        exits = 0;
        continue;
      }
      this.#traps.handleExit(this.#hypervisor, vcpu, cpu, exit);
      if (++exits % EXITS_PER_READING === 0) pcpu.nowNs = this.#clock.now();
      else pcpu.nowNs += cpu.retiredInRun / pcpu.rate + EXIT_REAL_NS;
    }
  }
}

function measure(pcpu: PhysicalCpu, retired: number, elapsedNs: number): void {
  const rate = retired / Math.max(elapsedNs, 1);
  pcpu.rate = Math.min(10, Math.max(0.001, pcpu.rate * 0.7 + rate * 0.3));
}
