/** Switches a machine on and puts the toolstack over it, in this thread. */
import { createHypervisor, type HypervisorHandle } from '../../vmm/hypervisor.ts';
import { createToolstack, type LocalToolstack } from '../toolstack/create-toolstack.ts';
import { ToolstackError } from '../toolstack/types.ts';
import type { MachineOptions } from './machine-options.ts';

const MIB: number = 1024 * 1024;
/** Domain 0's reservation, at most a quarter of a small machine. Its programs are TypeScript: they need next to none. */
const DOM0_MIB = 16;

export function startMachine(options: Required<MachineOptions>): LocalToolstack {
  const handle = switchOn(options);
  return createToolstack(handle, () => handle.hypervisor.machine.warm());
}

function switchOn({ memoryMiB, cpus, clock, translator }: Required<MachineOptions>): HypervisorHandle {
  try {
    return createHypervisor({
      memoryBytes: memoryMiB * MIB,
      cpus,
      clock,
      dom0MemoryMiB: Math.min(DOM0_MIB, Math.floor(memoryMiB / 4)),
      ...(!translator && { translateAfter: null }),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ToolstackError({
      code: 'no-memory',
      message: `a machine of ${memoryMiB} MiB cannot be had: ${error.message}`,
      hint: 'ask for a smaller one (--memory)',
    });
  }
}
