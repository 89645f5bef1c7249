import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { golden, hasGolden } from '../golden.ts';
import { xm } from './fake-io.ts';

describe('one command', () => {
  test.skipIf(!hasGolden)('prints what xl prints', async () => {
    expect(await xm(['list'])).toMatchObject({ exitCode: 0, stdout: golden('xl-tables.txt', 'xl list').output, stderr: '' });
    expect(await xm(['-c', 'list'])).toMatchObject({ exitCode: 0, stdout: golden('xl-tables.txt', 'xl list').output, stderr: '' });
  });

  test('starts a machine in this thread, as described, and stops it', async () => {
    const ran = await xm(['--memory=1g', '--cpus', '4', '--virtual', 'list']);
    expect(ran.machineOptions).toEqual({ memoryMiB: 1024, cpus: 4, clock: 'virtual', thread: false });
    expect(ran.machine?.halted).toBe(true);
  });

  test('stops the machine when it fails', async () => {
    const ran = await xm(['pause', 'nosuch']);
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
    expect(ran.stderr).toMatch(/^error: nosuch is an invalid domain identifier/);
    expect(ran.machine?.halted).toBe(true);
  });

  test('is a table on a terminal, fitted to it', async () => {
    const { stdout } = await xm(['list', 'web-1'], { columns: 40 });
    expect(stdout.split('\n')[1]).toMatch(/^.*web-1.*512 MiB/);
    for (const line of stdout.split('\n')) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(40);
  });

  test('has no colours when they are not wanted', async () => {
    for (const { argv, env } of [
      { argv: ['--no-color', 'list'], env: { TERM: 'xterm-256color' } },
      { argv: ['list'], env: { TERM: 'xterm-256color', NO_COLOR: '1' } },
    ]) {
      expect((await xm(argv, { columns: 80, env })).stdout).not.toContain('\u001b[3');
    }
    expect((await xm(['list'], { columns: 80, env: { TERM: 'xterm-256color' } })).stdout).toContain('\u001b[3');
  });
});

describe('words that need no machine start none', () => {
  test.each([
    [['--version'], /^xm \d+\.\d+\.\d+\n$/],
    [['-V'], /^xm \d/],
    [['--help'], /a machine of its own/],
    [['help'], /^Domains\n/],
    [['help', 'create'], /^Usage: xm create/],
    [['create', '--help'], /^Usage: xm create/],
    [['--help', 'list'], /^Usage: xm list/],
    [['help', 'exit-codes'], /124/],
  ])('%j', async (argv, said) => {
    const ran = await xm(argv);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', machine: null });
    expect(ran.stdout).toMatch(said);
  });
});

describe('wrong words end with 2 before a machine is started', () => {
  test.each([
    [['--nosuch', 'list'], /unknown global option '--nosuch'/],
    [['--vitrual', 'list'], /did you mean '--virtual'\?/],
    [['lst'], /there is no command 'lst'\nhint: did you mean 'list'\?/],
    [['list', '--nosuch'], /option `nosuch' not supported\./],
    [['-c'], /option '-c' requires an argument/],
    [['-c', 'list', 'info'], /nothing more to say: info/],
    [['--memory=1', 'list'], /memory in MiB must be from 64 to 3584, not 1/],
    [['--cpus=0', 'list'], /the number of CPUs must be from 1 to/],
    [['--format=xml', 'list'], /there is no format 'xml'/],
    [['pause'], /'xm pause' requires at least 1 argument\./],
  ])('%j', async (argv, said) => {
    const ran = await xm(argv);
    expect(ran.stderr).toMatch(said);
    expect(ran.exitCode).toBe(2);
    if (argv[0] !== 'pause') expect(ran.machine).toBeNull();
  });
});

describe('--json', () => {
  test('before the command or after it', async () => {
    const before = await xm(['--json', 'domid', 'web-1']);
    expect(before.stdout).toBe('1\n');
    expect((await xm(['domid', 'web-1', '--json'])).stdout).toBe('1\n');
    expect(JSON.parse((await xm(['--json=name', 'list'])).stdout)).toContainEqual({ name: 'web-1' });
  });

  test('makes failures objects on stderr', async () => {
    const { stdout, stderr, exitCode } = await xm(['--json', 'pause', 'web1']);
    expect(stdout).toBe('');
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr)).toEqual({
      code: 'no-such-domain',
      message: 'web1 is an invalid domain identifier: there is no such domain',
      hint: "did you mean 'web-1'?",
      span: null,
    });
  });

  test('also when the words are wrong', async () => {
    expect(JSON.parse((await xm(['--json', 'lst'])).stderr)).toMatchObject({ code: 'usage', hint: "did you mean 'list'?" });
  });
});

describe('several lines', () => {
  test('after -c run one after the other', async () => {
    const ran = await xm(['-c', 'pause web-1; domid web-1; domname 5']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '1\ncrashed-dom\n', stderr: '' });
    expect(ran.machine?.asked).toEqual(['pause 1']);
  });

  test('come from stdin when it is no terminal', async () => {
    expect(await xm([], { stdin: 'domid web-1\ndomname 5\n' })).toMatchObject({ exitCode: 0, stdout: '1\ncrashed-dom\n' });
  });

  test('stop at the first failure, with its exit code', async () => {
    const ran = await xm(['-c', 'pause nosuch; destroy web-1']);
    expect(ran.exitCode).toBe(3);
    expect(ran.machine?.asked).toEqual([]);
  });

  test.each([
    ['wait 2s', ''],
    ['1 + 1', '2\n'],
    ['domain("web-1").cap', '50\n'],
    ['list | where name == "web-1" | select id', 'id\n1\n'],
    ['xl domid web-1', '1\n'],
    ['let d = "web-1"; domid $d', '1\n'],
  ])('may be any of the language: %s', async (text, stdout) => {
    expect(await xm(['-c', text])).toMatchObject({ exitCode: 0, stdout, stderr: '' });
  });

  test('exit leaves at once', async () => {
    const ran = await xm(['-c', 'domid web-1; exit 7; destroy web-1']);
    expect(ran).toMatchObject({ exitCode: 7, stdout: '1\n', stderr: '' });
    expect(ran.machine?.asked).toEqual([]);
  });

  test('that cannot be read end with 2 and their place', async () => {
    const ran = await xm(['-c', 'if {']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toMatch(/^error/);
    expect(ran.stderr).toMatch(/-c:1:/);
  });
});

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends what runs with %i, and the machine with it', async (name, exitCode) => {
    const ran = await xm(['shutdown', '-w', 'web-1'], {
      onMachine(machine, signal) {
        machine.shutdown = () => {
          setImmediate(() => signal(name));
          return new Promise(() => undefined);
        };
      },
    });
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.machine?.halted).toBe(true);
  });
});
