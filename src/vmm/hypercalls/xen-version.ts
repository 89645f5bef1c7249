/** HYPERVISOR_xen_version (xen/include/public/version.h). Strings are padded with zeroes to their field. */
import { HYPERVISOR_VIRT_START, XEN_CAPABILITIES, XEN_EXTRA_VERSION, XEN_MAJOR, XEN_MINOR } from '../abi/version.ts';
import { EFAULT, ENOSYS, EPERM } from '../errno.ts';
import { readGuest, writeGuest } from '../memory/guest-memory.ts';
import type { Vcpu } from '../vcpu.ts';
import type { Hypercall, HypercallResult } from './hypercall.ts';

/** XENFEAT_*: what a guest may rely on. */
const FEATURES = (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 13);

function text(length: number, value: string): Uint8Array {
  const bytes = new Uint8Array(length);
  new TextEncoder().encodeInto(value, bytes.subarray(0, length - 1));
  return bytes;
}
const answer = (vcpu: Vcpu, arg: bigint, bytes: Uint8Array): HypercallResult => (writeGuest(vcpu, arg, bytes) ? 0 : EFAULT);
const u64 = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);
const uuidBytes = (uuid: string): Uint8Array =>
  Uint8Array.from(uuid.replaceAll('-', '').match(/../g)!, (pair) => Number.parseInt(pair, 16));

/** By XENVER_* number. */
const COMMANDS: readonly ((vcpu: Vcpu, arg: bigint) => HypercallResult)[] = [
  () => (XEN_MAJOR << 16) | XEN_MINOR,
  (vcpu, arg) => answer(vcpu, arg, text(16, XEN_EXTRA_VERSION)),
  (vcpu, arg) => answer(vcpu, arg, Uint8Array.of(...text(64, 'TypeScript'), ...text(16, 'xenolith'), ...text(32, ''), ...text(32, ''))),
  (vcpu, arg) => answer(vcpu, arg, text(1024, XEN_CAPABILITIES)),
  (vcpu, arg) => answer(vcpu, arg, text(64, '')),
  (vcpu, arg) => answer(vcpu, arg, u64(HYPERVISOR_VIRT_START)),
  function features(vcpu, arg) {
    const bytes = readGuest(vcpu, arg, 8);
    if (!bytes) return EFAULT;
    const submap = new DataView(bytes.buffer).getUint32(0, true);
    return answer(vcpu, arg + 4n, new Uint8Array(new Uint32Array([submap === 0 ? FEATURES : 0]).buffer));
  },
  () => 4096,
  (vcpu, arg) => answer(vcpu, arg, uuidBytes(vcpu.domain.handle)),
  () => EPERM, // the hypervisor's command line is not a guest's affair
  () => EPERM,
];

export const xenVersion: Hypercall = {
  number: 17,
  name: 'xen_version',
  args: ['cmd', 'arg*'],
  run(vcpu, [cmd, arg]) {
    return COMMANDS[Number(BigInt.asUintN(32, cmd!))]?.(vcpu, arg!) ?? ENOSYS;
  },
};
