/** HYPERVISOR_multicall: several calls in one. One that does not return (iret) ends it. */
import { EFAULT, ENOSYS, type Errno } from '../errno.ts';
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { asRax, runHypercall } from './dispatch.ts';
import { BATCH, Continuation, NO_RESULT, type Hypercall } from './hypercall.ts';

const ENTRY_BYTES = 64;
const RESULT = 8;
const ARGUMENTS = 16;
const bytesOf = (words: readonly bigint[]): Uint8Array => new Uint8Array(new BigUint64Array(words).buffer);
const NUMBER = 13;

export const multicall: Hypercall = {
  number: NUMBER,
  name: 'multicall',
  args: ['call_list*', 'nr_calls'],
  run(vcpu, [list, count]) {
    const n = Number(BigInt.asUintN(32, count!));
    for (let i = 0; i < n; i++) {
      const rest = new Continuation([list! + BigInt(i * ENTRY_BYTES), BigInt(n - i)]);
      if (i === BATCH) return rest;
      const ended = one(vcpu, list! + BigInt(i * ENTRY_BYTES));
      if (ended !== undefined) return ended instanceof Continuation ? rest : ended;
      if (vcpu.domain.shutdown !== null) return 0;
    }
    return 0;
  },
};

function one(vcpu: Vcpu, at: bigint): Errno | typeof NO_RESULT | Continuation | undefined {
  const bytes = readGuest(vcpu, at, ENTRY_BYTES);
  if (!bytes) return EFAULT;
  const words = new BigUint64Array(bytes.buffer);
  const number = Number(words[0]! & 0xffff_ffffn);
  // A multicall within a multicall is refused.
  const result = number === NUMBER ? ENOSYS : runHypercall(vcpu, number, [...words.subarray(2, 8)]);
  if (result === NO_RESULT) return NO_RESULT;
  if (result instanceof Continuation) return writeGuest(vcpu, at + BigInt(ARGUMENTS), bytesOf(result.args)) ? result : EFAULT;
  if (!writeGuest(vcpu, at + BigInt(RESULT), bytesOf([asRax(result)]))) return EFAULT;
  return undefined;
}
