/** HYPERVISOR_mmu_update: checked changes of page-table entries, and of the M2P. */
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH, type Errno } from '../errno.ts';
import { DOMID_SELF } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import { modifyEntry, storeToFrame } from '../memory/page-types.ts';
import type { Vcpu } from '../vcpu.ts';
import { BATCH, Continuation, type Hypercall } from './hypercall.ts';
import { readStruct } from './structure.ts';

const REQUEST_BYTES = 16;
const MACHPHYS = 1;
const PRESERVE_AD = 2;
/** Of no meaning to a PV guest, whose frames are not translated anyway. */
const NO_TRANSLATE = 3;

/** MMU_UPDATE_PREEMPTED, in the count: this is the rest of a call that has done some already, and `pdone` says how many. */
export const PREEMPTED = 0x8000_0000n;

export function doneBefore(vcpu: Vcpu, count: bigint, pointer: bigint): number {
  if ((count & PREEMPTED) === 0n || pointer === 0n) return 0;
  return readStruct(vcpu, pointer, 4)?.getUint32(0, true) ?? 0;
}

/** Writes how many requests were done, if the guest wants to know and can be told. */
export function reportDone(vcpu: Vcpu, pointer: bigint, done: number): void {
  if (pointer !== 0n) writeGuest(vcpu, pointer, new Uint8Array(new Uint32Array([done]).buffer));
}

/**
 * Only for itself: foreign mappings are domain 0's, and its programs have the typed door. A domain that names itself by its number is not found, as
 * in get_pg_owner().
 */
export function targetDomain(vcpu: Vcpu, domid: bigint): Domain | Errno {
  const id = Number(domid & 0xffffn);
  if (id === DOMID_SELF) return vcpu.domain;
  if (id === vcpu.domain.domid) return ESRCH;
  return vcpu.domain.hypervisor.domains.has(id) ? EPERM : ESRCH;
}

export const mmuUpdate: Hypercall = {
  number: 1,
  name: 'mmu_update',
  args: ['ureqs*', 'count', 'pdone*', 'foreigndom'],
  run(vcpu, [requests, count, pdone, foreign]) {
    const domain = targetDomain(vcpu, foreign!);
    if (!('domid' in domain)) return domain;
    const n = Number(BigInt.asUintN(31, count!));
    const before = doneBefore(vcpu, count!, pdone!);
    let problem: Errno | undefined;
    let done = 0;
    for (; done < Math.min(n, BATCH); done++) {
      const bytes = readGuest(vcpu, requests! + BigInt(done * REQUEST_BYTES), REQUEST_BYTES);
      if (!bytes) {
        problem = EFAULT;
        break;
      }
      const view = new DataView(bytes.buffer);
      problem = update(domain, view.getBigUint64(0, true), view.getBigUint64(8, true));
      if (problem) break;
    }
    reportDone(vcpu, pdone!, before + done);
    return (
      problem ??
      (done < n ? new Continuation([requests! + BigInt(done * REQUEST_BYTES), BigInt(n - done) | PREEMPTED, pdone!, foreign!]) : 0)
    );
  },
};

function update(domain: Domain, pointer: bigint, value: bigint): Errno | undefined {
  const { frames } = domain.hypervisor;
  const command = Number(pointer & 7n);
  if (command > NO_TRANSLATE) return ENOSYS;
  const mfn = Number(pointer >> 12n);
  const offset = Number(pointer & 0xff8n);
  if (!frames.valid(mfn) || frames.owner[mfn] !== domain.domid) return EINVAL;
  if (command === MACHPHYS) {
    frames.setM2p(mfn, value);
    return undefined;
  }
  if (!frames.isPageTable(mfn)) return storeToFrame(domain, mfn, offset, value);
  return modifyEntry(domain, mfn, offset >>> 3, value, command === PRESERVE_AD);
}
