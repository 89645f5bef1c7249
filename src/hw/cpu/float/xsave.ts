/**
 * XSAVE and its like (SDM vol. 1, chapter 13) for two states: x87 (bit 0) and SSE (bit 1). Which of them are in use is told exactly, by their contents,
 * and bytes are reached in the order of the recorded silicon, an AMD EPYC. XSAVEOPT knows whether a state is in its initial configuration, never whether it
 * has been modified since it was restored.
 */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';
import type { FloatHost } from './helpers.ts';
import { copy, transfer } from './transfer.ts';
import { badMxcsr, putSse, putX87, savedImage } from './x87-environment.ts';
import { Fpu } from './x87-state.ts';

const GENERAL_PROTECTION = 13;
const [X87_STATE, SSE_STATE] = [1, 2];
/** The variants of XSAVE, as a translation names them. */
export const XSAVE = { plain: 0, optimised: 1, compacted: 2 } as const;
const ALIGNMENT = 63n;
const COMPACTED = 1n << 63n;
const INITIAL_MXCSR = 0x1f80;
const INITIAL_CONTROL = 0x37f;
/** In the area: the legacy part as FXSAVE has it, then the header with XSTATE_BV, XCOMP_BV and six words that are zero. */
const PART = { x87: [0, 24], mxcsr: [24, 32], registers: [32, 160], xmm: [160, 416] } as const;
const HEADER = { at: 512, bytes: 64 };
const SAVE_CHECKS: readonly number[] = [0, 575];
const RESTORE_CHECKS: readonly number[] = [0, 512];

const someByte = (bytes: Uint8Array): boolean => bytes.some((byte) => byte !== 0);
const xmmInUse = (image: Uint8Array): boolean => someByte(image.subarray(...PART.xmm));
function x87InUse(image: Uint8Array): boolean {
  const control = image[0]! | (image[1]! << 8);
  return control !== INITIAL_CONTROL || someByte(image.subarray(2, 24)) || registersInUse(image);
}
function registersInUse(image: Uint8Array): boolean {
  for (let at: number = PART.registers[0]; at < PART.registers[1]; at += 16) if (someByte(image.subarray(at, at + 10))) return true;
  return false;
}
function mxcsrOf(memory: MachineMemory, cpu: number): number {
  return memory.view.getUint32(cpu + CONTEXT.fxsave + PART.mxcsr[0], true);
}

/** XINUSE: the states that are not as at reset. MXCSR counts as SSE. */
export function statesInUse(memory: MachineMemory, cpu: number): number {
  const image = savedImage(memory, cpu, 8);
  const sse = xmmInUse(image) || mxcsrOf(memory, cpu) !== INITIAL_MXCSR;
  return (x87InUse(image) ? X87_STATE : 0) | (sse ? SSE_STATE : 0);
}

function aligned(host: FloatHost, va: bigint): boolean {
  if ((va & ALIGNMENT) === 0n) return true;
  host.raise(GENERAL_PROTECTION, 0);
  return false;
}

/** `requested`: the states asked for that XCR0 has. */
export function xsave(
  host: FloatHost,
  cpu: number,
  ...[kind, requested, va, operandSize, base]: [kind: number, requested: number, va: bigint, operandSize: number, base: number]
): number {
  const area = { va, base };
  if (!aligned(host, va) || !SAVE_CHECKS.every((offset) => host.reachable(va + BigInt(offset), true, base, 1))) return 0;
  const image = savedImage(host.memory, cpu, operandSize);
  for (let at: number = PART.registers[0]; at < PART.registers[1]; at += 16) image.fill(0, at + 10, at + 16);
  // Only XSAVEC notices MXCSR; the others store it whenever SSE is asked for.
  const using =
    kind === XSAVE.compacted ? statesInUse(host.memory, cpu) : (x87InUse(image) ? X87_STATE : 0) | (xmmInUse(image) ? SSE_STATE : 0);
  const stored = kind === XSAVE.plain ? requested : requested & using;
  const parts = [
    ...(stored & X87_STATE ? [PART.x87, PART.registers] : []),
    ...((kind === XSAVE.compacted ? stored : requested) & SSE_STATE ? [PART.mxcsr] : []),
    ...(stored & SSE_STATE ? [PART.xmm] : []),
  ];
  for (const [start, end] of parts) if (!copy(host, { ...area, va: va + BigInt(start) }, image.subarray(start, end), true)) return 0;
  const header = new Uint8Array(kind === XSAVE.compacted ? 16 : 8);
  const view = new DataView(header.buffer);
  const place = { ...area, va: va + BigInt(HEADER.at) };
  if (kind === XSAVE.compacted) {
    view.setBigUint64(0, BigInt(requested & using), true);
    view.setBigUint64(8, COMPACTED | BigInt(requested), true);
  } else {
    if (!copy(host, place, header, false)) return 0;
    view.setBigUint64(0, (view.getBigUint64(0, true) & ~BigInt(requested)) | BigInt(requested & using), true);
  }
  return copy(host, place, header, true) ? 1 : 0;
}

/** Which states the header has contents for, and which format it is; null: it is none. */
function readHeader(header: DataView, available: bigint): { readonly present: number; readonly compacted: boolean } | null {
  const word = (i: number): bigint => header.getBigUint64(8 * i, true);
  const [present, format] = [word(0), word(1)];
  const compacted = (format & COMPACTED) !== 0n;
  const allowed = compacted ? format & ~COMPACTED : available;
  const zeroes = compacted ? [2, 3, 4, 5, 6, 7] : [1, 2];
  if (present & ~allowed || allowed & ~available || zeroes.some((i) => word(i) !== 0n)) return null;
  return { present: Number(present), compacted };
}

export function xrstor(
  host: FloatHost,
  cpu: number,
  ...[requested, va, operandSize, base]: [requested: number, va: bigint, operandSize: number, base: number]
): number {
  const { memory } = host;
  if (!aligned(host, va)) return 0;
  const bytes = new Uint8Array(HEADER.at + HEADER.bytes);
  if (!transfer(host, { va, base, checks: RESTORE_CHECKS }, bytes, false)) return 0;
  const header = readHeader(new DataView(bytes.buffer, HEADER.at), BigInt(memory.u32[(cpu + CONTEXT.xcr0) >>> 2]!));
  if (!header) {
    host.raise(GENERAL_PROTECTION, 0);
    return 0;
  }
  const present = requested & header.present;
  const image = bytes.slice(0, PART.xmm[1]);
  if (requested & SSE_STATE) {
    const fromMemory = !header.compacted || (present & SSE_STATE) !== 0;
    const mxcsr = fromMemory ? new DataView(image.buffer).getUint32(PART.mxcsr[0], true) : INITIAL_MXCSR;
    if (badMxcsr(host, mxcsr)) return 0;
    memory.view.setUint32(cpu + CONTEXT.fxsave + PART.mxcsr[0], mxcsr, true);
    if (!(present & SSE_STATE)) image.fill(0, ...PART.xmm);
    putSse(memory, cpu, image);
  }
  if (requested & X87_STATE) {
    if (present & X87_STATE) putX87(memory, cpu, image, operandSize);
    else new Fpu(memory, cpu).reset();
  }
  return 1;
}
