import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../../src/vmm/control/control.ts';
import { DOMID_SELF, VIRQ_CON_RING, VIRQ_DOM_EXC, type Control } from '../../../src/vmm/control/types.ts';
import { Errno } from '../../../src/vmm/errno.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { setSingleShot } from '../../../src/vmm/time/timers.ts';
import { ok, tinyGuest } from '../support/tiny-guest.ts';

const MIB = 1024 * 1024;
const HANDLE = '11111111-2222-3333-4444-555555555555';

function boot(cpus: number = 2): HypervisorHandle {
  return createHypervisor({ memoryBytes: 32 * MIB, cpus, clock: 'virtual', dom0MemoryMiB: 4 });
}

const name = (result: unknown): string | undefined => (result instanceof Errno ? result.name : undefined);

/** Runs the machine until virtual time has reached `ns`. */
async function runUntil(handle: HypervisorHandle, ns: number): Promise<void> {
  handle.start();
  await new Promise<void>((resolve) => void handle.at(ns, () => resolve(handle.stop())));
}

/** Everything that a domain might leave behind. */
function leftovers(handle: HypervisorHandle): Record<string, number> {
  const { hypervisor } = handle;
  return {
    freePages: ok(handle.controlFor(0).physInfo()).freePages,
    timers: hypervisor.machine.clock.pending,
    domains: hypervisor.domains.size,
    ports: [...hypervisor.domains.values()].reduce((sum, { events }) => sum + events.open, 0),
    scheduled: hypervisor.scheduler.dump().length,
  };
}

test('a fresh machine has domain 0, with its memory, and says so', () => {
  const handle = boot();
  const control = handle.controlFor(0);
  const [domain0, ...others] = ok(control.listDomains({ first: 0, max: 100 }));
  expect(others).toEqual([]);
  expect(domain0).toMatchObject({
    domid: 0,
    handle: '00000000-0000-0000-0000-000000000000',
    totalPages: 1024,
    onlineVcpus: 1,
    paused: false,
  });
  expect(ok(control.creditParams({ domid: 0 }))).toEqual({ weight: 256, cap: 0 });
  const log = ok(control.readConsole({}));
  expect(log).toMatch(/^\(XEN\) Xen version 4\.17/);
  for (const line of log.trimEnd().split('\n')) expect(line).toMatch(/^\(XEN\) /);
});

test('the control interface answers EPERM to every domain but 0, whatever is asked', () => {
  const handle = boot();
  const { domid } = tinyGuest(handle);
  const control = handle.controlFor(domid) as unknown as Record<string, (a: unknown) => unknown>;
  const before = leftovers(handle);
  for (const operation of Object.keys(OPERATIONS))
    expect([operation, name(control[operation]!({ domid, frames: [], keys: 'h' }))]).toEqual([operation, 'EPERM']);
  expect(leftovers(handle)).toEqual(before);
});

describe('creating', () => {
  test('ids go up, are not given twice while alive, and a given one is kept', () => {
    const control = boot().controlFor(0);
    const create = (domid?: number): number | Errno =>
      control.createDomain({ handle: HANDLE, maxVcpus: 1, ...(domid === undefined ? {} : { domid }) });
    expect([create(), create(), create()]).toEqual([1, 2, 3]);
    ok(control.destroyDomain({ domid: 3 }));
    expect(create()).toBe(4);
    expect(create(100)).toBe(100);
    expect(name(create(100))).toBe('EEXIST');
    expect(create()).toBe(5);
  });

  test('a new domain is paused, without memory, its vCPUs offline', () => {
    const control = boot().controlFor(0);
    const domid = ok(control.createDomain({ handle: HANDLE, maxVcpus: 3 }));
    expect(ok(control.domainInfo({ domid }))).toMatchObject({
      paused: true,
      totalPages: 0,
      onlineVcpus: 0,
      maxVcpuId: 2,
      shutdown: null,
      dying: false,
      handle: HANDLE,
    });
    expect(ok(control.vcpuInfo({ domid, vcpu: 2 }))).toMatchObject({ online: false, running: false, cpuTimeNs: 0, hardAffinity: [0, 1] });
  });

  test.each([
    ['no vCPU', { maxVcpus: 0 }, 'EINVAL'],
    ['33 vCPUs', { maxVcpus: 33 }, 'EINVAL'],
    ['a fraction of a vCPU', { maxVcpus: 1.5 }, 'EINVAL'],
    ['a handle that is no UUID', { handle: 'web' }, 'EINVAL'],
    ['a reserved id', { domid: DOMID_SELF }, 'EINVAL'],
    ['a negative id', { domid: -1 }, 'EINVAL'],
    ['domain 0 again', { domid: 0 }, 'EEXIST'],
  ])('%s is refused and leaves nothing', (_, change, error) => {
    const handle = boot();
    const before = leftovers(handle);
    expect(name(handle.controlFor(0).createDomain({ handle: HANDLE, maxVcpus: 1, ...change }))).toBe(error);
    expect(leftovers(handle)).toEqual(before);
  });
});

