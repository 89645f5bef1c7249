/** The whole way: from the words of a command to a guest's console, on the emulated machine, in virtual time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMachine } from '../../../src/dom0/link/open-machine.ts';
import { xm, type XmRun } from './fake-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenolith-real-'));
const config = join(folder, 'pebble.cfg');

beforeAll(() => writeFileSync(config, 'name = "pebble"\nkernel = guest("pebble")\nmemory = 8\n'));
afterAll(() => rmSync(folder, { recursive: true }));

const real = (argv: readonly string[], stdin = ''): Promise<XmRun> => xm(['--virtual', '--memory=128', ...argv], { openMachine, stdin });

test('a guest is created, listed, talked to, shut down and gone', async () => {
  const script = `
    create ${config}
    console pebble { expect /pebble> $/ within 5s; send "echo xenolith\\n"; expect /xenolith\\r?\\n/ within 5s }
    domid pebble
    assert domain("pebble").console.last(3) =~ /xenolith/
    assert domain("pebble").memory == 8MiB
    list | where name == "pebble" | select name, mem
    shutdown -w pebble
    list --columns=name --no-header
  `;
  expect(await real(['-c', script])).toMatchObject({ exitCode: 0, stdout: '1\nname\tmem\npebble\t8388608\nDomain-0\n' });
});

test('create -c is its console on stdin and stdout', async () => {
  const { stdout, exitCode } = await real(['create', '-c', config], 'echo hello\nhalt\n');
  expect(stdout).toMatch(/pebble> echo hello\r\nhello\r\n/);
  expect(exitCode).toBe(0);
});

test.each([
  [['create', '/nosuch.cfg'], 2],
  [['create', config, 'kernel=/etc/hostname'], 1],
  [['create', config, 'memory=4096'], 2],
  [['pause', 'pebble'], 3],
  [['-c', `create ${config}; unpause pebble`], 4],
  [['-c', `create ${config}; create ${config}`], 1],
  [['-c', `create ${config}; wait until domain("pebble").state == "crashed" within 1s`], 124],
])('%j ends with %i', async (argv, exitCode) => {
  const ran = await real(argv);
  expect(ran.stderr).toMatch(/^(?:Parsing config .*\n)*error: /);
  expect(ran.stderr).not.toMatch(/bug in Xenolith/);
  expect(ran.exitCode).toBe(exitCode);
});

test('what it says is what it says: real tables have the headings of xl', async () => {
  const { stdout } = await real(['-c', `create ${config}; list; vcpu-list pebble; sched-credit -d pebble; uptime pebble`]);
  for (const heading of [
    'Name                                        ID   Mem VCPUs\tState\tTime(s)',
    'Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)',
    'Name                                ID Weight  Cap',
    'Name                                ID Uptime',
  ]) {
    expect(stdout.split('\n')).toContain(heading);
  }
});
