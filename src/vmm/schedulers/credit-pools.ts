/**
 * Who competes with whom. Xen's credit scheduler hands out the credits of all pCPUs whatever the affinities are, so that among vCPUs that
 * are pinned to some of the pCPUs nobody is ever in debt and weights mean nothing. Here those that share pCPUs share the credits of just these;
 * without pinning there is one pool, and the accounting is Xen's to the credit.
 */
import type { CreditUnit } from './credit-queue.ts';

export interface CreditPool {
  /** The pCPUs that its vCPUs may run on. */
  readonly cpus: ReadonlySet<number>;
  readonly units: ReadonlySet<CreditUnit>;
}

/** Two vCPUs are in one pool if they have a pCPU in common, directly or by way of others. Kept in the order of `units`. */
export function creditPools(units: Iterable<CreditUnit>, cpuCount: number): CreditPool[] {
  let pools: { cpus: Set<number>; units: Set<CreditUnit> }[] = [];
  for (const unit of units) {
    const cpus = [...unit.vcpu.hardAffinity].filter((cpu) => cpu < cpuCount);
    const meeting = pools.filter((pool) => cpus.some((cpu) => pool.cpus.has(cpu)));
    const [first] = meeting;
    if (first && meeting.length === 1 && cpus.every((cpu) => first.cpus.has(cpu))) {
      first.units.add(unit);
      continue;
    }
    const merged = { cpus: new Set(cpus), units: new Set<CreditUnit>() };
    for (const pool of meeting) {
      for (const cpu of pool.cpus) merged.cpus.add(cpu);
      for (const other of pool.units) merged.units.add(other);
    }
    merged.units.add(unit);
    pools = [...pools.filter((pool) => !meeting.includes(pool)), merged];
  }
  return pools;
}
