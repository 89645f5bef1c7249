/** What xentop shows, once an interval of machine time. A sample is taken when it is asked for: a slow reader gets fewer, not old ones. */
import { XEN_VERSION } from '../../vmm/abi/version.ts';
import { domainInfo, vcpuRecords } from './domain-info.ts';
import type { Dom0 } from './dom0.ts';
import { must } from './must.ts';
import type { DomainSample, HostSample } from './types.ts';

const PAGE_KIB = 4;
const MS = 1_000_000;

function takeSample(dom0: Dom0): HostSample {
  const { control, domains, time } = dom0;
  const { cpus, cpuKhz, totalPages, freePages } = must(control.physInfo(), 'the machine');
  return {
    timeNs: time.nowNs,
    totalMemoryKiB: totalPages * PAGE_KIB,
    freeMemoryKiB: freePages * PAGE_KIB,
    cpus,
    cpuMhz: Math.round(cpuKhz / 1000),
    xenVersion: XEN_VERSION,
    domains: domains.all.map((known): DomainSample => ({
      ...domainInfo(dom0, known),
      vcpuTimesNs: vcpuRecords(dom0, known.domid).map(({ cpuTimeNs }) => cpuTimeNs),
      nets: 0,
      netTxBytes: 0,
      netRxBytes: 0,
      vbds: 0,
      vbdOo: 0,
      vbdRd: 0,
      vbdWr: 0,
      vbdRdSectors: 0,
      vbdWrSectors: 0,
    })),
  };
}

export class Samples implements AsyncIterableIterator<HostSample, undefined> {
  readonly #dom0: Dom0;
  readonly #intervalNs: number;
  readonly #ended: AbortController = new AbortController();
  /** When the next one is due; null: at once. */
  #nextNs: number | null = null;

  constructor(dom0: Dom0, intervalMs: number) {
    this.#dom0 = dom0;
    this.#intervalNs = Math.max(1, intervalMs) * MS;
  }

  async next(): Promise<IteratorResult<HostSample, undefined>> {
    const { time } = this.#dom0;
    try {
      if (this.#nextNs !== null) await time.sleepUntil(this.#nextNs, this.#ended.signal);
      if (time.halted) return { done: true, value: undefined };
      const sample = await this.#dom0.run(() => takeSample(this.#dom0));
      // In step with the first, unless the reader was slower than that.
      this.#nextNs = Math.max(this.#nextNs ?? sample.timeNs, sample.timeNs - this.#intervalNs) + this.#intervalNs;
      return { done: false, value: sample };
    } catch (error) {
      if (this.#ended.signal.aborted || time.halted) return { done: true, value: undefined };
      throw error;
    }
  }

  async return(): Promise<IteratorResult<HostSample, undefined>> {
    this.#ended.abort();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
