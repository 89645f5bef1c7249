/** Commands that change something: what they ask the toolstack for, and what they refuse. */
import { describe, expect, test } from 'vitest';
import { Quantity, Table } from '../../../src/lang/values.ts';
import { ToolstackError } from '../../../src/dom0/toolstack/types.ts';
import { openShell } from '../harness.ts';

const WAIT_NS = 1e15;

describe('what is asked', () => {
  test.each<[string, string[]]>([
    ['pause web-1', ['pause 1']],
    ['pause 1 crashed-dom', ['pause 1', 'pause 5']],
    ['unpause 2', ['unpause 2']],
    ['shutdown web-1', ['shutdown 1 poweroff undefined']],
    ['shutdown -a', ['shutdown 1 poweroff undefined', 'shutdown 2 poweroff undefined']],
    ['shutdown -w web-1', [`shutdown 1 poweroff ${WAIT_NS}`]],
    ['shutdown -aw --timeout=250ms', ['shutdown 1 poweroff 250000000', 'shutdown 2 poweroff 250000000']],
    ['reboot web-1', ['shutdown 1 reboot undefined']],
    ['destroy web-1 2', ['destroy 1', 'destroy 2']],
    ['destroy -f 0', ['destroy 0']],
    ['rename web-1 web', ['rename 1 web']],
    ['mem-set web-1 64', ['setMemory 1 64']],
    ['mem-set web-1 64m', ['setMemory 1 64']],
    ['mem-set web-1 65536K', ['setMemory 1 64']],
    ['mem-set web-1 1g', ['setMemory 1 1024']],
    ['mem-set web-1 1t', ['setMemory 1 1048576']],
    ['mem-set web-1 67108864b', ['setMemory 1 64']],
    ['mem-set web-1 64MiB', ['setMemory 1 64']],
    ['mem-max web-1 128', ['setMaxMemory 1 128']],
    ['vcpu-set web-1 2', ['setVcpus 1 2']],
    ['vcpu-set -i web-1 99', ['setVcpus 1 99']],
    ['vcpu-pin web-1 0 1', ['pinVcpu 1 0 [1] null']],
    ['vcpu-pin 1 all 0-3,^1', ['pinVcpu 1 all [0,2,3] null']],
    ['vcpu-pin 1 0 - 4-7', ['pinVcpu 1 0 null [4,5,6,7]']],
    ['vcpu-pin 1 0 all nodes:0', ['pinVcpu 1 0 [0,1,2,3,4,5,6,7] [0,1,2,3,4,5,6,7]']],
    ['sched-credit -d web-1 -w 512', ['credit {"domain":1,"weight":512}']],
    ['sched-credit -d web-1 -w 512 -c 25', ['credit {"domain":1,"weight":512,"cap":25}']],
    ['sched-credit -s -t 10 -r 500', ['credit {"tsliceMs":10,"ratelimitUs":500}']],
    ['dmesg -c', ['dmesg true']],
    ['xenstore-write /a 1 /b two', ['xenstoreWrite /a 1', 'xenstoreWrite /b two']],
    ['xenstore-write data x', ['xenstoreWrite /local/domain/0/data x']],
    ['xenstore-write /a \\x41\\102\\n', ['xenstoreWrite /a AB\n']],
    ['xenstore-write -R /a \\n', ['xenstoreWrite /a \\n']],
    ['xenstore-rm /tool /local', ['xenstoreRemove /tool', 'xenstoreRemove /local']],
    ['xm pause web-1', ['pause 1']],
    ['xl pause web-1', ['pause 1']],
  ])('%s', async (line, asked) => {
    const shell = openShell();
    const ran = await shell.run(line);
    expect(ran.stderr).toBe('');
    expect(shell.machine.asked).toEqual(asked);
  });
});

