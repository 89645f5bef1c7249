/** Runs cases on the processor this runs on, through the runner built from silicon.c. */
import { spawnSync } from 'node:child_process';
import type { Code, Outcome } from './processor.ts';
import type { State } from './state.ts';

const IN = 16 + 128 + 8 + 256 + 512;
const RSP = 4;
/** An interrupt on a 16-bit stack leaves the kernel's upper half of rsp to the program. */
const halfOf = (value: bigint): bigint => BigInt.asUintN(32, value);
const OUT = 128 + 8 + 256 + 512 + 8;

export function runOnSilicon(
  runner: string,
  cases: readonly { readonly code: readonly number[]; readonly state: State }[],
  kind: Code = 'long',
): Outcome[] {
  const input = Buffer.alloc(cases.length * IN);
  cases.forEach(({ code, state }, i) => {
    const at = i * IN;
    input.set(code, at);
    input[at + 15] = code.length;
    state.regs.forEach((reg, r) => input.writeBigUInt64LE(reg, at + 16 + 8 * r));
    input.writeBigUInt64LE(state.flags, at + 144);
    input.set(state.memory, at + 152);
    input.set(state.fpu, at + 408);
  });
  const output = spawnSync(runner, kind === 'long' ? [] : [kind === 'segments' ? 'segments' : '32'], { input, maxBuffer: 1 << 30 }).stdout;
  if (output.length !== cases.length * OUT) throw new Error(`the runner answered ${output.length} bytes, not ${cases.length * OUT}`);
  return cases.map((_, i) => {
    const at = i * OUT;
    return {
      regs: Array.from({ length: 16 }, (_, r) =>
        (kind === 'segments' && r === RSP ? halfOf : (value: bigint) => value)(output.readBigUInt64LE(at + 8 * r)),
      ),
      flags: output.readBigUInt64LE(at + 128),
      memory: output.subarray(at + 136, at + 392),
      fpu: output.subarray(at + 392, at + 904),
      fault: Number(output.readBigUInt64LE(at + 904)),
    };
  });
}
