import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { creditShares } from '../../../src/vmm/schedulers/credit-shares.ts';

const pool = { creditsPerPeriod: 300, cpus: 1, balance: 0 };

test('one active vCPU earns a pCPU’s worth', () => {
  expect(creditShares([{ weight: 256, cap: 0, activeVcpus: 1 }], pool)).toEqual([{ perVcpu: 300, parkBelow: 0, saturated: true }]);
});

test('credits are shared by weight', () => {
  const shares = creditShares(
    [128, 256, 512].map((weight) => ({ weight, cap: 0, activeVcpus: 1 })),
    pool,
  );
  expect(shares.map(({ perVcpu }) => perVcpu)).toEqual([43, 86, 172]);
});

test('a domain counts once for each of its active vCPUs', () => {
  const shares = creditShares(
    [
      { weight: 256, cap: 0, activeVcpus: 4 },
      { weight: 256, cap: 0, activeVcpus: 1 },
    ],
    pool,
  );
  expect(shares.map(({ perVcpu }) => perVcpu)).toEqual([60, 60]);
});

test('what a capped domain may not use goes to those after it', () => {
  const shares = creditShares(
    [
      { weight: 256, cap: 20, activeVcpus: 1 },
      { weight: 256, cap: 0, activeVcpus: 1 },
    ],
    pool,
  );
  expect(shares).toEqual([
    { perVcpu: 60, parkBelow: 60, saturated: true },
    { perVcpu: 240, parkBelow: 0, saturated: false },
  ]);
});

test('nobody earns more than it can burn, and together no more than there is, rounding apart', () => {
  const claim = fc.record({
    weight: fc.integer({ min: 1, max: 65_535 }),
    cap: fc.constantFrom(0, 0, 10, 50, 150),
    activeVcpus: fc.integer({ min: 1, max: 32 }),
  });
  fc.assert(
    fc.property(fc.array(claim, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 8 }), (claims, cpus) => {
      const shares = creditShares(claims, { creditsPerPeriod: 300, cpus, balance: 0 });
      let total = 0;
      shares.forEach(({ perVcpu }, i) => {
        const { activeVcpus, cap } = claims[i]!;
        expect(perVcpu).toBeLessThanOrEqual(300);
        if (cap !== 0) expect(perVcpu * activeVcpus).toBeLessThanOrEqual(3 * cap + activeVcpus);
        total += perVcpu * activeVcpus;
      });
      const rounding = claims.reduce((sum, { activeVcpus }) => sum + activeVcpus + 1, 0);
      expect(total).toBeLessThanOrEqual(300 * cpus + rounding * claims.length);
    }),
  );
});
