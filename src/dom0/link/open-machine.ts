/** Opens a machine: in a thread of its own, so that a screen stays alive beside it, or in this one, for a single command. */
import type { MachineOptions } from './start-machine.ts';
import type { Toolstack } from '../toolstack/types.ts';

export interface OpenOptions extends MachineOptions {
  readonly thread: boolean;
}

export async function openMachine({ thread, ...options }: OpenOptions): Promise<Toolstack> {
  if (thread) {
    const { openThread } = await import('./open-thread.ts');
    return await openThread(options);
  }
  const { openHere } = await import('./open-here.ts');
  return openHere(options);
}
