/**
 * The x87 registers in a context's FXSAVE image (SDM vol. 1, 10.5.1): ST(i) at 32 + 16 i, by stack order; the abridged tags by register number, bit
 * i set when register i is not empty.
 */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';

const FSW = 2;
const FTW = 4;
const ST = 32;
const TOP = 0x3800;

/** Makes TOP `top`, so that each physical register keeps its content: the image turns. */
export function turnTo(memory: MachineMemory, cpu: number, top: number): void {
  const image = cpu + CONTEXT.fxsave;
  const { u8, view } = memory;
  const status = view.getUint16(image + FSW, true);
  const by = (top - ((status & TOP) >>> 11)) & 7;
  if (by !== 0) {
    const start = image + ST;
    const wrapped = u8.slice(start, start + 16 * by);
    u8.copyWithin(start, start + 16 * by, start + 128);
    u8.set(wrapped, start + 16 * (8 - by));
  }
  view.setUint16(image + FSW, (status & ~TOP) | (top << 11), true);
}

export function enterMmx(memory: MachineMemory, cpu: number): void {
  turnTo(memory, cpu, 0);
  memory.u8[cpu + CONTEXT.fxsave + FTW] = 0xff;
}
