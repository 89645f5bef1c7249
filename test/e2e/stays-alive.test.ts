/** What only a process of its own can show: node ends when nobody waits for anything any more. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PEBBLE } from '../dom0/support/test-machine.ts';

const OPEN_MACHINE: string = resolve(import.meta.dirname, '../../src/dom0/link/open-machine.ts');
const folder = mkdtempSync(join(tmpdir(), 'xenolith-alive-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([false, true])('a program that waits for machine time is not left alone when the last guest has gone (thread: %s)', (thread) => {
  const program = join(folder, `thread-${thread}.mjs`);
  writeFileSync(
    program,
    `
    import { openMachine } from ${JSON.stringify(OPEN_MACHINE)};
    const machine = await openMachine({ thread: ${thread}, clock: 'virtual', memoryMiB: 64 });
    await machine.create({ name: 'p', kernel: ${JSON.stringify(PEBBLE)}, memoryMiB: 4, cmdline: 'run=halt' });
    const guest = await machine.console('p', 'start');
    for await (const _bytes of guest.output);
    await machine.sleepUntil(20e9);
    process.stdout.write(String((await machine.list()).length));
    await machine.halt();
  `,
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 15_000 });
  expect({ stdout, stderr, status }).toEqual({ stdout: '1', stderr: '', status: 0 });
});
