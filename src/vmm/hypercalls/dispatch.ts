/** A SYSCALL from guest kernel mode: number in eax, arguments in rdi, rsi, rdx, r10, r8, r9, result in rax. */
import { ENOSYS, Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { Continuation, NO_RESULT, type HypercallResult } from './hypercall.ts';
import { HYPERCALLS } from './table.ts';

const RAX = 0;
const SYSCALL_BYTES = 2n;
const ARGUMENTS: readonly number[] = [7, 6, 2, 10, 8, 9];

/** How often each was called, by number: for the debug keys. */
export const hypercallCounts: Uint32Array = new Uint32Array(64);

export function runHypercall(vcpu: Vcpu, number: number, args: readonly bigint[]): HypercallResult {
  const hypercall = HYPERCALLS.get(number);
  if (!hypercall) return ENOSYS;
  hypercallCounts[number]!++;
  return hypercall.run(vcpu, args);
}

export function asRax(result: Exclude<HypercallResult, typeof NO_RESULT | Continuation>): bigint {
  return BigInt.asUintN(64, result instanceof Errno ? BigInt(-result.code) : BigInt(result));
}

export function dispatchHypercall(vcpu: Vcpu): void {
  const { context } = vcpu;
  const number = Number(context.gpr(RAX) & 0xffff_ffffn);
  const result = runHypercall(
    vcpu,
    number,
    ARGUMENTS.map((index) => context.gpr(index)),
  );
  if (result === NO_RESULT) return;
  if (!(result instanceof Continuation)) {
    context.setGpr(RAX, asRax(result));
    return;
  }
  // The SYSCALL is executed again.
  result.args.forEach((value, i) => context.setGpr(ARGUMENTS[i]!, value));
  context.rip -= SYSCALL_BYTES;
}
