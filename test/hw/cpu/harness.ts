/** A bare machine with flat page tables, for claims about instructions. Code at CODE, 64 KiB of data at DATA, a stack that ends at STACK. */
import { createMachine, type Machine } from '../../../src/hw/machine.ts';
import type { Cpu, CpuEnvironment, Exit, VcpuContext } from '../../../src/hw/cpu/types.ts';

export const CODE = 0x10_0000n;
export const DATA = 0x20_0000n;
export const STACK = 0x30_0000n;
/** Page-table frames, then identity mapping of frames 0 to 511 (2 MiB each L1). */
const [L4, L3, L2, FIRST_L1] = [1, 2, 3, 4];
const L1_TABLES = 4;
const MAPPED = BigInt(L1_TABLES) << 21n;
const PAGE = 0x1000n;
export const FLAGS: Readonly<Record<'present' | 'write' | 'user' | 'noExecute', bigint>> = {
  present: 1n,
  write: 2n,
  user: 4n,
  noExecute: 1n << 63n,
};

export class Bench {
  readonly machine: Machine;
  readonly cpu: Cpu;
  readonly context: VcpuContext;
  environment: CpuEnvironment;
  areas: readonly (readonly [from: bigint, to: bigint])[] = [];

  constructor(translateAfter: number | null = null) {
    this.machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual', translateAfter });
    this.cpu = this.machine.cpus[0]!;
    this.context = this.machine.newContext();
    this.#entry(L4, 0, L3);
    this.#entry(L3, 0, L2);
    for (let i = 0; i < L1_TABLES; i++) {
      this.#entry(L2, i, FIRST_L1 + i);
      for (let j = 0; j < 512; j++) this.#entry(FIRST_L1 + i, j, i * 512 + j);
    }
    this.context.setRoot('kernel', L4);
    this.context.setRoot('user', L4);
    this.environment = { permits: () => true, protectedStore: () => false, descriptor: () => null, cpuid: (leaf) => [leaf, 1, 2, 3] };
    this.context.setGpr(4, STACK);
  }

  #entry(table: number, index: number, target: number): void {
    this.machine.memory.view.setBigUint64(this.machine.memory.address(table) + index * 8, (BigInt(target) << 12n) | 7n, true);
  }

  /** Sets the L1 entry of a page; frame undefined: the identical one. */
  map(va: bigint, flags: bigint, frame: number = Number(va >> 12n)): void {
    const page = Number(va >> 12n);
    const { memory } = this.machine;
    memory.view.setBigUint64(memory.address(FIRST_L1 + (page >> 9)) + (page & 511) * 8, (BigInt(frame) << 12n) | flags, true);
    this.context.flushTlb();
  }

  /** The only memory that can be reached from now on: whole pages. */
  confine(areas: Bench['areas']): void {
    this.areas = areas;
    for (let va = 0n; va < MAPPED; va += PAGE) if (!areas.some(([from, to]) => va >= from && va < to)) this.map(va, 0n);
  }
  /** Makes all of that as new, so that nothing is left of an earlier program, and nothing of its code. */
  renew(): void {
    for (const [from, to] of this.areas) {
      this.write(from, new Uint8Array(Number(to - from)));
      for (let va = from; va < to; va += PAGE) this.cpu.dropCode(Number(va / PAGE));
    }
  }

  write(va: bigint, bytes: ArrayLike<number>): void {
    this.machine.memory.u8.set(bytes, this.machine.memory.address(0) + Number(va));
  }
  read(va: bigint, length: number): number[] {
    const start = this.machine.memory.address(0) + Number(va);
    return [...this.machine.memory.u8.subarray(start, start + length)];
  }
  u64(va: bigint): bigint {
    return this.machine.memory.view.getBigUint64(this.machine.memory.address(0) + Number(va), true);
  }

  /** Runs code from CODE on, at most `budget` instructions. SYSCALL ends it. */
  run(code: ArrayLike<number>, budget: number = 1000): Exit {
    this.write(CODE, [...Array.from(code), 0x0f, 0x05]);
    this.cpu.dropCode(Number(CODE >> 12n));
    this.context.rip = CODE;
    return this.go(budget);
  }
  go(budget: number): Exit {
    this.cpu.switchTo(this.context, this.environment);
    return this.cpu.run(budget);
  }

  /** The flags that arithmetic sets, as letters. */
  get flags(): string {
    const value = this.context.rflags;
    return [
      ['C', 1n],
      ['P', 4n],
      ['A', 0x10n],
      ['Z', 0x40n],
      ['S', 0x80n],
      ['O', 0x800n],
    ]
      .filter(([, bit]) => (value & (bit as bigint)) !== 0n)
      .map(([name]) => name)
      .join('');
  }

  /** All that a guest can see of its processor, and its data pages. */
  state(): string {
    const { context } = this;
    return (
      JSON.stringify([context.rip, context.rflags, ...Array.from({ length: 16 }, (_, i) => context.gpr(i))].map(String)) +
      Buffer.from(this.read(DATA, 256))
        .toString('hex')
        .replace(/(?:00)*$/, '')
    );
  }
}
