import { describe, expect, test } from 'vitest';
import { eventOf, failure, pebble, SECOND, testMachine, type TestMachine } from '../support/test-machine.ts';
import type { DomainConfig } from '../../../src/dom0/toolstack/types.ts';

async function booted(machine: TestMachine, name: string, more: Partial<DomainConfig> = {}): Promise<number> {
  const { domid } = await machine.toolstack.create(pebble(name, more));
  await machine.sees(name, /pebble> /);
  return domid;
}

const names = async ({ toolstack }: TestMachine): Promise<string[]> => (await toolstack.list()).map(({ name }) => name);

describe('shutting down', () => {
  test('the guest is asked, powers off and is gone; nothing is left of it', async () => {
    await using machine = testMachine();
    await booted(machine, 'first');
    await machine.toolstack.destroy('first');
    const before = await machine.leftovers();
    await booted(machine, 'p');
    await machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND);
    expect(await names(machine)).toEqual(['Domain-0']);
    expect(await machine.leftovers()).toEqual(before);
  });

  test('without waiting it returns at once', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await machine.toolstack.shutdown('p', 'poweroff');
    await machine.sleep(SECOND);
    expect(await names(machine)).toEqual(['Domain-0']);
  });

  test('a guest that does not listen is waited for as long as was said', async () => {
    await using machine = testMachine();
    await machine.toolstack.create(pebble('p'), { paused: true });
    const { nowNs } = await machine.toolstack.time();
    expect(await failure(machine.toolstack.shutdown('p', 'poweroff', 3 * SECOND))).toMatchObject({ code: 'timed-out' });
    expect((await machine.toolstack.time()).nowNs).toBeGreaterThanOrEqual(nowNs + 3 * SECOND);
    expect(await names(machine)).toContain('p');
  });

  test('what has stopped already cannot be shut down again; waiting for it ends at once', async () => {
    await using machine = testMachine();
    await booted(machine, 'p', { onPoweroff: 'preserve' });
    await machine.toolstack.shutdown('p', 'poweroff', 5 * SECOND);
    expect(await machine.toolstack.domain('p')).toMatchObject({ state: 'shutdown', stateLetters: '---s--', shutdownReason: 'poweroff' });
    expect(await failure(machine.toolstack.shutdown('p', 'poweroff'))).toMatchObject({ code: 'wrong-state' });
    await machine.toolstack.shutdown('p', 'poweroff', SECOND);
    await machine.toolstack.destroy('p');
  });

  test('domain 0 is not shut down, destroyed, paused or renamed', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    for (const work of [toolstack.shutdown(0, 'poweroff'), toolstack.destroy(0), toolstack.pause('Domain-0'), toolstack.rename('0', 'x')])
      expect(await failure(work)).toMatchObject({ code: 'not-allowed' });
  });
});

