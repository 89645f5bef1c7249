/** Which instructions a region has: what can be reached from its entries without leaving the page, in basic blocks. */
import type { CodeMode } from '../code-mode.ts';
import { decode, TRUNCATED, type Decoded } from '../decode/decoder.ts';

const INSTRUCTIONS_MOST = 500;
const ENTRIES_MOST = 64;

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
  /** It ends in a return, or a jump or call through a register or memory. */
  readonly indirect: boolean;
}

export interface Plan {
  readonly blocks: readonly Block[];
  /** Offsets where the region can be entered: its head first, then where calls in it return to, and the targets of its indirect jumps. */
  readonly entries: readonly number[];
  /** It has a jump through a register or memory: more targets may become known. */
  readonly open: boolean;
}

/** Where a direct branch goes, relative to its page's start; null: it is none. May lie outside [0, 4096). REP branches to itself. */
export function branchTarget({ offset, decoded }: PlannedInstruction): number | null {
  if (decoded.repeat !== 0) return offset;
  if (!decoded.form.operands.some(({ source }) => source === 'branch')) return null;
  return offset + decoded.length + Number(decoded.immediates.at(-1)!);
}

/**
 * @param targets offsets that indirect jumps of this page are known to go to
 * @param translatable whether the translator can do this one
 */
export function planRegion(
  page: Uint8Array,
  head: number,
  mode: CodeMode,
  targets: ReadonlySet<number>,
  translatable: (decoded: Decoded) => boolean,
): Plan {
  const found = new Map<number, PlannedInstruction>();
  const leaders = new Set([head]);
  const entries = new Set([head]);
  const work = [head];
  let open = false;
  const follow = (offset: number): void => {
    if (offset < 0 || offset >= 4096 || leaders.has(offset)) return;
    leaders.add(offset);
    work.push(offset);
  };
  const enter = (offset: number): void => {
    if (offset < 0 || offset >= 4096 || entries.size >= ENTRIES_MOST) return;
    entries.add(offset);
    follow(offset);
  };
  for (let at = work.shift(); at !== undefined; at = work.shift()) {
    for (let offset = at; offset < 4096 && !found.has(offset) && found.size < INSTRUCTIONS_MOST;) {
      const decoded = decode(page, offset, 4096, mode);
      if (decoded === TRUNCATED || 'undefined' in decoded || !translatable(decoded)) break;
      const instruction = { offset, decoded };
      found.set(offset, instruction);
      const target = branchTarget(instruction);
      const { ends, name } = decoded.form.description;
      if (target !== null) {
        follow(target);
        if (!ends) follow(offset + decoded.length);
      }
      if (name === 'call') enter(offset + decoded.length);
      if (name === 'jmp' && target === null && !open) {
        open = true;
        for (const known of targets) enter(known);
      }
      if (target !== null || ends) break;
      offset += decoded.length;
    }
  }
  const exists = (offset: number): number | null => (found.has(offset) ? offset : null);
  return {
    blocks: [...leaders].filter((leader) => found.has(leader)).map((leader) => blockFrom(leader, found, leaders, exists)),
    entries: [...entries].filter((entry) => found.has(entry)),
    open,
  };
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
    const ends = instruction.decoded.form.description.ends === true;
    if (target !== null || ends || leaders.has(after) || !found.has(after)) {
      return {
        offset: leader,
        instructions,
        after: ends ? null : after,
        next: ends || !leaders.has(after) ? null : exists(after),
        target: target === null ? null : exists(target),
        indirect: ends && target === null,
      };
    }
    offset = after;
  }
}
