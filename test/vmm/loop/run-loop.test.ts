import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VIRQ_TIMER } from '../../../src/vmm/control/types.ts';
import { eventsNeedDelivery, takePending } from '../../../src/vmm/events/pending.ts';
import { Programs } from '../../../src/vmm/events/programs.ts';
import { block, setRunState, stateTimes, unblock } from '../../../src/vmm/schedulers/transitions.ts';
import { setPeriodic, setSingleShot } from '../../../src/vmm/time/timers.ts';
import { fakeHost, ranNs, type FakeHost } from '../support/fake-machine.ts';

const US = 1000;
const MS = 1_000_000;
const SECOND = 1e9;

function addPrograms(host: FakeHost): Programs {
  const domain = host.addDomain(0, 1, () => ({ instructions: 0 }));
  const programs = new Programs(domain.vcpus[0]!, (error) => host.bugs.push(error));
  domain.programs = programs;
  return programs;
}

test('a timer fires at the exact instruction', () => {
  const { clock, addDomain, runUntil } = fakeHost(1);
  const vcpu = addDomain(1, 1).vcpus[0]!;
  let retired = 0;
  clock.at(123_450, () => (retired = vcpu.context.retired));
  runUntil(MS);
  expect(retired).toBe(12_345);
});

test('a timer that a guest sets in the middle of its slice fires at the exact instruction too', () => {
  const { clock, addDomain, runUntil } = fakeHost(1);
  let firedAt = 0;
  let steps = 0;
  const vcpu = addDomain(1, 1, (self) => ({
    instructions: steps++ === 0 ? 1000 : Infinity,
    stop: () => void clock.at(clock.now() + 50 * US, () => (firedAt = self.context.retired)),
  })).vcpus[0]!;
  runUntil(MS);
  // 50 us after the 1000th instruction; the exit itself took the time of a hundred.
  expect(firedAt).toBe(1000 + 5000 - 100);
  expect(vcpu.context.retired).toBeGreaterThan(firedAt);
});

test('instructions and nanoseconds agree in virtual mode', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1);
  runUntil(10 * MS);
  expect(domain.vcpus[0]!.context.retired * 10).toBe(ranNs(domain));
});

test('a guest that only traps does not starve the others', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const trapper = addDomain(1, 1, () => ({ instructions: 0 }));
  const worker = addDomain(2, 1);
  runUntil(2 * SECOND);
  expect(ranNs(worker)).toBeGreaterThan(0.48 * 2 * SECOND);
  expect(ranNs(trapper)).toBeGreaterThan(0.48 * 2 * SECOND);
});

test('pCPUs advance together: four busy vCPUs on four pCPUs all run all the time', () => {
  const { clock, addDomain, runUntil } = fakeHost(4);
  const domain = addDomain(1, 4);
  runUntil(100 * MS);
  for (const vcpu of domain.vcpus) expect(stateTimes(vcpu, clock.now()).running).toBeGreaterThan(99 * MS);
});

function traceOfTwentyMs(): string {
  const host = fakeHost(2);
  const log: string[] = [];
  for (let domid = 1; domid <= 5; domid++)
    host.addDomain(domid, 2, (vcpu) => ({
      instructions: 997 * domid + vcpu.id * 13,
      stop: () => {
        log.push(`${host.clock.now()} d${domid}v${vcpu.id} on ${vcpu.processor}`);
        host.clock.at(host.clock.now() + 7919 * domid, () => unblock(vcpu));
        block(vcpu);
      },
    }));
  host.runUntil(20 * MS);
  return log.join('\n');
}

test('the same machine does the same thing twice', () => {
  const first = traceOfTwentyMs();
  expect(first.length).toBeGreaterThan(10_000);
  expect(traceOfTwentyMs()).toBe(first);
});

