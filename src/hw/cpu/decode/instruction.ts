/** A decoded instruction, as the decoder hands it to the engine, to the hypervisor's emulation and to tests. */
export type OperandSize = 1 | 2 | 4 | 8 | 16;

export interface MemoryOperand {
  readonly kind: 'memory';
  /** Register number, 16 for RIP, or null. */
  readonly base: number | null;
  readonly index: number | null;
  readonly scale: 1 | 2 | 4 | 8;
  readonly displacement: bigint;
  /** es 0, cs 1, ss 2, ds 3, fs 4, gs 5: the segment in effect. */
  readonly segment: number;
  /** 32-bit addressing (prefix 67). */
  readonly address32: boolean;
  readonly size: OperandSize;
}

export type Operand =
  | { readonly kind: 'gpr'; readonly index: number; readonly size: OperandSize; /** ah, ch, dh, bh */ readonly high: boolean }
  | { readonly kind: 'xmm' | 'mmx' | 'st' | 'segment' | 'control' | 'debug'; readonly index: number; readonly size: OperandSize }
  | { readonly kind: 'immediate'; readonly value: bigint; readonly size: OperandSize }
  | MemoryOperand;

export interface Instruction {
  /** Intel's mnemonic in lower case: 'add', 'mov', 'in', 'rdmsr', 'cli'. */
  readonly name: string;
  readonly length: number;
  readonly operandSize: OperandSize;
  readonly addressSize: 2 | 4 | 8;
  /** fs 4 or gs 5 where a prefix names one, 3 else; of compatibility mode any. */
  readonly segment: number;
  readonly operands: readonly Operand[];
  readonly lock: boolean;
  readonly repeat: 'rep' | 'repne' | null;
}
