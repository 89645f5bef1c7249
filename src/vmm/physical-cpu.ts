/** A pCPU as the hypervisor sees it: the processor, who runs on it, and its accounts. */
import type { Cpu, VcpuContext } from '../hw/cpu/types.ts';
import type { Vcpu } from './vcpu.ts';

export class PhysicalCpu {
  readonly id: number;
  readonly cpu: Cpu;
  current: Vcpu | null = null;
  /** The context that is loaded in the processor. */
  loaded: VcpuContext | null = null;
  /** Its scheduler wants to be asked before anything else runs here. */
  needsSchedule = false;
  sliceEndNs: number = Infinity;
  /** How far this pCPU has come: at least the clock, in virtual mode up to a quantum ahead of it. */
  nowNs = 0;
  /** Real mode: instructions a nanosecond, as measured. */
  rate = 0.05;
  #busyNs = 0;
  #busySinceNs: number | null = null;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.id = cpu.id;
  }

  /** Has something to do: a vCPU, or a decision to ask for. */
  get busy(): boolean {
    return this.current !== null || this.needsSchedule;
  }

  /** Says who runs from now on, for the accounts. */
  setCurrent(vcpu: Vcpu | null, nowNs: number): void {
    if (this.#busySinceNs !== null) this.#busyNs += Math.max(0, nowNs - this.#busySinceNs);
    this.#busySinceNs = vcpu ? nowNs : null;
    this.current = vcpu;
  }

  busyNs(nowNs: number): number {
    return this.#busyNs + (this.#busySinceNs === null ? 0 : Math.max(0, nowNs - this.#busySinceNs));
  }
}
