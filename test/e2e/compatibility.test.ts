/** A static i386 binary under a 64-bit paravirtual kernel: what it prints was recorded on real hardware (examples/guests/i386). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pebble, testMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

const PROGRAM = resolve(import.meta.dirname, '../../examples/guests/i386');
const recorded: readonly string[] = readFileSync(resolve(PROGRAM, 'program.txt'), 'utf8').trimEnd().split('\n');
const TRANSLATE_AT_ONCE = 1;
const here = spawnSync(resolve(PROGRAM, 'program.elf'), { encoding: 'utf8' });

async function session(translateAfter: number | null | undefined): Promise<unknown> {
  await using machine = testMachine({ memoryMiB: 128, ...(translateAfter !== undefined && { translateAfter }) });
  const guest = await Guest.create(machine, pebble('p', { memoryMiB: 16, ramdisk: resolve(PROGRAM, 'program.elf') }));
  await guest.prompt();
  expect(await guest.run('exec', 30_000)).toEqual([...recorded, 'exec: the program ended with 7']);
  // And again: it leaves nothing behind, and its code is known by now.
  expect(await guest.run('exec', 30_000)).toEqual([...recorded, 'exec: the program ended with 7']);
  const lines = await guest.run('selftest', 30_000);
  expect(lines.at(-1)).toMatch(/ 0 failed$/);
  expect(machine.bugs).toEqual([]);
  return { text: guest.text, ...(await guest.info()) };
}

test('a static i386 binary runs as on real hardware, and the same with both engines', { timeout: 120_000 }, async () => {
  const interpreted = await session(null);
  expect(await session(TRANSLATE_AT_ONCE)).toEqual(interpreted);
  expect(await session(undefined)).toEqual(interpreted);
});

test.skipIf(here.error !== undefined)('and as on this machine (skipped where it cannot run)', () => {
  expect([here.stdout.trimEnd().split('\n'), here.status]).toEqual([recorded, 7]);
});
