/** Fills a new domain's first page tables as planned. Entries hold machine frames; 4 KiB pages only. */
import type { Layout } from './layout.ts';
import { LEVELS, tableShift, type Mapping, type TableRange } from './page-table-plan.ts';

const ENTRIES = 512;
const P = 1;
const RW = 2;
const US = 4;
const A = 32;
const D = 64;
const LEAF: number = P | RW | A;
const UPPER: number = P | RW | US | A | D;

export interface PageTableWriter {
  /** Machine frame of a page. */
  readonly mfnOf: (pfn: number) => number;
  /** A page table, as 1024 32-bit words. */
  readonly tableAt: (pfn: number) => Uint32Array;
}

export function writePageTables({ mappings, pageTables, p2mTables }: Layout, { mfnOf, tableAt }: PageTableWriter): void {
  // No page that is a table may be mapped writable.
  const isTable = (pfn: number): boolean =>
    (pfn >= pageTables.pfn && pfn < pageTables.pfn + pageTables.pages) || (pfn >= p2mTables.pfn && pfn < p2mTables.pfn + p2mTables.pages);
  for (let level = LEVELS - 1; level >= 0; level--)
    for (const { levels } of mappings) {
      const tables = levels[level]!;
      if (tables.tables === 0) continue;
      for (const target of targets(mappings, level)) fill(tables, level, target);
    }

  function fill(tables: TableRange, level: number, target: TableRange): void {
    const from = tables.from > target.from ? tables.from : target.from;
    const to = tables.to < target.to ? tables.to : target.to;
    if (from > to) return;
    const entryShift = level === 0 ? 12n : tableShift(level - 1);
    const first = Number((from - tables.from) >> entryShift);
    const last = Number((to - tables.from) >> entryShift);
    let pfn = target.pfn + Number((from - target.from) >> entryShift);
    let page = -1;
    let words: Uint32Array = new Uint32Array(0);
    for (let index = first; index <= last; index++, pfn++) {
      const wanted = tables.pfn + Math.floor(index / ENTRIES);
      if (wanted !== page) words = tableAt((page = wanted));
      const flags = level > 0 ? UPPER : isTable(pfn) ? LEAF & ~RW : LEAF;
      const mfn = mfnOf(pfn);
      const slot = (index % ENTRIES) * 2;
      words[slot] = (mfn << 12) | flags;
      words[slot + 1] = mfn >>> 20;
    }
  }
}

/** What the entries of a level's tables point at: the tables one level down, or the mapped pages. */
function targets(mappings: readonly Mapping[], level: number): TableRange[] {
  return level === 0
    ? mappings.map(({ area }) => area)
    : mappings.map(({ levels }) => levels[level - 1]!).filter(({ tables }) => tables > 0);
}
