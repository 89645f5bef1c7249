/**
 * How code is read and run: what the descriptor of CS says (SDM vol. 3, 5.2.1), and in compatibility mode whether the data segments are the flat
 * ones that every modern program has. Blocks, handlers and regions belong to one mode.
 */
export interface CodeMode {
  readonly index: number;
  /** Default operand and address size in bits; 64 is long mode. */
  readonly size: 64 | 32 | 16;
  /** long: no segments but fs and gs. flat: base 0 and no limit for all but them. segmented: each address is checked against its segment. */
  readonly model: 'long' | 'flat' | 'segmented';
}

export const LONG: CodeMode = { index: 0, size: 64, model: 'long' };
export const FLAT: CodeMode = { index: 1, size: 32, model: 'flat' };
export const SEGMENTED: CodeMode = { index: 2, size: 32, model: 'segmented' };
export const SEGMENTED_16: CodeMode = { index: 3, size: 16, model: 'segmented' };
