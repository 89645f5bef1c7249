/** struct vcpu_runstate_info (xen/include/public/vcpu.h): how long a vCPU has been in each state, as its guest sees it. */
import type { RunState } from '../control/types.ts';
import { stateTimes } from '../schedulers/transitions.ts';
import type { Vcpu } from '../vcpu.ts';

const RUNSTATE_BYTES = 48;
const STATE = 0;
export const RUNSTATE_ENTRY_TIME = 8;
export const RUNSTATE_TIMES = 16;

/** RUNSTATE_*. */
const STATES: readonly RunState[] = ['running', 'runnable', 'blocked', 'offline'];

export function runstateInfo(vcpu: Vcpu, nowNs: number): Uint8Array {
  const bytes = new Uint8Array(RUNSTATE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(STATE, STATES.indexOf(vcpu.runState), true);
  view.setBigUint64(RUNSTATE_ENTRY_TIME, BigInt(Math.floor(vcpu.runStateSinceNs)), true);
  const times = stateTimes(vcpu, nowNs);
  STATES.forEach((state, i) => view.setBigUint64(RUNSTATE_TIMES + 8 * i, BigInt(Math.floor(times[state])), true));
  return bytes;
}
