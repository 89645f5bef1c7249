/** Our kernel, booted by the real toolstack on the whole machine: what a person does with it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pebble, SECOND, testMachine, type TestMachine } from '../dom0/support/test-machine.ts';
import { Guest } from './support/guest.ts';

let machine: TestMachine;
beforeEach(() => {
  machine = testMachine();
});
afterEach(async () => {
  expect(machine.bugs).toEqual([]);
  await machine[Symbol.asyncDispose]();
});

describe('boot', () => {
  test.each([
    [4, 1, '1 vCPU, 4 MiB'],
    [4, 2, '2 vCPUs, 4 MiB'],
    [32, 4, '4 vCPUs, 32 MiB'],
  ])('with %i MiB and %i vCPUs it says so in its first line, and prompts', async (memoryMiB, vcpus, said) => {
    const guest = await Guest.create(machine, pebble('p', { memoryMiB, vcpus }));
    await guest.prompt();
    expect(guest.text).toBe(`pebble 1.0 on Xen 4.17, ${said}\npebble> `);
  });

  test('the selftest finds nothing wrong', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2 }));
    await guest.prompt();
    const lines = await guest.run('selftest', 20_000);
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([expect.stringMatching(/^selftest: \d+ ok, 0 failed$/)]);
    expect(lines.length).toBeGreaterThan(350);
    // And again: it leaves everything as it was.
    expect((await guest.run('selftest', 20_000)).at(-1)).toBe(lines.at(-1));
  });

  test('idle, it uses no processor time at all', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2 }));
    await guest.prompt();
    await machine.sleep(SECOND);
    const { retired } = await guest.info();
    await machine.sleep(60 * SECOND);
    expect((await guest.info()).retired).toBe(retired);
  });
});

describe('the shell', () => {
  let guest: Guest;
  beforeEach(async () => {
    guest = await Guest.create(machine, pebble('p', { vcpus: 2, memoryMiB: 8 }));
    await guest.prompt();
  });

  test('help lists the commands', async () => {
    const names = (await guest.run('help')).map((line) => line.trim().split(' ')[0]);
    expect(names).toEqual([
      'help',
      'uptime',
      'mem',
      'vcpus',
      'xenstore',
      'ls',
      'burn',
      'echo',
      'exec',
      'selftest',
      'hostile',
      'crash',
      'reboot',
      'halt',
    ]);
  });

  test('uptime counts machine time', async () => {
    await machine.sleep(10 * SECOND);
    expect(await guest.run('uptime')).toEqual([expect.stringMatching(/^up 10\.\d{3} s, machine 10\.\d{3} s, wall clock \d{10}$/)]);
  });

  test('mem is what the hypervisor says', async () => {
    const [given, parts] = await guest.run('mem');
    expect(given).toMatch(/^8192 KiB given at boot, 8192 KiB now \(the hypervisor says 8192 KiB, at most \d+ KiB\)$/);
    expect(parts).toMatch(/^kernel \d+ KiB, page tables \d+ KiB, free \d+ KiB$/);
  });

  test('vcpus shows both', async () => {
    expect(await guest.run('vcpus')).toEqual([expect.stringMatching(/^vCPU 0 online /), expect.stringMatching(/^vCPU 1 online /)]);
  });

  test('xenstore reads, lists and writes what is its own', async () => {
    expect(await guest.run('xenstore name')).toEqual(['name = "p"']);
    expect(await guest.run('ls cpu')).toEqual(['cpu = ""', '  0 = ""', '  1 = ""']);
    expect(await guest.run('xenstore data/x hello')).toEqual([]);
    expect(await machine.toolstack.xenstoreRead('/local/domain/1/data/x')).toBe('hello');
    expect(await guest.run('xenstore /local/domain/0/name mine')).toEqual(['/local/domain/0/name: EACCES']);
    expect(await guest.run('xenstore nothing')).toEqual(['nothing: ENOENT']);
  });

  test('echo says it again, and an unknown command is named', async () => {
    expect(await guest.run('echo one two')).toEqual(['one two']);
    expect(await guest.run('frobnicate')).toEqual(['frobnicate: unknown command, try help']);
  });

  test('keys edit the line', async () => {
    await guest.type('ecko\x7f\x7fho gone\x15echo \x1b[Ahere\r');
    expect((await guest.prompt()).split('\n')).toContain('here');
    await guest.type('halt\x03');
    await guest.prompt();
    expect(await guest.run('echo still')).toEqual(['still']);
  });

  test('a long line of typed text arrives whole', async () => {
    const word = 'abcdefghij'.repeat(11);
    expect(await guest.run(`echo ${word}`)).toEqual([word]);
  });
});

describe('burn', () => {
  test('works on every vCPU for as long as it was told', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2 }));
    await guest.prompt();
    const before = await guest.info();
    const lines = await guest.run('burn 1');
    expect(lines[0]).toBe('burn: 2 vCPUs, 1 s');
    expect(lines[1]).toMatch(/^burn: \d+ iterations in 1\.00\d s, \d+\.\d\d M\/s$/);
    const seconds = ((await guest.info()).cpuTimeNs - before.cpuTimeNs) / SECOND;
    expect(seconds).toBeGreaterThan(1.9);
    expect(seconds).toBeLessThan(2.05);
  });

  test('keeps to its duty cycle', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 1, cmdline: 'run=burn:2:25' }));
    await guest.sees(/iterations in 2\.0/);
    const { cpuTimeNs } = await guest.info();
    expect(cpuTimeNs / SECOND).toBeGreaterThan(0.47);
    expect(cpuTimeNs / SECOND).toBeLessThan(0.54);
  });

  test('ends at Ctrl-C', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2, cmdline: 'run=burn' }));
    await guest.sees(/until Ctrl-C/);
    await machine.sleep(SECOND / 10);
    await guest.type('\x03');
    await guest.sees(/iterations in 0\.1/);
    await guest.prompt();
    expect(await guest.run('echo back')).toEqual(['back']);
  });

  test('does not keep it from shutting down', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2, cmdline: 'run=burn' }));
    await guest.sees(/until Ctrl-C/);
    await machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND);
    await guest.goes();
  });
});

describe('the end', () => {
  test('shutdown from outside powers it off and it is gone', async () => {
    const guest = await Guest.create(machine, pebble('p'));
    await guest.prompt();
    await machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND);
    await guest.goes();
    expect(guest.text).toContain('pebble: powering off');
  });

  test.each(['from outside', 'by its own command'])('reboot %s gives it a new domid', async (how) => {
    let guest = await Guest.create(machine, pebble('p', { onReboot: 'restart' }));
    await guest.prompt();
    const { domid } = await guest.info();
    if (how === 'from outside') await machine.toolstack.shutdown('p', 'reboot');
    else await guest.type('reboot\r');
    await guest.sees(/pebble: rebooting/);
    await machine.sleep(3 * SECOND);
    guest = await guest.again();
    await guest.prompt();
    expect((await guest.info()).domid).toBe(domid + 1);
  });

  test('halt powers it off', async () => {
    const guest = await Guest.create(machine, pebble('p', { onPoweroff: 'preserve' }));
    await guest.prompt();
    await guest.type('halt\r');
    expect(await guest.stops()).toBe('poweroff');
  });

  test('crash says why and where before it dies', async () => {
    const guest = await Guest.create(machine, pebble('p'));
    await guest.prompt();
    await guest.type('crash\r');
    expect(await guest.stops()).toBe('crash');
    expect(guest.text).toMatch(/panic: vCPU 0: #PF \(error 2\) at ffffffff8\w+, cr2 00000000dead0000/);
  });

  test('a trap without a handler is reported by the hypervisor', async () => {
    const guest = await Guest.create(machine, pebble('p'));
    await guest.prompt();
    await guest.type('crash ud2\r');
    expect(await guest.stops()).toBe('crash');
    expect(await machine.toolstack.dmesg()).toMatch(/Domain 1 \(vcpu#0\) crashed on cpu#\d/);
  });

  test('suspend is refused', async () => {
    const guest = await Guest.create(machine, pebble('p'));
    await guest.prompt();
    await machine.toolstack.xenstoreWrite('/local/domain/1/control/shutdown', 'suspend');
    await guest.sees(/refused to suspend/);
    expect(await machine.toolstack.xenstoreRead('/local/domain/1/control/shutdown')).toBe('');
  });
});

describe('what the toolstack changes while it runs', () => {
  test('vCPUs go and come', async () => {
    const guest = await Guest.create(machine, pebble('p', { vcpus: 2, maxVcpus: 4 }));
    await guest.prompt();
    const online = async (): Promise<number> => (await guest.run('vcpus')).filter((line) => / online /.test(line)).length;
    expect(await online()).toBe(2);
    for (const count of [4, 1, 3]) {
      await machine.toolstack.setVcpus('p', count);
      await machine.sleep(SECOND / 10);
      expect(await online()).toBe(count);
      expect((await machine.toolstack.vcpus('p')).filter(({ cpu }) => cpu !== null)).toHaveLength(count);
    }
  });

  test('memory goes and comes', async () => {
    const guest = await Guest.create(machine, pebble('p', { memoryMiB: 16, maxMemoryMiB: 32 }));
    await guest.prompt();
    for (const target of [8, 32, 16]) {
      await machine.toolstack.setMemory('p', target);
      await machine.sleep(SECOND / 10);
      expect((await guest.run('mem'))[0]).toContain(`${target * 1024} KiB now (the hypervisor says ${target * 1024} KiB`);
      expect((await guest.info()).memoryKiB).toBe(target * 1024);
    }
  });

  test('paused, it stands still', async () => {
    const guest = await Guest.create(machine, pebble('p', { cmdline: 'run=burn' }));
    await guest.sees(/until Ctrl-C/);
    await machine.toolstack.pause('p');
    const { retired } = await guest.info();
    await machine.sleep(SECOND);
    expect((await guest.info()).retired).toBe(retired);
    await machine.toolstack.unpause('p');
    await machine.sleep(SECOND / 10);
    expect((await guest.info()).retired).toBeGreaterThan(retired);
  });
});

test('the same session gives the same instructions and the same words', async () => {
  const session = async (): Promise<unknown> => {
    await using own = testMachine();
    const guest = await Guest.create(own, pebble('p', { vcpus: 2 }));
    await guest.prompt();
    await guest.run('burn 1 50');
    await guest.run('vcpus');
    const { retired, cpuTimeNs } = await guest.info();
    return { text: guest.text, retired, cpuTimeNs };
  };
  expect(await session()).toEqual(await session());
});
