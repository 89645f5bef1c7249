/** A guest that misbehaves harms itself at most: a neighbour still answers, and nothing in the hypervisor or in domain 0 fails. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pebble, SECOND, testMachine, type TestMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

let machine: TestMachine;
let neighbour: Guest;
beforeEach(async () => {
  machine = testMachine({ cpus: 1 });
  neighbour = await Guest.create(machine, pebble('neighbour'));
  await neighbour.prompt();
});
afterEach(async () => {
  expect(await neighbour.run('echo alive')).toEqual(['alive']);
  expect(await neighbour.run('xenstore name')).toEqual(['name = "neighbour"']);
  expect(machine.bugs).toEqual([]);
  await machine[Symbol.asyncDispose]();
});

const villain = (mode: string): Promise<Guest> => Guest.create(machine, pebble('villain', { cmdline: `run=hostile:${mode}` }));

test.each(['jump', 'nostack', 'deepfault'])('%s: it crashes alone, and the log says where', async (mode) => {
  const guest = await villain(mode);
  expect(await guest.stops()).toBe('crash');
  const log = await machine.toolstack.dmesg();
  expect(log).toMatch(/Domain 2 \(vcpu#0\) crashed on cpu#0/);
  expect(log).toMatch(/RIP: .*e033/);
});

test('ptwrite: no way leads to a writable page table', async () => {
  const guest = await villain('ptwrite');
  await guest.sees(/hostile ptwrite: 98 refused, 0 allowed/);
  expect(guest.text).not.toContain('BROKEN');
  await guest.prompt();
});

test('badptr: no hypercall follows a pointer that leads nowhere', async () => {
  const guest = await villain('badptr');
  await guest.sees(/hostile badptr: 3\d{4} calls survived/);
  await guest.prompt();
  expect(await guest.run('echo still here')).toEqual(['still here']);
});

test('ring: nonsense in its rings costs it its own xenstore, nothing else', async () => {
  const guest = await villain('ring');
  await guest.sees(/hostile ring: done/);
  await guest.prompt();
  expect(await guest.run('echo still here')).toEqual(['still here']);
  await machine.toolstack.destroy('villain');
});

test.each([
  ['loop', 'traps for ever'],
  ['spin', 'never gives up the processor'],
])('%s: one that %s gets its half and no more', async (mode) => {
  const guest = await villain(mode);
  await guest.sees(/hostile /);
  const start = await neighbour.info();
  await neighbour.run('burn 2');
  const usedNs = (await neighbour.info()).cpuTimeNs - start.cpuTimeNs;
  expect(usedNs / SECOND).toBeGreaterThan(0.9);
  expect(usedNs / SECOND).toBeLessThan(1.2);
  await machine.toolstack.destroy('villain');
});

test('a villain that is destroyed leaves nothing behind', async () => {
  const before = await machine.leftovers();
  for (const mode of ['jump', 'ptwrite', 'badptr', 'ring', 'nostack', 'deepfault', 'spin']) {
    await villain(mode);
    await machine.sleep(SECOND / 5);
    await machine.toolstack.destroy('villain');
  }
  expect(await machine.leftovers()).toEqual(before);
});
