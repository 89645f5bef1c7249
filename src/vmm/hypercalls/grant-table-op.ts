/** HYPERVISOR_grant_table_op, version 1 (xen/include/public/grant_table.h): a guest sets its table up, and maps what others grant it. */
import { DOMID_SELF } from '../control/types.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM, Errno, ESRCH } from '../errno.ts';
import { GRANT_FRAMES_MAX, grantFrames } from '../grants/grant-table.ts';
import { GNTST, mapGrantRef, unmapGrantRef } from '../grants/host-map.ts';
import { writeGuest } from '../memory/guest-memory.ts';
import { addressAllowed } from '../memory/walk.ts';
import type { Vcpu } from '../vcpu.ts';
import { readStruct, writeStruct } from './structure.ts';
import { BATCH, Continuation, type Hypercall } from './hypercall.ts';

const VERSION = 1;

type Command = (vcpu: Vcpu, a: DataView) => Errno | undefined;

const own = (vcpu: Vcpu, domid: number): boolean => domid === DOMID_SELF || domid === vcpu.domain.domid;

/** Why the domain's table is not the caller's affair; null: it is his own. */
function refusal(vcpu: Vcpu, domid: number): number | null {
  if (own(vcpu, domid)) return null;
  return vcpu.domain.hypervisor.domains.has(domid) ? GNTST.permissionDenied : GNTST.badDomain;
}

function setupTable(vcpu: Vcpu, a: DataView): Errno | undefined {
  const count = a.getUint32(4, true);
  const status = (value: number): void => a.setInt16(8, value, true);
  const list = a.getBigUint64(16, true);
  if (!addressAllowed(list)) return EFAULT;
  const refused = refusal(vcpu, a.getUint16(0, true));
  if (refused !== null) status(refused);
  else {
    const frames = grantFrames(vcpu.domain, count);
    if (frames instanceof Errno) status(GNTST.generalError);
    else status(writeGuest(vcpu, list, new Uint8Array(new BigUint64Array(frames.map(BigInt)).buffer)) ? GNTST.okay : GNTST.badAddress);
  }
  return undefined;
}

function querySize(vcpu: Vcpu, a: DataView): undefined {
  const refused = refusal(vcpu, a.getUint16(0, true));
  if (refused === null) {
    a.setUint32(4, vcpu.domain.grants.frames.length, true);
    a.setUint32(8, GRANT_FRAMES_MAX, true);
  }
  a.setInt16(12, refused ?? GNTST.okay, true);
}

/** struct gnttab_map_grant_ref. */
function map(vcpu: Vcpu, a: DataView): undefined {
  const domid = a.getUint16(16, true);
  const granter = vcpu.domain.hypervisor.domains.get(domid); // a number: DOMID_SELF is nobody's
  const { status, handle, mfn } = granter
    ? mapGrantRef(vcpu, granter, a.getUint32(12, true), a.getUint32(8, true), a.getBigUint64(0, true))
    : { status: GNTST.badDomain, handle: 0, mfn: 0 };
  a.setInt16(18, status, true);
  if (status !== GNTST.okay) return;
  a.setUint32(20, handle, true);
  a.setBigUint64(24, BigInt(mfn) << 12n, true);
}

/** struct gnttab_unmap_grant_ref. */
function unmap(vcpu: Vcpu, a: DataView): undefined {
  a.setInt16(20, unmapGrantRef(vcpu, a.getUint32(16, true), a.getBigUint64(0, true)), true);
}

/** GNTTABOP_* by number: the size of the structure, what is done with one, and how many there may be; some never look at the count. */
const COMMANDS: Readonly<Record<number, { readonly size: number; readonly run: Command; readonly count?: 'one' | 'ignored' }>> = {
  0: { size: 32, run: map },
  1: { size: 24, run: unmap },
  2: { size: 24, run: setupTable, count: 'one' },
  6: { size: 16, run: querySize, count: 'one' },
  8: {
    size: 4,
    count: 'ignored',
    run(_vcpu, a) {
      const wanted = a.getUint32(0, true);
      a.setUint32(0, VERSION, true);
      if (wanted === VERSION) return undefined;
      return wanted === 2 ? ENOSYS : EINVAL;
    },
  },
  10: {
    size: 8,
    count: 'ignored',
    run(vcpu, a) {
      const refused = refusal(vcpu, a.getUint16(0, true));
      if (refused !== null) return refused === GNTST.badDomain ? ESRCH : EPERM;
      a.setUint32(4, VERSION, true);
      return undefined;
    },
  },
};

export const grantTableOp: Hypercall = {
  number: 20,
  name: 'grant_table_op',
  args: ['cmd', 'args*', 'count'],
  run(vcpu, [cmd, args, count]) {
    const command = COMMANDS[Number(BigInt.asUintN(32, cmd!))];
    if (!command) return ENOSYS;
    const given = Number(BigInt.asIntN(32, count!));
    if (given < 0 || (command.count === 'one' && given !== 1)) return EINVAL;
    const n = command.count === 'ignored' ? 1 : given;
    for (let i = 0; i < n; i++) {
      if (i === BATCH) return new Continuation([cmd!, args! + BigInt(i * command.size), BigInt(n - i)]);
      const at = args! + BigInt(i * command.size);
      const a = readStruct(vcpu, at, command.size);
      if (!a) return EFAULT;
      const problem = command.run(vcpu, a);
      if (!writeStruct(vcpu, at, a)) return EFAULT;
      if (problem) return problem;
    }
    return 0;
  },
};
