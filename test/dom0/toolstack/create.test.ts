import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { DomainConfig } from '../../../src/dom0/toolstack/types.ts';
import { makeElf, PLAIN_NOTES } from '../support/make-elf.ts';
import { failure, pebble, SECOND, testMachine, type HypercallName } from '../support/test-machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenolith-dom0-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('a new domain boots to its prompt', async () => {
  await using machine = testMachine();
  const info = await machine.toolstack.create(pebble('p', { uuid: '4A3BA9E1-6c41-4f0f-9d4d-2d1b7e2f3c55', cpuWeight: 512, cap: 50 }));
  expect(info).toMatchObject({
    domid: 1,
    name: 'p',
    uuid: '4a3ba9e1-6c41-4f0f-9d4d-2d1b7e2f3c55',
    memoryKiB: 4096,
    maxMemoryKiB: 4096 + 1024,
    vcpus: 1,
    weight: 512,
    cap: 50,
    pool: 'Pool-0',
  });
  expect(await machine.sees('p', /pebble> /)).toMatch(/^pebble 1\.0 on Xen 4\.17, 1 vCPU, 4 MiB\r\n/);
  await machine.sleep(SECOND);
  expect(await machine.toolstack.domain('p')).toMatchObject({ state: 'blocked', stateLetters: '-b----', shutdownReason: null });
  expect(machine.bugs).toEqual([]);
});

test('a paused one does not run until it is let go', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  expect(await toolstack.create(pebble('p'), { paused: true })).toMatchObject({ state: 'paused', stateLetters: '--p---', cpuTimeNs: 0 });
  await machine.sleep(SECOND);
  expect(await toolstack.domain('p')).toMatchObject({ retired: 0 });
  await toolstack.unpause('p');
  await machine.sees('p', /pebble> /);
});

test('its command line, vCPUs and CPUs are what the configuration says', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  await toolstack.create(pebble('p', { cmdline: 'hello there', vcpus: 2, maxVcpus: 4, cpus: [[1]], cpusSoft: [[0, 1]] }));
  expect(await machine.sees('p', /pebble> /)).toMatch(/4 vCPUs/);
  await machine.sleep(SECOND / 10);
  const vcpus = await toolstack.vcpus('p');
  expect(vcpus.map(({ vcpu, cpu, hardAffinity }) => [vcpu, cpu, hardAffinity])).toEqual([
    [0, 1, [1]],
    [1, 1, [1]],
    [2, null, [1]],
    [3, null, [1]],
  ]);
  expect(vcpus.map(({ stateLetters }) => stateLetters)).toEqual(['-b-', '-b-', '--p', '--p']);
  expect(await toolstack.xenstoreRead('/vm/' + (await toolstack.domain('p')).uuid + '/image/cmdline')).toBe('hello there');
});

test('xenstore has what libxl writes', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  const { uuid } = await toolstack.create(pebble('p', { maxMemoryMiB: 8 }), { paused: true });
  const nodes = new Map((await toolstack.xenstoreList('/')).map((node) => [node.path, node]));
  const home = '/local/domain/1';
  const value = (path: string): string | undefined => nodes.get(path)?.value;
  expect(value(`${home}/vm`)).toBe(`/vm/${uuid}`);
  expect(value(`${home}/name`)).toBe('p');
  expect(value(`${home}/cpu/0/availability`)).toBe('online');
  expect(value(`${home}/memory/static-max`)).toBe('8192');
  expect(value(`${home}/memory/target`)).toBe('4096');
  expect(value(`${home}/store/port`)).toBe('1');
  expect(value(`${home}/console/port`)).toBe('2');
  expect(value(`${home}/console/type`)).toBe('xenconsoled');
  expect(Number(value(`${home}/store/ring-ref`))).toBeGreaterThan(0);
  expect(value(`/libxl/1/type`)).toBe('pv');
  expect(value('/local/domain/0/name')).toBe('Domain-0');
  expect(value('/local/pool/0/name')).toBe('Pool-0');
  expect(value('/local/domain/0/backend/console/1/frontend')).toBe(`${home}/console`);
  expect(nodes.get(home)!.permissions).toBe('n0,r1');
  expect(nodes.get(`${home}/name`)!.permissions).toBe('n0,r1');
  for (const own of ['control/shutdown', 'control/sysrq', 'data', 'device/suspend/event-channel', 'error'])
    expect([own, nodes.get(`${home}/${own}`)!.permissions]).toEqual([own, 'n1']);
});

