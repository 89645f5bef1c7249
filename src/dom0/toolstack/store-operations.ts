/** xenstore for people: as domain 0, values as text, errors in words. */
import type { Dom0 } from './dom0.ts';
import { storeErrno } from '../xenstore/store-client.ts';
import { ToolstackError, type XenstoreNode } from './types.ts';

function inWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const errno = storeErrno(error);
    if (!errno) throw error;
    if (errno.name === 'ENOENT') throw noSuchPath(path);
    if (errno.name === 'EINVAL')
      throw new ToolstackError({
        code: 'invalid',
        message: `'${path}' is no xenstore path`,
        hint: 'names of letters, digits and - _ @, each after a /, from the root',
      });
    throw new ToolstackError({ code: 'internal', message: `xenstored answered ${errno.name} for ${path}` });
  }
}

function noSuchPath(path: string): ToolstackError {
  return new ToolstackError({ code: 'no-such-path', message: `there is nothing at ${path} in xenstore` });
}

/** xenstore's tools do not mind a slash at the end. */
function cleaned(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

export function readNode({ store }: Dom0, path: string): string {
  const value = inWords(path, () => store.read(path));
  if (value === null) throw noSuchPath(path);
  return value;
}

export function writeNode({ store }: Dom0, path: string, value: string): void {
  inWords(path, () => store.write(path, value));
}

export function removeNode({ store }: Dom0, path: string): void {
  if (!inWords(path, () => store.has(path))) throw noSuchPath(path);
  inWords(path, () => store.remove(path));
}

export function listNodes({ store }: Dom0, path: string): readonly XenstoreNode[] {
  const at = cleaned(path);
  if (!inWords(path, () => store.has(at))) throw noSuchPath(path);
  return store.list(at);
}
