/** XEN_DOMCTL_setvcpuaffinity. pCPUs that do not exist are left out; none left is an error. */
import { EINVAL, type Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';

export interface Affinities {
  readonly hard?: readonly number[];
  readonly soft?: readonly number[];
}

export function setAffinity(vcpu: Vcpu, { hard, soft }: Affinities): Errno | undefined {
  const { pcpus, scheduler } = vcpu.domain.hypervisor;
  const existing = (cpus: readonly number[]): Set<number> => new Set(cpus.filter((cpu) => pcpus.some((pcpu) => pcpu.id === cpu)));
  const newHard = hard && existing(hard);
  const newSoft = soft && existing(soft);
  if (newHard?.size === 0 || newSoft?.size === 0) return EINVAL;
  if (newHard) vcpu.hardAffinity = newHard;
  if (newSoft) vcpu.softAffinity = newSoft;
  scheduler.affinityChanged(vcpu);
  return undefined;
}
