/** A whole machine behaves the same with and without the translator, to the instruction. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pebble, testMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

const GRUB: string = resolve(import.meta.dirname, '../fixtures/cache/grub-x86_64-xen.bin');
const TRANSLATE_AT_ONCE = 1;

async function session(translateAfter: number | null | undefined): Promise<unknown> {
  await using machine = testMachine({ memoryMiB: 128, ...(translateAfter !== undefined && { translateAfter }) });
  const guests = [await Guest.create(machine, pebble('p', { vcpus: 2, memoryMiB: 16 })), await Guest.create(machine, pebble('q'))];
  if (existsSync(GRUB)) guests.push(await Guest.create(machine, { name: 'grub', kernel: GRUB, memoryMiB: 32 }));
  const [p, q, grub] = guests;
  await p!.prompt();
  await p!.run('burn 1 50');
  await p!.run('selftest', 30_000);
  await q!.prompt();
  await q!.run('vcpus');
  if (grub) {
    await grub.sees(/grub> $/);
    await grub.type('help\r');
    await grub.sees(/grub> $/);
  }
  expect(machine.bugs).toEqual([]);
  return Promise.all(guests.map(async (guest) => ({ text: guest.text, ...(await guest.info()) })));
}

test('the engines differ in speed only', { timeout: 120_000 }, async () => {
  const interpreted = await session(null);
  expect(await session(TRANSLATE_AT_ONCE)).toEqual(interpreted);
  expect(await session(undefined)).toEqual(interpreted);
});
