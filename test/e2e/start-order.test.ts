/** Domains that come after others, on the real machine in virtual time. */
import { expect, test } from 'vitest';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { xm, type XmRun } from '../shell/main/fake-io.ts';

const run = (program: string): Promise<XmRun> =>
  xm(['--virtual', '-c', program], { openMachine: (options) => openMachine({ ...options, thread: false }) });

const guest = (name: string, more = ''): string => `domain ${name} { kernel = guest("pebble"); memory = 4MiB${more} }\n`;

test('those that it comes after are created first, and are ready', { timeout: 60_000 }, async () => {
  const { stdout, stderr, exitCode } = await run(
    `${guest('app', '; after = [db, web]')}${guest('db', '; ready = /pebble>/')}${guest('web', '; after = db; ready = "blocked"; extra = "after=${db.name}"')}
create app
list | where id > 0 | sort by id | each d => d.name
print "\${domain("db").console.last(1)}"`,
  );
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/db\nweb\napp\npebble>/);
});

test('--all creates every declared domain in order', { timeout: 60_000 }, async () => {
  const { stdout } = await run(`${guest('a', '; after = [b]')}${guest('b')}${guest('c')}
create b
create --all
list | where id > 0 | sort by id | each d => d.name`);
  expect(stdout).toMatch(/b\na\nc\n/);
});

test.each([
  [
    'a circle',
    `${guest('x', '; after = [y]')}${guest('y', '; after = [x]')}create x`,
    'these domains wait for each other: x after y after x',
  ],
  [
    'a domain that nobody declared',
    `${guest('x', '; after = [nobody]')}create x`,
    "'nobody' of after = [\u2026] is neither there nor declared",
  ],
  [
    'a domain that does not get ready',
    `${guest('v', '; ready = /never/; ready_within = 1s')}${guest('w', '; after = [v]')}create w`,
    'v is not ready after 1 s',
  ],
  [
    'what is no condition',
    `${guest('v', '; ready = "soon"')}${guest('w', '; after = [v]')}create w`,
    "'soon' does not say when v is ready",
  ],
])('%s is told', { timeout: 60_000 }, async (_, program, message) => {
  const { stderr, exitCode } = await run(program);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(message);
});
