/**
 * Xen's error numbers (xen/include/public/errno.h). An operation answers its result or one of these; the binary
 * ABI turns it into a negative rax.
 */
export class Errno {
  readonly name: string;
  readonly code: number;
  constructor(name: string, code: number) {
    this.name = name;
    this.code = code;
  }
}

export const EPERM: Errno = new Errno('EPERM', 1);
export const ENOENT: Errno = new Errno('ENOENT', 2);
export const ESRCH: Errno = new Errno('ESRCH', 3);
export const ENXIO: Errno = new Errno('ENXIO', 6);
export const E2BIG: Errno = new Errno('E2BIG', 7);
export const EAGAIN: Errno = new Errno('EAGAIN', 11);
export const ENOMEM: Errno = new Errno('ENOMEM', 12);
export const EACCES: Errno = new Errno('EACCES', 13);
export const EFAULT: Errno = new Errno('EFAULT', 14);
export const EBUSY: Errno = new Errno('EBUSY', 16);
export const EEXIST: Errno = new Errno('EEXIST', 17);
export const ENODEV: Errno = new Errno('ENODEV', 19);
export const EINVAL: Errno = new Errno('EINVAL', 22);
export const ENOSPC: Errno = new Errno('ENOSPC', 28);
export const ENOSYS: Errno = new Errno('ENOSYS', 38);
export const EOPNOTSUPP: Errno = new Errno('EOPNOTSUPP', 95);
