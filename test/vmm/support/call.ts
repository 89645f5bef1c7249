/** Issues a hypercall of a tiny guest by its record, with its structure written at a page of the guest's. */
import { Errno } from '../../../src/vmm/errno.ts';
import type { Hypercall } from '../../../src/vmm/hypercalls/hypercall.ts';
import type { Vcpu } from '../../../src/vmm/vcpu.ts';
import type { TinyGuest } from './tiny-guest.ts';

/** The page where arguments are put. */
export const ARGUMENTS = 1;

export function result(value: unknown): unknown {
  return value instanceof Errno ? value.name : value;
}

export function call(vcpu: Vcpu, hypercall: Hypercall, ...args: (number | bigint)[]): unknown {
  const registers = Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, BigInt(args[i] ?? 0)));
  return result(hypercall.run(vcpu, registers));
}

/** `fields`: offset, bytes, value. The structure is at the start of the argument page. */
export function put(
  guest: TinyGuest,
  ...fields: readonly (readonly [offset: number, bytes: 1 | 2 | 4 | 8, value: number | bigint])[]
): bigint {
  const page = guest.page(ARGUMENTS);
  for (const [offset, bytes, value] of fields) {
    if (bytes === 8) page.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    else if (bytes === 4) page.setUint32(offset, Number(value), true);
    else if (bytes === 2) page.setUint16(offset, Number(value), true);
    else page.setUint8(offset, Number(value));
  }
  return guest.va(ARGUMENTS);
}
