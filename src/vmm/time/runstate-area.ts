/** A vCPU's runstate in memory that its guest has registered, so that it need not ask. */
import { writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import { RUNSTATE_ENTRY_TIME, RUNSTATE_TIMES, runstateInfo } from './runstate.ts';

/** VMASST_TYPE_runstate_update_flag, as a bit of domain.vmAssist. */
const ASSIST_UPDATE_FLAG: number = 1 << 5;
/** XEN_RUNSTATE_UPDATE: set in state_entry_time while the guest's copy is being written. */
const UPDATE: bigint = 1n << 63n;

/** VCPUOP_register_runstate_memory_area; 0n takes it back. False: the caller cannot write there. */
export function registerRunstateArea(vcpu: Vcpu, va: bigint, caller: Vcpu): boolean {
  if (va !== 0n && !writeGuest(caller, va, runstateInfo(vcpu, vcpu.domain.hypervisor.machine.clock.now()))) return false;
  vcpu.runstateArea = va === 0n ? null : va;
  return true;
}

/**
 * Renews the guest's copy when its vCPU is put on a pCPU or taken off. The address is one of the guest kernel's, also when the vCPU is in user
 * mode. An area that cannot be written any more is passed over, as Xen does.
 */
export function writeRunstateArea(vcpu: Vcpu): void {
  if (vcpu.runstateArea === null || vcpu.domain.dying) return;
  const { context, domain, runstateArea } = vcpu;
  const info = runstateInfo(vcpu, domain.hypervisor.machine.clock.now());
  const { mode } = context;
  context.mode = 'kernel';
  if (domain.vmAssist & ASSIST_UPDATE_FLAG) {
    // The flag is set first and taken away last, so that a reader on another pCPU sees that it must look again.
    const entryTime = new BigUint64Array([new DataView(info.buffer).getBigUint64(RUNSTATE_ENTRY_TIME, true)]);
    entryTime[0]! |= UPDATE;
    const flagged = new Uint8Array(entryTime.buffer);
    if (writeGuest(vcpu, runstateArea + BigInt(RUNSTATE_ENTRY_TIME), flagged)) {
      writeGuest(vcpu, runstateArea, info.subarray(0, RUNSTATE_ENTRY_TIME));
      writeGuest(vcpu, runstateArea + BigInt(RUNSTATE_TIMES), info.subarray(RUNSTATE_TIMES));
      writeGuest(vcpu, runstateArea + BigInt(RUNSTATE_ENTRY_TIME), info.subarray(RUNSTATE_ENTRY_TIME, RUNSTATE_TIMES));
    }
  } else writeGuest(vcpu, runstateArea, info);
  context.mode = mode;
}
