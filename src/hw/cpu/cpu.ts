/** A processor: runs one context at a time on the machine's engine. */
import type { Context } from './context.ts';
import type { Engine } from './engine.ts';
import type { Access, Cpu, CpuEnvironment, Exit, Translation, VcpuContext } from './types.ts';

export class Processor implements Cpu {
  readonly id: number;
  readonly #engine: Engine;
  #context: Context | null = null;
  #environment: CpuEnvironment | null = null;
  retiredInRun = 0;

  constructor(id: number, engine: Engine) {
    this.id = id;
    this.#engine = engine;
  }

  switchTo(context: VcpuContext, environment: CpuEnvironment): void {
    this.#context = context as Context;
    this.#environment = environment;
  }

  run(budget: number): Exit {
    const context = this.#context!;
    const { exit, retired } = this.#engine.run(context, this.#environment!, budget);
    this.retiredInRun = retired;
    context.retired += retired;
    return exit;
  }

  translate(va: bigint, access: Access): Translation {
    return this.#engine.translate(this.#context!, this.#environment!, va, access);
  }

  dropCode(mfn: number): void {
    this.#engine.code.drop(mfn);
  }
}
