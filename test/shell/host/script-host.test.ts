import { expect, test, describe } from 'vitest';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainHandle, Quantity } from '../../../src/lang/values.ts';
import type { Callable, ScriptHost, Value } from '../../../src/lang/index.ts';
import { createScriptHost } from '../../../src/shell/host/script-host.ts';
import { fakeToolstack } from '../fake-toolstack.ts';

const screen = { terminal: null, print: () => undefined, note: () => undefined, progress: () => undefined, leave: () => undefined };
const open = (): ScriptHost => createScriptHost(fakeToolstack(), screen);
const folder = mkdtempSync(join(tmpdir(), 'xenolith-host-'));

describe('a domain is read through its properties', () => {
  test.each<[string, unknown]>([
    ['id', 1n],
    ['name', 'web-1'],
    ['state', 'blocked'],
    ['memory', new Quantity('bytes', 512 * 2 ** 20)],
    ['max_memory', new Quantity('bytes', 512 * 2 ** 20)],
    ['cpu_time', new Quantity('ns', 12.7e9)],
    ['weight', 256n],
    ['cap', 50n],
    ['uptime', new Quantity('ns', 3720e9)],
    ['shutdown_reason', null],
    ['nosuch', undefined],
    ['toString', undefined],
  ])('.%s', async (property, value) => {
    expect(await open().domainProperty('web-1', property)).toEqual(value);
  });

  test('.cpu_share is a percentage of one CPU since it started', async () => {
    expect(await open().domainProperty('web-1', 'cpu_share')).toMatchObject({
      unit: 'percent',
      amount: expect.closeTo(0.341, 3) as number,
    });
  });

  test('.vcpus is a list', async () => {
    const vcpus = (await open().domainProperty('crashed-dom', 'vcpus')) as readonly ReadonlyMap<string, Value>[];
    expect(vcpus.map((one) => one.get('state'))).toEqual(['runnable', 'offline']);
  });

  test('.console.last(n) is what it printed, without waiting for more', async () => {
    const console = (await open().domainProperty('web-1', 'console')) as ReadonlyMap<string, Value>;
    expect(await (console.get('last') as Callable).call([2n])).toBe('booting web-1\n> ');
    expect(await (console.get('last') as Callable).call([1n])).toBe('> ');
  });

  test('of a domain that is not there fails with a hint', async () => {
    await expect(open().domainProperty('web1', 'state')).rejects.toMatchObject({ code: 'no-such-domain', hint: "did you mean 'web-1'?" });
  });
});

test('host and domains are the machine as it is now', async () => {
  const host = (await open().global('host')) as ReadonlyMap<string, Value>;
  expect(host.get('cpus')).toBe(8n);
  expect(host.get('free_memory')).toEqual(new Quantity('bytes', 4096 * 2 ** 20));
  expect((await open().global('domains')) as readonly Value[]).toContainEqual(new DomainHandle('web-1'));
  expect(await open().global('nosuch')).toBeUndefined();
});

test('xenstore gives null for what is not there', async () => {
  expect(await open().xenstoreRead('/local/domain/1/name')).toBe('web-1');
  expect(await open().xenstoreRead('/nosuch')).toBeNull();
});

test('files are found beside the file that names them, or in a folder', async () => {
  writeFileSync(join(folder, 'a.cfg'), 'memory = 64\n');
  const found = { path: join(folder, 'a.cfg'), text: 'memory = 64\n' };
  expect(await open().readFile('a.cfg', join(folder, 'script.xm'))).toEqual(found);
  expect(await open().readFile('a.cfg', folder)).toEqual(found);
});

test.each([
  ['nosuch.cfg', /^cannot read 'nosuch.cfg': there is no such file$/],
  ['.', /^cannot read '\.': it is a folder$/],
])('reading %s says why it cannot', async (path, message) => {
  await expect(open().readFile(path, folder)).rejects.toThrow(message);
});

test('a guest that does not ship is refused with those that do', () => {
  expect(() => open().guest('../../etc')).toThrow(/there is no guest called/);
});

test('sleeping can be given up', async () => {
  const machine = fakeToolstack();
  machine.sleepUntil = () => new Promise(() => undefined);
  const controller = new AbortController();
  const sleeping = createScriptHost(machine, screen).clock.sleepUntil(1e9, controller.signal);
  controller.abort();
  await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' });
});

test('every command has a signature under each of its names', () => {
  const commands = open().commands();
  expect(commands.get('quit')).toMatchObject({ name: 'quit' });
  expect(commands.get('list')?.positionals).toEqual([{ name: 'domain', kind: 'domain', required: false, rest: false }]);
});