test('a vCPU on an idle pCPU starts at the moment it is woken by another', () => {
  const host = fakeHost(2);
  const { clock } = host;
  let wokenNs = 0;
  let startedNs = 0;
  const sleeper = host.addDomain(1, 1, (vcpu) => ({
    instructions: 1,
    stop: () => {
      startedNs = clock.now();
      block(vcpu);
    },
  })).vcpus[0]!;
  host.runUntil(MS);
  let done = false;
  host.addDomain(2, 1, () => ({
    instructions: 12_345,
    stop: () => {
      if (done) return;
      done = true;
      wokenNs = clock.now();
      unblock(sleeper);
    },
  }));
  host.runUntil(5 * MS);
  expect(startedNs - wokenNs).toBe(10);
});

test('time spent in the four states adds up to the time that has passed, whatever happens', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 0, max: 200_000 })), { minLength: 1, maxLength: 6 }),
      (cpus, guests) => {
        const host = fakeHost(cpus);
        const domains = guests.map(([instructions, sleepNs], i) =>
          host.addDomain(i + 1, 1, (vcpu) => ({
            instructions,
            stop: () => {
              if (sleepNs === 0) return;
              host.clock.at(host.clock.now() + sleepNs, () => unblock(vcpu));
              block(vcpu);
            },
          })),
        );
        host.runUntil(20 * MS);
        const now = host.clock.now();
        for (const domain of domains) {
          const vcpu = domain.vcpus[0]!;
          const total = Object.values(stateTimes(vcpu, now)).reduce((sum, ns) => sum + ns, 0);
          // A vCPU may be ahead of the clock by what is left of a quantum.
          expect(total).toBeGreaterThanOrEqual(now);
          expect(total).toBeLessThan(now + 200 * US);
        }
        const busy = host.hypervisor.pcpus.reduce((sum, pcpu) => sum + pcpu.busyNs(now), 0);
        const ran = domains.reduce((sum, domain) => sum + stateTimes(domain.vcpus[0]!, now).running, 0);
        expect(Math.abs(busy - ran)).toBeLessThan(cpus * 200 * US);
      },
    ),
    { numRuns: 60 },
  );
});

test('a single shot timer raises VIRQ_TIMER and wakes its vCPU', () => {
  const { clock, addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1, (vcpu) => ({ instructions: 100, stop: () => block(vcpu) }));
  const vcpu = domain.vcpus[0]!;
  const port = domain.events.bindVirq(VIRQ_TIMER, 0) as number;
  runUntil(MS);
  expect(vcpu.runState).toBe('blocked');
  setSingleShot(vcpu, 3 * MS);
  setSingleShot(vcpu, 5 * MS);
  runUntil(4 * MS);
  expect(eventsNeedDelivery(vcpu)).toBe(false);
  runUntil(6 * MS);
  expect(takePending(vcpu)).toEqual([port]);
  expect(vcpu.singleShot).toBeNull();
  setSingleShot(vcpu, clock.now() - 1);
  expect(takePending(vcpu)).toEqual([port]);
});

test('a periodic timer ticks while its vCPU runs and is silent while it is blocked', () => {
  const { addDomain, runUntil } = fakeHost(1);
  const domain = addDomain(1, 1);
  const vcpu = domain.vcpus[0]!;
  domain.events.bindVirq(VIRQ_TIMER, 0);
  runUntil(MS);
  setPeriodic(vcpu, 10 * MS);
  takePending(vcpu);
  let ticks = 0;
  for (let i = 1; i <= 100; i++) {
    runUntil(MS + i * MS);
    ticks += takePending(vcpu).length;
  }
  expect(ticks).toBe(10);
  block(vcpu);
  runUntil(500 * MS);
  expect(takePending(vcpu)).toEqual([]);
  unblock(vcpu);
  runUntil(501 * MS);
  expect(takePending(vcpu)).toHaveLength(1);
});

test('domain 0’s handlers run in its own accounted time', () => {
  const host = fakeHost(1);
  const programs = addPrograms(host);
  const times: number[] = [];
  for (let i = 0; i < 3; i++) programs.schedule(() => times.push(host.clock.now()));
  host.runUntil(MS);
  expect(times).toEqual([0, 2 * US, 4 * US]);
  const domain0 = host.hypervisor.domains.get(0)!;
  expect(ranNs(domain0)).toBe(6 * US);
  expect(domain0.vcpus[0]!.runState).toBe('blocked');
});

