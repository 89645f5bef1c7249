import { describe, expect, test } from 'vitest';
import { eventOf, failure, NEVER, pebble, SECOND, testMachine, type TestMachine } from '../support/test-machine.ts';
import type { DomainConfig } from '../../../src/dom0/toolstack/types.ts';

async function booted(machine: TestMachine, name: string, more: Partial<DomainConfig> = {}): Promise<void> {
  await machine.toolstack.create(pebble(name, more));
  await machine.sees(name, /pebble> /);
}

test('a fresh machine has domain 0', async () => {
  await using machine = testMachine();
  const [domain0, ...others] = await machine.toolstack.list();
  expect(others).toEqual([]);
  expect(domain0).toMatchObject({
    domid: 0,
    name: 'Domain-0',
    state: 'running',
    stateLetters: 'r-----',
    memoryKiB: 4096,
    vcpus: 1,
    pool: 'Pool-0',
  });
});

test('domain 0’s work is accounted to it', async () => {
  await using machine = testMachine();
  const before = (await machine.toolstack.domain(0)).cpuTimeNs;
  for (let i = 0; i < 100; i++) await machine.toolstack.list();
  expect((await machine.toolstack.domain(0)).cpuTimeNs - before).toBeGreaterThanOrEqual(100 * 2000);
});

test('info has xl’s fields in xl’s order', async () => {
  await using machine = testMachine({ memoryMiB: 64, cpus: 3 });
  const info = await machine.toolstack.info();
  expect(Object.keys(info)).toEqual(
    'host release version machine nr_cpus max_cpu_id nr_nodes cores_per_socket threads_per_core cpu_mhz hw_caps virt_caps total_memory free_memory sharing_freed_memory sharing_used_memory outstanding_claims free_cpus xen_major xen_minor xen_extra xen_version xen_caps xen_scheduler xen_pagesize platform_params xen_changeset xen_commandline cc_compiler cc_compile_by cc_compile_domain cc_compile_date build_id xend_config_format'.split(
      ' ',
    ),
  );
  expect(info).toMatchObject({
    nr_cpus: '3',
    max_cpu_id: '2',
    total_memory: '64',
    xen_major: '4',
    xen_scheduler: 'credit',
    xend_config_format: '4',
  });
  expect(info['hw_caps']).toMatch(/^([0-9a-f]{8}:){7}[0-9a-f]{8}$/);
  expect(Number(info['free_memory'])).toBeLessThan(60);
});

test('dmesg is read, and emptied', async () => {
  await using machine = testMachine();
  expect(await machine.toolstack.dmesg()).toMatch(/^\(XEN\) Xen version 4\.17/);
  expect(await machine.toolstack.dmesg(true)).toMatch(/^\(XEN\)/);
  expect(await machine.toolstack.dmesg()).toBe('');
});

describe('memory', () => {
  test('mem-set asks the guest, which gives back and takes again', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p', { memoryMiB: 8 });
    await toolstack.setMemory('p', 6);
    expect(await toolstack.xenstoreRead('/local/domain/1/memory/target')).toBe('6144');
    await machine.sleep(SECOND);
    expect(await toolstack.domain('p')).toMatchObject({ memoryKiB: 6144, maxMemoryKiB: 7168 });
    await toolstack.setMemory('p', 8);
    await machine.sleep(SECOND);
    expect(await toolstack.domain('p')).toMatchObject({ memoryKiB: 8192 });
  });

  test('not beyond what it was created for', async () => {
    await using machine = testMachine();
    await booted(machine, 'p', { maxMemoryMiB: 6 });
    expect(await failure(machine.toolstack.setMemory('p', 7))).toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/at most 6 MiB/) as string,
    });
    expect(await failure(machine.toolstack.setMemory('p', 0))).toMatchObject({ code: 'invalid' });
    expect(await failure(machine.toolstack.setMemory('p', 1.5))).toMatchObject({ code: 'invalid' });
    expect(await failure(machine.toolstack.setMemory(0, 64))).toMatchObject({ code: 'not-allowed' });
  });

  test('mem-max sets the hypervisor’s limit, not below the target', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await machine.toolstack.setMaxMemory('p', 16);
    expect(await machine.toolstack.domain('p')).toMatchObject({ memoryKiB: 4096, maxMemoryKiB: 17 * 1024 });
    expect(await failure(machine.toolstack.setMaxMemory('p', 3))).toMatchObject({ code: 'invalid' });
  });
});

