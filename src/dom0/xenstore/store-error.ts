/** What a store operation is refused with: one of the errors of xs_wire.h, by Xen's name. */
import type { Errno } from '../../vmm/errno.ts';

export class StoreError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(errno.name);
    this.name = 'StoreError';
    this.errno = errno;
  }
}
