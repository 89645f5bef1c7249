/** The domain builder: memory, kernel, page tables, start_info, grant entries, event channels and registers of a new domain (libxenguest's xc_dom). */
import { GNTTAB_RESERVED_CONSOLE, GNTTAB_RESERVED_XENSTORE, GRANT_ENTRY_V1_BYTES, GTF_PERMIT_ACCESS } from '../../vmm/abi/grant-entry.ts';
import type { Control } from '../../vmm/control/types.ts';
import { must } from '../toolstack/must.ts';
import { planLayout, virtualAddress, type Layout } from './layout.ts';
import type { KernelImage } from './kernel-image.ts';
import { writePageTables } from './page-tables.ts';
import { writeStartInfo } from './start-info.ts';

const PAGE = 4096;
const DOM0 = 0;
const RFLAGS = 0x200n;
const ZERO_PAGE: Buffer = Buffer.alloc(PAGE);

export interface BuildRequest {
  readonly domid: number;
  readonly pages: number;
  readonly kernel: KernelImage;
  readonly ramdisk: Uint8Array | null;
  readonly cmdline: string;
}

export interface BuiltDomain {
  readonly storeMfn: number;
  readonly storePort: number;
  readonly consoleMfn: number;
  readonly consolePort: number;
}

export function planDomain({ pages, kernel, ramdisk }: Omit<BuildRequest, 'domid' | 'cmdline'>): Layout {
  return planLayout({
    pages,
    virtBase: kernel.virtBase,
    kernelStart: kernel.start,
    kernelEnd: kernel.end,
    ramdiskBytes: ramdisk?.length ?? null,
    unmappedRamdisk: kernel.unmappedRamdisk,
    initP2m: kernel.initP2m,
  });
}

/** The domain exists, empty and paused, with its maximum set. Whoever made it destroys it if this throws. */
export function buildDomain(control: Control, request: BuildRequest): BuiltDomain {
  const { domid, pages, kernel, ramdisk, cmdline } = request;
  const layout = planDomain(request);
  const mfns = must(control.populate({ domid, count: pages }), 'memory for the domain');
  const mfnOf = (pfn: number): number => mfns[pfn]!;
  must(control.setMachphys({ domid, entries: mfns.map((mfn, pfn) => ({ mfn, pfn })) }), 'the machine-to-physical table');

  const memory = new DomainMemory(control, domid, mfns);
  for (const { offset, bytes } of kernel.segments) memory.write(layout.kernel.pfn * PAGE + offset, bytes);
  if (layout.ramdisk && ramdisk) memory.write(layout.ramdisk.pfn * PAGE, ramdisk);
  memory.write(layout.p2m.pfn * PAGE, new Uint8Array(BigUint64Array.from(mfns, BigInt).buffer));
  memory.fill([layout.pageTables, layout.p2mTables], (tableAt) => writePageTables(layout, { mfnOf, tableAt }));

  const storePort = must(control.allocUnboundFor({ domid, remote: DOM0 }), 'the xenstore event channel');
  const consolePort = must(control.allocUnboundFor({ domid, remote: DOM0 }), 'the console event channel');
  const storeMfn = mfnOf(layout.xenstore);
  const consoleMfn = mfnOf(layout.console);
  const { sharedInfoFrame } = must(control.domainInfo({ domid }), 'the shared_info frame');
  memory.fill([{ pfn: layout.startInfo, pages: 1 }], (_table, pageAt) =>
    writeStartInfo(pageAt(layout.startInfo), layout, {
      pages,
      sharedInfoMfn: sharedInfoFrame,
      storeMfn,
      storePort,
      consoleMfn,
      consolePort,
      virtBase: kernel.virtBase,
      ramdiskBytes: ramdisk?.length ?? null,
      unmappedRamdisk: kernel.unmappedRamdisk,
      cmdline,
    }),
  );
  if (kernel.hypercallPage !== null) {
    const mfn = mfnOf(Number((kernel.hypercallPage - kernel.virtBase) / BigInt(PAGE)));
    must(control.hypercallPage({ domid, mfn }), 'the hypercall page');
  }
  seedGrants(control, domid, consoleMfn, storeMfn);

  const cr3 = mfnOf(layout.pageTables.pfn);
  must(control.pinL4({ domid, mfn: cr3 }), 'the page tables');
  const context = {
    rip: kernel.entry,
    rsp: virtualAddress(kernel.virtBase, layout.bootStack + 1),
    rsi: virtualAddress(kernel.virtBase, layout.startInfo),
    rflags: RFLAGS,
    cr3,
  };
  must(control.setVcpuContext({ domid, vcpu: 0, context }), 'the first registers');
  return { storeMfn, storePort, consoleMfn, consolePort };
}

