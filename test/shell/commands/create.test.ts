import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ToolstackError } from '../../../src/dom0/toolstack/types.ts';
import { openShell, type Ran, type Shell } from '../harness.ts';
import { xm } from '../main/fake-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenolith-create-'));
const at = (name: string): string => relative(process.cwd(), join(folder, name));

beforeAll(() => {
  writeFileSync(join(folder, 'web.cfg'), 'name = "web"\nkernel = "images/vmlinuz"\nmemory = 64\nvcpus = 2\n');
  writeFileSync(join(folder, 'wrong.cfg'), 'name = "wrong"\nkernel = "/k"\nmemroy = 64\nvcpus = "many"\n');
  writeFileSync(join(folder, 'broken.cfg'), 'name = "broken\n');
  writeFileSync(join(folder, 'hint.cfg'), 'name = "hint"\nkernel = "/k"\nacpi = 1\n');
  writeFileSync(join(folder, 'script.xm'), 'create "web.cfg"\nlet n = 1 + 1\nassert n == 2, "sums"\ndomname 1\n');
  writeFileSync(join(folder, 'failing.xm'), 'domid web-1\nassert 1 == 2, "one is two"\ndestroy web-1\n');
  mkdirSync(join(folder, 'folder.cfg'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function create(words: string, prepare?: (shell: Shell) => void): Promise<Ran & { readonly shell: Shell }> {
  const shell = openShell();
  prepare?.(shell);
  return { ...(await shell.run(`create ${words}`)), shell };
}

test('builds what the file says, with paths relative to the file', async () => {
  const { shell, stdout, exitCode } = await create(at('web.cfg'));
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  expect(shell.machine.built).toEqual([{ name: 'web', kernel: join(folder, 'images/vmlinuz'), memoryMiB: 64, vcpus: 2 }]);
  expect(shell.notes).toEqual([`Parsing config from ${at('web.cfg')}`]);
});

describe('settings after the file win', () => {
  test.each([
    ['memory=128', { memoryMiB: 128 }],
    ['name=web2', { name: 'web2' }],
    ['name="web2"', { name: 'web2' }],
    ['cpus=0-1', { cpus: [[0, 1]] }],
    ['extra=run=burn', { cmdline: 'run=burn' }],
    ['kernel=/boot/vmlinuz', { kernel: '/boot/vmlinuz' }],
    ['on_crash="preserve"', { onCrash: 'preserve' }],
  ])('%s', async (setting, expected) => {
    const { shell, stderr } = await create(`${at('web.cfg')} ${setting}`);
    expect(stderr).toBe('');
    expect(shell.machine.built).toMatchObject([expected]);
  });

  test('and are enough without a file', async () => {
    const { shell } = await create('name=web kernel=/boot/vmlinuz');
    expect(shell.machine.built).toEqual([{ name: 'web', kernel: '/boot/vmlinuz' }]);
  });
});

test('-p leaves it paused, -q says nothing, -f names the file', async () => {
  const { shell } = await create(`-pq -f ${at('web.cfg')}`);
  expect(shell.machine.asked).toEqual(['create web {"paused":true}']);
  expect(shell.notes).toEqual([]);
});

test('-n prints the configuration as xl does and builds nothing', async () => {
  const { shell, stdout } = await create(`-n ${at('web.cfg')} memory=128`);
  expect(shell.machine.built).toEqual([]);
  expect(JSON.parse(stdout)).toEqual({
    c_info: { type: 'pv', name: 'web', run_hotplug_scripts: 'True' },
    b_info: {
      max_vcpus: 2,
      avail_vcpus: [0, 1],
      max_memkb: 131072,
      target_memkb: 131072,
      sched_params: {},
      claim_mode: 'True',
      kernel: 'images/vmlinuz',
      'type.pv': {},
      arch_arm: {},
      arch_x86: {},
    },
    on_reboot: 'restart',
    on_soft_reset: 'soft_reset',
  });
});

test('-n shows disks and network interfaces too', async () => {
  writeFileSync(
    join(folder, 'devices.cfg'),
    "name='d'\nkernel='/k'\ndisk=['phy:/dev/vg/x,xvda,w']\nvif=['mac=00:16:3e:00:00:01,bridge=br0,rate=10Mb/s@20ms']\n",
  );
  const { stdout } = await create(`-n ${at('devices.cfg')}`);
  expect(JSON.parse(stdout)).toMatchObject({
    disks: [{ pdev_path: '/dev/vg/x', vdev: 'xvda', format: 'raw', readwrite: 1 }],
    nics: [{ devid: 0, mac: '00:16:3e:00:00:01', bridge: 'br0', rate_bytes_per_interval: 25000, rate_interval_usecs: 20000 }],
  });
});

test('-c attaches to its console', async () => {
  const shell = openShell({ input: ['bye'] });
  expect((await shell.run(`create -c ${at('web.cfg')}`)).stdout).toBe('booting web\r\n> BYE');
});

test('what it made can be listed as it was made', async () => {
  const { shell } = await create(at('web.cfg'));
  const [listed] = JSON.parse((await shell.run('list -l web')).stdout) as { config: { b_info: { kernel: string } } }[];
  expect(listed!.config.b_info.kernel).toBe(join(folder, 'images/vmlinuz'));
});

describe('mistakes are all told at once, with their places, before anything is built', () => {
  test('unknown keys and wrong types', async () => {
    const { stderr, exitCode, shell } = await create(at('wrong.cfg'));
    expect(exitCode).toBe(2);
    expect(shell.machine.built).toEqual([]);
    expect(stderr).toContain(
      `error: unknown key 'memroy'\n  --> ${at('wrong.cfg')}:3:1\n   3 | memroy = 64\n     | ^^^^^^ did you mean 'memory'?\n`,
    );
    expect(stderr).toMatch(/'vcpus' must be a number[\s\S]*:4:/);
  });

  test.each([
    ['broken.cfg', 2, /error: .*\n {2}--> .*broken\.cfg:1:/],
    ['nosuch.cfg', 2, /Failed to read config file: .*nosuch\.cfg: there is no such file/],
    ['folder.cfg', 2, /Failed to read config file: .*folder\.cfg: it is a folder/],
    ['web.cfg wrong.cfg', 2, /one configuration at a time/],
    ['web.cfg cpus=99', 2, /vcpu hard affinity map is empty/],
    ['web.cfg memory=lots', 2, /'memory' must be a number/],
    ['-c -p web.cfg', 2, /not both/],
  ])('%s', async (words, exitCode, said) => {
    const placed = words.replaceAll(/[\w]+\.cfg/g, (name) => at(name));
    const ran = await create(placed);
    expect(ran.stderr).toMatch(said);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.shell.machine.built).toEqual([]);
  });

  test('nothing at all', async () => {
    expect(await openShell().run('create')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/requires at least 1 argument/) as string,
    });
  });

  test('what has no effect is said, and the domain is built', async () => {
    const { shell } = await create(at('hint.cfg'));
    expect(shell.machine.built).toHaveLength(1);
    expect(shell.notes.join('\n')).toMatch(/^hint: 'acpi' has no effect.*hint\.cfg:3\)$/m);
  });
});

