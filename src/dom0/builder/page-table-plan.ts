/**
 * How many page tables a mapping needs and where each lies: the plan of the domain's first page tables, in the order of
 * tools/libs/guest/xg_dom_x86.c, root first, then level by level (Linux takes the first three pages apart by position).
 * A second mapping (the P2M list) shares the tables of the first where their ranges meet. Virtual addresses are cut to 48 bits.
 */

export const LEVELS = 4;
const PAGE_SHIFT = 12;
const LEVEL_SHIFT = 9;
const VADDR_MASK: bigint = (1n << 48n) - 1n;

/** Virtual addresses `from` to `to`, `to` included; empty when `tables` is 0. */
export interface TableRange {
  readonly from: bigint;
  readonly to: bigint;
  /** Of the first page (level 0's area: of the first page mapped). */
  readonly pfn: number;
  readonly tables: number;
}

export interface Mapping {
  /** What is mapped. */
  readonly area: TableRange;
  /** L1 tables at index 0, the root at index 3. */
  readonly levels: readonly TableRange[];
  /** All tables together. */
  readonly tables: number;
}

/** Address bits below one table of `level` (L1 is 0): what one such table maps. */
export function tableShift(level: number): bigint {
  return BigInt(PAGE_SHIFT + (level + 1) * LEVEL_SHIFT);
}

/**
 * Plans the tables for `from` to `to` (included), whose pages begin at `areaPfn`; the tables take the pages from `tablesPfn`. The root
 * belongs to the first mapping.
 */
export function planMapping(before: readonly Mapping[], from: bigint, to: bigint, areaPfn: number, tablesPfn: number): Mapping {
  const area = { from: from & VADDR_MASK, to: to & VADDR_MASK };
  const levels: TableRange[] = [];
  let tables = 0;
  for (let level = LEVELS - 1; level >= 0; level--) {
    const range = tableRange(before, level, area);
    const pfn = tablesPfn + tables;
    const count = range === null ? 0 : Number((range.to - range.from) >> tableShift(level)) + 1;
    levels[level] = { from: range?.from ?? 0n, to: range?.to ?? 0n, pfn, tables: count };
    tables += count;
  }
  return { area: { ...area, pfn: areaPfn, tables: 0 }, levels, tables };
}

/** What of `area`, widened to whole tables of this level, has no tables yet; null: everything has. */
function tableRange(before: readonly Mapping[], level: number, area: { from: bigint; to: bigint }): { from: bigint; to: bigint } | null {
  if (level === LEVELS - 1) return before.length === 0 ? { from: 0n, to: VADDR_MASK } : null;
  const mask = (1n << tableShift(level)) - 1n;
  let from = area.from & ~mask;
  let to = area.to | mask;
  for (const { levels } of before) {
    const other = levels[level]!;
    if (other.tables === 0 || other.to < from || other.from > to) continue;
    if (from >= other.from && to <= other.to) return null;
    if (from >= other.from) from = other.to + 1n;
    if (to <= other.to) to = other.from - 1n;
  }
  return { from, to };
}
