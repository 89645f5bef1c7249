/** Faults of memory operands are those of a real processor, at every byte of every form, on both engines: cases recorded on an AMD EPYC (faults.ts). */
import { describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../src/hw/machine.ts';
import type { Cpu, VcpuContext } from '../../src/hw/cpu/types.ts';
import { CODE, recordedFaults, toldOf, WINDOW, type FaultCase, type FaultOutcome } from './faults.ts';

const [CODE_FRAME, FIRST_DATA_FRAME, DATA_TABLE] = [6, 7, 5];
const [PRESENT_USER, WRITE] = [5n, 2n];
const JMP = 0xe9;
const JMP_BYTES = 5;
/** Two jumps lead to the instruction, the second from here. */
const HEAD: bigint = CODE + BigInt(JMP_BYTES);
const START: bigint = HEAD + BigInt(JMP_BYTES);
const HEATING = 6;
/** rcx of each case. */
const ITERATIONS = 3;
const REPEATED = /^f[23],(66,|48,)*(6[c-f]|a[4-7a-f])/;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The runner's pages: two of data, whose meeting point is the boundary, and the code. */
class Runner {
  readonly #machine: Machine;
  readonly #context: VcpuContext;
  readonly #cpu: Cpu;
  readonly #translating: boolean;
  #loaded = '';
  /** How many cases ran as part of a region. */
  translated = 0;

  constructor(translating: boolean) {
    this.#translating = translating;
    this.#machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual', translateAfter: translating ? 1 : null });
    this.#context = this.#machine.newContext();
    this.#context.mode = 'user';
    this.#cpu = this.#machine.cpus[0]!;
    this.#entry(1, 0, 2);
    this.#entry(2, 0, 3);
    this.#entry(2, 1, 9);
    this.#entry(9, 0, 10);
    this.#entry(10, 0, CODE_FRAME);
    this.#entry(3, 0x80, DATA_TABLE);
    this.#context.setRoot('user', 1);
    this.#cpu.switchTo(this.#context, {
      permits: () => true,
      protectedStore: () => false,
      descriptor: () => null,
      cpuid: () => [0, 0, 0, 0],
    });
  }
  #entry(frame: number, index: number, target: number, flags: bigint = PRESENT_USER | WRITE): void {
    const { memory } = this.#machine;
    memory.view.setBigUint64(memory.address(frame) + index * 8, (BigInt(target) << 12n) | flags, true);
  }
  #pages(refusing: number, access: FaultCase['access']): void {
    for (const i of [0, 1]) {
      const flags = (refusing & (1 << i)) === 0 ? PRESENT_USER | WRITE : access === 'read' ? PRESENT_USER : 0n;
      this.#entry(DATA_TABLE, i, FIRST_DATA_FRAME + i, flags);
    }
    this.#context.flushTlb();
  }

  /** Two jumps to the instruction, and one back: the jumps alone make the second a region that has the instruction in it. */
  #load(code: readonly number[]): boolean {
    const key = code.join();
    if (key === this.#loaded) return this.#isTranslated;
    this.#loaded = key;
    const jump = (from: bigint, to: bigint): number[] => [JMP, ...new Uint8Array(new Int32Array([Number(to - from) - JMP_BYTES]).buffer)];
    const end = START + BigInt(code.length);
    this.#machine.memory.frame(CODE_FRAME).set([...jump(CODE, HEAD), ...jump(HEAD, START), ...code, ...jump(end, CODE)]);
    this.#cpu.dropCode(CODE_FRAME);
    const before = this.#machine.translation?.instructions ?? 0;
    for (let i = 0; i < HEATING && this.#translating; i++) {
      this.#context.rip = CODE;
      this.#context.rflags = 0x202n;
      this.#cpu.run(2);
    }
    this.#isTranslated = (this.#machine.translation?.instructions ?? 0) > before + 1;
    return this.#isTranslated;
  }
  #isTranslated = false;

  /** null: the translator leaves it to the interpreter. */
  run({ code, regs, flags, fpu, memory, pages, access }: FaultCase): FaultOutcome | null {
    if (!this.#load(code) && this.#translating) return null;
    this.translated++;
    const context = this.#context;
    const frames = this.#machine.memory.frame(FIRST_DATA_FRAME).byteOffset;
    const window = new Uint8Array(this.#machine.memory.u8.buffer, frames + 4096 - WINDOW, 2 * WINDOW);
    window.set(memory);
    context.fxsave.set(fpu);
    regs.forEach((value, i) => context.setGpr(i, value));
    context.rflags = flags;
    this.#pages(pages, access);
    context.rip = this.#translating ? HEAD : START;
    const hexCode = code.map((byte) => byte.toString(16)).join();
    // Of a REP all its iterations, but not the same instruction a second time.
    const exit = this.#cpu.run((this.#translating ? 1 : 0) + (REPEATED.test(hexCode) ? ITERATIONS : 1));
    if (exit.kind !== 'exception' || context.rip !== START) return { trap: null, regs: [], stored: false, fpuChanged: false };
    return {
      trap: { vector: exit.vector, error: exit.errorCode ?? 0, cr2: exit.cr2 },
      regs: regs.flatMap((value, i) => (context.gpr(i) === value ? [] : [[i, context.gpr(i)] as const])),
      stored: hex(window) !== hex(memory),
      fpuChanged: hex(toldOf(context.fxsave)) !== hex(toldOf(fpu)),
    };
  }
}

const shown = (outcome: FaultOutcome): string =>
  JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));

describe.each(['interpreter', 'translator'] as const)('%s', (engine) => {
  test('every byte of every memory operand', { timeout: 120_000 }, () => {
    const runner = new Runner(engine === 'translator');
    const wrong: string[] = [];
    for (const { outcome, ...one } of recordedFaults()) {
      const ours = runner.run(one);
      if (ours === null || shown(ours) === shown(outcome)) continue;
      const { name, code, pages, access } = one;
      wrong.push(`${name} ${Buffer.from(code).toString('hex')} pages ${pages} ${access}: ${shown(ours)} not ${shown(outcome)}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(runner.translated).toBeGreaterThan(engine === 'translator' ? 80_000 : 90_000);
  });
});
