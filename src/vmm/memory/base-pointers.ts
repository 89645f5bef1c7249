/** The roots of a vCPU's page tables: each holds a type reference to its L4. */
import { EINVAL, type Errno } from '../errno.ts';
import type { Mode } from '../../hw/cpu/types.ts';
import type { Vcpu } from '../vcpu.ts';
import { getTable, putTable } from './page-types.ts';

const NONE = 0;

function setRoot(vcpu: Vcpu, mode: Mode, mfn: number): Errno | undefined {
  const { domain, context } = vcpu;
  const before = context.root(mode);
  if (mfn === before) {
    context.flushTlb(mode);
    return undefined;
  }
  if (mfn !== NONE && getTable(domain, mfn, 4)) return EINVAL;
  context.setRoot(mode, mfn);
  if (before !== NONE) putTable(domain, before);
  return undefined;
}

/** MMUEXT_NEW_BASEPTR; 0: none. */
export function setKernelRoot(vcpu: Vcpu, mfn: number): Errno | undefined {
  return setRoot(vcpu, 'kernel', mfn);
}

/** MMUEXT_NEW_USER_BASEPTR; 0: none. */
export function setUserRoot(vcpu: Vcpu, mfn: number): Errno | undefined {
  return setRoot(vcpu, 'user', mfn);
}
