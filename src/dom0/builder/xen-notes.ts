/** The notes by which a kernel says how it wants to be started under Xen (xen/include/public/elfnote.h). */
import { XEN_ELFNOTE } from '../../vmm/abi/elf-notes.ts';
import { PT_NOTE, type ElfFile } from './elf.ts';

/** Note type to its bytes; of two notes with the same type the later one counts. */
export type XenNotes = ReadonlyMap<number, Uint8Array>;

/** From the PT_NOTE segments; where these have none of Xen's, from the SHT_NOTE sections (Mini-OS, Unikraft). */
export function readXenNotes({ segments, sections }: ElfFile): XenNotes {
  const notes = new Map<number, Uint8Array>();
  for (const { type, bytes } of segments) if (type === PT_NOTE) collect(bytes, notes);
  if (notes.size === 0) for (const { bytes } of sections) collect(bytes, notes);
  return notes;
}

/** A note is { namesz, descsz, type u32, name, desc }, name and desc padded to 4 bytes. */
function collect(bytes: Uint8Array, into: Map<number, Uint8Array>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 12 <= bytes.length;) {
    const nameSize = view.getUint32(at, true);
    const descSize = view.getUint32(at + 4, true);
    const nameAt = at + 12;
    const descAt = nameAt + padded(nameSize);
    if (descAt + descSize > bytes.length) return;
    const name = Buffer.from(bytes.subarray(nameAt, nameAt + nameSize)).toString('latin1');
    if (name === 'Xen\0') into.set(view.getUint32(at + 8, true), bytes.subarray(descAt, descAt + descSize));
    at = descAt + padded(descSize);
  }
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}

/** A numeric note of 1, 2, 4 or 8 bytes; any other size counts as 0, as libelf has it. */
export function numericNote(notes: XenNotes, type: number): bigint | null {
  const desc = notes.get(type);
  if (!desc) return null;
  if (![1, 2, 4, 8].includes(desc.length)) return 0n;
  return desc.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function textNote(notes: XenNotes, type: number): string {
  const desc = notes.get(type);
  if (!desc) return '';
  const text = Buffer.from(desc).toString('latin1');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** The names of FEATURES that libelf knows, and whether a domain of ours can have what is required under them. */
const FEATURES: Readonly<Record<string, boolean>> = {
  writable_page_tables: true,
  writable_descriptor_tables: true,
  auto_translated_physmap: false,
  supervisor_mode_kernel: false,
  pae_pgdir_above_4gb: true,
  hvm_callback_vector: false,
  dom0: false,
};

/** The first feature that the kernel cannot do without (a '!' before its name) and that it will not get. */
export function unmetFeature(notes: XenNotes): string | null {
  const required = textNote(notes, XEN_ELFNOTE.FEATURES)
    .split('|')
    .filter((feature) => feature.startsWith('!'))
    .map((feature) => feature.slice(1));
  return required.find((feature) => FEATURES[feature] !== true) ?? null;
}