test('what the toolstack refuses is shown at its place in the file', async () => {
  const { stderr, exitCode } = await create(at('web.cfg'), ({ machine }) => {
    machine.refuse = new ToolstackError({
      code: 'not-elf',
      message: 'the kernel is not an ELF file',
      hint: 'it begins with "#!"',
      field: 'kernel',
    });
  });
  expect(stderr).toBe(
    `error: the kernel is not an ELF file\n  --> ${at('web.cfg')}:2:10\n   2 | kernel = "images/vmlinuz"\n     |          ^^^^^^^^^^^^^^^^ it begins with "#!"\n`,
  );
  expect(exitCode).toBe(1);
});

describe('from outside', () => {
  test('a declared domain is created by its name', async () => {
    const ran = await xm(['-c', 'domain "db" { kernel = "/boot/vmlinuz"; memory = 64MiB; cpu_weight = 2 * 256 }; create db; domid db']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '8\n', stderr: '' });
    expect(ran.machine?.built).toEqual([{ name: 'db', kernel: '/boot/vmlinuz', memoryMiB: 64, cpuWeight: 512 }]);
  });

  test('--json tells what was made', async () => {
    const { stdout } = await xm(['--json', 'create', at('web.cfg')]);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'web', id: 8, state: 'blocked' });
  });

  test('--json tells the code and the place of a mistake', async () => {
    const { stderr, exitCode } = await xm(['--json', 'create', at('wrong.cfg')]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({
      code: 'XM1042',
      message: "unknown key 'memroy'",
      hint: "did you mean 'memory'?",
      span: { file: at('wrong.cfg'), line: 3, column: 1 },
      problems: [{ code: 'XM1042' }, { code: 'XM1043' }],
    });
  });

  test('a script finds its configurations beside itself', async () => {
    const ran = await xm(['run', at('script.xm')]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'web-1\n' });
    expect(ran.machine?.built).toMatchObject([{ name: 'web' }]);
  });

  test('a script that fails ends with 1, its place, and no further', async () => {
    const ran = await xm(['run', at('failing.xm')]);
    expect(ran).toMatchObject({ exitCode: 1, stdout: '1\n' });
    expect(ran.stderr).toMatch(/one is two[\s\S]*failing\.xm:2:/);
    expect(ran.machine?.asked).toEqual([]);
  });

  test('a script tells its steps as JSON and JUnit', async () => {
    const junit = join(folder, 'report.xml');
    const ran = await xm(['--json', 'run', at('failing.xm'), '--junit', junit]);
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      steps: [
        { kind: 'command', text: 'domid web-1', line: 1, ok: true },
        { kind: 'assert', line: 2, ok: false },
      ],
    });
    const { readFileSync } = await import('node:fs');
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).toContain('<failure message="');
  });

  test('run --virtual starts a machine in virtual time', async () => {
    expect((await xm(['run', '--virtual', at('script.xm')])).machineOptions).toMatchObject({ clock: 'virtual' });
  });

  test.each([
    [['run', at('nosuch.xm')], 2],
    [['run'], 2],
  ])('%j cannot be read and ends with 2', async (argv, exitCode) => {
    expect(await xm(argv)).toMatchObject({ exitCode });
  });
});
