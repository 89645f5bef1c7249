/** Which instructions a region has: what can be reached from its head without leaving the page, in basic blocks. */
import { decode, TRUNCATED, type Decoded } from '../decode/decoder.ts';

const INSTRUCTIONS_MOST = 400;

export interface PlannedInstruction {
  readonly offset: number;
  readonly decoded: Decoded;
}

/** Successors are the offsets of blocks of this region; null: elsewhere, or none. */
export interface Block {
  readonly offset: number;
  readonly instructions: readonly PlannedInstruction[];
  /** Where it goes on when its last instruction does not jump; null when it never does. */
  readonly after: number | null;
  readonly next: number | null;
  readonly target: number | null;
}

/** Where a direct branch goes, relative to its page's start; null: it is none. May lie outside [0, 4096). */
export function branchTarget({ offset, decoded }: PlannedInstruction): number | null {
  if (!decoded.form.operands.some(({ source }) => source === 'branch')) return null;
  return offset + decoded.length + Number(decoded.immediates.at(-1)!);
}

/** @param translatable whether the translator can do this one */
export function planRegion(page: Uint8Array, head: number, translatable: (decoded: Decoded) => boolean): readonly Block[] {
  const found = new Map<number, PlannedInstruction>();
  const leaders = new Set([head]);
  const work = [head];
  const follow = (offset: number): void => {
    if (offset < 0 || offset >= 4096 || leaders.has(offset)) return;
    leaders.add(offset);
    work.push(offset);
  };
  for (let at = work.shift(); at !== undefined; at = work.shift()) {
    for (let offset = at; offset < 4096 && !found.has(offset) && found.size < INSTRUCTIONS_MOST;) {
      const decoded = decode(page, offset, 4096);
      if (decoded === TRUNCATED || 'undefined' in decoded || !translatable(decoded)) break;
      const instruction = { offset, decoded };
      found.set(offset, instruction);
      const target = branchTarget(instruction);
      if (target !== null) {
        follow(target);
        if (!decoded.form.description.ends) follow(offset + decoded.length);
      }
      if (target !== null || decoded.form.description.ends) break;
      offset += decoded.length;
    }
  }
  const exists = (offset: number): number | null => (found.has(offset) && leaders.has(offset) ? offset : null);
  return [...leaders].filter((leader) => found.has(leader)).map((leader) => blockFrom(leader, found, leaders, exists));
}

function blockFrom(
  leader: number,
  found: ReadonlyMap<number, PlannedInstruction>,
  leaders: ReadonlySet<number>,
  exists: (offset: number) => number | null,
): Block {
  const instructions: PlannedInstruction[] = [];
  for (let offset = leader; ;) {
    const instruction = found.get(offset)!;
    instructions.push(instruction);
    const after = offset + instruction.decoded.length;
    const target = branchTarget(instruction);
    const { ends } = instruction.decoded.form.description;
    if (target !== null || ends || leaders.has(after) || !found.has(after)) {
      return {
        offset: leader,
        instructions,
        after: ends ? null : after,
        next: ends ? null : exists(after),
        target: target === null ? null : exists(target),
      };
    }
    offset = after;
  }
}
