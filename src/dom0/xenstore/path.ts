/** Paths of the store: what is one, and where a relative one begins. */
import { XENSTORE_ABS_PATH_MAX, XENSTORE_REL_PATH_MAX } from '../../vmm/abi/xenstore-ring.ts';
import { EINVAL } from '../../vmm/errno.ts';
import { StoreError } from './store-error.ts';

const CHARACTERS = /^[-A-Za-z0-9/_@]+$/;
const OF_DOMAIN = /^\/local\/domain\/\d{1,5}\//;

export function domainPath(domid: number): string {
  return `/local/domain/${domid}`;
}

/** The absolute path of what `domid` calls `path`; '@…' is special and stands for itself. Throws EINVAL. */
export function canonicalPath(path: string, domid: number, allowSpecial: boolean = false): string {
  if (!CHARACTERS.test(path)) throw new StoreError(EINVAL);
  if (path.startsWith('@')) {
    if (!allowSpecial) throw new StoreError(EINVAL);
    return path;
  }
  const name = path.startsWith('/') ? path : `${domainPath(domid)}/${path}`;
  if (name === '/') return name;
  const ownLength = name.length - (OF_DOMAIN.exec(name)?.[0].length ?? 0);
  if (name.endsWith('/') || name.includes('//') || name.length > XENSTORE_ABS_PATH_MAX || ownLength > XENSTORE_REL_PATH_MAX)
    throw new StoreError(EINVAL);
  return name;
}

/** "/" has no parent: itself. */
export function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function leafName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function pathParts(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** Is `path` the same as `ancestor`, or below it? */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`);
}
