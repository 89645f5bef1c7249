/**
 * Flags that have been computed but not stored: in a region most are overwritten before anybody looks. What they are made of stays in its locals
 * until then.
 */
import type { FlagName, Type, Value, Width } from '../isa/emitter.ts';

/** The locals of one instruction, given back when nothing refers to them any more. */
export class Locals {
  readonly locals: { readonly local: number; readonly type: Type }[] = [];
  readonly #release: (locals: Locals) => void;
  #uses = 1;

  constructor(release: (locals: Locals) => void) {
    this.#release = release;
  }
  retain(): this {
    this.#uses++;
    return this;
  }
  release(): void {
    if (--this.#uses === 0) this.#release(this);
  }
}

/** The operations whose flags can be kept as their operands. */
export const LAZY_KINDS = ['sub', 'logic', 'add'] as const;
export type LazyKind = (typeof LAZY_KINDS)[number];
/** What stands for such an operation at run time; 0: the flags are stored. */
export function lazyCode(kind: LazyKind, width: Width): number {
  return 1 + 4 * LAZY_KINDS.indexOf(kind) + Math.log2(width);
}

interface Pending {
  readonly value: Value;
  readonly locals: Locals;
}

/** All flags come from one operation: conditions then compare the operands themselves, and nothing but the operands need be kept. */
export interface Comparison {
  /** 'sub': a - b; 'add': a + b; 'logic': `result` alone, which is a. */
  readonly kind: LazyKind;
  readonly width: Width;
  readonly a: Value;
  readonly b: Value;
  readonly result: Value;
  readonly locals: Locals;
}

export class PendingFlags {
  #pending: Map<FlagName, Pending> = new Map();
  #comparison: Comparison | null = null;

  get(flag: FlagName): Value | undefined {
    return this.#pending.get(flag)?.value;
  }
  get comparison(): Comparison | null {
    return this.#comparison;
  }

  set(flag: FlagName, value: Value, locals: Locals): void {
    this.drop(flag);
    this.#pending.set(flag, { value, locals: locals.retain() });
    this.#compare(null);
  }
  drop(flag: FlagName): void {
    this.#pending.get(flag)?.locals.release();
    this.#pending.delete(flag);
  }
  /** The flags that were set last are those of this comparison. */
  compared(comparison: Comparison): void {
    comparison.locals.retain();
    this.#compare(comparison);
  }
  /** A flag is written where it cannot be kept pending. */
  forget(): void {
    this.#compare(null);
  }
  #compare(comparison: Comparison | null): void {
    this.#comparison?.locals.release();
    this.#comparison = comparison;
  }

  entries(): Iterable<[FlagName, Pending]> {
    return this.#pending;
  }
  clear(): void {
    for (const { locals } of this.#pending.values()) locals.release();
    this.#pending.clear();
    this.#compare(null);
  }

  /** For one arm of a branch: afterwards everything is as it was. */
  during(work: () => void): void {
    const before = this.#pending;
    const comparison = this.#comparison;
    for (const { locals } of before.values()) locals.retain();
    comparison?.locals.retain();
    this.#pending = new Map(before);
    work();
    this.clear();
    this.#pending = before;
    this.#comparison = comparison;
  }
}
