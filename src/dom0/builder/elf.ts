/** ELF64 files (System V ABI, AMD64 supplement): headers, segments, sections; nothing in them is trusted. */
import { kernelError } from './kernel-error.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const SHT_NOTE = 7;

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const SHDR_BYTES = 64;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EM_X86_64 = 62;
const ET_REL = 1;
const ET_CORE = 4;

const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: '32-bit x86 (i386)',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC 64',
  40: '32-bit ARM',
  50: 'Itanium',
  62: 'x86-64',
  183: 'aarch64 (64-bit ARM)',
  243: 'RISC-V',
};

export interface ElfSegment {
  readonly type: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  /** What the file has of it. */
  readonly bytes: Uint8Array;
  readonly memSize: bigint;
}

export interface ElfSection {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface ElfFile {
  readonly entry: bigint;
  readonly segments: readonly ElfSegment[];
  /** Those that lie in the file; a kernel may be stripped of them. */
  readonly sections: readonly ElfSection[];
}

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

export function parseElf(file: Uint8Array): ElfFile {
  if (!isElf(file))
    throw kernelError('not-elf', 'the kernel is not an ELF file', 'a PV kernel is an ELF file, or a bzImage that holds one');
  if (file.length < EHDR_BYTES) throw truncated(`its header needs ${EHDR_BYTES} bytes, the file has ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const machine = view.getUint16(18, true);
  if (file[4] !== ELFCLASS64 || file[5] !== ELFDATA2LSB || machine !== EM_X86_64) {
    const width = file[4] === ELFCLASS64 ? '64-bit' : '32-bit';
    const name = MACHINES[file[5] === ELFDATA2LSB ? machine : view.getUint16(18, false)] ?? `machine ${machine}`;
    throw kernelError('wrong-machine', `the kernel is a ${width} ELF file for ${name}`, 'this machine boots 64-bit x86 kernels');
  }
  const type = view.getUint16(16, true);
  if (type === ET_REL || type === ET_CORE)
    throw kernelError('bad-kernel', `the kernel is ${type === ET_REL ? 'an object file' : 'a core dump'}, not an executable`);
  return { entry: view.getBigUint64(24, true), segments: readSegments(file, view), sections: readSections(file, view) };
}

function truncated(why: string): ReturnType<typeof kernelError> {
  return kernelError('truncated-elf', `the kernel's ELF file is cut short: ${why}`, 'copy or download it again');
}

function readSegments(file: Uint8Array, view: DataView): ElfSegment[] {
  const start = view.getBigUint64(32, true);
  const count = view.getUint16(56, true);
  const entryBytes = view.getUint16(54, true);
  if (count > 0 && entryBytes !== PHDR_BYTES)
    throw kernelError('bad-kernel', `its program headers have ${entryBytes} bytes each, not ${PHDR_BYTES}`);
  if (start + BigInt(count * PHDR_BYTES) > BigInt(file.length)) throw truncated('its program headers are missing');
  return Array.from({ length: count }, (_, i) => {
    const at = Number(start) + i * PHDR_BYTES;
    const type = view.getUint32(at, true);
    const offset = view.getBigUint64(at + 8, true);
    const fileSize = view.getBigUint64(at + 32, true);
    const memSize = view.getBigUint64(at + 40, true);
    const wanted = type === PT_LOAD || type === PT_NOTE;
    if (wanted && offset + fileSize > BigInt(file.length))
      throw truncated(`segment ${i} ends at byte ${offset + fileSize}, the file has ${file.length}`);
    if (type === PT_LOAD && memSize < fileSize) throw kernelError('bad-kernel', `segment ${i} is larger in the file than in memory`);
    return {
      type,
      flags: view.getUint32(at + 4, true),
      vaddr: view.getBigUint64(at + 16, true),
      paddr: view.getBigUint64(at + 24, true),
      bytes: wanted ? file.subarray(Number(offset), Number(offset + fileSize)) : file.subarray(0, 0),
      memSize,
    };
  });
}

function readSections(file: Uint8Array, view: DataView): ElfSection[] {
  const start = view.getBigUint64(40, true);
  const count = view.getUint16(60, true);
  if (view.getUint16(58, true) !== SHDR_BYTES || start + BigInt(count * SHDR_BYTES) > BigInt(file.length)) return [];
  const sections: ElfSection[] = [];
  for (let i = 0; i < count; i++) {
    const at = Number(start) + i * SHDR_BYTES;
    const type = view.getUint32(at + 4, true);
    const offset = view.getBigUint64(at + 24, true);
    const size = view.getBigUint64(at + 32, true);
    if (type !== SHT_NOTE || offset + size > BigInt(file.length)) continue;
    sections.push({ type, bytes: file.subarray(Number(offset), Number(offset + size)) });
  }
  return sections;
}