describe('rebooting', () => {
  test('the domain comes back with its name and UUID, under a new id', async () => {
    await using machine = testMachine();
    const events = machine.toolstack.events();
    const domid = await booted(machine, 'p');
    const { uuid } = await machine.toolstack.domain('p');
    await machine.toolstack.shutdown('p', 'reboot', 5 * SECOND);
    await eventOf(events, (event) => event.kind === 'rebooted');
    const after = await machine.toolstack.domain('p');
    expect(after.domid).toBe(domid + 1);
    expect(after.uuid).toBe(uuid);
    await machine.sees('p', /pebble> /);
  });

  test('changes made meanwhile are kept', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    const events = toolstack.events();
    await booted(machine, 'p', { maxMemoryMiB: 8, maxVcpus: 2 });
    await toolstack.rename('p', 'q');
    await toolstack.setMemory('q', 6);
    await toolstack.setVcpus('q', 2);
    await toolstack.credit({ domain: 'q', weight: 100 });
    await machine.type('q', 'reboot\r');
    await machine.sleep(SECOND);
    await eventOf(events, (event) => event.kind === 'rebooted');
    expect(await toolstack.domain('q')).toMatchObject({ memoryKiB: 6144, maxVcpus: 2, weight: 100 });
  });

  test('a domain that restarts at once, again and again, pauses two seconds each time', async () => {
    await using machine = testMachine();
    const events = machine.toolstack.events();
    await machine.toolstack.create(pebble('p', { cmdline: 'run=reboot' }));
    const times: number[] = [];
    while (times.length < 4) {
      // Somebody waits: time passes.
      const enough = new AbortController();
      const waiting = machine.toolstack.sleepUntil(1000 * SECOND, enough.signal).catch(() => undefined);
      await eventOf(events, (event) => event.kind === 'rebooted');
      times.push((await machine.toolstack.time()).nowNs);
      enough.abort();
      await waiting;
    }
    const gaps = times.slice(1).map((at, i) => (at - times[i]!) / SECOND);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(2);
    await machine.toolstack.destroy('p');
  });

  test('its name is kept for it while it pauses', async () => {
    await using machine = testMachine();
    const events = machine.toolstack.events();
    await machine.toolstack.create(pebble('p', { cmdline: 'run=reboot' }));
    // The first restart is at once, the second pauses.
    for (let deaths = 0; deaths < 2; deaths++) await eventOf(events, (event) => event.kind === 'destroyed');
    expect(await names(machine)).toEqual(['Domain-0']);
    expect(await failure(machine.toolstack.create(pebble('p')))).toMatchObject({ code: 'name-taken' });
  });

  test('rename-restart keeps the old one, under another name', async () => {
    await using machine = testMachine();
    const events = machine.toolstack.events();
    await booted(machine, 'p', { onReboot: 'rename-restart' });
    await machine.toolstack.shutdown('p', 'reboot', 5 * SECOND);
    await eventOf(events, (event) => event.kind === 'rebooted');
    expect(await names(machine)).toEqual(['Domain-0', expect.stringMatching(/^p-\d{8}T\d{4}Z$/), 'p']);
    await machine.sees('p', /pebble> /);
  });

  test('a restart that fails says why, and leaves nothing', async () => {
    const { copyFileSync, mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const { PEBBLE } = await import('../support/test-machine.ts');
    const folder = mkdtempSync(`${tmpdir()}/xenolith-dom0-`);
    copyFileSync(PEBBLE, `${folder}/kernel`);
    await using machine = testMachine();
    const events = machine.toolstack.events();
    await booted(machine, 'p', { kernel: `${folder}/kernel` });
    rmSync(folder, { recursive: true });
    await machine.toolstack.shutdown('p', 'reboot', 5 * SECOND);
    const end = await eventOf(events, (event) => event.kind === 'destroyed' && event.detail !== undefined);
    expect(end).toMatchObject({ detail: expect.stringMatching(/could not be restarted.*does not exist/) as string });
    expect(await machine.toolstack.dmesg()).toMatch(/\(d0\) p \(was domain 1\) could not be restarted/);
    await machine.toolstack.create(pebble('p'));
  });
});

