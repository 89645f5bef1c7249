/** A PV kernel as the builder loads it: what goes where, and what it asked for in its notes. Addresses as libelf computes them. */
import { XEN_ELFNOTE } from '../../vmm/abi/elf-notes.ts';
import { parseElf, PT_LOAD, type ElfFile } from './elf.ts';
import { kernelError } from './kernel-error.ts';
import { numericNote, readXenNotes, textNote, unmetFeature, type XenNotes } from './xen-notes.ts';

const PAGE = 4096n;
const PHYS32_ENTRY = 18;
/** More than any machine has: the emulated memory ends below 4 GiB. */
const SIZE_MAX: bigint = 1n << 32n;

export interface KernelSegment {
  /** Bytes from the start of the kernel. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface KernelImage {
  /** Virtual address of the domain's pfn 0. */
  readonly virtBase: bigint;
  /** First and last-plus-one virtual address of what is loaded; the first is on a page boundary. */
  readonly start: bigint;
  readonly end: bigint;
  readonly entry: bigint;
  readonly segments: readonly KernelSegment[];
  /** Virtual address of the page to fill with hypercall stubs. */
  readonly hypercallPage: bigint | null;
  /** Where the P2M list is to be mapped; null: in the initial mapping. */
  readonly initP2m: bigint | null;
  /** MOD_START_PFN: the ramdisk need not be mapped. */
  readonly unmappedRamdisk: boolean;
}

export function readKernelImage(file: Uint8Array): KernelImage {
  const elf = parseElf(file);
  const notes = readXenNotes(elf);
  checkNotes(notes);
  const virtBase = numericNote(notes, XEN_ELFNOTE.VIRT_BASE) ?? 0n;
  const paddrOffset = numericNote(notes, XEN_ELFNOTE.PADDR_OFFSET) ?? 0n;
  // Segments are placed by p_paddr. Linux has one with a virtual address of 0.
  const virtual = (paddr: bigint): bigint => BigInt.asUintN(64, paddr + virtBase - paddrOffset);
  const { first, end: last, segments } = placeSegments(elf);
  const start = virtual(first);
  const end = virtual(last);
  const entry = numericNote(notes, XEN_ELFNOTE.ENTRY) ?? elf.entry;
  if (start % PAGE !== 0n || virtBase % PAGE !== 0n)
    throw kernelError('bad-kernel', `the kernel starts at ${hex(start)}, which is not on a page boundary`);
  if (virtBase > start || start > end || entry < start || entry > end)
    throw kernelError(
      'bad-kernel',
      `the kernel's entry point ${hex(entry)} or its base ${hex(virtBase)} does not fit its extent ${hex(start)} to ${hex(end)}`,
    );
  const initP2m = numericNote(notes, XEN_ELFNOTE.INIT_P2M);
  if (initP2m !== null && initP2m >= start && initP2m < end)
    throw kernelError('bad-kernel', `the kernel wants its P2M list at ${hex(initP2m)}, inside itself`);
  const hypercallPage = numericNote(notes, XEN_ELFNOTE.HYPERCALL_PAGE);
  if (hypercallPage !== null && (hypercallPage % PAGE !== 0n || hypercallPage < start || hypercallPage + PAGE > roundUp(end)))
    throw kernelError('bad-kernel', `the kernel's hypercall page ${hex(hypercallPage)} is no page of its own`);
  return {
    virtBase,
    start,
    end,
    entry,
    segments,
    hypercallPage,
    // As xg_dom_core.c: a list above the kernel, or not on a page boundary, goes into the initial mapping after all.
    initP2m: initP2m !== null && initP2m < virtBase && initP2m % PAGE === 0n ? initP2m : null,
    unmappedRamdisk: (numericNote(notes, XEN_ELFNOTE.MOD_START_PFN) ?? 0n) !== 0n,
  };
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function roundUp(address: bigint): bigint {
  return ((address + PAGE - 1n) / PAGE) * PAGE;
}

function checkNotes(notes: XenNotes): void {
  if (notes.size === 0)
    throw kernelError(
      'no-xen-notes',
      'the kernel has no Xen notes: it was not built to run as a paravirtual guest',
      'a Linux kernel needs CONFIG_XEN_PV',
    );
  const version = textNote(notes, XEN_ELFNOTE.XEN_VERSION);
  if (version === '' && notes.has(PHYS32_ENTRY))
    throw kernelError(
      'bad-kernel',
      'the kernel can be booted as PVH only, not as a paravirtual guest',
      'a Linux kernel needs CONFIG_XEN_PV',
    );
  if (!version.startsWith('xen-3.0')) throw kernelError('bad-kernel', `the kernel is for '${version}', not for xen-3.0`);
  const loader = textNote(notes, XEN_ELFNOTE.LOADER);
  const os = textNote(notes, XEN_ELFNOTE.GUEST_OS);
  if (!loader.startsWith('generic') && !os.startsWith('linux'))
    throw kernelError('bad-kernel', `the kernel ('${os}') wants the loader '${loader}'; there is only the generic one`);
  const feature = unmetFeature(notes);
  if (feature !== null)
    throw kernelError('bad-kernel', `the kernel requires the feature '${feature}', which a paravirtual guest cannot have`);
}

function placeSegments({ segments }: ElfFile): { first: bigint; end: bigint; segments: KernelSegment[] } {
  const loadable = segments.filter(({ type, flags }) => type === PT_LOAD && (flags & 7) !== 0);
  if (loadable.length === 0) throw kernelError('bad-kernel', 'the kernel has nothing to load: its ELF file has no PT_LOAD segment');
  const first = loadable.reduce((least, { paddr }) => (paddr < least ? paddr : least), loadable[0]!.paddr);
  const end = loadable.reduce((most, { paddr, memSize }) => (paddr + memSize > most ? paddr + memSize : most), first);
  if (end - first > SIZE_MAX) throw kernelError('kernel-too-big', `the kernel takes ${(end - first) >> 20n} MiB of memory`);
  return { first, end, segments: loadable.map(({ paddr, bytes }) => ({ offset: Number(paddr - first), bytes })) };
}
