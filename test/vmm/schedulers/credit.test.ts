import { expect, test } from 'vitest';
import type { Domain } from '../../../src/vmm/domain.ts';
import { block, reconsider, unblock, yieldNow } from '../../../src/vmm/schedulers/transitions.ts';
import { fakeHost, ranNs } from '../support/fake-machine.ts';

const MS = 1_000_000;
const SECOND = 1e9;

function shares(domains: readonly Domain[]): number[] {
  const times = domains.map(ranNs);
  const total = times.reduce((sum, ns) => sum + ns, 0);
  return times.map((ns) => ns / total);
}

test('shares of one pCPU follow weights of 128, 256 and 512 within two percent', () => {
  const { hypervisor, addDomain, runUntil } = fakeHost(1);
  const weights = [128, 256, 512];
  const domains = weights.map((weight, i) => {
    const domain = addDomain(i + 1, 1);
    hypervisor.scheduler.domainParams(domain, { weight });
    return domain;
  });
  runUntil(30 * SECOND);
  shares(domains).forEach((share, i) => expect(Math.abs(share - weights[i]! / 896)).toBeLessThan(0.02));
});

test('shares of two pCPUs follow the weights among many domains', () => {
  const { hypervisor, addDomain, runUntil } = fakeHost(2);
  const weights = [128, 256, 512, 128, 256, 512];
  const domains = weights.map((weight, i) => {
    const domain = addDomain(i + 1, 1);
    hypervisor.scheduler.domainParams(domain, { weight });
    return domain;
  });
  runUntil(30 * SECOND);
  shares(domains).forEach((share, i) => expect(Math.abs(share - weights[i]! / 1792)).toBeLessThan(0.02));
});

test('weights hold among domains that are pinned to one of several pCPUs', () => {
  const { hypervisor, addDomain, runUntil } = fakeHost(4);
  const weights = [128, 256, 512];
  const domains = weights.map((weight, i) => {
    const domain = addDomain(i + 1, 1);
    const vcpu = domain.vcpus[0]!;
    vcpu.hardAffinity = new Set([0]);
    hypervisor.scheduler.affinityChanged(vcpu);
    hypervisor.scheduler.domainParams(domain, { weight });
    return domain;
  });
  const free = addDomain(9, 1);
  free.vcpus[0]!.hardAffinity = new Set([1, 2, 3]);
  hypervisor.scheduler.affinityChanged(free.vcpus[0]!);
  runUntil(30 * SECOND);
  shares(domains).forEach((share, i) => expect(Math.abs(share - weights[i]! / 896)).toBeLessThan(0.02));
  expect(ranNs(free) / (30 * SECOND)).toBeGreaterThan(0.98);
});

test('equal domains on four pCPUs each get their own', () => {
  const { addDomain, runUntil } = fakeHost(4);
  const domains = [1, 2, 3, 4].map((domid) => addDomain(domid, 1));
  runUntil(2 * SECOND);
  for (const domain of domains) expect(ranNs(domain) / (2 * SECOND)).toBeGreaterThan(0.98);
});

test.each([10, 25, 50, 75])('a cap of %i percent holds on an otherwise idle pCPU', (cap) => {
  const { hypervisor, addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1);
  hypervisor.scheduler.domainParams(domain, { cap });
  runUntil(20 * SECOND);
  expect(Math.abs(ranNs(domain) / (20 * SECOND) - cap / 100)).toBeLessThan(0.02);
});

test('a cap of 150 percent holds for two vCPUs on four pCPUs', () => {
  const { hypervisor, addDomain, runUntil } = fakeHost(4);
  const domain = addDomain(1, 2);
  hypervisor.scheduler.domainParams(domain, { cap: 150 });
  runUntil(20 * SECOND);
  expect(Math.abs(ranNs(domain) / (20 * SECOND) - 1.5)).toBeLessThan(0.03);
});

test('what a capped domain leaves goes to the others', () => {
  const { hypervisor, addDomain, runUntil } = fakeHost(1);
  const capped = addDomain(1, 1);
  const free = addDomain(2, 1);
  hypervisor.scheduler.domainParams(capped, { cap: 20 });
  runUntil(20 * SECOND);
  expect(Math.abs(ranNs(capped) / (20 * SECOND) - 0.2)).toBeLessThan(0.02);
  expect(Math.abs(ranNs(free) / (20 * SECOND) - 0.8)).toBeLessThan(0.02);
});

test('a domain with four busy vCPUs counts four times', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const wide = addDomain(1, 4);
  const narrow = addDomain(2, 1);
  runUntil(20 * SECOND);
  const [wideShare] = shares([wide, narrow]);
  expect(Math.abs(wideShare! - 0.8)).toBeLessThan(0.03);
});

test('a vCPU that wakes up goes before the busy ones as soon as the rate limit allows', () => {
  const { clock, addDomain, runUntil } = fakeHost(1);
  [1, 2, 3].forEach((domid) => addDomain(domid, 1));
  const delays: number[] = [];
  let wokenNs = 0;
  const sleeper = addDomain(4, 1, (vcpu) => ({
    instructions: 1000,
    stop: () => {
      delays.push(clock.now() - wokenNs);
      block(vcpu);
    },
  }));
  runUntil(100 * MS);
  delays.length = 0;
  for (let i = 0; i < 100; i++) {
    clock.at(clock.now() + 17 * MS, (now) => {
      wokenNs = now;
      unblock(sleeper.vcpus[0]!);
    });
    runUntil(clock.now() + 20 * MS);
  }
  expect(delays).toHaveLength(100);
  expect(Math.max(...delays)).toBeLessThanOrEqual(1.1 * MS);
});

