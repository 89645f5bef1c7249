/** A machine in this thread. */
import type { Toolstack } from '../toolstack/types.ts';
import { withMoves } from '../toolstack/with-moves.ts';
import type { MachineOptions } from './machine-options.ts';
import { startMachine } from './start-machine.ts';

export function openHere(options: Required<MachineOptions>): Toolstack {
  const { toolstack, moves } = startMachine(options);
  return withMoves(toolstack, moves);
}
