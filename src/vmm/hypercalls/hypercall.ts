/**
 * How a hypercall is declared: one record a file, gathered in `table.ts`. Dispatch, the hypercall page, multicall, the docs and
 * the bad-pointer test are derived from the table.
 */
import type { Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';

/** The registers are already what the guest shall see (iret, a new context): leave rax alone. */
export const NO_RESULT: unique symbol = Symbol('no result');

/** So many requests are done at a time: then others get their turn. */
export const BATCH = 256;

/** There is more to do: the same hypercall is issued again, with these arguments (hypercall_create_continuation). */
export class Continuation {
  readonly args: readonly bigint[];
  constructor(args: readonly bigint[]) {
    this.args = args.map((value) => BigInt.asUintN(64, value));
  }
}

export type HypercallResult = number | bigint | Errno | typeof NO_RESULT | Continuation;

export interface Hypercall {
  readonly number: number;
  /** Xen's name without "HYPERVISOR_": 'mmu_update'. */
  readonly name: string;
  /** Names of its arguments, for docs and tests; a trailing '*' marks a guest pointer: ['ureqs*', 'count', 'pdone*', 'foreigndom']. */
  readonly args: readonly string[];
  /** `args` holds rdi, rsi, rdx, r10, r8, r9 as unsigned 64-bit values. A bad pointer is EFAULT. */
  run(vcpu: Vcpu, args: readonly bigint[]): HypercallResult;
}
