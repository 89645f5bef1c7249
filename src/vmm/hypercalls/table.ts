/** All hypercalls, and the page of stubs that calls them. */
import { callbackOp, setCallbacks, setTrapTable } from './callbacks.ts';
import { consoleIo } from './console-io.ts';
import { controlOps } from './control-ops.ts';
import { eventChannelOp } from './event-channel-op.ts';
import { grantTableOp } from './grant-table-op.ts';
import type { Hypercall } from './hypercall.ts';
import { iret } from './iret.ts';
import { memoryOp } from './memory-op.ts';
import { mmuUpdate } from './mmu-update.ts';
import { mmuextOp } from './mmuext-op.ts';
import { multicall } from './multicall.ts';
import {
  fpuTaskswitch,
  getDebugreg,
  physdevOp,
  setDebugreg,
  setGdtOp,
  setSegmentBase,
  stackSwitch,
  updateDescriptor,
  vmAssist,
} from './processor-state.ts';
import { schedOp } from './sched-op.ts';
import { setTimerOp } from './set-timer-op.ts';
import { updateVaMapping } from './update-va-mapping.ts';
import { vcpuOp } from './vcpu-op.ts';
import { xenVersion } from './xen-version.ts';

const ALL: readonly Hypercall[] = [
  setTrapTable,
  mmuUpdate,
  setGdtOp,
  stackSwitch,
  setCallbacks,
  fpuTaskswitch,
  setDebugreg,
  getDebugreg,
  updateDescriptor,
  memoryOp,
  multicall,
  updateVaMapping,
  setTimerOp,
  xenVersion,
  consoleIo,
  grantTableOp,
  vmAssist,
  iret,
  vcpuOp,
  setSegmentBase,
  mmuextOp,
  schedOp,
  callbackOp,
  eventChannelOp,
  physdevOp,
  ...controlOps,
];

export const HYPERCALLS: ReadonlyMap<number, Hypercall> = new Map(ALL.map((hypercall) => [hypercall.number, hypercall]));

const STUBS = 128;
const STUB_BYTES = 32;
const IRET = 23;
const PUSH_RCX = 0x51;
const PUSH_R11 = [0x41, 0x53];
const POP_RCX = 0x59;
const POP_R11 = [0x41, 0x5b];
const PUSH_RAX = 0x50;
const SYSCALL = [0x0f, 0x05];
const RET = 0xc3;
const INT3 = 0xcc;

/** Fills a 4 KiB hypercall page: stub n calls hypercall n and keeps rcx and r11. */
export function writeHypercallPage(page: Uint8Array): void {
  page.fill(INT3);
  for (let n = 0; n < STUBS; n++) {
    const number = [0xb8, n, 0, 0, 0]; // mov $n, %eax
    const stub =
      n === IRET
        ? [PUSH_RCX, ...PUSH_R11, PUSH_RAX, ...number, ...SYSCALL] // does not come back
        : [PUSH_RCX, ...PUSH_R11, ...number, ...SYSCALL, ...POP_R11, POP_RCX, RET];
    page.set(stub, n * STUB_BYTES);
  }
}
