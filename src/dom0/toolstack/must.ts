/** The result of a hypercall, or its error as the toolstack says it. */
import { Errno } from '../../vmm/errno.ts';
import { ToolstackError, type ErrorCode } from './types.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOMEM: 'no-memory',
  ESRCH: 'no-such-domain',
  EINVAL: 'invalid',
  ERANGE: 'invalid',
  EPERM: 'not-allowed',
  EACCES: 'not-allowed',
  ENOSYS: 'not-supported',
  EOPNOTSUPP: 'not-supported',
};

/** `what` was wanted, as in "the page tables". */
export function must<T>(result: T | Errno, what: string): T {
  if (!(result instanceof Errno)) return result;
  throw new ToolstackError({ code: CODES[result.name] ?? 'internal', message: `${what}: the hypervisor answered ${result.name}` });
}
