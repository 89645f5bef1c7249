/** A bzImage (Linux Documentation/arch/x86/boot.rst): its payload is a compressed ELF file. */
import { promisify } from 'node:util';
import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { isElf } from './elf.ts';
import { kernelError } from './kernel-error.ts';

const SETUP_SECTS = 0x1f1;
const MAGIC = 0x202;
const VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const HEADER_END = 0x250;
const SECTOR = 512;
/** The protocol that introduced payload_offset. */
const VERSION_LEAST = 0x208;
const UNPACKED_MAX: number = 1024 * 1024 * 1024;

type Unpack = (payload: Uint8Array) => Promise<Uint8Array>;

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  readonly unpack: Unpack | null;
}

const limits = { maxOutputLength: UNPACKED_MAX };

/** The kernel's build appends the unpacked size to every payload but a gzip one, which has it inside. */
const withoutSize = (payload: Uint8Array): Uint8Array => payload.subarray(0, payload.length - 4);

const COMPRESSIONS: readonly Compression[] = [
  {
    name: 'gzip',
    magic: [0x1f, 0x8b],
    unpack: (payload) => promisify(gunzip)(payload, { ...limits, finishFlush: constants.Z_SYNC_FLUSH }),
  },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: (payload) => promisify(zstdDecompress)(withoutSize(payload), limits) },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], unpack: null },
  { name: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18], unpack: null },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], unpack: null },
  { name: 'lzo', magic: [0x89, 0x4c, 0x5a, 0x4f], unpack: null },
  { name: 'lzma', magic: [0x5d, 0x00, 0x00], unpack: null },
];

export function isBzImage(file: Uint8Array): boolean {
  return file.length >= HEADER_END && Buffer.from(file.subarray(MAGIC, MAGIC + 4)).toString('latin1') === 'HdrS';
}

/** The ELF file inside. */
export async function unpackBzImage(file: Uint8Array): Promise<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = view.getUint16(VERSION, true);
  if (version < VERSION_LEAST)
    throw kernelError(
      'bad-kernel',
      `the kernel's boot protocol is ${version >> 8}.${String(version & 255).padStart(2, '0')}: too old to tell where its ELF image is`,
    );
  const start = ((file[SETUP_SECTS]! || 4) + 1) * SECTOR + view.getUint32(PAYLOAD_OFFSET, true);
  const length = view.getUint32(PAYLOAD_LENGTH, true);
  if (length < 8 || start + length > file.length)
    throw kernelError(
      'truncated-elf',
      `the kernel's bzImage is cut short: its payload ends at byte ${start + length}, the file has ${file.length}`,
      'copy or download it again',
    );
  const payload = file.subarray(start, start + length);
  if (isElf(payload)) return payload;
  const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, i) => payload[i] === byte));
  if (!compression) throw kernelError('bad-kernel', "the kernel's payload is compressed in a way that is not known");
  if (!compression.unpack)
    throw kernelError(
      'not-supported',
      `the kernel is compressed with ${compression.name}, which cannot be unpacked here yet`,
      'unpack it first: scripts/extract-vmlinux of the Linux sources gives the ELF file',
    );
  try {
    return await compression.unpack(payload);
  } catch (error) {
    throw kernelError(
      'bad-kernel',
      `the kernel's ${compression.name} payload cannot be unpacked: ${(error as Error).message}`,
      'copy or download it again',
    );
  }
}
