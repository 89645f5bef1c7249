/** set_trap_table, set_callbacks, callback_op: where the guest kernel wants to be entered (xen/include/public/callback.h, arch-x86/xen.h). */
import { isCanonical } from '../control/vcpu-context.ts';
import { EFAULT, EINVAL, ENOSYS } from '../errno.ts';
import { readGuest } from '../memory/guest-memory.ts';
import type { CallbackKind, Vcpu } from '../vcpu.ts';
import type { Hypercall, HypercallResult } from './hypercall.ts';

const TRAP_INFO_BYTES = 16;

export const setTrapTable: Hypercall = {
  number: 0,
  name: 'set_trap_table',
  args: ['table*'],
  run(vcpu, [table]) {
    if (table === 0n) {
      for (const gate of vcpu.traps) Object.assign(gate, { handler: 0n, flags: 0, selector: 0 });
      return 0;
    }
    // Ends with an entry whose address is 0; 256 at the most.
    for (let i = 0n; i < 256n; i++) {
      const bytes = readGuest(vcpu, table! + i * BigInt(TRAP_INFO_BYTES), TRAP_INFO_BYTES);
      if (!bytes) return EFAULT;
      const view = new DataView(bytes.buffer);
      const handler = view.getBigUint64(8, true);
      if (handler === 0n) break;
      if (!isCanonical(handler)) return EINVAL;
      Object.assign(vcpu.traps[view.getUint8(0)]!, { handler, flags: view.getUint8(1), selector: view.getUint16(2, true) });
    }
    return 0;
  },
};

export const setCallbacks: Hypercall = {
  number: 4,
  name: 'set_callbacks',
  args: ['event', 'failsafe', 'syscall'],
  run(vcpu, [event, failsafe, syscall]) {
    if (![event!, failsafe!, syscall!].every(isCanonical)) return EINVAL;
    vcpu.callbacks.event.address = event!;
    vcpu.callbacks.failsafe.address = failsafe!;
    vcpu.callbacks.syscall.address = syscall!;
    return 0;
  },
};

/** CALLBACKTYPE_*, by number. */
const KINDS: readonly (CallbackKind | null)[] = ['event', 'failsafe', 'syscall', null, 'nmi', 'sysenter', 'sysenter', 'syscall32'];
const REGISTER = 0;
const UNREGISTER = 1;
const MASK_EVENTS = 1;

export const callbackOp: Hypercall = {
  number: 30,
  name: 'callback_op',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    const command = Number(BigInt.asUintN(32, cmd!));
    if (command === REGISTER) return register(vcpu, arg!);
    if (command !== UNREGISTER) return ENOSYS;
    const bytes = readGuest(vcpu, arg!, 2);
    if (!bytes) return EFAULT;
    const kind = KINDS[new DataView(bytes.buffer).getUint16(0, true)];
    if (!kind) return ENOSYS;
    // The others can be replaced, not removed.
    if (kind !== 'nmi') return EINVAL;
    vcpu.callbacks.nmi.address = 0n;
    return 0;
  },
};

function register(vcpu: Vcpu, arg: bigint): HypercallResult {
  const bytes = readGuest(vcpu, arg, 16);
  if (!bytes) return EFAULT;
  const view = new DataView(bytes.buffer);
  const kind = KINDS[view.getUint16(0, true)];
  const address = view.getBigUint64(8, true);
  if (!isCanonical(address)) return EINVAL;
  if (!kind) return ENOSYS;
  vcpu.callbacks[kind].address = address;
  vcpu.callbacks[kind].maskEvents = kind === 'event' || (view.getUint16(2, true) & MASK_EVENTS) !== 0;
  return 0;
}