test('a pinned vCPU runs nowhere else', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(4);
  const pinned = addDomain(1, 1);
  [2, 3, 4, 5, 6].forEach((domid) => addDomain(domid, 1));
  const vcpu = pinned.vcpus[0]!;
  vcpu.hardAffinity = new Set([2]);
  hypervisor.scheduler.affinityChanged(vcpu);
  runUntil(clock.now() + 100 * MS);
  for (let i = 0; i < 200; i++) {
    runUntil(clock.now() + 7 * MS);
    expect(vcpu.processor).toBe(2);
  }
  expect(ranNs(pinned)).toBeGreaterThan(0.4 * clock.now());
});

test('soft affinity is followed while the wanted pCPU is free', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(4);
  const domain = addDomain(1, 1);
  const vcpu = domain.vcpus[0]!;
  vcpu.softAffinity = new Set([3]);
  hypervisor.scheduler.affinityChanged(vcpu);
  runUntil(100 * MS);
  for (let i = 0; i < 20; i++) {
    runUntil(clock.now() + 7 * MS);
    expect(vcpu.processor).toBe(3);
  }
});

test('nobody starves: forty busy domains of very different weight all run in each second', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(2);
  const domains = Array.from({ length: 40 }, (_, i) => {
    const domain = addDomain(i + 1, 1);
    hypervisor.scheduler.domainParams(domain, { weight: i % 4 === 0 ? 1024 : 64 });
    return domain;
  });
  runUntil(5 * SECOND);
  let before = domains.map(ranNs);
  for (let i = 0; i < 4; i++) {
    runUntil(clock.now() + 4 * SECOND);
    const now = domains.map(ranNs);
    now.forEach((ns, d) => expect(ns).toBeGreaterThan(before[d]!));
    before = now;
  }
});

test('who yields lets an equal run first', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const yielder = addDomain(1, 1, (vcpu) => ({ instructions: 1000, stop: () => yieldNow(vcpu) }));
  const worker = addDomain(2, 1);
  runUntil(1 * SECOND);
  expect(ranNs(worker)).toBeGreaterThan(0.6 * SECOND);
  expect(ranNs(yielder)).toBeGreaterThan(0);
});

test('an idle machine has no scheduler timer running', () => {
  const { clock, addDomain, runUntil } = fakeHost(2);
  const domain = addDomain(1, 2);
  runUntil(1 * SECOND);
  for (const vcpu of domain.vcpus) block(vcpu);
  runUntil(2 * SECOND);
  expect(clock.pending).toBe(0);
});

test('a removed vCPU leaves nothing behind', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(1);
  const gone = addDomain(1, 2);
  const left = addDomain(2, 1);
  hypervisor.scheduler.domainParams(gone, { cap: 10 });
  runUntil(500 * MS);
  gone.dying = true;
  for (const vcpu of gone.vcpus) hypervisor.scheduler.remove(vcpu);
  const before = ranNs(left);
  runUntil(clock.now() + 300 * MS);
  expect(ranNs(left) - before).toBeGreaterThan(298 * MS);
  expect(hypervisor.scheduler.dump().join('\n')).not.toContain('[1.');
});

test('lifting the cap lets a parked vCPU go on', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1);
  hypervisor.scheduler.domainParams(domain, { cap: 1 });
  runUntil(1 * SECOND);
  const before = ranNs(domain);
  hypervisor.scheduler.domainParams(domain, { cap: 0 });
  runUntil(clock.now() + 1 * SECOND);
  expect(ranNs(domain) - before).toBeGreaterThan(0.99 * SECOND);
});

test('parameters out of range are refused', () => {
  const { hypervisor, addDomain } = fakeHost(1);
  const domain = addDomain(1, 1);
  const { scheduler } = hypervisor;
  expect(scheduler.domainParams(domain, { weight: 0 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.domainParams(domain, { weight: 70_000 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.domainParams(domain, { cap: -1 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.domainParams(domain)).toEqual({ weight: 256, cap: 0 });
  expect(scheduler.params({ tsliceMs: 0 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.params({ ratelimitUs: 50 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.params({ tsliceMs: 1, ratelimitUs: 5000 })).toMatchObject({ name: 'EINVAL' });
  expect(scheduler.params({ tsliceMs: 5, ratelimitUs: 0 })).toEqual({ tsliceMs: 5, ratelimitUs: 0, migrationDelayUs: 0 });
});

test('a vCPU that goes offline stops and comes back', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1);
  const vcpu = domain.vcpus[0]!;
  runUntil(10 * MS);
  vcpu.online = false;
  reconsider(vcpu);
  runUntil(20 * MS);
  const stopped = ranNs(domain);
  expect(vcpu.runState).toBe('offline');
  runUntil(40 * MS);
  expect(ranNs(domain)).toBe(stopped);
  vcpu.online = true;
  reconsider(vcpu);
  runUntil(50 * MS);
  expect(ranNs(domain)).toBeGreaterThan(stopped);
});

test('no pCPU idles while a vCPU that may run there waits elsewhere', () => {
  const { hypervisor, clock, addDomain, runUntil } = fakeHost(2);
  const first = addDomain(1, 2);
  const second = addDomain(2, 1);
  for (let i = 0; i < 50; i++) {
    runUntil(clock.now() + 3.3 * MS);
    expect(hypervisor.pcpus.map((pcpu) => pcpu.current === null)).toEqual([false, false]);
  }
  expect(ranNs(first) + ranNs(second)).toBeGreaterThan(1.99 * clock.now());
});
