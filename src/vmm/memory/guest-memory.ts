/** A guest's virtual memory, as hypercalls reach it: checked, never trusted. A bad pointer gives undefined or false, and the caller answers EFAULT. */
import { PAGE_SIZE } from '../../hw/memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { dropCode } from './flush.ts';
import { findLeaf } from './walk.ts';

/** Byte offset in machine memory of guest virtual address `va`, or -1. */
export function guestAddress(vcpu: Vcpu, va: bigint, write: boolean): number {
  const { domain, context } = vcpu;
  const leaf = findLeaf(domain, context.root(context.mode), va);
  if (!leaf || (leaf.entry & 1n) === 0n || (write && !leaf.writable)) return -1;
  const mfn = Number((leaf.entry >> 12n) & 0xff_ffff_ffffn);
  if (!vcpu.environment.permits(mfn, write ? 'write' : 'read')) return -1;
  return domain.hypervisor.machine.memory.address(mfn) + Number(va & 0xfffn);
}

/** The pieces of [va, va + length), page by page, or null when one of them cannot be reached. */
function pieces(vcpu: Vcpu, va: bigint, length: number, write: boolean): { address: number; bytes: number }[] | null {
  const found: { address: number; bytes: number }[] = [];
  let done = 0;
  while (done < length) {
    const at = BigInt.asUintN(64, va + BigInt(done));
    const bytes = Math.min(length - done, PAGE_SIZE - Number(at & 0xfffn));
    const address = guestAddress(vcpu, at, write);
    if (address < 0) return null;
    found.push({ address, bytes });
    done += bytes;
  }
  return found;
}

/** A copy of `length` bytes at `va`. */
export function readGuest(vcpu: Vcpu, va: bigint, length: number): Uint8Array | undefined {
  const parts = pieces(vcpu, va, length, false);
  if (!parts) return undefined;
  const copy = new Uint8Array(length);
  const { u8 } = vcpu.domain.hypervisor.machine.memory;
  let done = 0;
  for (const { address, bytes } of parts) {
    copy.set(u8.subarray(address, address + bytes), done);
    done += bytes;
  }
  return copy;
}

/** All or nothing. */
export function writeGuest(vcpu: Vcpu, va: bigint, bytes: Uint8Array): boolean {
  const parts = pieces(vcpu, va, bytes.length, true);
  if (!parts) return false;
  const { memory } = vcpu.domain.hypervisor.machine;
  let done = 0;
  for (const part of parts) {
    memory.u8.set(bytes.subarray(done, done + part.bytes), part.address);
    dropCode(vcpu.domain, (part.address - memory.base) >>> 12);
    done += part.bytes;
  }
  return true;
}
