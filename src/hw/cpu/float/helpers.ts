/** What generated code calls for vectors and floating point: name, wasm signature, implementation. The first argument is the context's address. */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';
import { I32, I64, type ValueType } from '../wasm/module.ts';
import { runSse } from './sse-operations.ts';
import { compareStrings, crc32 } from './strings.ts';
import { enterMmx } from './x87-state.ts';

/** What the helpers need of the engine. */
export interface FloatHost {
  readonly memory: MachineMemory;
  /** Host address of up to 16 bytes, or 0 with the fault recorded. */
  reading(va: bigint, bytes: number): number;
  writing(va: bigint, bytes: number): number;
  /** After the bytes at `writing`'s address have been changed: 0 when the store is refused after all. */
  written(): number;
  /** Records an exception; the helper then answers 0. */
  raise(vector: number, errorCode: number): void;
  setFlags(value: number, mask: number): void;
}

type Signature = readonly [readonly ValueType[], readonly ValueType[]];
type Implementation = (host: FloatHost, cpu: number, ...args: never[]) => number | bigint | void;

/** The scratch vector 0, but only the bytes whose bit is set in `selected`: MASKMOVDQU and stores of ten bytes. */
function storeBytes(host: FloatHost, cpu: number, va: bigint, selected: number): number {
  if (selected === 0) return 1;
  const last = 31 - Math.clz32(selected);
  const target = host.writing(va, last + 1);
  if (target === 0) return 0;
  const { u8 } = host.memory;
  const source = cpu + CONTEXT.scratch;
  for (let i = 0; i <= last; i++) if (selected & (1 << i)) u8[target + i] = u8[source + i]!;
  return host.written();
}

const HELPERS: Readonly<Record<string, readonly [Signature, Implementation]>> = {
  storeBytes: [[[I32, I64, I32], [I32]], storeBytes],
  runSse: [[[I32, I32, I32], [I32]], runSse],
  compareStrings: [
    [[I32, I32, I64, I64], [I32]],
    (host, cpu, kind: number, a: bigint, b: bigint) => compareStrings(host.memory, cpu, kind, a, b),
  ],
  crc32: [[[I32, I32, I64, I32], [I32]], (_host, _cpu, sum: number, value: bigint, bytes: number) => crc32(sum, value, bytes)],
  enterMmx: [[[I32], []], (host, cpu) => enterMmx(host.memory, cpu)],
};

export const FLOAT_SIGNATURES: Readonly<Record<string, Signature>> = Object.fromEntries(
  Object.entries(HELPERS).map(([name, [signature]]) => [name, signature]),
);

export function floatHelpers(host: FloatHost): Record<string, (...args: never[]) => unknown> {
  return Object.fromEntries(
    Object.entries(HELPERS).map(([name, [, run]]) => [name, (cpu: number, ...args: never[]) => run(host, cpu, ...args)]),
  );
}
