/** GNTTABOP_map_grant_ref for programs: the granted frames, held until disposed. */
import type { MappedFrames } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { Errno, ESRCH } from '../errno.ts';
import { acquireGrant, releaseGrant } from './active-grants.ts';

export function mapGrants(
  caller: Domain,
  { domid, refs, readonly = false }: { readonly domid: number; readonly refs: readonly number[]; readonly readonly?: boolean },
): MappedFrames | Errno {
  const { hypervisor } = caller;
  const granter = hypervisor.domains.get(domid);
  if (!granter) return ESRCH;
  const held: { readonly ref: number; readonly mfn: number }[] = [];
  const release = (): void => {
    for (const { ref, mfn } of held.splice(0)) releaseGrant(granter, ref, mfn, !readonly);
  };
  for (const ref of refs) {
    const mfn = acquireGrant(granter, ref, caller, !readonly);
    if (mfn instanceof Errno) {
      release();
      return mfn;
    }
    held.push({ ref, mfn });
  }
  return { pages: held.map(({ mfn }) => hypervisor.machine.memory.frame(mfn)), [Symbol.dispose]: release };
}