/** Domain 0 may map the console and xenstore pages by grants with well-known references. */
function seedGrants(control: Control, domid: number, consoleMfn: number, storeMfn: number): void {
  const frames = must(control.grantTable({ domid, frames: 1 }), 'the grant table');
  using mapped = must(control.mapForeign({ domid, frames }), 'the grant table');
  const page = mapped.pages[0]!;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  for (const [ref, mfn] of [
    [GNTTAB_RESERVED_CONSOLE, consoleMfn],
    [GNTTAB_RESERVED_XENSTORE, storeMfn],
  ] as const) {
    const at = ref * GRANT_ENTRY_V1_BYTES;
    view.setUint16(at + 2, DOM0, true);
    view.setUint32(at + 4, mfn, true);
    view.setUint16(at, GTF_PERMIT_ACCESS, true);
  }
}

type PageAt = (pfn: number) => Uint8Array;

/** A new domain's memory, all zero at first, written through foreign mappings of just the pages that get something. */
class DomainMemory {
  readonly #control: Control;
  readonly #domid: number;
  readonly #mfns: readonly number[];

  constructor(control: Control, domid: number, mfns: readonly number[]) {
    this.#control = control;
    this.#domid = domid;
    this.#mfns = mfns;
  }

  /** Pages that stay zero are not touched: they cost the host nothing. */
  write(address: number, bytes: Uint8Array): void {
    const parts: { readonly mfn: number; readonly offset: number; readonly part: Uint8Array }[] = [];
    for (let at = 0; at < bytes.length;) {
      const offset = (address + at) % PAGE;
      const part = bytes.subarray(at, at + PAGE - offset);
      at += part.length;
      if (!isZero(part)) parts.push({ mfn: this.#mfns[Math.floor((address + at - 1) / PAGE)]!, offset, part });
    }
    if (parts.length === 0) return;
    using mapped = must(this.#control.mapForeign({ domid: this.#domid, frames: parts.map(({ mfn }) => mfn) }), 'the domain’s memory');
    parts.forEach(({ offset, part }, i) => mapped.pages[i]!.set(part, offset));
  }

  /** Maps whole extents for `work` to write in. */
  fill(
    extents: readonly { readonly pfn: number; readonly pages: number }[],
    work: (tableAt: (pfn: number) => Uint32Array, pageAt: PageAt) => void,
  ): void {
    const pfns = extents.flatMap(({ pfn, pages }) => Array.from({ length: pages }, (_, i) => pfn + i));
    using mapped = must(
      this.#control.mapForeign({ domid: this.#domid, frames: pfns.map((pfn) => this.#mfns[pfn]!) }),
      'the domain’s memory',
    );
    const pages = new Map(pfns.map((pfn, i) => [pfn, mapped.pages[i]!]));
    const pageAt: PageAt = (pfn) => pages.get(pfn)!;
    work((pfn) => {
      const page = pageAt(pfn);
      return new Uint32Array(page.buffer, page.byteOffset, PAGE / 4);
    }, pageAt);
  }
}

function isZero(part: Uint8Array): boolean {
  return ZERO_PAGE.compare(part, 0, part.length, 0, part.length) === 0;
}