test('stages of the work are told to whoever asked for them', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  const events = toolstack.events()[Symbol.asyncIterator]();
  await toolstack.create(pebble('p'), { job: 'mine', paused: true });
  const seen: string[] = [];
  while (seen.length < 5) {
    const { value: event } = await events.next();
    seen.push(event.kind === 'progress' ? `${event.job}: ${event.stage} ${event.done}/${event.total}` : `${event.kind} ${event.name}`);
  }
  expect(seen).toEqual(['mine: reading the kernel 0/3', 'mine: building the domain 1/3', 'created p', 'paused p', 'mine: built 3/3']);
});

describe('whatever is wrong, nothing is left behind', () => {
  const cases: readonly (readonly [
    name: string,
    config: Partial<DomainConfig> | (() => Partial<DomainConfig>),
    code: string,
    field: string,
    says: RegExp,
  ])[] = [
    ['no such kernel', { kernel: join(folder, 'nothing') }, 'file-not-found', 'kernel', /does not exist/],
    ['a folder as kernel', { kernel: folder }, 'not-a-file', 'kernel', /folder/],
    ['a text as kernel', () => ({ kernel: file('text', 'hello') }), 'not-elf', 'kernel', /not an ELF/],
    ['an empty kernel', () => ({ kernel: file('empty', '') }), 'not-elf', 'kernel', /not an ELF/],
    ['a kernel cut short', () => ({ kernel: file('cut', makeElf().subarray(0, 2000)) }), 'truncated-elf', 'kernel', /cut short/],
    ['a 32-bit kernel', () => ({ kernel: file('i386', makeElf({ class: 1, machine: 3 })) }), 'wrong-machine', 'kernel', /32-bit/],
    ['an arm kernel', () => ({ kernel: file('arm', makeElf({ machine: 183 })) }), 'wrong-machine', 'kernel', /aarch64/],
    ['a program', { kernel: process.execPath }, 'no-xen-notes', 'kernel', /no Xen notes/],
    ['no notes', () => ({ kernel: file('notes', makeElf({ notes: [] })) }), 'no-xen-notes', 'kernel', /no Xen notes/],
    ['too little memory for the kernel', { memoryMiB: 2 }, 'kernel-too-big', 'memoryMiB', /no room/],
    ['more memory than is free', { memoryMiB: 62 }, 'no-memory', 'memoryMiB', /wants 62 MiB/],
    ['more memory than there is', { memoryMiB: 4096 }, 'bad-config', 'memoryMiB', /4096 MiB/],
    ['no memory', { memoryMiB: 0 }, 'bad-config', 'memoryMiB', /0 MiB/],
    ['a maximum below the memory', { maxMemoryMiB: 3 }, 'bad-config', 'maxMemoryMiB', /less than/],
    ['no such ramdisk', { ramdisk: join(folder, 'nothing') }, 'file-not-found', 'ramdisk', /ramdisk/],
    [
      'a ramdisk that is too big',
      () => ({ ramdisk: file('ramdisk', Buffer.alloc(5 * 2 ** 20, 1)) }),
      'kernel-too-big',
      'memoryMiB',
      /ramdisk/,
    ],
    ['a name that is taken', { name: 'neighbour' }, 'name-taken', 'name', /neighbour/],
    ['the name of domain 0', { name: 'Domain-0' }, 'name-taken', 'name', /Domain-0/],
    ['no name', { name: '' }, 'bad-config', 'name', /needs a name/],
    ['a name with a line break', { name: 'a\nb' }, 'bad-config', 'name', /control characters/],
    ['a UUID that is none', { uuid: 'hello' }, 'bad-config', 'uuid', /not a UUID/],
    ['too many vCPUs', { vcpus: 33 }, 'bad-config', 'vcpus', /33 vCPUs/],
    ['no vCPU', { vcpus: 0 }, 'bad-config', 'vcpus', /0 vCPUs/],
    ['fewer vCPUs at most than at first', { vcpus: 2, maxVcpus: 1 }, 'bad-config', 'maxVcpus', /less than/],
    ['a CPU that is not there', { cpus: [[7]] }, 'bad-config', 'cpus', /no physical CPU 7/],
    ['an empty CPU list', { cpus: [[]] }, 'bad-config', 'cpus', /at least one/],
    ['a weight of nothing', { cpuWeight: 0 }, 'bad-config', 'cpuWeight', /weight/],
    ['a cap of more than its vCPUs', { cap: 101 }, 'bad-config', 'cap', /cap/],
    ['a command line that is too long', { cmdline: 'x'.repeat(1024) }, 'bad-config', 'cmdline', /1023/],
    [
      'page tables that lie about the kernel',
      () => ({
        kernel: file('far', makeElf({ entry: 0x100n, segments: [{ paddr: 0x800000n, bytes: Buffer.alloc(4096) }], notes: PLAIN_NOTES })),
      }),
      'bad-kernel',
      'kernel',
      /entry point/,
    ],
  ];

  test.each(cases)('%s', async (_name, config, code, field, says) => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await toolstack.create(pebble('neighbour'));
    await machine.sees('neighbour', /pebble> /);
    const before = await machine.leftovers();
    const failed = await failure(toolstack.create({ ...pebble('p'), ...(typeof config === 'function' ? config() : config) }));
    expect(failed).toMatchObject({ code, field });
    expect(failed['message']).toMatch(says);
    expect(await machine.leftovers()).toEqual(before);
    // The name is free again, and the neighbour has noticed nothing.
    await toolstack.create(pebble('p'));
    await machine.type('neighbour', 'echo still here\r');
    await machine.sees('neighbour', /still here\r\n/);
  });

  test.each<HypercallName>([
    'createDomain',
    'setMaxPages',
    'populate',
    'setMachphys',
    'mapForeign',
    'allocUnboundFor',
    'hypercallPage',
    'grantTable',
    'pinL4',
    'setVcpuContext',
    'setVcpuAffinity',
    'creditParams',
    'mapGrant',
    'bindInterdomain',
    'unpauseDomain',
  ])('the hypervisor refuses %s', async (operation) => {
    await using machine = testMachine();
    await machine.toolstack.create(pebble('first'));
    await machine.toolstack.destroy('first');
    const before = await machine.leftovers();
    machine.refusal.operation = operation;
    expect(await failure(machine.toolstack.create(pebble('p', { cpus: [[0]], cpuWeight: 100 })))).toMatchObject({ code: 'no-memory' });
    machine.refusal.operation = null;
    expect(await machine.leftovers()).toEqual(before);
    await machine.toolstack.create(pebble('p'));
    await machine.sees('p', /pebble> /);
    expect(machine.bugs).toEqual([]);
  });
});

test('two creations with one name at the same time: one of them is made', async () => {
  await using machine = testMachine();
  const results = await Promise.allSettled([machine.toolstack.create(pebble('p')), machine.toolstack.create(pebble('p'))]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('created and destroyed a hundred times, nothing is left', async () => {
  await using machine = testMachine();
  const { toolstack } = machine;
  await toolstack.create(pebble('p'));
  await machine.sees('p', /pebble> /);
  await toolstack.destroy('p');
  const before = await machine.leftovers();
  for (let i = 0; i < 100; i++) {
    await toolstack.create(pebble('p'), { paused: i % 2 === 0 });
    await toolstack.destroy('p');
  }
  expect(await machine.leftovers()).toEqual(before);
  expect(machine.bugs).toEqual([]);
});

test('a small guest is built in well under 20 ms', async () => {
  await using machine = testMachine();
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    await machine.toolstack.create(pebble('p'), { paused: true });
    times.push(performance.now() - start);
    await machine.toolstack.destroy('p');
  }
  expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(20);
});
