/** Debian's GRUB, unmodified, as a paravirtual guest: it builds page tables of its own, polls its rings, and knows nothing of us. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pebble, testMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

const GRUB: string = resolve(import.meta.dirname, '../fixtures/cache/grub-x86_64-xen.bin');
const GRUB_PROMPT = /grub> $/;

test.skipIf(!existsSync(GRUB))(
  'GRUB comes to its prompt and answers, beside two pebbles (test/fixtures/fetch-guests brings it)',
  { timeout: 60_000 },
  async () => {
    await using machine = testMachine({ memoryMiB: 128 });
    const neighbours = [await Guest.create(machine, pebble('a')), await Guest.create(machine, pebble('b', { vcpus: 2 }))];
    const grub = await Guest.create(machine, { name: 'grub', kernel: GRUB, memoryMiB: 32 });
    await grub.sees(GRUB_PROMPT);
    expect(grub.text).toMatch(/GNU GRUB +version 2\.\d+/);
    const ask = async (line: string): Promise<string> => {
      await grub.type(`${line}\r`);
      return await grub.sees(GRUB_PROMPT);
    };
    expect(await ask('ls')).toContain('(memdisk) (proc)');
    expect(await ask('help')).toMatch(/xen_ls \[DIR\]/);
    expect(await ask('echo $grub_cpu-$grub_platform')).toContain('x86_64-xen');
    expect(await ask('xen_cat name')).toContain('grub');
    for (const neighbour of neighbours) {
      await neighbour.prompt();
      expect(await neighbour.run('echo alive')).toEqual(['alive']);
    }
    await grub.type('halt\r');
    await grub.goes();
    expect(machine.bugs).toEqual([]);
  },
);
