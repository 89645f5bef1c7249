/** Taking and giving back the use of a granted frame: the checks of the granter's entry, and its busy bits. */
import type { Domain } from '../domain.ts';
import { EACCES, EINVAL, type Errno } from '../errno.ts';
import { dropCode } from '../memory/flush.ts';
import { GTF } from './grant-table.ts';

/** The frame behind `ref`, held for `user`; the granter's entry shows that it is in use. */
export function acquireGrant(granter: Domain, ref: number, user: Domain, writable: boolean): number | Errno {
  const { frames, machine } = granter.hypervisor;
  const { view } = machine.memory;
  const entry = granter.grants.entry(ref);
  if (entry < 0) return EINVAL;
  const flags = view.getUint16(entry, true);
  const mfn = view.getUint32(entry + 4, true);
  const allowed =
    (flags & GTF.typeMask) === GTF.permitAccess &&
    view.getUint16(entry + 2, true) === user.domid &&
    (!writable || (flags & GTF.readonly) === 0);
  if (!allowed) return EACCES;
  if (!(writable ? frames.getWritable(mfn, granter.domid) : frames.get(mfn, granter.domid))) return EACCES;
  view.setUint16(entry, flags | GTF.reading | (writable ? GTF.writing : 0), true);
  return mfn;
}

export function releaseGrant(granter: Domain, ref: number, mfn: number, writable: boolean): void {
  const { frames, machine } = granter.hypervisor;
  const { view } = machine.memory;
  dropCode(granter, mfn);
  const entry = granter.grants.entry(ref); // gone when the granter is
  if (entry >= 0) view.setUint16(entry, view.getUint16(entry, true) & ~(GTF.reading | GTF.writing), true);
  if (writable) frames.putWritable(mfn);
  else frames.put(mfn);
}
