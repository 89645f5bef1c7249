/** Every program of examples/scripts ends well in virtual time, and says the same each time. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { xm, type XmRun } from '../shell/main/fake-io.ts';

const FOLDER: string = resolve(import.meta.dirname, '../../examples/scripts');
const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.xm'));

const run = (name: string): Promise<XmRun> =>
  xm(['--virtual', '-c', `include "${join(FOLDER, name)}"; dmesg`], {
    openMachine: (options) => openMachine({ ...options, thread: false }),
  });

test.each(programs)('%s', { timeout: 60_000 }, async (name) => {
  const { stdout, stderr, exitCode } = await run(name);
  expect(stderr).not.toMatch(/error|warning|bug/i);
  expect(exitCode).toBe(0);
  expect(await run(name)).toMatchObject({ stdout, stderr, exitCode: 0 });
});
