/** Switches a machine on and puts the toolstack over it, in this thread. */
import { createHypervisor } from '../../vmm/hypervisor.ts';
import { createToolstack, type LocalToolstack } from '../toolstack/create-toolstack.ts';

export interface MachineOptions {
  readonly memoryMiB?: number;
  /** pCPUs. */
  readonly cpus?: number;
  readonly clock?: 'real' | 'virtual';
}

const MIB: number = 1024 * 1024;
const DEFAULTS = { memoryMiB: 1024, cpus: 4, clock: 'real' } as const;
/** Domain 0's reservation, at most a quarter of a small machine. */
const DOM0_MIB = 64;

export function startMachine(options: MachineOptions): LocalToolstack {
  const { memoryMiB, cpus, clock } = { ...DEFAULTS, ...options };
  const handle = createHypervisor({ memoryBytes: memoryMiB * MIB, cpus, clock, dom0MemoryMiB: Math.min(DOM0_MIB, Math.floor(memoryMiB / 4)) });
  return createToolstack(handle, () => handle.hypervisor.machine.warm());
}
