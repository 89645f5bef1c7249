/** The language on the real machine, in virtual time: what only shows where guests and a clock are. */
import { expect, test } from 'vitest';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { xm, type XmRun } from '../shell/main/fake-io.ts';

const run = (text: string): Promise<XmRun> =>
  xm(['--virtual', '-c', text], { openMachine: (options) => openMachine({ ...options, thread: false }) });

const GUEST = 'domain "web" { kernel = guest("pebble"); memory = 4MiB }\ncreate web\n';

test('a branch of parallel is cancelled wherever it waits, in functions too, and no time passes for it', async () => {
  const { stdout, exitCode } = await run(`
fn late(name) { wait 10s; print $name }
fn later(name) { [1].map(x => late(name)) }
try {
  parallel {
    late("a")
    later("b")
    { wait 1s
      throw "enough" }
  }
} catch e { print "\${e.message} at \${now()}" }
wait 20s
print (now())`);
  expect(stdout).toBe('enough at 1s\n21s\n');
  expect(exitCode).toBe(0);
});

test('what expect still had to wait is given up when the pattern is there', async () => {
  const { stdout, exitCode } = await run(`${GUEST}console web {
  expect /pebble> $/ within 10s
  send "echo one\\n"
  expect /\\none/ within 10s
}
print (now() < 1s)`);
  expect(stdout).toBe('true\n');
  expect(exitCode).toBe(0);
});

test('a pattern that tries too many ways fails its expect, not the shell', async () => {
  const { stderr, exitCode } = await run(`${GUEST}console web {
  expect /pebble> $/
  send "echo ${'a'.repeat(40)}!\\n"
  expect /(?=a)^(a|a)+\\?$/m within 2s
}`);
  expect(stderr).toMatch(/takes too long on this text/);
  expect(exitCode).not.toBe(0);
});
