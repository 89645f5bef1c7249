/** (cpu, code, a, b): stores the flags of an operation that the translator has kept as its operands. */
import type { Value, Width } from '../isa/emitter.ts';
import { LAZY_KINDS, lazyCode, type LazyKind } from '../translator/flags.ts';
import { HandlerEmitter, type Helpers } from './handler-emitter.ts';

const [CODE, A, B] = [1, 2, 3];

export class MaterializeEmitter extends HandlerEmitter {
  protected override readonly parameters: number = 4;

  constructor(helpers: Helpers) {
    super(helpers, { model: 'long', operandSize: 8, addressSize: 8, stringWidth: 8, conditionCode: 0, repeat: 0, memory: 'none' });
  }

  write(): void {
    for (const kind of LAZY_KINDS) {
      for (const width of [1, 2, 4, 8] as const) {
        const chosen = this.eq(this.getLocal(CODE, 'i32'), this.i32(lazyCode(kind, width)));
        this.if(chosen, () => this.#flags(kind, width));
      }
    }
  }

  #flags(kind: LazyKind, width: Width): void {
    const operand = (local: number): Value => this.let(this.wrapTo(width, this.getLocal(local, 'i64')));
    const a = operand(A);
    if (kind === 'logic') return this.flagsLogic(width, a);
    const b = operand(B);
    if (kind === 'sub') this.flagsCompare(width, a, b, this.let(this.cut(width, this.sub(a, b))));
    else this.flagsSum(width, a, b, this.let(this.cut(width, this.add(a, b))));
  }
}