describe('destroying', () => {
  test('gives back frames, ports, timers and contexts, and tells domain 0', async () => {
    const handle = boot();
    const control = handle.controlFor(0);
    const calls = handle.guestCalls(0);
    const exceptions: number[] = [];
    calls.onEvent(ok(calls.bindVirq({ virq: VIRQ_DOM_EXC })), () => exceptions.push(handle.clock.now()));
    await runUntil(handle, 1_000_000);
    const before = leftovers(handle);
    for (let i = 0; i < 20; i++) {
      const guest = tinyGuest(handle, { maxVcpus: 4 });
      const port = ok(control.allocUnboundFor({ domid: guest.domid, remote: 0 }));
      const local = ok(calls.bindInterdomain({ remote: guest.domid, remotePort: port }));
      for (let virq = 0; virq < 2; virq++) ok(guest.domain.events.bindVirq(virq, 0));
      setSingleShot(guest.vcpu, 1e15);
      ok(control.unpauseDomain({ domid: guest.domid }));
      await runUntil(handle, handle.clock.now() + 1_000_000);
      expect(guest.vcpu.context.retired).toBeGreaterThan(0);
      ok(control.destroyDomain({ domid: guest.domid }));
      expect(name(control.domainInfo({ domid: guest.domid }))).toBe('ESRCH');
      // Its end of the channel is gone: ours is unbound.
      expect(handle.hypervisor.domains.get(0)!.events.status(local)).toMatchObject({ state: 'unbound', remoteDomid: guest.domid });
      ok(calls.closePort({ port: local }));
    }
    await runUntil(handle, handle.clock.now() + 100_000_000);
    expect(leftovers(handle)).toEqual(before);
    expect(exceptions.length).toBeGreaterThanOrEqual(20);
  });

  test('thousands of vCPUs in turn fit in the engine’s memory', () => {
    const handle = boot();
    const control = handle.controlFor(0);
    for (let i = 0; i < 100; i++) {
      const domid = ok(control.createDomain({ handle: HANDLE, maxVcpus: 32 }));
      ok(control.destroyDomain({ domid }));
    }
  });

  test('domain 0 cannot be destroyed, paused or shut down by itself', () => {
    const control = boot().controlFor(0);
    expect(name(control.destroyDomain({ domid: 0 }))).toBe('EINVAL');
    expect(name(control.pauseDomain({ domid: DOMID_SELF }))).toBe('EINVAL');
    expect(name(control.remoteShutdown({ domid: 0, reason: 'poweroff' }))).toBe('EINVAL');
  });
});

describe('pausing', () => {
  test('nests, and a paused domain does not run', async () => {
    const handle = boot();
    const control = handle.controlFor(0);
    const { domid, vcpu } = tinyGuest(handle);
    ok(control.pauseDomain({ domid }));
    ok(control.unpauseDomain({ domid }));
    await runUntil(handle, 1_000_000);
    expect(vcpu.context.retired).toBe(0);
    ok(control.unpauseDomain({ domid }));
    expect(name(control.unpauseDomain({ domid }))).toBe('EINVAL');
    await runUntil(handle, 2_000_000);
    expect(vcpu.context.retired).toBeGreaterThan(90_000);
    expect(ok(control.domainInfo({ domid }))).toMatchObject({ running: true, paused: false, blocked: false });
  });
});

describe('vCPUs', () => {
  test('registers are read back as they were set', () => {
    const handle = boot();
    const control = handle.controlFor(0);
    const { domid, frames, va } = tinyGuest(handle);
    const context = ok(control.getVcpuContext({ domid, vcpu: 0 }));
    expect(context).toMatchObject({ rip: va(0), rsp: va(2), rsi: 0n, rflags: 0x202n, cr3: frames[0], cs: 0xe033, ss: 0xe02b });
    expect(name(control.getVcpuContext({ domid, vcpu: 1 }))).toBe('ENOENT');
    expect(name(control.setVcpuContext({ domid, vcpu: 0, context: { ...context, rip: 0x8000_0000_0000n } }))).toBe('EINVAL');
    ok(control.setVcpuContext({ domid, vcpu: 0, context: { ...context, rsi: 7n } }));
    expect(ok(control.getVcpuContext({ domid, vcpu: 0 })).rsi).toBe(7n);
  });

  test('affinities keep to pCPUs that exist', () => {
    const handle = boot();
    const control = handle.controlFor(0);
    const { domid } = tinyGuest(handle);
    ok(control.setVcpuAffinity({ domid, vcpu: 0, hard: [1, 7], soft: [0] }));
    expect(ok(control.vcpuInfo({ domid, vcpu: 0 }))).toMatchObject({ hardAffinity: [1], softAffinity: [0], cpu: 1 });
    expect(name(control.setVcpuAffinity({ domid, vcpu: 0, hard: [9] }))).toBe('EINVAL');
    expect(ok(control.vcpuInfo({ domid, vcpu: 0 })).hardAffinity).toEqual([1]);
  });

  test('cpu time, instructions and the idle time of pCPUs are accounted', async () => {
    const handle = boot(2);
    const control = handle.controlFor(0);
    const { domid } = tinyGuest(handle);
    ok(control.unpauseDomain({ domid }));
    await runUntil(handle, 50_000_000);
    const info = ok(control.vcpuInfo({ domid, vcpu: 0 }));
    expect(info.cpuTimeNs).toBeGreaterThan(49_000_000);
    expect(info.retired).toBeGreaterThan(4_900_000);
    const cpus = ok(control.cpuInfo());
    const now = handle.clock.now();
    for (const { busyNs, idleNs } of cpus) expect(busyNs + idleNs).toBe(now);
    expect(cpus.reduce((sum, { busyNs }) => sum + busyNs, 0)).toBeLessThan(52_000_000);
  });
});

