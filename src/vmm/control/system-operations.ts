/** sysctl: the machine as a whole. */
import { TSC_KHZ } from '../../hw/clock.ts';
import { cpuFeatures } from '../../hw/cpu/features.ts';
import { Errno } from '../errno.ts';
import { runDebugKeys } from './debug-keys.ts';
import type { Operations } from './operation.ts';
import { domainRecord } from './records.ts';

/** Leaf, subleaf and register (eax 0 to edx 3) of each word of hw_cap. */
const HW_CAPS: readonly (readonly [leaf: number, subleaf: number, register: 0 | 1 | 2 | 3])[] = [
  [1, 0, 3],
  [1, 0, 2],
  [0x8000_0001, 0, 3],
  [0x8000_0001, 0, 2],
  [0xd, 1, 0],
  [7, 0, 1],
  [7, 0, 2],
  [0x8000_0007, 0, 3],
];

export const systemOperations: Operations<
  'listDomains' | 'physInfo' | 'cpuInfo' | 'schedulerId' | 'creditSchedule' | 'readConsole' | 'debugKeys'
> = {
  listDomains(hypervisor, { first, max }) {
    const ids = [...hypervisor.domains.keys()].filter((domid) => domid >= first).toSorted((a, b) => a - b);
    return ids.slice(0, max).map((domid) => domainRecord(hypervisor.domains.get(domid)!));
  },

  physInfo({ machine, frames, pcpus }) {
    return {
      cpus: pcpus.length,
      totalPages: machine.memory.frames,
      freePages: frames.freeCount,
      cpuKhz: TSC_KHZ,
      clock: machine.clock.mode,
      hwCaps: HW_CAPS.map(([leaf, subleaf, register]) => cpuFeatures(leaf, subleaf)[register]),
    };
  },

  cpuInfo({ machine, pcpus }) {
    const now = machine.clock.now();
    return pcpus.map((pcpu) => {
      const busyNs = pcpu.busyNs(now);
      return { cpu: pcpu.id, busyNs, idleNs: Math.max(0, now - busyNs) };
    });
  },

  schedulerId(hypervisor) {
    return hypervisor.scheduler.id;
  },

  creditSchedule({ scheduler, console }, { set }) {
    const before = scheduler.params();
    const after = scheduler.params(set);
    if (before instanceof Errno || after instanceof Errno) return after;
    if (before.ratelimitUs === 0 && after.ratelimitUs !== 0) console.log('Enabling context switch rate limiting');
    if (before.ratelimitUs !== 0 && after.ratelimitUs === 0) console.log('Disabling context switch rate limiting');
    return after;
  },

  readConsole(hypervisor, { clear }) {
    return hypervisor.console.read(clear);
  },

  debugKeys(hypervisor, { keys }) {
    runDebugKeys(hypervisor, keys);
  },
};
