/** Small ELF files, as kernels come: with Xen notes in a segment or a section, right or wrong in chosen places. */
import { XEN_ELFNOTE } from '../../../src/vmm/abi/elf-notes.ts';

export interface ElfOptions {
  readonly class?: 1 | 2;
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: bigint;
  readonly segments?: readonly { readonly paddr: bigint; readonly vaddr?: bigint; readonly bytes: Uint8Array; readonly memSize?: number }[];
  readonly notes?: readonly (readonly [type: number, desc: Uint8Array])[];
  /** Where the notes are. */
  readonly notesIn?: 'segment' | 'section';
}

export const text = (value: string): Uint8Array => Buffer.from(`${value}\0`, 'latin1');

export function word(value: bigint, bytes: 1 | 2 | 4 | 8 = 8): Uint8Array {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, value));
  return buffer.subarray(0, bytes);
}

export const PLAIN_NOTES: readonly (readonly [number, Uint8Array])[] = [
  [XEN_ELFNOTE.XEN_VERSION, text('xen-3.0')],
  [XEN_ELFNOTE.LOADER, text('generic')],
  [XEN_ELFNOTE.GUEST_OS, text('test')],
];

function noteBytes(notes: readonly (readonly [number, Uint8Array])[]): Buffer {
  const parts = notes.flatMap(([type, desc]) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(4, 0);
    head.writeUInt32LE(desc.length, 4);
    head.writeUInt32LE(type, 8);
    head.write('Xen\0', 12, 'latin1');
    const body = Buffer.alloc(Math.ceil(desc.length / 4) * 4);
    body.set(desc);
    return [head, body];
  });
  return Buffer.concat(parts);
}

export function makeElf(options: ElfOptions = {}): Buffer {
  const { notes = PLAIN_NOTES, notesIn = 'segment', entry = 0n, machine = 62, type = 2 } = options;
  const segments: NonNullable<ElfOptions['segments']> = options.segments ?? [{ paddr: 0n, bytes: Buffer.alloc(4096, 0x90) }];
  const noteData = noteBytes(notes);
  const headers = segments.length + (notesIn === 'segment' ? 1 : 0);
  const sections = notesIn === 'section' ? 2 : 0;
  let at = 64 + headers * 56;
  const chunks: Buffer[] = [];
  const place = (bytes: Uint8Array): number => {
    const offset = at;
    chunks.push(Buffer.from(bytes));
    at += bytes.length;
    return offset;
  };
  const noteAt = place(noteData);
  const programHeaders = segments.map(({ paddr, vaddr = paddr, bytes, memSize = bytes.length }) =>
    programHeader(1, 7, place(bytes), vaddr, paddr, bytes.length, memSize),
  );
  if (notesIn === 'segment') programHeaders.push(programHeader(4, 4, noteAt, 0n, 0n, noteData.length, noteData.length));
  const sectionsAt = at;
  const sectionHeaders = Buffer.alloc(sections * 64);
  if (sections > 0) {
    sectionHeaders.writeUInt32LE(7, 64 + 4);
    sectionHeaders.writeBigUInt64LE(BigInt(noteAt), 64 + 24);
    sectionHeaders.writeBigUInt64LE(BigInt(noteData.length), 64 + 32);
  }
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, options.class ?? 2, 1, 1]);
  header.writeUInt16LE(type, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt.asUintN(64, entry), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(sections > 0 ? BigInt(sectionsAt) : 0n, 40);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(headers, 56);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(sections, 60);
  return Buffer.concat([header, ...programHeaders, ...chunks, sectionHeaders]);
}

function programHeader(
  type: number,
  flags: number,
  offset: number,
  vaddr: bigint,
  paddr: bigint,
  fileSize: number,
  memSize: number,
): Buffer {
  const header = Buffer.alloc(56);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(flags, 4);
  header.writeBigUInt64LE(BigInt(offset), 8);
  header.writeBigUInt64LE(BigInt.asUintN(64, vaddr), 16);
  header.writeBigUInt64LE(BigInt.asUintN(64, paddr), 24);
  header.writeBigUInt64LE(BigInt(fileSize), 32);
  header.writeBigUInt64LE(BigInt(memSize), 40);
  return header;
}

/** A bzImage whose payload is `payload`. */
export function makeBzImage(payload: Uint8Array, { version = 0x20f, cut = 0 }: { version?: number; cut?: number } = {}): Buffer {
  const setupSectors = 4;
  const offset = 0x100;
  const file = Buffer.alloc((setupSectors + 1) * 512 + offset + payload.length);
  file[0x1f1] = setupSectors;
  file.write('HdrS', 0x202, 'latin1');
  file.writeUInt16LE(version, 0x206);
  file.writeUInt32LE(offset, 0x248);
  file.writeUInt32LE(payload.length, 0x24c);
  file.set(payload, (setupSectors + 1) * 512 + offset);
  return file.subarray(0, file.length - cut);
}
