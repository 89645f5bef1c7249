/** Moving more of guest memory at once than an access has: the areas of FXSAVE, XSAVE and the x87 environment. */
import type { FloatHost } from './helpers.ts';

export interface Area {
  readonly va: bigint;
  /** Emitter.operandBase. */
  readonly base: number;
  /** Offsets that must be reachable, in the order in which the processor finds out. */
  readonly checks: readonly number[];
  /** How many bytes the first of them is. */
  readonly field?: number;
}
const PIECE = 16;

/** Copies between guest memory and `bytes`; nothing has changed when it answers false. */
export function transfer(host: FloatHost, { va, base, checks, field = 1 }: Area, bytes: Uint8Array, save: boolean): boolean {
  return (
    checks.every((offset, i) => host.reachable(va + BigInt(offset), save, base, i === 0 ? field : 1)) &&
    copy(host, { va, base }, bytes, save)
  );
}

/** A part of an area whose bytes are known to be reachable. */
export function copy(host: FloatHost, { va, base }: Omit<Area, 'checks'>, bytes: Uint8Array, save: boolean): boolean {
  const { u8 } = host.memory;
  const open = save ? host.writing : host.reading;
  for (let at = 0; at < bytes.length;) {
    const inPage = 4096 - Number((va + BigInt(at)) & 4095n);
    const count = Math.min(PIECE, bytes.length - at, inPage);
    const address = open(va + BigInt(at), count, base);
    if (address === 0) return false;
    if (save) u8.set(bytes.subarray(at, at + count), address);
    else bytes.set(u8.subarray(address, address + count), at);
    if (save && host.written() === 0) return false;
    at += count;
  }
  return true;
}
