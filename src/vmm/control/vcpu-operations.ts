/** domctl: vCPUs. */
import { Errno } from '../errno.ts';
import { findDomain, findVcpu } from './find-domain.ts';
import type { Operations } from './operation.ts';
import { vcpuRecord } from './records.ts';
import { setAffinity } from './set-affinity.ts';
import { getVcpuContext, setVcpuContext } from './vcpu-context.ts';
import type { Domain } from '../domain.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Vcpu } from '../vcpu.ts';

function target(hypervisor: Hypervisor, caller: Domain, a: { readonly domid: number; readonly vcpu: number }): Vcpu | Errno {
  const domain = findDomain(hypervisor, caller, a.domid);
  return domain instanceof Errno ? domain : findVcpu(domain, a.vcpu);
}

export const vcpuOperations: Operations<'vcpuInfo' | 'setVcpuContext' | 'getVcpuContext' | 'setVcpuAffinity'> = {
  vcpuInfo(hypervisor, argument, caller) {
    const vcpu = target(hypervisor, caller, argument);
    return vcpu instanceof Errno ? vcpu : vcpuRecord(vcpu);
  },

  setVcpuContext(hypervisor, argument, caller) {
    const vcpu = target(hypervisor, caller, argument);
    return vcpu instanceof Errno ? vcpu : setVcpuContext(vcpu, argument.context);
  },

  getVcpuContext(hypervisor, argument, caller) {
    const vcpu = target(hypervisor, caller, argument);
    return vcpu instanceof Errno ? vcpu : getVcpuContext(vcpu);
  },

  setVcpuAffinity(hypervisor, argument, caller) {
    const vcpu = target(hypervisor, caller, argument);
    return vcpu instanceof Errno ? vcpu : setAffinity(vcpu, argument);
  },
};
