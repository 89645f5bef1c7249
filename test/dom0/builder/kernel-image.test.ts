import { describe, expect, test } from 'vitest';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { unpackBzImage } from '../../../src/dom0/builder/bzimage.ts';
import { readKernelImage } from '../../../src/dom0/builder/kernel-image.ts';
import { ToolstackError } from '../../../src/dom0/toolstack/types.ts';
import { XEN_ELFNOTE } from '../../../src/vmm/abi/elf-notes.ts';
import { makeBzImage, makeElf, PLAIN_NOTES, text, word, type ElfOptions } from '../support/make-elf.ts';

type Notes = NonNullable<ElfOptions['notes']>;

function failure(file: Uint8Array): ToolstackError {
  try {
    readKernelImage(file);
  } catch (error) {
    if (error instanceof ToolstackError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const with_ = (...notes: (readonly [number, Uint8Array])[]): Notes => [...PLAIN_NOTES, ...notes];

describe('what a kernel says of itself', () => {
  test('without VIRT_BASE and ENTRY these are 0 and the header’s', () => {
    expect(readKernelImage(makeElf({ entry: 0x20n }))).toMatchObject({
      virtBase: 0n,
      start: 0n,
      end: 0x1000n,
      entry: 0x20n,
      hypercallPage: null,
      initP2m: null,
      unmappedRamdisk: false,
    });
  });

  test('an ENTRY or VIRT_BASE of 0 is a value (GRUB)', () => {
    const image = readKernelImage(
      makeElf({ entry: 0x800n, notes: with_([XEN_ELFNOTE.ENTRY, word(0n)], [XEN_ELFNOTE.VIRT_BASE, word(0n)]) }),
    );
    expect(image.entry).toBe(0n);
  });

  test('segments go by their physical address, whatever the virtual one (Linux’ percpu segment has 0)', () => {
    const base = 0xffffffff80000000n;
    const image = readKernelImage(
      makeElf({
        segments: [
          { paddr: 0x1000000n, vaddr: base + 0x1000000n, bytes: Buffer.alloc(0x2000, 1) },
          { paddr: 0x1002000n, vaddr: 0n, bytes: Buffer.alloc(0x1000, 2) },
          { paddr: 0x1003000n, vaddr: base + 0x1003000n, bytes: Buffer.alloc(0x10, 3), memSize: 0x5000 },
        ],
        notes: with_(
          [XEN_ELFNOTE.VIRT_BASE, word(base)],
          [XEN_ELFNOTE.ENTRY, word(base + 0x1003000n)],
          [XEN_ELFNOTE.PADDR_OFFSET, word(0n)],
        ),
      }),
    );
    expect(image).toMatchObject({ virtBase: base, start: base + 0x1000000n, end: base + 0x1008000n });
    expect(image.segments.map(({ offset, bytes }) => [offset, bytes[0]])).toEqual([
      [0, 1],
      [0x2000, 2],
      [0x3000, 3],
    ]);
  });

  test('PADDR_OFFSET is taken off', () => {
    const base = 0xffffffff80000000n;
    const notes = with_(
      [XEN_ELFNOTE.VIRT_BASE, word(base)],
      [XEN_ELFNOTE.PADDR_OFFSET, word(base)],
      [XEN_ELFNOTE.ENTRY, word(base + 0x10n)],
    );
    expect(readKernelImage(makeElf({ segments: [{ paddr: base, bytes: Buffer.alloc(4096) }], notes })).start).toBe(base);
  });

  test('notes are found in a section where no segment has them (Mini-OS)', () => {
    const notes = with_([XEN_ELFNOTE.HYPERCALL_PAGE, word(0n)]);
    expect(readKernelImage(makeElf({ notesIn: 'section', notes })).hypercallPage).toBe(0n);
  });

  test('numbers come in 1, 2, 4 or 8 bytes', () => {
    for (const bytes of [1, 2, 4, 8] as const)
      expect(
        readKernelImage(makeElf({ notes: with_([XEN_ELFNOTE.ENTRY, word(0x70n, bytes)], [XEN_ELFNOTE.MOD_START_PFN, word(1n, bytes)]) })),
      ).toMatchObject({
        entry: 0x70n,
        unmappedRamdisk: true,
      });
  });

  test('Linux’ features are fine: what it requires a PV guest has', () => {
    const notes = with_([XEN_ELFNOTE.FEATURES, text('!writable_page_tables|pae_pgdir_above_4gb')]);
    expect(readKernelImage(makeElf({ notes })).start).toBe(0n);
  });

  test('INIT_P2M above the kernel’s base, or not on a page, is not followed', () => {
    for (const [at, want] of [
      [0x8000000000n, 0x8000000000n],
      [0x8000000010n, null],
      [0xffffffffc0000000n, null],
    ] as const) {
      const base = 0xffffffff80000000n;
      const notes = with_([XEN_ELFNOTE.VIRT_BASE, word(base)], [XEN_ELFNOTE.INIT_P2M, word(at)], [XEN_ELFNOTE.ENTRY, word(base)]);
      expect(readKernelImage(makeElf({ notes })).initP2m).toBe(want);
    }
  });
});

describe('what is no kernel of ours is refused, with a reason', () => {
  const cases: readonly (readonly [name: string, file: Uint8Array, code: string, says: RegExp])[] = [
    ['an empty file', Buffer.alloc(0), 'not-elf', /not an ELF/],
    ['a text', Buffer.from('#!/bin/sh\n'), 'not-elf', /not an ELF/],
    ['half a header', makeElf().subarray(0, 40), 'truncated-elf', /header/],
    ['a file cut in its segment', makeElf().subarray(0, -100), 'truncated-elf', /segment 0/],
    ['a file cut in its program headers', makeElf().subarray(0, 100), 'truncated-elf', /program headers/],
    ['a 32-bit x86 file', makeElf({ class: 1, machine: 3 }), 'wrong-machine', /32-bit x86/],
    ['an aarch64 file', makeElf({ machine: 183 }), 'wrong-machine', /aarch64/],
    ['an object file', makeElf({ type: 1 }), 'bad-kernel', /object file/],
    ['a file without notes', makeElf({ notes: [] }), 'no-xen-notes', /no Xen notes/],
    ['a PVH kernel', makeElf({ notes: [[18, word(0x1000n, 4)]] }), 'bad-kernel', /PVH/],
    ['a kernel for another Xen', makeElf({ notes: [[XEN_ELFNOTE.XEN_VERSION, text('xen-2.0')]] }), 'bad-kernel', /xen-2\.0/],
    [
      'a kernel that needs more',
      makeElf({ notes: with_([XEN_ELFNOTE.FEATURES, text('!auto_translated_physmap')]) }),
      'bad-kernel',
      /auto_translated_physmap/,
    ],
    ['an entry outside', makeElf({ entry: 0x100000n }), 'bad-kernel', /entry point/],
    ['nothing to load', makeElf({ segments: [] }), 'bad-kernel', /nothing to load/],
    ['a giant', makeElf({ segments: [{ paddr: 0n, bytes: Buffer.alloc(16), memSize: 2 ** 40 }] }), 'kernel-too-big', /1048576 MiB/],
    ['a hypercall page outside', makeElf({ notes: with_([XEN_ELFNOTE.HYPERCALL_PAGE, word(0x5000n)]) }), 'bad-kernel', /hypercall page/],
  ];
  test.each(cases)('%s', (_name, file, code, says) => {
    const error = failure(file);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.field).toBe('kernel');
  });

  test('any file cut anywhere is refused or taken, never worse', () => {
    const whole = makeElf({ notes: with_([XEN_ELFNOTE.HYPERCALL_PAGE, word(0n)]) });
    for (let length = 0; length < whole.length; length += 7) expect(failure(whole.subarray(0, length))).toBeInstanceOf(ToolstackError);
  });
});

describe('a bzImage', () => {
  const elf = makeElf();
  const size = word(BigInt(elf.length), 4);

  test.each([
    ['gzip', gzipSync(elf)],
    ['gzip with padding behind', Buffer.concat([gzipSync(elf), Buffer.alloc(0)])],
    ['zstd', Buffer.concat([zstdCompressSync(elf), size])],
    ['none', elf],
  ])('with compression %s is unpacked', async (_name, payload) => {
    expect(Buffer.compare(await unpackBzImage(makeBzImage(payload)), elf)).toBe(0);
  });

  test.each([
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0, 0]],
    ['lz4', [0x02, 0x21, 0x4c, 0x18, 0, 0, 0, 0]],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0, 0, 0, 0]],
  ])('with compression %s names it', async (name, payload) => {
    await expect(unpackBzImage(makeBzImage(Uint8Array.from(payload)))).rejects.toMatchObject({
      code: 'not-supported',
      field: 'kernel',
      message: expect.stringContaining(name) as string,
    });
  });

  test('that is cut short, or broken, says so', async () => {
    await expect(unpackBzImage(makeBzImage(gzipSync(elf), { cut: 100 }))).rejects.toMatchObject({ code: 'truncated-elf' });
    await expect(unpackBzImage(makeBzImage(Buffer.concat([gzipSync(elf).subarray(0, 30), Buffer.alloc(30, 0xff)])))).rejects.toMatchObject({
      code: 'bad-kernel',
    });
  });

  test('of an old boot protocol is refused', async () => {
    await expect(unpackBzImage(makeBzImage(elf, { version: 0x204 }))).rejects.toMatchObject({ code: 'bad-kernel' });
  });
});
