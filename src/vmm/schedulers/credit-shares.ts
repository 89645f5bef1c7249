/**
 * The arithmetic of the credit scheduler's accounting: who earns how much in one period. Pure, in whole credits, with every
 * division rounded up as in xen/common/sched/credit.c.
 */

/** A domain that has active vCPUs. */
export interface Claim {
  readonly weight: number;
  /** Percent of one pCPU; 0: no cap. */
  readonly cap: number;
  readonly activeVcpus: number;
}

export interface Pool {
  /** Credits that one pCPU is worth in a period. */
  readonly creditsPerPeriod: number;
  readonly cpus: number;
  /** Sum of all active vCPUs' balances after the last period; negative when more was burnt than earned. */
  readonly balance: number;
}

export interface Share {
  /** What each active vCPU of the domain earns. */
  readonly perVcpu: number;
  /** A capped vCPU with less than minus this is parked; 0 without a cap. */
  readonly parkBelow: number;
  /** It got all it could use: what was left went to the others. */
  readonly saturated: boolean;
}

/**
 * Shares in the order of `claims`. A domain cannot earn more than its active vCPUs can burn (or its cap allows): what it cannot use
 * is spread over the domains after it in the list, which is why saturated domains should come first.
 */
export function creditShares(claims: readonly Claim[], pool: Pool): Share[] {
  const weightTotal = claims.reduce((sum, claim) => sum + claim.weight * claim.activeVcpus, 0);
  const debt = Math.max(0, -pool.balance);
  let credits = pool.creditsPerPeriod * pool.cpus + debt;
  let weightLeft = weightTotal;
  return claims.map(({ weight, cap, activeVcpus }) => {
    const ownWeight = weight * activeVcpus;
    weightLeft -= ownWeight;
    let peak = activeVcpus * pool.creditsPerPeriod + Math.ceil((debt * ownWeight) / weightTotal);
    let parkBelow = 0;
    if (cap !== 0) {
      const capCredits = Math.ceil((cap * pool.creditsPerPeriod) / 100);
      peak = Math.min(peak, capCredits);
      parkBelow = Math.ceil(capCredits / activeVcpus);
    }
    const fair = Math.ceil((credits * ownWeight) / weightTotal);
    const saturated = fair >= peak;
    if (saturated && weightLeft > 0) credits += Math.ceil(((fair - peak) * weightTotal) / weightLeft);
    return { perVcpu: Math.ceil(Math.min(fair, peak) / activeVcpus), parkBelow, saturated };
  });
}
