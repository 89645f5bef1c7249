/** Domains come and go in every way there is, and the machine is as it was. */
import { expect, test } from 'vitest';
import { pebble, SECOND, testMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

test('a hundred lives leave no frame, port, timer, node or name behind', async () => {
  await using machine = testMachine({ memoryMiB: 128 });
  const before = await machine.leftovers();
  const ends: readonly ((guest: Guest) => Promise<void>)[] = [
    () => machine.toolstack.destroy('p'),
    () => machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND),
    (guest) => guest.type('halt\r'),
    (guest) => guest.type('crash\r'),
    (guest) => guest.type('crash ud2\r'),
  ];
  for (let i = 0; i < 100; i++) {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 1 + (i % 4), memoryMiB: 4 + 4 * (i % 3), onCrash: 'destroy' }));
    await guest.prompt();
    await ends[i % ends.length]!(guest);
    await guest.goes();
  }
  expect(await machine.leftovers()).toEqual(before);
  expect(machine.bugs).toEqual([]);
});

test('a machine full of guests takes one more when one has gone', async () => {
  await using machine = testMachine({ memoryMiB: 64 });
  const names: string[] = [];
  for (;;) {
    const name = `p${names.length}`;
    try {
      await machine.toolstack.create(pebble(name));
    } catch (error) {
      expect(error).toMatchObject({ code: 'no-memory' });
      break;
    }
    names.push(name);
  }
  expect(names.length).toBeGreaterThan(10);
  await machine.toolstack.destroy(names[3]!);
  const guest = await Guest.create(machine, pebble('last'));
  await guest.prompt();
});
