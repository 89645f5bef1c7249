/** A machine in this thread. */
import type { Toolstack } from '../toolstack/types.ts';
import { withMoves } from '../toolstack/with-moves.ts';
import { startMachine, type MachineOptions } from './start-machine.ts';

export function openHere(options: MachineOptions): Toolstack {
  const { toolstack, moves } = startMachine(options);
  return withMoves(toolstack, moves);
}