test('a handler that throws, now or later, is reported and the others run', async () => {
  const host = fakeHost(1);
  const programs = addPrograms(host);
  let ran = false;
  programs.schedule(() => {
    throw new Error('first');
  });
  programs.schedule(() => Promise.reject(new Error('second')) as unknown as void);
  programs.schedule(() => (ran = true));
  host.runUntil(MS);
  await Promise.resolve();
  await Promise.resolve();
  expect(ran).toBe(true);
  expect(host.bugs.map((bug) => (bug as Error).message)).toEqual(['first', 'second']);
});

test('domain 0 gets an event of a guest and answers it', () => {
  const host = fakeHost(2);
  const programs = addPrograms(host);
  const domain0 = host.hypervisor.domains.get(0)!;
  let answers = 0;
  const guest = host.addDomain(1, 1, (vcpu) => ({
    instructions: 1000,
    stop: () => {
      answers += takePending(vcpu).length;
      guest.events.send(port);
      block(vcpu);
    },
  }));
  const port = guest.events.allocUnbound(0) as number;
  const port0 = domain0.events.bindInterdomain(guest.events, port) as number;
  programs.onEvent(port0, () => domain0.events.send(port0));
  host.runUntil(10 * MS);
  // 1000 instructions, an exit and a handler: some 13 us a round trip.
  expect(answers).toBeGreaterThan(500);
  expect(host.bugs).toEqual([]);
});

test('an exception while a guest is served crashes that guest alone', () => {
  const host = fakeHost(1);
  const bad = host.addDomain(1, 1, () => ({
    instructions: 10,
    stop: () => {
      throw new Error('ours');
    },
  }));
  const good = host.addDomain(2, 1);
  host.runUntil(10 * MS);
  expect(bad.shutdown).toBe('crash');
  expect(host.bugs).toHaveLength(1);
  expect(ranNs(good)).toBeGreaterThan(9.9 * MS);
});

test('time never runs backwards in a state when the waker is behind', () => {
  const vcpu = fakeHost(1).addDomain(1, 1).vcpus[0]!;
  setRunState(vcpu, 'blocked', 500);
  setRunState(vcpu, 'runnable', 300);
  expect(vcpu.runStateSinceNs).toBe(500);
  expect(stateTimes(vcpu, 400)).toEqual({ running: 0, runnable: 500, blocked: 0, offline: 0 });
});

test.each(['real', 'virtual'] as const)('started in %s mode, the loop works until it is stopped', async (mode) => {
  const host = fakeHost(2, mode);
  const programs = addPrograms(host);
  const domain = host.addDomain(1, 1);
  host.loop.start();
  await new Promise<void>((resolve) => void host.clock.at(host.clock.now() + 5 * MS, () => resolve()));
  const answer = await new Promise<string>((resolve) => programs.schedule(() => resolve('here')));
  await host.loop.stop();
  expect(answer).toBe('here');
  expect(domain.vcpus[0]!.context.retired).toBeGreaterThan(1000);
});

test('virtual time skips idle time, but not while somebody holds it', async () => {
  const host = fakeHost(1);
  const programs = addPrograms(host);
  host.loop.start();
  const hold = host.loop.holdVirtualTime();
  const timer = { fired: false };
  host.clock.at(3600 * SECOND, () => (timer.fired = true));
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => programs.schedule(resolve));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(timer.fired).toBe(false);
  expect(host.clock.now()).toBeLessThan(MS);
  hold[Symbol.dispose]();
  while (!timer.fired) await new Promise((resolve) => setImmediate(resolve));
  expect(host.clock.now()).toBeGreaterThanOrEqual(3600 * SECOND);
  await host.loop.stop();
});

test('what comes from outside wakes a sleeping loop', async () => {
  const host = fakeHost(1, 'real');
  host.loop.start();
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => host.hypervisor.machine.intake.post('test', resolve));
  }
  await host.loop.stop();
  expect(host.bugs).toEqual([]);
});
