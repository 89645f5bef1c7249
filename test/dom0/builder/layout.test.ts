/** The layouts that a verbose `xl create` printed on the reference machine (guests.md, section 4) are the vectors. */
import { describe, expect, test } from 'vitest';
import { planLayout, type Layout, type LayoutRequest } from '../../../src/dom0/builder/layout.ts';
import { writePageTables } from '../../../src/dom0/builder/page-tables.ts';
import { ToolstackError } from '../../../src/dom0/toolstack/types.ts';

const MIB_PAGES = 256;
const LINUX_BASE = 0xffffffff80000000n;

const plan = (request: Partial<LayoutRequest> & Pick<LayoutRequest, 'pages' | 'kernelStart' | 'kernelEnd'>): Layout =>
  planLayout({ virtBase: 0n, ramdiskBytes: null, unmappedRamdisk: false, initP2m: null, ...request });

const debian = plan({
  pages: 256 * MIB_PAGES,
  virtBase: LINUX_BASE,
  kernelStart: LINUX_BASE + 0x1000000n,
  kernelEnd: LINUX_BASE + 0x3e00000n,
  ramdiskBytes: 0x213 * 4096,
  unmappedRamdisk: true,
  initP2m: 0x8000000000n,
});
const small = plan({ pages: 128 * MIB_PAGES, kernelStart: 0x100000n, kernelEnd: 0x111000n });
const miniOs = plan({ pages: 32 * MIB_PAGES, kernelStart: 0n, kernelEnd: 0x7fc28n });
const grub = plan({ pages: 384 * MIB_PAGES, kernelStart: 0n, kernelEnd: 0x613dc8n });

test('Debian’s cloud kernel with 256 MiB: P2M and ramdisk outside the mapping', () => {
  expect(debian).toMatchObject({
    kernel: { pfn: 0x1000, pages: 0x2e00 },
    startInfo: 0x3e00,
    xenstore: 0x3e01,
    console: 0x3e02,
    pageTables: { pfn: 0x3e03, pages: 0x23 },
    bootStack: 0x3e26,
    mappingEnd: 0xffffffff84000000n,
    ramdisk: { pfn: 0x4000, pages: 0x213 },
    p2m: { pfn: 0x4213, pages: 0x80 },
    p2mTables: { pfn: 0x4293, pages: 3 },
    p2mAddress: 0x8000000000n,
  });
  expect(debian.mappings.map(({ levels }) => levels.map(({ tables }) => tables))).toEqual([
    [32, 1, 1, 1],
    [1, 1, 1, 0],
  ]);
});

test('a small kernel at 1 MiB with 128 MiB: the P2M list follows the kernel', () => {
  expect(small).toMatchObject({
    kernel: { pfn: 0x100, pages: 0x11 },
    p2m: { pfn: 0x111, pages: 0x40 },
    p2mAddress: 0x111000n,
    startInfo: 0x151,
    xenstore: 0x152,
    console: 0x153,
    pageTables: { pfn: 0x154, pages: 5 },
    bootStack: 0x159,
    mappingEnd: 0x400000n,
  });
});

test('Mini-OS with 32 MiB', () => {
  expect(miniOs).toMatchObject({
    kernel: { pfn: 0, pages: 0x80 },
    p2m: { pfn: 0x80, pages: 0x10 },
    startInfo: 0x90,
    xenstore: 0x91,
    console: 0x92,
    pageTables: { pfn: 0x93, pages: 5 },
    bootStack: 0x98,
  });
});

test('GRUB with 384 MiB', () => {
  expect(grub).toMatchObject({
    kernel: { pfn: 0, pages: 0x614 },
    p2m: { pfn: 0x614, pages: 0xc0 },
    startInfo: 0x6d4,
    xenstore: 0x6d5,
    console: 0x6d6,
    pageTables: { pfn: 0x6d7, pages: 7 },
    bootStack: 0x6de,
    mappingEnd: 0x800000n,
  });
});