describe('vCPUs', () => {
  test('vcpu-set plugs them in and out', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p', { vcpus: 1, maxVcpus: 3 });
    await toolstack.setVcpus('p', 3);
    await machine.sleep(SECOND);
    expect(await toolstack.domain('p')).toMatchObject({ vcpus: 3, maxVcpus: 3 });
    await toolstack.setVcpus('p', 1);
    await machine.sleep(SECOND);
    expect((await toolstack.vcpus('p')).map(({ cpu, stateLetters }) => [cpu === null, stateLetters])).toEqual([
      [false, '-b-'],
      [true, '--p'],
      [true, '--p'],
    ]);
    expect(await failure(toolstack.setVcpus('p', 4))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.setVcpus('p', 0))).toMatchObject({ code: 'invalid' });
  });

  test('are pinned, one or all, hard or soft', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p', { vcpus: 2 });
    await toolstack.pinVcpu('p', 'all', [1], null);
    await toolstack.pinVcpu('p', 0, null, [0]);
    expect((await toolstack.vcpus('p')).map(({ hardAffinity, softAffinity }) => [hardAffinity, softAffinity])).toEqual([
      [[1], [0]],
      [[1], [0, 1]],
    ]);
    await machine.type('p', 'burn 1\r');
    await machine.sleep(SECOND / 10);
    expect((await toolstack.vcpus('p')).map(({ cpu }) => cpu)).toEqual([1, 1]);
    expect(await failure(toolstack.pinVcpu('p', 2, [0], null))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.pinVcpu('p', 0, [2], null))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.pinVcpu('p', 0, [], null))).toMatchObject({ code: 'invalid' });
    await toolstack.pinVcpu(0, 'all', [0], null);
    expect((await toolstack.vcpus(0))[0]).toMatchObject({ domid: 0, name: 'Domain-0', hardAffinity: [0] });
  });
});

describe('credit', () => {
  test('weights and caps are set and told', async () => {
    await using machine = testMachine({ cpus: 1 });
    const { toolstack } = machine;
    await toolstack.create(pebble('a', { cmdline: 'run=burn', cpuWeight: 512 }));
    await toolstack.create(pebble('b', { cmdline: 'run=burn' }));
    expect((await toolstack.credit()).domains.map(({ name, weight, cap }) => [name, weight, cap])).toEqual([
      ['Domain-0', 256, 0],
      ['a', 512, 0],
      ['b', 256, 0],
    ]);
    await machine.sleep(1.5 * SECOND);
    const [a, b] = [await toolstack.domain('a'), await toolstack.domain('b')];
    expect(a.cpuTimeNs / b.cpuTimeNs).toBeGreaterThan(1.8);
    expect(a.cpuTimeNs / b.cpuTimeNs).toBeLessThan(2.2);
    await toolstack.credit({ domain: 'a', cap: 10 });
    const before = await toolstack.domain('a');
    await machine.sleep(SECOND);
    const share = ((await toolstack.domain('a')).cpuTimeNs - before.cpuTimeNs) / SECOND;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
  }, 30_000);

  test('of the machine: timeslice and ratelimit', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    expect(await toolstack.credit({ tsliceMs: 10, ratelimitUs: 500 })).toMatchObject({
      tsliceMs: 10,
      ratelimitUs: 500,
      migrationDelayUs: 0,
    });
    expect(await failure(toolstack.credit({ tsliceMs: 0 }))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.credit({ weight: 3 }))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.credit({ domain: 0, weight: 70_000 }))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.credit({ domain: 0, cap: 1000 }))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.credit({ domain: 'nobody', weight: 1 }))).toMatchObject({ code: 'no-such-domain' });
  });
});

