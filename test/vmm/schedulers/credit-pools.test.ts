import { test as fcTest, fc } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { creditPools } from '../../../src/vmm/schedulers/credit-pools.ts';
import type { CreditUnit } from '../../../src/vmm/schedulers/credit-queue.ts';

const unit = (...cpus: readonly number[]): CreditUnit => ({ vcpu: { hardAffinity: new Set(cpus) } }) as unknown as CreditUnit;
const poolsOf = (...units: CreditUnit[]): readonly (readonly number[])[] =>
  creditPools(units, 8).map((pool) => [...pool.units].map((one) => units.indexOf(one)));

test('without pinning there is one pool, in the order of its units', () => {
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  expect(poolsOf(unit(...all), unit(...all), unit(...all))).toEqual([[0, 1, 2]]);
});

test('those that have no pCPU in common are apart', () => {
  expect(poolsOf(unit(0), unit(1), unit(0), unit(2, 3))).toEqual([[0, 2], [1], [3]]);
});

test('one that may run on both joins two pools', () => {
  expect(poolsOf(unit(0), unit(1), unit(5), unit(0, 1))).toEqual([[2], [0, 1, 3]]);
});

test('a pCPU that does not exist counts for nothing', () => {
  expect(creditPools([unit(0, 1, 99)], 8)[0]!.cpus).toEqual(new Set([0, 1]));
});

fcTest.prop([fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1 }), { maxLength: 12 })])(
  'pools have no pCPU in common and hold every unit once, with all its pCPUs',
  (affinities) => {
    const units = affinities.map((cpus) => unit(...cpus));
    const pools = creditPools(units, 8);
    const members = pools.flatMap((pool) => [...pool.units]);
    expect(members).toHaveLength(units.length);
    expect(units.every((one) => members.includes(one))).toBe(true);
    expect(pools.flatMap(({ cpus }) => [...cpus]).length).toBe(new Set(affinities.flat()).size);
    for (const { cpus, units: own } of pools)
      for (const { vcpu } of own) expect([...vcpu.hardAffinity].every((cpu) => cpus.has(cpu))).toBe(true);
  },
);
