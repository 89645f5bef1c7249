/**
 * Where everything of a new domain lies in its pseudo-physical memory and in its first virtual mapping: pure arithmetic, as
 * tools/libs/guest does it. Packed from the kernel on, each on a page of its own:
 *
 *   kernel | ramdisk | P2M list | start_info | xenstore | console | page tables | boot stack | padding to 4 MiB
 *
 * and outside the mapping: ramdisk (MOD_START_PFN kernels), P2M list with page tables of its own (INIT_P2M kernels).
 */
import { ToolstackError } from '../toolstack/types.ts';
import { planMapping, type Mapping } from './page-table-plan.ts';

const PAGE = 4096;
const MAPPING_ALIGNMENT: bigint = 4n * 1024n * 1024n;
/** At least so much is mapped beyond the boot stack. */
const PADDING_PAGES: number = (512 * 1024) / PAGE;
const BOOT_STACK_PAGES = 1;
const P2M_ENTRY_BYTES = 8;

export interface LayoutRequest {
  /** The domain's memory. */
  readonly pages: number;
  readonly virtBase: bigint;
  readonly kernelStart: bigint;
  readonly kernelEnd: bigint;
  /** null: there is none. */
  readonly ramdiskBytes: number | null;
  readonly unmappedRamdisk: boolean;
  /** null: the P2M list is in the first mapping. */
  readonly initP2m: bigint | null;
}

export interface Extent {
  readonly pfn: number;
  readonly pages: number;
}

export interface Layout {
  readonly kernel: Extent;
  readonly ramdisk: Extent | null;
  /** The list; with INIT_P2M `p2mTables` follow it. */
  readonly p2m: Extent;
  readonly p2mTables: Extent;
  readonly startInfo: number;
  readonly xenstore: number;
  readonly console: number;
  readonly pageTables: Extent;
  readonly bootStack: number;
  /** End of the first mapping, virtual. */
  readonly mappingEnd: bigint;
  readonly mappings: readonly Mapping[];
  /** Virtual address of the P2M list. */
  readonly p2mAddress: bigint;
}

/** Virtual address of a page of the first mapping. */
export function virtualAddress(virtBase: bigint, pfn: number): bigint {
  return virtBase + BigInt(pfn) * BigInt(PAGE);
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE);
}

class Allocator {
  readonly #pages: number;
  next = 0;

  constructor(pages: number) {
    this.#pages = pages;
  }

  take(what: string, pages: number): Extent {
    const pfn = this.next;
    if (pfn + pages > this.#pages) throw tooBig(what, pfn + pages, this.#pages);
    this.next += pages;
    return { pfn, pages };
  }
}

function tooBig(what: string, needed: number, pages: number): ToolstackError {
  const mib = (count: number): string => (count / 256).toFixed(count % 256 === 0 ? 0 : 1);
  return new ToolstackError({
    code: 'kernel-too-big',
    message: `the domain's ${mib(pages)} MiB have no room for ${what}`,
    hint: `it needs at least ${Math.ceil(needed / 256)} MiB of memory`,
    field: 'memoryMiB',
  });
}

export function planLayout(request: LayoutRequest): Layout {
  const { pages, virtBase, kernelStart, kernelEnd, ramdiskBytes, unmappedRamdisk, initP2m } = request;
  const memory = new Allocator(pages);
  const p2mPages = pagesOf(pages * P2M_ENTRY_BYTES);

  memory.take('what lies below the kernel', Number((kernelStart - virtBase) / BigInt(PAGE)));
  const kernel = memory.take('the kernel', pagesOf(Number(kernelEnd - kernelStart)));
  const ramdiskPages = ramdiskBytes === null ? null : pagesOf(ramdiskBytes);
  let ramdisk = ramdiskPages === null || unmappedRamdisk ? null : memory.take('the ramdisk', ramdiskPages);
  let p2m = initP2m === null ? memory.take('the P2M list', p2mPages) : null;
  const startInfo = memory.take('start_info', 1).pfn;
  const xenstore = memory.take('the xenstore page', 1).pfn;
  const console = memory.take('the console page', 1).pfn;

  const mapping = planFirstMapping(virtBase, memory.next, pages);
  const pageTables = memory.take('the page tables', mapping.tables);
  const bootStack = memory.take('the boot stack', BOOT_STACK_PAGES).pfn;
  const mappingEnd = virtBase + (mapping.area.to - mapping.area.from) + 1n;
  memory.take('the first mapping', Number((mappingEnd - virtBase) / BigInt(PAGE)) - memory.next);

  if (ramdiskPages !== null && unmappedRamdisk) ramdisk = memory.take('the ramdisk', ramdiskPages);
  const mappings = [mapping];
  let p2mTables: Extent = { pfn: memory.next, pages: 0 };
  if (p2m === null || initP2m !== null) {
    p2m = memory.take('the P2M list', p2mPages);
    const second = planMapping(mappings, initP2m!, initP2m! + BigInt(p2mPages * PAGE) - 1n, p2m.pfn, memory.next);
    p2mTables = memory.take('the page tables of the P2M list', second.tables);
    mappings.push(second);
  }
  const p2mAddress = initP2m ?? virtualAddress(virtBase, p2m.pfn);
  return { kernel, ramdisk, p2m, p2mTables, startInfo, xenstore, console, pageTables, bootStack, mappingEnd, mappings, p2mAddress };
}

/** Tables map themselves: more of them may need more of them. */
function planFirstMapping(virtBase: bigint, allocated: number, pages: number): Mapping {
  const extra = BOOT_STACK_PAGES + PADDING_PAGES;
  for (let wanted = extra; ;) {
    const end = roundUp(virtualAddress(virtBase, allocated + wanted));
    const mappedPages = Number((end - virtBase) / BigInt(PAGE));
    if (mappedPages > pages) throw tooBig('the first mapping', mappedPages, pages);
    const mapping = planMapping([], virtBase, end - 1n, 0, allocated);
    wanted = mapping.tables + extra;
    if (virtualAddress(virtBase, allocated + wanted) <= end) return mapping;
  }
}

function roundUp(address: bigint): bigint {
  return ((address + MAPPING_ALIGNMENT - 1n) / MAPPING_ALIGNMENT) * MAPPING_ALIGNMENT;
}