describe('what is refused, with which exit code', () => {
  test.each<[string, number, RegExp]>([
    ['pause', 2, /'xm pause' requires at least 1 argument\.[\s\S]*usage: xm pause DOMAIN/],
    ['pause nosuch', 3, /nosuch is an invalid domain identifier[\s\S]*the domains are Domain-0, web-1/],
    ['pause web1', 3, /web1 is an invalid domain identifier[\s\S]*did you mean 'web-1'\?/],
    ['list 99', 3, /99 is an invalid domain identifier/],
    ['shutdown', 2, /You must specify -a or a domain id\./],
    ['shutdown -a web-1', 2, /leave out the names/],
    ['shutdown web-1 --timeout=1s', 2, /--timeout goes with --wait/],
    ['destroy 0', 1, /Not destroying domain 0; use -f to force\.[\s\S]*disaggregated/],
    ['domname x', 2, /a domain id must be a whole number, not 'x'/],
    ['rename web-1', 2, /requires at least 2 arguments\./],
    ['domid web-1 web-2', 2, /does not know what to do with 'web-2'/],
    ['mem-set web-1 -5', 2, /invalid memory size: -5/],
    ['mem-set web-1 0', 2, /invalid memory size: 0/],
    ['vcpu-set web-1 0', 2, /at least 1 virtual CPU/],
    ['vcpu-pin 1 x 0', 2, /Error: Invalid argument x as VCPU\./],
    ['vcpu-pin 1 0 3-1', 2, /Invalid pcpu range: 3-1\./],
    ['vcpu-pin 1 0 ^all', 2, /Can't combine "\^" and "all"\./],
    ['vcpu-pin 1 0 99', 2, /no physical CPU is left in '99'[\s\S]*CPUs 0 to 7/],
    ['vcpu-pin 1 7 0', 2, /web-1 has no virtual CPU 7[\s\S]*it has 0 to 1/],
    ['sched-credit -s -d web-1', 2, /not allowed with domain options\./],
    ['sched-credit -t 10', 2, /Must specify schedparam/],
    ['sched-credit -d web-1 -w 0', 2, /the weight must be from 1 to 65535, not 0/],
    ['xenstore-read /nosuch', 1, /couldn't read path \/nosuch/],
    ['xenstore-write /a 1 /b', 2, /there is no value for '\/b'/],
    ['info nosuch', 2, /no field that begins with 'nosuch'/],
    ['lst', 2, /there is no command 'lst'[\s\S]*did you mean 'list'\?/],
    ['help nosuch', 2, /no help about 'nosuch'/],
    ['exit x', 2, /an exit code must be a whole number/],
    ['list --columns=nam', 2, /there is no column 'nam'[\s\S]*did you mean 'name'\?/],
  ])('%s', async (line, exitCode, said) => {
    const shell = openShell();
    const ran = await shell.run(line);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).not.toMatch(/\n\s+at /);
    expect(ran.exitCode).toBe(exitCode);
    expect(shell.machine.asked).toEqual([]);
  });

  test.each<[ConstructorParameters<typeof ToolstackError>[0], number]>([
    [{ code: 'wrong-state', message: 'web-1 is not paused', hint: 'pause it first' }, 4],
    [{ code: 'guest-crashed', message: 'web-1 crashed' }, 5],
    [{ code: 'timed-out', message: 'web-1 still runs' }, 124],
    [{ code: 'cancelled', message: 'cancelled' }, 130],
    [{ code: 'no-memory', message: 'not enough memory' }, 1],
  ])('what the toolstack refuses: %j', async (failure, exitCode) => {
    const shell = openShell();
    shell.machine.refuse = new ToolstackError(failure);
    const ran = await shell.run('unpause web-1');
    expect(ran).toMatchObject({
      exitCode,
      stderr: `error: ${failure.message}\n${failure.hint === undefined ? '' : `hint: ${failure.hint}\n`}`,
    });
  });

  test('a mistake of ours says that it is one', async () => {
    const shell = openShell();
    shell.machine.dmesg = () => Promise.reject(new TypeError('x is not a function'));
    const { stderr, exitCode } = await shell.run('dmesg');
    expect(stderr).toMatch(/^error: this is a bug in Xenolith: x is not a function\nTypeError[\s\S]*\n\s+at /);
    expect(exitCode).toBe(1);
  });
});

describe('rows that come down a pipeline', () => {
  const rows = new Table([{ name: 'name', type: 'text' }], [{ name: 'web-1' }, { name: 'crashed-dom' }]);

  test('are what an action is for', async () => {
    const shell = openShell();
    await shell.run('pause', rows);
    expect(shell.machine.asked).toEqual(['pause 1', 'pause 5']);
  });

  test('need a name', async () => {
    const nameless = new Table([{ name: 'mem', type: 'bytes' }], [{ mem: new Quantity('bytes', 1) }]);
    expect(await openShell().run('destroy', nameless)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no column called name/) as string,
    });
  });
});

test('shutdown says on the side whom it waits for', async () => {
  const shell = openShell();
  const { stdout } = await shell.run('shutdown -w web-1');
  expect(stdout).toBe('');
  expect(shell.notes).toEqual(['Shutting down domain 1', 'Waiting for 1 domains', 'Domain 1 has been shut down, reason code 0']);
});

test('what the person gives up on ends at once with 130', async () => {
  const controller = new AbortController();
  const shell = openShell({ signal: controller.signal });
  shell.machine.shutdown = () => new Promise(() => undefined);
  const running = shell.run('shutdown -w web-1');
  controller.abort();
  expect(await running).toMatchObject({ exitCode: 130, stderr: 'error: cancelled\n' });
});

test('exit leaves with its code', async () => {
  const shell = openShell();
  await shell.run('exit 3');
  expect(shell.left).toBe(3);
  await shell.run('quit');
  expect(shell.left).toBe(0);
});
