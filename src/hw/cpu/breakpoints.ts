/** DR0 to DR3 as DR7 enables them (SDM vol. 3, 17.2): what an instruction's address, or its accesses, hit. */

/** Bits of DR6: a breakpoint's own are 1, 2, 4 and 8. */
export const SINGLE_STEP = 0x4000;
/** Bytes that LEN says. */
const LENGTHS: readonly number[] = [1, 2, 8, 4];
/** R/W: 2 is a port's, which never fires. */
const KIND = { execute: 0, write: 1, readWrite: 3 } as const;
const PAGE = 4096;

interface Watch {
  readonly bit: number;
  readonly first: number;
  /** The byte behind it. */
  readonly end: number;
  readonly readsToo: boolean;
}

export class Breakpoints {
  /** Linear addresses (signed, exact as numbers) of instructions, with their bits. */
  readonly #instructions: ReadonlyMap<number, number>;
  readonly #watches: readonly Watch[];

  /** null: none is enabled. */
  static of(addresses: readonly bigint[], dr7: number): Breakpoints | null {
    const enabled = addresses.flatMap((address, i) => {
      const kind = (dr7 >>> (16 + 4 * i)) & 3;
      return (dr7 >>> (2 * i)) & 3 && Object.values(KIND).includes(kind as 0) ? [{ address, kind, i }] : [];
    });
    if (enabled.length === 0) return null;
    const instructions = new Map<number, number>();
    const watches: Watch[] = [];
    for (const { address, kind, i } of enabled) {
      const bit = 1 << i;
      const length = LENGTHS[(dr7 >>> (18 + 4 * i)) & 3]!;
      const at = Number(BigInt.asIntN(64, address));
      const first = Number(BigInt.asIntN(64, address & ~BigInt(length - 1)));
      if (kind === KIND.execute) instructions.set(at, (instructions.get(at) ?? 0) | bit);
      else watches.push({ bit, first, end: first + length, readsToo: kind === KIND.readWrite });
    }
    return new Breakpoints(instructions, watches);
  }

  private constructor(instructions: ReadonlyMap<number, number>, watches: readonly Watch[]) {
    this.#instructions = instructions;
    this.#watches = watches;
  }

  /** The bits of those that the instruction at this address hits. */
  executes(va: number): number {
    return this.#instructions.get(va) ?? 0;
  }
  touches(va: number, bytes: number, write: boolean): number {
    let hit = 0;
    for (const { bit, first, end, readsToo } of this.#watches) if ((write || readsToo) && va < end && va + bytes > first) hit |= bit;
    return hit;
  }
  /** Must accesses to the page at this address be seen? */
  watchesPage(va: number): boolean {
    return this.#watches.some(({ first, end }) => va < end && va + PAGE > first);
  }
}
