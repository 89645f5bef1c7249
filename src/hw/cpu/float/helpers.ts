/** What generated code calls for vectors and floating point: name, wasm signature, implementation. The first argument is the context's address. */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';
import { I32, I64, type ValueType } from '../wasm/module.ts';
import { runSse } from './sse-operations.ts';
import { compareStrings, crc32 } from './strings.ts';
import { controlWord, fxrstor, fxsave, moveEnvironment } from './x87-environment.ts';
import { X87 } from './x87-operations.ts';
import { enterMmx, Fpu } from './x87-state.ts';
import { statesInUse, xrstor, xsave } from './xsave.ts';

/** What the helpers need of the engine. */
export interface FloatHost {
  readonly memory: MachineMemory;
  /** Host address of up to 16 bytes, or 0 with the fault recorded. `base`: Emitter.operandBase. */
  reading(va: bigint, bytes: number, base: number): number;
  writing(va: bigint, bytes: number, base: number): number;
  /** #AC, by EFLAGS.AC, unless it is a multiple of `bytes`: of areas of several fields. */
  aligned(va: bigint, bytes: number): boolean;
  /** Can this byte be reached, the first of so many that must be canonical? Else the fault is recorded. */
  reachable(va: bigint, save: boolean, base: number, bytes: number): boolean;
  /** After the bytes at `writing`'s address have been changed: 0 when the store is refused after all. */
  written(): number;
  /** Records an exception; the helper then answers 0. */
  raise(vector: number, errorCode: number): void;
  setFlags(value: number, mask: number): void;
}

const TEN_BYTES = 0x3ffn;
/** What stores of up to 16 bytes are aligned to. */
const FIELD_BYTES = 8;

type Signature = readonly [readonly ValueType[], readonly ValueType[]];
type Implementation = (host: FloatHost, cpu: number, ...args: never[]) => number | bigint | void;

/** The scratch vector 0, but only the bytes whose bit is set in `selected`: MASKMOVDQU and stores of ten bytes. */
function storeBytes(host: FloatHost, cpu: number, va: bigint, selected: number, base: number): number {
  if (selected === 0) return 1;
  const last = 31 - Math.clz32(selected);
  if (!host.aligned(va, FIELD_BYTES)) return 0;
  const target = host.writing(va, last + 1, base);
  if (target === 0) return 0;
  const { u8 } = host.memory;
  const source = cpu + CONTEXT.scratch;
  for (let i = 0; i <= last; i++) if (selected & (1 << i)) u8[target + i] = u8[source + i]!;
  return host.written();
}

type RunArguments = [cpu: number, operation: number, opcode: number, low: bigint, high: number];

/** One x87 operation. What it answers: see X87Operation; of ten bytes to store, the mask of bytes, and they are in scratch 0. */
function runX87({ memory }: FloatHost, ...[cpu, operation, opcode, low, high]: RunArguments): bigint {
  const { kind, run } = X87[operation]!;
  const fpu = new Fpu(memory, cpu);
  const bits = BigInt.asUintN(64, low) | (kind === 'loadTen' ? BigInt(high) << 64n : 0n);
  const answer = run(fpu, { i: opcode & 7, bits, condition: high !== 0 });
  fpu.finish();
  if (kind !== 'storeTen') return BigInt(answer ?? 0);
  if (answer === null) return 0n;
  memory.view.setBigUint64(cpu + CONTEXT.scratch, BigInt.asUintN(64, answer as bigint), true);
  memory.view.setUint16(cpu + CONTEXT.scratch + 8, Number((answer as bigint) >> 64n), true);
  return TEN_BYTES;
}
function setControl({ memory }: FloatHost, cpu: number, value: number): void {
  const fpu = new Fpu(memory, cpu);
  fpu.control = controlWord(value);
  fpu.summarise();
}

const HELPERS: Readonly<Record<string, readonly [Signature, Implementation]>> = {
  storeBytes: [[[I32, I64, I32, I32], [I32]], storeBytes],
  runSse: [[[I32, I32, I32], [I32]], runSse],
  compareStrings: [
    [[I32, I32, I64, I64], [I32]],
    (host, cpu, kind: number, a: bigint, b: bigint) => compareStrings(host.memory, cpu, kind, a, b),
  ],
  crc32: [[[I32, I32, I64, I32], [I32]], (_host, _cpu, sum: number, value: bigint, bytes: number) => crc32(sum, value, bytes)],
  writable: [
    [[I32, I64, I32, I32], [I32]],
    (host, _cpu, va: bigint, bytes: number, base: number) => (host.aligned(va, FIELD_BYTES) && host.writing(va, bytes, base) !== 0 ? 1 : 0),
  ],
  x87: [[[I32, I32, I32, I64, I32], []], (host, ...args: RunArguments) => void runX87(host, ...args)],
  x87Answer: [[[I32, I32, I32, I64, I32], [I64]], runX87],
  x87Control: [[[I32, I32], []], (host, cpu, value: number) => setControl(host, cpu, value)],
  x87Initialise: [[[I32], []], (host, cpu) => new Fpu(host.memory, cpu).initialise()],
  moveEnvironment: [[[I32, I32, I64, I32, I32], [I32]], moveEnvironment],
  fxsave: [[[I32, I64, I32, I32], [I32]], fxsave],
  fxrstor: [[[I32, I64, I32, I32], [I32]], fxrstor],
  xsave: [[[I32, I32, I32, I64, I32, I32], [I32]], xsave],
  xrstor: [[[I32, I32, I64, I32, I32], [I32]], xrstor],
  xinuse: [[[I32], [I32]], (host, cpu) => statesInUse(host.memory, cpu)],
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
