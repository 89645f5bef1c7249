/** Kernel and ramdisk from the host's files, with what can be wrong with them said of the right field. */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ToolstackError, type ErrorCode } from '../toolstack/types.ts';
import { isBzImage, unpackBzImage } from './bzimage.ts';
import { readKernelImage, type KernelImage } from './kernel-image.ts';

type FileField = 'kernel' | 'ramdisk';

/** Larger than any guest's memory. */
const FILE_MAX_BYTES: number = 2 ** 31;

export async function loadKernel(path: string): Promise<KernelImage> {
  const file = await load(path, 'kernel');
  return readKernelImage(isBzImage(file) ? await unpackBzImage(file) : file);
}

/** libxl unpacks a gzip ramdisk for the guest; any other is passed on as it is. */
export async function loadRamdisk(path: string): Promise<Uint8Array> {
  const file = await load(path, 'ramdisk');
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file;
  try {
    return await promisify(gunzip)(file, { maxOutputLength: FILE_MAX_BYTES });
  } catch {
    return file; // only looks like gzip: the guest may know better
  }
}

async function load(path: string, field: FileField): Promise<Uint8Array> {
  const fail = (code: ErrorCode, why: string, hint?: string): ToolstackError =>
    new ToolstackError({ code, message: `the ${field} '${path}' ${why}`, field, ...(hint !== undefined && { hint }) });
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw fail('not-a-file', 'is a folder');
    if (!found.isFile()) throw fail('not-a-file', 'is not a regular file');
    if (found.size > FILE_MAX_BYTES) throw fail('kernel-too-big', `has ${Math.round(found.size / 2 ** 20)} MiB`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ToolstackError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw fail('file-not-found', 'does not exist', 'a relative path in a configuration file is looked up from the folder of that file');
    if (code === 'EACCES' || code === 'EPERM') throw fail('not-readable', 'may not be read');
    throw fail('not-readable', `cannot be read: ${(error as Error).message}`);
  }
}
