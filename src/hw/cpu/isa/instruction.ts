/** How an instruction is declared: its encodings, in the manual's notation, and its meaning. */
import type { Emitter, Place, VectorPlace } from './emitter.ts';

export type AnyPlace = Place & VectorPlace;

export interface Description {
  readonly name: string;
  /**
   * "[66|F2|F3|NP] opcode bytes [/r | /digit | + ] operands": operands as in the manual's appendix A: Eb Ev Gv Zv Ib Iz Ibs Iv Jb Jz M Vx Wx Sw …
   * `+` adds the register (or, with `cc`, the condition) to the opcode.
   */
  readonly forms: readonly string[];
  readonly lockable?: boolean;
  /** Operand size is 8 unless prefix 66 says 2 (PUSH, CALL, …). */
  readonly default64?: boolean;
  /** Exists in 64-bit code alone, or in compatibility mode alone. */
  readonly only?: 64 | 32;
  /** Its meaning depends on the address size although it has no memory operand. */
  readonly addressed?: boolean;
  /** Nothing after it can be reached in sequence. */
  readonly ends?: boolean;
  /** REP and REPNE have a meaning. */
  readonly repeatable?: boolean;
  /** Its meaning depends on the operand size although no operand does. */
  readonly sized?: boolean;
  /** Not worth a handler of its own for the simple addressing modes. */
  readonly compact?: boolean;
  readonly translate: (t: Emitter, ...operands: AnyPlace[]) => void;
}

export function instruction(name: string, rest: Omit<Description, 'name'>): Description {
  return { name, ...rest };
}
