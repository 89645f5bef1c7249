/** What kind of machine to open. */
import { ToolstackError } from '../toolstack/types.ts';

export interface MachineOptions {
  readonly memoryMiB?: number;
  /** pCPUs. */
  readonly cpus?: number;
  readonly clock?: 'real' | 'virtual';
  /** False: hot code is interpreted too. Changes speed, not behaviour. */
  readonly translator?: boolean;
}

const DEFAULTS = { memoryMiB: 1024, cpus: 4, clock: 'real', translator: true } as const;
/** The emulated memory ends below 4 GiB. */
const MEMORY_MIB = { least: 16, most: 3584 };
const CPUS = { least: 1, most: 64 };

export function completeOptions(options: MachineOptions): Required<MachineOptions> {
  const complete = { ...DEFAULTS, ...options };
  check(complete.memoryMiB, MEMORY_MIB, 'MiB of memory');
  check(complete.cpus, CPUS, 'CPUs');
  return complete;
}

function check(value: number, { least, most }: { least: number; most: number }, unit: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ToolstackError({
    code: 'invalid',
    message: `a machine with ${value} ${unit} is not possible`,
    hint: `from ${least} to ${most}`,
  });
}
