/** GNTTABOP_map_grant_ref for programs: the granted frames, referenced until disposed, with the busy bits set in the granter's entries. */
import type { MappedFrames } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { EACCES, EINVAL, ESRCH, type Errno } from '../errno.ts';
import { dropCode } from '../memory/flush.ts';
import { GTF } from './grant-table.ts';

interface Held {
  readonly mfn: number;
  readonly entry: number;
}

export function mapGrants(
  caller: Domain,
  { domid, refs, readonly = false }: { readonly domid: number; readonly refs: readonly number[]; readonly readonly?: boolean },
): MappedFrames | Errno {
  const { hypervisor } = caller;
  const granter = hypervisor.domains.get(domid);
  if (!granter) return ESRCH;
  const { frames, machine } = hypervisor;
  const { view } = machine.memory;
  const held: Held[] = [];
  const use = readonly ? GTF.reading : GTF.reading | GTF.writing;
  const alive = (): boolean => hypervisor.domains.get(domid) === granter && granter.grants.frames.length > 0;
  const release = (): void => {
    for (const { mfn, entry } of held.splice(0)) {
      dropCode(granter, mfn);
      if (alive()) view.setUint16(entry, view.getUint16(entry, true) & ~(GTF.reading | GTF.writing), true);
      if (readonly) frames.put(mfn);
      else frames.putWritable(mfn);
    }
  };
  for (const ref of refs) {
    const entry = granter.grants.entry(ref);
    const flags = entry < 0 ? 0 : view.getUint16(entry, true);
    const mfn = entry < 0 ? 0 : view.getUint32(entry + 4, true);
    const allowed =
      (flags & GTF.typeMask) === GTF.permitAccess &&
      view.getUint16(entry + 2, true) === caller.domid &&
      (readonly || (flags & GTF.readonly) === 0);
    const got = allowed && (readonly ? frames.get(mfn, domid) : frames.getWritable(mfn, domid));
    if (!got) {
      release();
      return entry < 0 ? EINVAL : EACCES;
    }
    view.setUint16(entry, flags | use, true);
    held.push({ mfn, entry });
  }
  return { pages: held.map(({ mfn }) => machine.memory.frame(mfn)), [Symbol.dispose]: release };
}