test('a ramdisk of a kernel without MOD_START_PFN is mapped, right after the kernel', () => {
  const layout = plan({ pages: 64 * MIB_PAGES, kernelStart: 0n, kernelEnd: 0x10000n, ramdiskBytes: 5000 });
  expect(layout.ramdisk).toEqual({ pfn: 0x10, pages: 2 });
  expect(layout.p2m.pfn).toBe(0x12);
});

describe('too little memory', () => {
  const failure = (request: Parameters<typeof plan>[0]): ToolstackError => {
    try {
      plan(request);
    } catch (error) {
      if (error instanceof ToolstackError) return error;
    }
    throw new Error('no failure');
  };

  test('for the kernel: the hint says how much it needs', () => {
    const error = failure({ pages: 4 * MIB_PAGES, kernelStart: 0n, kernelEnd: 0x613dc8n });
    expect(error).toMatchObject({ code: 'kernel-too-big', field: 'memoryMiB' });
    expect(error.hint).toMatch(/at least 7 MiB/);
  });

  test('for the mapping: 4 MiB are just enough for a small kernel, one page less is not', () => {
    expect(plan({ pages: 1024, kernelStart: 0n, kernelEnd: 0x1c000n }).mappingEnd).toBe(0x400000n);
    expect(failure({ pages: 1023, kernelStart: 0n, kernelEnd: 0x1c000n }).code).toBe('kernel-too-big');
  });

  test('for the ramdisk', () => {
    const error = failure({ pages: 8 * MIB_PAGES, kernelStart: 0n, kernelEnd: 0x10000n, ramdiskBytes: 9 * 2 ** 20, unmappedRamdisk: true });
    expect(error.message).toMatch(/ramdisk/);
  });
});

describe('page tables', () => {
  const ROOT_SHIFT = 39;
  const mfnOf = (pfn: number): number => pfn + 0x100000; // above 2^20: entries need more than 32 bits

  function build(layout: Layout): (va: bigint) => { pfn: number; flags: number } | null {
    const tables = new Map<number, Uint32Array>();
    writePageTables(layout, {
      mfnOf,
      tableAt(pfn) {
        const words = tables.get(pfn) ?? new Uint32Array(1024);
        tables.set(pfn, words);
        return words;
      },
    });
    return (va) => {
      let pfn = layout.pageTables.pfn;
      for (let shift = ROOT_SHIFT; ; shift -= 9) {
        const slot = Number((va >> BigInt(shift)) & 511n) * 2;
        const words = tables.get(pfn)!;
        const low = words[slot]!;
        if ((low & 1) === 0) return null;
        pfn = ((low >>> 12) | (words[slot + 1]! << 20)) - 0x100000;
        if (shift === 12) return { pfn, flags: low & 0xfff };
        if ((low & 0xfff) !== 0x67) throw new Error(`an upper entry has flags ${low & 0xfff}`);
      }
    };
  }

  for (const [name, layout, base] of [
    ['Debian', debian, LINUX_BASE],
    ['small', small, 0n],
    ['GRUB', grub, 0n],
  ] as const) {
    test(`${name}: every page of the mapping is there, tables read-only, the rest writable`, () => {
      const walk = build(layout);
      const end = Number((layout.mappingEnd - base) / 4096n);
      for (let pfn = 0; pfn < end; pfn++) {
        const isTable = pfn >= layout.pageTables.pfn && pfn < layout.pageTables.pfn + layout.pageTables.pages;
        expect(walk(base + BigInt(pfn) * 4096n)).toEqual({ pfn, flags: isTable ? 0x21 : 0x23 });
      }
      if (layout.mappingEnd < 1n << 64n) expect(walk(layout.mappingEnd)).toBeNull();
    });
  }

  test('the P2M list is mapped writable where INIT_P2M wants it', () => {
    const walk = build(debian);
    for (let i = 0; i < debian.p2m.pages; i++)
      expect(walk(0x8000000000n + BigInt(i) * 4096n)).toEqual({ pfn: debian.p2m.pfn + i, flags: 0x23 });
    expect(walk(0x8000000000n + BigInt(debian.p2m.pages) * 4096n)).toBeNull();
  });
});