describe('the machine', () => {
  test('credit parameters of the machine can be read and set', () => {
    const control = boot().controlFor(0);
    expect(ok(control.creditSchedule({}))).toEqual({ tsliceMs: 30, ratelimitUs: 1000, migrationDelayUs: 0 });
    expect(ok(control.creditSchedule({ set: { tsliceMs: 10, ratelimitUs: 0 } }))).toMatchObject({ tsliceMs: 10, ratelimitUs: 0 });
    expect(name(control.creditSchedule({ set: { tsliceMs: 5000 } }))).toBe('EINVAL');
    expect(ok(control.readConsole({}))).toContain('Disabling context switch rate limiting');
  });

  test('every debug key writes something, and other keys nothing', () => {
    const handle = boot();
    const control = handle.controlFor(0);
    tinyGuest(handle);
    ok(control.readConsole({ clear: true }));
    ok(control.debugKeys({ keys: 'Z!' }));
    expect(ok(control.readConsole({}))).toBe('');
    ok(control.debugKeys({ keys: 'h' }));
    const keys = [...ok(control.readConsole({ clear: true })).matchAll(/ key '(.)'/g)].map(([, key]) => key!);
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) {
      ok(control.debugKeys({ keys: key }));
      expect(ok(control.readConsole({ clear: true })).split('\n').length).toBeGreaterThan(2);
    }
  });

  test('news on the console ring come to domain 0 as an event', async () => {
    const handle = boot();
    const calls = handle.guestCalls(0);
    let news = 0;
    calls.onEvent(ok(calls.bindVirq({ virq: VIRQ_CON_RING })), () => news++);
    handle.hypervisor.console.log('something');
    await runUntil(handle, 1_000_000);
    expect(news).toBe(1);
  });

  test('a crash concerns one domain, and is told with its registers', async () => {
    const handle = boot();
    const control: Control = handle.controlFor(0);
    const bad = tinyGuest(handle);
    const good = tinyGuest(handle);
    for (const { domid } of [bad, good]) ok(control.unpauseDomain({ domid }));
    await runUntil(handle, 1_000_000);
    handle.hypervisor.crash(bad.domain, 'it asked for it');
    handle.hypervisor.crash(bad.domain, 'only once');
    const retired = bad.vcpu.context.retired;
    await runUntil(handle, 5_000_000);
    expect(ok(control.domainInfo({ domid: bad.domid }))).toMatchObject({ shutdown: 'crash' });
    expect(bad.vcpu.context.retired).toBe(retired);
    expect(ok(control.domainInfo({ domid: good.domid })).shutdown).toBeNull();
    expect(good.vcpu.context.retired).toBeGreaterThan(400_000);
    const log = ok(control.readConsole({}));
    expect(log).toMatch(/\(XEN\) Domain 1 \(vcpu#0\) crashed on cpu#\d: it asked for it\n\(XEN\) .*/);
    expect(log).toMatch(/RIP/i);
    expect(log).not.toContain('only once');
  });

  test('a bug in a handler of domain 0 is told, and the machine goes on', async () => {
    const handle = boot();
    const bugs: unknown[] = [];
    handle.onBug = (error) => bugs.push(error);
    handle.guestCalls(0).schedule(() => {
      throw new Error('oops');
    });
    await runUntil(handle, 1_000_000);
    expect(bugs).toHaveLength(1);
    expect(ok(handle.controlFor(0).readConsole({}))).toMatch(/\(XEN\) BUG: Error: oops\n\(XEN\) {5}at /);
    await runUntil(handle, 2_000_000);
  });
});