describe('consoles', () => {
  test('are read from their first byte, or from now on, by as many as like', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await using now = await machine.toolstack.console('p', 'now');
    const output = now.output[Symbol.asyncIterator]();
    await machine.type('p', 'echo one\r');
    let text = '';
    while (!/one\r\n/.test(text)) text += Buffer.from((await output.next()).value!).toString();
    expect(text).not.toContain('pebble 1.0');
    expect(await machine.sees('p', /one\r\n/)).toMatch(/^pebble 1\.0/);
    expect(await machine.sees('p', /one\r\n/)).toMatch(/^pebble 1\.0/);
  });

  test('end with the domain, and can be read afterwards by its name and its id', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await using console = await machine.toolstack.console('p', 'start');
    await machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND);
    let text = '';
    for await (const bytes of console.output) text += Buffer.from(bytes).toString();
    expect(text).toMatch(/^pebble 1\.0[^]*powering off\r\n$/);
    for (const ref of ['p', 1]) {
      const dead = await machine.toolstack.console(ref, 'start');
      let again = '';
      for await (const bytes of dead.output) again += Buffer.from(bytes).toString();
      expect(again).toBe(text);
      expect(await failure(dead.write(Buffer.from('x')))).toMatchObject({ code: 'wrong-state' });
    }
    expect(await failure(machine.toolstack.console('nobody', 'start'))).toMatchObject({ code: 'no-such-domain' });
    expect(await failure(machine.toolstack.console(0, 'start'))).toMatchObject({ code: 'not-supported' });
  });

  test('of guests that spoil their rings hurt nobody', async () => {
    await using machine = testMachine();
    await booted(machine, 'neighbour');
    await booted(machine, 'p');
    await machine.type('p', 'hostile ring\r');
    await machine.sleep(SECOND);
    await machine.type('neighbour', 'xenstore name\r');
    await machine.sees('neighbour', /name = "neighbour"|neighbour\r\n/);
    expect(machine.bugs).toEqual([]);
  });
});

describe('xenstore', () => {
  test('is read, written, listed and cleared as domain 0', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await toolstack.xenstoreWrite('/mine/a/b', 'größer');
    expect(await toolstack.xenstoreRead('/mine/a/b')).toBe('größer');
    expect(await toolstack.xenstoreList('/mine/')).toEqual([
      { path: '/mine/a', value: '', permissions: 'n0' },
      { path: '/mine/a/b', value: 'größer', permissions: 'n0' },
    ]);
    await toolstack.xenstoreRemove('/mine');
    expect(await failure(toolstack.xenstoreRead('/mine'))).toMatchObject({ code: 'no-such-path' });
    expect(await failure(toolstack.xenstoreRemove('/mine'))).toMatchObject({ code: 'no-such-path' });
    expect(await failure(toolstack.xenstoreList('/mine'))).toMatchObject({ code: 'no-such-path' });
    expect(await failure(toolstack.xenstoreRead('/a//b'))).toMatchObject({ code: 'invalid' });
    expect(await failure(toolstack.xenstoreWrite('', 'x'))).toMatchObject({ code: 'invalid' });
  });

  test('is shared with the guests', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await machine.type('p', 'xenstore data/mine hello\r');
    await machine.sleep(SECOND);
    expect(await machine.toolstack.xenstoreRead('/local/domain/1/data/mine')).toBe('hello');
    expect(await machine.toolstack.xenstoreRead('/local/domain/1/control/feature-poweroff')).toBe('1');
  });
});

