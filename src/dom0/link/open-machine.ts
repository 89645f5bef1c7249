/** Opens a machine: in a thread of its own, so that a screen stays alive beside it, or in this one, for a single command. */
import type { Toolstack } from '../toolstack/types.ts';
import { completeOptions, type MachineOptions } from './machine-options.ts';

export interface OpenOptions extends MachineOptions {
  readonly thread: boolean;
}

export async function openMachine({ thread, ...options }: OpenOptions): Promise<Toolstack> {
  const complete = completeOptions(options);
  if (thread) {
    const { openThread } = await import('./open-thread.ts');
    return await openThread(complete);
  }
  const { openHere } = await import('./open-here.ts');
  return openHere(complete);
}
