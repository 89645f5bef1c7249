/** The control interface, bound to a caller. One table of operations; the privilege check is made here, once, for all of them. */
import type { Domain } from '../domain.ts';
import { EPERM, type Errno } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { domainOperations } from './domain-operations.ts';
import { memoryOperations } from './memory-operations.ts';
import type { Operations } from './operation.ts';
import { systemOperations } from './system-operations.ts';
import type { Control } from './types.ts';
import { vcpuOperations } from './vcpu-operations.ts';

export const OPERATIONS: Operations<keyof Control> = {
  ...domainOperations,
  ...vcpuOperations,
  ...memoryOperations,
  ...systemOperations,
};

type AnyOperation = (hypervisor: Hypervisor, argument: unknown, caller: Domain) => unknown;

export function controlFor(hypervisor: Hypervisor, caller: Domain): Control {
  const bound: Record<string, (argument: unknown) => unknown> = {};
  for (const [name, operation] of Object.entries(OPERATIONS) as [string, AnyOperation][])
    bound[name] = (argument: unknown): unknown | Errno => (caller.privileged ? operation(hypervisor, argument, caller) : EPERM);
  // The table has every operation of `Control`, with its types: `Operations<keyof Control>` checks that.
  return bound as unknown as Control;
}
