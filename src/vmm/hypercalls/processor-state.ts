/** The small ones: what a guest kernel would do to the processor itself if it could. */
import { isCanonical } from '../control/vcpu-context.ts';
import { EFAULT, EINVAL, ENOSYS } from '../errno.ts';
import { checkedDescriptor, GDT_ENTRIES_MAX, setGdt } from '../memory/descriptor-tables.ts';
import { TYPE } from '../memory/frame-table.ts';
import { dropCode } from '../memory/flush.ts';
import { readGuest } from '../memory/guest-memory.ts';
import { readDebugRegister, setDebugRegister } from '../traps/debug-registers.ts';
import type { Hypercall } from './hypercall.ts';

const ENTRIES_A_FRAME = 512;

export const setGdtOp: Hypercall = {
  number: 2,
  name: 'set_gdt',
  args: ['frame_list*', 'entries'],
  run(vcpu, [list, entries]) {
    const count = Number(BigInt.asUintN(32, entries!));
    if (count > GDT_ENTRIES_MAX) return EINVAL;
    const n = Math.ceil(count / ENTRIES_A_FRAME);
    const bytes = readGuest(vcpu, list!, 8 * n);
    if (!bytes) return EFAULT;
    return setGdt(vcpu, [...new BigUint64Array(bytes.buffer)].map(Number), count) ?? 0;
  },
};

export const stackSwitch: Hypercall = {
  number: 3,
  name: 'stack_switch',
  args: ['ss', 'esp'],
  run(vcpu, [ss, esp]) {
    vcpu.kernelSs = Number(ss! & 0xffffn) | 3;
    vcpu.kernelSp = esp!;
    return 0;
  },
};

export const fpuTaskswitch: Hypercall = {
  number: 5,
  name: 'fpu_taskswitch',
  args: ['set'],
  run(vcpu, [set]) {
    vcpu.context.taskSwitched = (set! & 0xffff_ffffn) !== 0n;
    return 0;
  },
};

export const setDebugreg: Hypercall = {
  number: 8,
  name: 'set_debugreg',
  args: ['reg', 'value'],
  run(vcpu, [reg, value]) {
    return setDebugRegister(vcpu, Number(BigInt.asUintN(32, reg!)), value!) ?? 0;
  },
};

export const getDebugreg: Hypercall = {
  number: 9,
  name: 'get_debugreg',
  args: ['reg'],
  run(vcpu, [reg]) {
    return readDebugRegister(vcpu, Number(BigInt.asUintN(32, reg!)));
  },
};

export const updateDescriptor: Hypercall = {
  number: 10,
  name: 'update_descriptor',
  args: ['ma', 'desc'],
  run({ domain }, [address, descriptor]) {
    const { frames, machine } = domain.hypervisor;
    const mfn = Number(address! >> 12n);
    const checked = checkedDescriptor(descriptor!);
    if (address! & 7n || checked === null || !frames.get(mfn, domain.domid)) return EINVAL;
    const usable = frames.typeCount[mfn] === 0 || frames.type[mfn] === TYPE.writable || frames.type[mfn] === TYPE.descriptors;
    if (usable) {
      machine.memory.view.setBigUint64(machine.memory.address(mfn) + Number(address! & 0xff8n), checked, true);
      dropCode(domain, mfn);
    }
    frames.put(mfn);
    return usable ? 0 : EINVAL;
  },
};

const VMASST_MAX = 5;

export const vmAssist: Hypercall = {
  number: 21,
  name: 'vm_assist',
  args: ['cmd', 'type'],
  run({ domain }, [cmd, type]) {
    const kind = Number(BigInt.asUintN(32, type!));
    if (kind > VMASST_MAX) return EINVAL;
    const command = Number(BigInt.asUintN(32, cmd!));
    if (command === 0) domain.vmAssist |= 1 << kind;
    else if (command === 1) domain.vmAssist &= ~(1 << kind);
    else return ENOSYS;
    return 0;
  },
};

export const setSegmentBase: Hypercall = {
  number: 25,
  name: 'set_segment_base',
  args: ['which', 'base'],
  run(vcpu, [which, base]) {
    const { context } = vcpu;
    const number = Number(BigInt.asUintN(32, which!));
    if (number < 3 && !isCanonical(base!)) return EINVAL;
    switch (number) {
      case 0:
        context.fsBase = base!;
        return 0;
      case 1: // GS of user mode: the other one while the kernel runs
        vcpu.gsBaseOther = base!;
        return 0;
      case 2:
        context.gsBase = base!;
        return 0;
      case 3:
        context.setSelector(5, Number(base! & 0xffffn));
        vcpu.gsBaseOther = 0n;
        return 0;
      default:
        return EINVAL;
    }
  },
};

const PHYSDEVOP_SET_IOPL = 6;
const PHYSDEVOP_SET_IOBITMAP = 7;

export const physdevOp: Hypercall = {
  number: 33,
  name: 'physdev_op',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    switch (Number(BigInt.asUintN(32, cmd!))) {
      case PHYSDEVOP_SET_IOPL: {
        const bytes = readGuest(vcpu, arg!, 4);
        if (!bytes) return EFAULT;
        const iopl = new DataView(bytes.buffer).getUint32(0, true);
        if (iopl > 3) return EINVAL;
        vcpu.iopl = iopl;
        return 0;
      }
      case PHYSDEVOP_SET_IOBITMAP:
        return readGuest(vcpu, arg!, 16) ? 0 : EFAULT; // there are no ports to open
      default:
        return ENOSYS;
    }
  },
};