describe('crashing', () => {
  test.each(['crash', 'crash ud2', 'hostile jump', 'hostile nostack'])(
    '%s: destroyed by default, with its reason told and its registers in dmesg',
    async (command) => {
      await using machine = testMachine();
      const events = machine.toolstack.events();
      await booted(machine, 'neighbour');
      await booted(machine, 'warm');
      await machine.toolstack.destroy('warm');
      const before = await machine.leftovers();
      await booted(machine, 'p');
      await machine.type('p', `${command}\r`);
      await machine.sleep(SECOND);
      const crashed = await eventOf(events, (event) => event.kind === 'crashed');
      expect(crashed).toMatchObject({ name: 'p', detail: expect.stringMatching(/./) as string });
      if (command !== 'crash')
        expect(await machine.toolstack.dmesg()).toMatch(/\(XEN\) Domain 3 \(vcpu#0\) crashed on cpu#\d+: .*\n[^]*RIP/);
      expect(await machine.leftovers()).toEqual(before);
      await machine.type('neighbour', 'echo still here\r');
      await machine.sees('neighbour', /still here\r\n/);
      expect(machine.bugs).toEqual([]);
    },
  );

  test('preserve keeps it to be looked at', async () => {
    await using machine = testMachine();
    await booted(machine, 'p', { onCrash: 'preserve' });
    await machine.type('p', 'crash\r');
    await machine.sleep(SECOND);
    expect(await machine.toolstack.domain('p')).toMatchObject({ state: 'crashed', stateLetters: '---sc-', shutdownReason: 'crash' });
    expect(await failure(machine.toolstack.shutdown('p', 'poweroff'))).toMatchObject({ code: 'wrong-state' });
  });

  test('restart builds it again', async () => {
    await using machine = testMachine();
    const events = machine.toolstack.events();
    await booted(machine, 'p', { onCrash: 'restart' });
    await machine.type('p', 'crash\r');
    await machine.sleep(SECOND);
    await eventOf(events, (event) => event.kind === 'rebooted');
    await machine.sees('p', /pebble> /);
  });

  test('coredump-destroy says that no core was dumped', async () => {
    await using machine = testMachine();
    await booted(machine, 'p', { onCrash: 'coredump-destroy' });
    await machine.type('p', 'crash\r');
    await machine.sleep(SECOND);
    expect(await names(machine)).toEqual(['Domain-0']);
    expect(await machine.toolstack.dmesg()).toMatch(/no core was dumped/);
  });

  test('while its end is waited for: the waiting fails', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await machine.type('p', 'burn 1\r');
    const waiting = failure(machine.toolstack.shutdown('p', 'poweroff', 60 * SECOND));
    await machine.toolstack.xenstoreWrite('/local/domain/1/control/shutdown', '');
    await machine.type('p', '\x03');
    await machine.type('p', 'crash\r');
    expect((await waiting)['code']).toMatch(/guest-crashed|timed-out/);
  });
});

describe('pausing', () => {
  test('counts: paused twice, it is let go by the second unpause', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await booted(machine, 'p');
    await toolstack.pause('p');
    await toolstack.pause('p');
    await toolstack.unpause('p');
    expect(await toolstack.domain('p')).toMatchObject({ state: 'paused' });
    await toolstack.unpause('p');
    expect((await toolstack.domain('p')).state).not.toBe('paused');
    expect(await failure(toolstack.unpause('p'))).toMatchObject({ code: 'wrong-state' });
  });

  test('stops it from running', async () => {
    await using machine = testMachine();
    await booted(machine, 'p');
    await machine.type('p', 'burn 100\r');
    await machine.sleep(SECOND / 10);
    await machine.toolstack.pause('p');
    const { retired } = await machine.toolstack.domain('p');
    await machine.sleep(SECOND / 10);
    expect((await machine.toolstack.domain('p')).retired).toBe(retired);
  });
});

describe('names', () => {
  test('a number is an id first, then a name', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    await toolstack.create(pebble('2'), { paused: true });
    await toolstack.create(pebble('two'), { paused: true });
    expect((await toolstack.domain('2')).name).toBe('two');
    expect((await toolstack.domain(1)).name).toBe('2');
    await toolstack.destroy('two');
    expect((await toolstack.domain('2')).domid).toBe(1);
  });

  test('a domain is renamed, to a name that is free', async () => {
    await using machine = testMachine();
    const { toolstack } = machine;
    const { uuid } = await toolstack.create(pebble('p'), { paused: true });
    await toolstack.create(pebble('q'), { paused: true });
    expect(await failure(toolstack.rename('p', 'q'))).toMatchObject({ code: 'name-taken' });
    expect(await failure(toolstack.rename('p', ''))).toMatchObject({ code: 'invalid' });
    await toolstack.rename('p', 'r');
    await toolstack.rename('r', 'r');
    expect(await names(machine)).toEqual(['Domain-0', 'r', 'q']);
    expect(await toolstack.xenstoreRead('/local/domain/1/name')).toBe('r');
    expect(await toolstack.xenstoreRead(`/vm/${uuid}/name`)).toBe('r');
    await toolstack.create(pebble('p'), { paused: true });
  });

  test('of nobody: said so', async () => {
    await using machine = testMachine();
    for (const ref of ['nobody', '77', 77, '-1', ''])
      expect(await failure(machine.toolstack.domain(ref))).toMatchObject({ code: 'no-such-domain' });
  });
});
