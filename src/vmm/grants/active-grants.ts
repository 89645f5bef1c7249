/** Taking and giving back the use of a granted frame: the checks of the granter's entry, its busy bits, and how often it is in use (struct active_grant_entry). */
import type { Domain } from '../domain.ts';
import { EACCES, EINVAL, ENXIO, type Errno } from '../errno.ts';
import { dropCode } from '../memory/flush.ts';
import { GTF } from './grant-table.ts';

/** GNTPIN_*: each counter has eight bits. */
const PINS_MAX = 255;

/** The frame behind `ref`, held for `user`; the granter's entry shows that it is in use. While it is, the entry's frame and domain do not matter. */
export function acquireGrant(granter: Domain, ref: number, user: Domain, writable: boolean): number | Errno {
  const { frames, machine } = granter.hypervisor;
  const { view } = machine.memory;
  const entry = granter.grants.entry(ref);
  if (entry < 0) return EINVAL;
  const { active } = granter.grants;
  const pin = active.get(ref) ?? { domid: user.domid, mfn: view.getUint32(entry + 4, true), readers: 0, writers: 0 };
  const inUse = pin.readers + pin.writers > 0;
  const flags = view.getUint16(entry, true);
  if (inUse && (pin.domid !== user.domid || (writable ? pin.writers : pin.readers) >= PINS_MAX)) return EACCES;
  if (!inUse && ((flags & (GTF.typeMask | GTF.subPage)) !== GTF.permitAccess || view.getUint16(entry + 2, true) !== user.domid))
    return EACCES;
  if (writable && pin.writers === 0 && flags & GTF.readonly) return EACCES;
  if (!frames.get(pin.mfn, granter.domid)) return ENXIO;
  const got = !writable || frames.getWritable(pin.mfn, granter.domid);
  if (writable || !got) frames.put(pin.mfn);
  if (!got) return EACCES;
  if (writable) pin.writers++;
  else pin.readers++;
  active.set(ref, pin);
  view.setUint16(entry, flags | GTF.reading | (writable ? GTF.writing : 0), true);
  return pin.mfn;
}

/** The busy bits go with the last writer, and with the last of all. */
export function releaseGrant(granter: Domain, ref: number, mfn: number, writable: boolean): void {
  const { frames, machine } = granter.hypervisor;
  const { view } = machine.memory;
  dropCode(granter, mfn);
  const { active } = granter.grants;
  const pin = active.get(ref)!;
  if (writable) pin.writers--;
  else pin.readers--;
  const unused = pin.readers + pin.writers === 0;
  if (unused) active.delete(ref);
  const entry = granter.grants.entry(ref); // gone when the granter is
  const done = (pin.writers === 0 && writable ? GTF.writing : 0) | (unused ? GTF.reading : 0);
  if (entry >= 0) view.setUint16(entry, view.getUint16(entry, true) & ~done, true);
  if (writable) frames.putWritable(mfn);
  else frames.put(mfn);
}
