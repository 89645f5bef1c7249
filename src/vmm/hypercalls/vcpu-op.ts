/** HYPERVISOR_vcpu_op (xen/include/public/vcpu.h). */
import { EFAULT, EINVAL, ENOENT, ENOSYS } from '../errno.ts';
import { readStruct } from './structure.ts';
import { setOnline, shutdownDomain } from '../schedulers/transitions.ts';
import { registerVcpuInfo } from '../events/vcpu-info.ts';
import { writeGuest } from '../memory/guest-memory.ts';
import { runstateInfo } from '../time/runstate.ts';
import { registerRunstateArea } from '../time/runstate-area.ts';
import { setPeriodic, setSingleShot, stopSingleShot } from '../time/timers.ts';
import type { Vcpu } from '../vcpu.ts';
import type { Hypercall, HypercallResult } from './hypercall.ts';
import { initialiseVcpu } from './initialise-vcpu.ts';

/** `caller` asks something of `vcpu`, another one of its domain or itself. */
type Command = (vcpu: Vcpu, arg: bigint, caller: Vcpu) => HypercallResult;

const MS = 1_000_000n;
/** STIME_DELTA_MAX. */
const PERIOD_MAX_NS: bigint = (1n << 63n) - 1n - (0xffffn << 47n);

/** By VCPUOP_* number; what is missing answers ENOSYS (NMIs, areas by physical address). */
const COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0, initialiseVcpu],
  [1, up],
  [2, down],
  [3, (vcpu) => (vcpu.online ? 1 : 0)],
  [4, runstate],
  [5, runstateArea],
  [6, periodic],
  [7, stopPeriodic],
  [8, singleShot],
  [9, stopSingle],
  [10, vcpuInfo],
  // VCPUOP_get_physid: only for a vCPU that the hardware domain has pinned.
  [12, () => EINVAL],
]);

function up(vcpu: Vcpu): HypercallResult {
  if (!vcpu.initialised) return EINVAL;
  setOnline(vcpu, true);
  return 0;
}

/** When the last one goes down the domain powers off. */
function down(vcpu: Vcpu): HypercallResult {
  if (vcpu.domain.vcpus.some((other) => other !== vcpu && other.online)) setOnline(vcpu, false);
  else shutdownDomain(vcpu.domain, 'poweroff');
  return 0;
}

function runstate(vcpu: Vcpu, arg: bigint, caller: Vcpu): HypercallResult {
  return writeGuest(caller, arg, runstateInfo(vcpu, vcpu.domain.hypervisor.machine.clock.now())) ? 0 : EFAULT;
}

function runstateArea(vcpu: Vcpu, arg: bigint, caller: Vcpu): HypercallResult {
  const a = readStruct(caller, arg, 8);
  if (!a) return EFAULT;
  return registerRunstateArea(vcpu, a.getBigUint64(0, true), caller) ? 0 : EFAULT;
}

function periodic(vcpu: Vcpu, arg: bigint, caller: Vcpu): HypercallResult {
  const a = readStruct(caller, arg, 8);
  if (!a) return EFAULT;
  const period = a.getBigUint64(0, true);
  if (period < MS || period > PERIOD_MAX_NS) return EINVAL;
  setPeriodic(vcpu, Number(period));
  return 0;
}

function stopPeriodic(vcpu: Vcpu): HypercallResult {
  setPeriodic(vcpu, 0);
  return 0;
}

function singleShot(vcpu: Vcpu, arg: bigint, caller: Vcpu): HypercallResult {
  if (vcpu !== caller) return EINVAL;
  const a = readStruct(caller, arg, 16);
  if (!a) return EFAULT;
  const deadlineNs = Number(a.getBigInt64(0, true));
  // A time that has passed is now, whatever the flags say.
  setSingleShot(vcpu, deadlineNs);
  return 0;
}

function stopSingle(vcpu: Vcpu, _arg: bigint, caller: Vcpu): HypercallResult {
  if (vcpu !== caller) return EINVAL;
  stopSingleShot(vcpu);
  return 0;
}

function vcpuInfo(vcpu: Vcpu, arg: bigint, caller: Vcpu): HypercallResult {
  const a = readStruct(caller, arg, 16);
  if (!a) return EFAULT;
  // For oneself, or for one that is not running.
  if (vcpu !== caller && vcpu.online) return EINVAL;
  return registerVcpuInfo(vcpu, a.getBigUint64(0, true), a.getUint32(8, true)) ?? 0;
}

export const vcpuOp: Hypercall = {
  number: 24,
  name: 'vcpu_op',
  args: ['cmd', 'vcpuid', 'extra_args*'],
  run(caller, [cmd, vcpuid, arg]) {
    const vcpu = caller.domain.vcpus[Number(BigInt.asUintN(32, vcpuid!))];
    if (!vcpu) return ENOENT;
    return COMMANDS.get(Number(BigInt.asUintN(32, cmd!)))?.(vcpu, arg!, caller) ?? ENOSYS;
  },
};