describe('time', () => {
  test('passes only while somebody waits for it', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p');
    await machine.sleep(SECOND);
    const before = await toolstack.time();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect((await toolstack.time()).nowNs).toBe(before.nowNs);
    await toolstack.sleepUntil(before.nowNs + 3600 * SECOND);
    expect((await toolstack.time()).nowNs).toBeGreaterThanOrEqual(before.nowNs + 3600 * SECOND);
  });

  test('a wait can be given up; one in the past is over at once', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await toolstack.sleepUntil(0);
    const enough = new AbortController();
    const waiting = failure(toolstack.sleepUntil(NEVER, enough.signal));
    enough.abort();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    expect(await failure(toolstack.sleepUntil(NEVER, AbortSignal.abort()))).toMatchObject({ code: 'cancelled' });
  });

  test('the same is done in every run, to the instruction', async () => {
    const run = async (): Promise<unknown> => {
      await using machine = testMachine();
      const { toolstack } = machine;
      await toolstack.create(pebble('p', { vcpus: 2 }));
      // When it is asked for something while it runs, how long the asking took would show.
      await toolstack.sleepUntil(SECOND);
      await machine.type('p', 'burn 1 20\r');
      await toolstack.sleepUntil(4 * SECOND);
      return { list: await toolstack.list(), nodes: await toolstack.xenstoreList('/'), text: await machine.sees('p', /iterations/) };
    };
    expect(await run()).toEqual(await run());
  });
});

test('samples come at their interval, with the vCPUs’ times', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  await booted(machine, 'p', { vcpus: 2 });
  const times: number[] = [];
  for await (const sample of toolstack.samples(500)) {
    times.push(sample.timeNs);
    expect(sample).toMatchObject({ totalMemoryKiB: 64 * 1024, cpus: 2, cpuMhz: 1000, xenVersion: '4.17.0-xenolith' });
    expect(sample.domains.map(({ name, vcpuTimesNs, nets, vbds }) => [name, vcpuTimesNs.length, nets, vbds])).toEqual([
      ['Domain-0', 1, 0, 0],
      ['p', 2, 0, 0],
    ]);
    if (times.length === 4) break;
  }
  for (const [i, at] of times.slice(1).entries()) expect(at - times[i]!).toBeGreaterThanOrEqual(0.499 * SECOND);
});

test('events tell the whole life of a domain', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  const events = toolstack.events();
  await toolstack.create(pebble('p'), { paused: true });
  await toolstack.unpause('p');
  await machine.sees('p', /pebble> /);
  await toolstack.pause('p');
  await toolstack.unpause('p');
  await toolstack.rename('p', 'q');
  await toolstack.shutdown('q', 'poweroff', SECOND);
  const seen: string[] = [];
  await eventOf(events, (event) => seen.push(event.kind) > 0 && event.kind === 'destroyed');
  expect(seen).toEqual(['created', 'paused', 'unpaused', 'paused', 'unpaused', 'renamed', 'shutdown', 'destroyed']);
});

describe('halting', () => {
  test('ends everything that waits, and every operation afterwards', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p');
    const console = await toolstack.console('p', 'now');
    await toolstack.pause('p');
    const waits = [failure(toolstack.sleepUntil(NEVER)), failure(toolstack.shutdown('p', 'reboot', NEVER))];
    const output = console.output[Symbol.asyncIterator]().next();
    const event = eventOf(toolstack.events(), () => false).catch((error: Error) => error.message);
    const sample = toolstack.samples(1e9)[Symbol.asyncIterator]();
    await sample.next();
    const last = sample.next();
    await toolstack.halt();
    expect((await Promise.all(waits)).map(({ code }) => code)).toEqual(['cancelled', 'cancelled']);
    expect((await output).done).toBe(true);
    expect(await event).toBe('the events have ended');
    expect((await last).done).toBe(true);
    expect(await failure(toolstack.list())).toMatchObject({ code: 'cancelled' });
    await toolstack.halt();
    expect(machine.handle.hypervisor.domains.size).toBe(1);
  });
});
