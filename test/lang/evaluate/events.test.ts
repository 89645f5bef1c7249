/** Handlers, waiting for events, faults: all in machine time. */
import { expect, test } from 'vitest';
import { createSession } from '../../../src/lang/index.ts';
import { fakeHost, type FakeHost } from '../fake-host.ts';
import { runScript } from './run-script.ts';

/** Things that happen at a time, once. */
function later(...happenings: readonly (readonly [atNs: number, what: (host: FakeHost) => void])[]): FakeHost {
  const host = fakeHost();
  const left = [...happenings];
  host.atTime = (nowNs) => {
    while (left.length > 0 && nowNs >= left[0]![0]) left.shift()![1](host);
  };
  return host;
}

test('a handler runs while the script waits, with the domain and the reason', async () => {
  const host = later([1e9, ({ happenings }) => happenings.emit('crashed', 'web', 'page fault')]);
  const { ok, failure } = await runScript(
    'on crashed as d { print "${d.name} ${d.event} ${d.reason} at ${now()}" }\nprint "before"\nwait 3s\nprint "after ${now()}"',
    { host },
  );
  expect(failure).toBeNull();
  expect(ok).toBe(true);
  expect(host.printed).toEqual(['before', 'web crashed page fault at 1s', 'after 3s']);
});

test.each([
  ['of "web"', true],
  ['of "w*"', true],
  ['of /^w/', true],
  ['of ["db", "web"]', true],
  ['of domain("web")', true],
  ['of "db"', false],
  ['of /^b/', false],
])('a pattern says which domains are meant: %s', async (of, hears) => {
  const host = later([1e9, ({ happenings }) => happenings.emit('crashed', 'web')]);
  await runScript(`on crashed ${of} { print "heard" }\nwait 2s`, { host });
  expect(host.printed).toEqual(hears ? ['heard'] : []);
});

test('a handler that changes a variable of the script is seen by the script', async () => {
  const host = later(
    [1e9, ({ happenings }) => happenings.emit('rebooted', 'web')],
    [2e9, ({ happenings }) => happenings.emit('rebooted', 'web')],
  );
  const { value } = await runScript('let n = 0\non rebooted { n += 1 }\nwait 5s\nn', { host });
  expect(value).toBe(2n);
});

test('a handler is not interrupted by another event; it comes after', async () => {
  const host = later(
    [1e9, ({ happenings }) => happenings.emit('crashed', 'web')],
    [1.5e9, ({ happenings }) => happenings.emit('crashed', 'db')],
  );
  await runScript('on crashed as d { print "${d} begins"; wait 1s; print "${d} ends" }\nwait 4s', { host });
  expect(host.printed).toEqual(['web begins', 'web ends', 'db begins', 'db ends']);
});

test('a handler that fails stops the script, at its own line', async () => {
  const host = later([1e9, ({ happenings }) => happenings.emit('crashed', 'web')]);
  const { failure } = await runScript('on crashed as d {\n  throw "lost ${d.name}"\n}\nwait 5s', { host });
  expect(failure).toMatchObject({ code: 'thrown', message: 'lost web', span: { line: 2 } });
});

test('a value of the xenstore is watched', async () => {
  const host = fakeHost();
  const store = new Map<string, string>();
  host.xenstoreRead = async (path) => store.get(path) ?? null;
  host.atTime = (nowNs) => {
    if (nowNs >= 1e9) store.set('/tool/x', 'on');
    if (nowNs >= 2e9) store.delete('/tool/x');
  };
  await runScript('on xenstore "/tool/x" as v { print "${v} at ${now()}" }\nwait 3s', { host });
  expect(host.printed).toEqual(['on at 1s', 'null at 2s']);
});

test('blocked is found by looking at the states', async () => {
  const host = later([1e9, ({ domains }) => void (domains.get('Domain-0')!.state = 'blocked')]);
  await runScript('on blocked as d { print d.name }\nwait 2s', { host });
  expect(host.printed).toHaveLength(1);
});

test('wait for an event goes on when it happens, and gives it a name', async () => {
  const host = later([1e9, ({ happenings }) => happenings.emit('shutdown', 'db', 'poweroff')]);
  const { ok } = await runScript('wait for shutdown of "db" as d within 5s\nprint "${d.name}: ${d.reason}"', { host });
  expect(ok).toBe(true);
  expect(host.printed).toEqual(['db: poweroff']);
  expect(host.nowNs).toBeLessThan(1.02e9);
});

test('an event that does not come in time is a time-out', async () => {
  const { failure, host } = await runScript('wait for crashed of "web" within 2s');
  expect(failure).toMatchObject({ code: 'timed-out', message: 'no event within 2s: crashed of "web"', span: { line: 1, column: 10 } });
  expect(host.nowNs).toBe(2e9);
});

test.each([
  ['on crashd { list }', "there is no event 'crashd'", "did you mean 'crashed'?"],
  ['on xenstore { list }', "'xenstore' needs a path", 'for example xenstore "/local/domain/1/name"'],
  ['on crashed "/x" { list }', "'crashed' takes no path", 'for one domain: crashed of "web"'],
])('%s is explained', async (text, message, help) => {
  expect((await runScript(text)).problems).toMatchObject([{ code: 'XM1112', message, help }]);
});

test('a fault lasts as long as it says, and the script goes on meanwhile', async () => {
  const { host, failure } = await runScript(
    'inject stall on web for 2s\nprint (domain("web").state)\nwait 1s\nprint (domain("web").state)\nwait 2s\nprint (domain("web").state)',
  );
  expect(failure).toBeNull();
  expect(host.printed).toEqual(['paused', 'paused', 'running']);
});

test('a fault without a duration ends with the script', async () => {
  const { host } = await runScript('inject stall on web');
  expect(host.domains.get('web')!.state).toBe('running');
});

test('a fault that the machine does not have is a failure of this line', async () => {
  expect((await runScript('list\ninject lose-disk xvda on web for 1s')).failure).toMatchObject({
    code: 'not-supported',
    message: "this machine has no fault 'lose-disk'",
    span: { line: 2 },
  });
});

test('at the prompt a handler outlives its line', async () => {
  const session = createSession();
  const host = fakeHost();
  await runScript('on crashed as d { print "seen ${d}" }', { host, session });
  host.happenings.emit('crashed', 'web');
  await runScript('wait 1s', { host, session });
  expect(host.printed).toEqual(['seen web']);
});

test('at the prompt a handler also runs between two lines', async () => {
  const session = createSession();
  const host = fakeHost();
  await runScript('on crashed as d { print "seen ${d}" }', { host, session });
  host.happenings.emit('crashed', 'web');
  await expect.poll(() => host.printed).toEqual(['seen web']);
});

test('at the prompt a fault ends without another line', async () => {
  const session = createSession();
  const host = fakeHost();
  await runScript('inject stall on web for 200ms', { host, session });
  expect(host.domains.get('web')!.state).toBe('paused');
  await expect.poll(() => host.domains.get('web')!.state).toBe('running');
});

test('of, as and on are names everywhere else', async () => {
  const { value, problems } = await runScript('let of = 1\nlet on = 2\nlet as = 3\nof + on + as');
  expect(problems).toEqual([]);
  expect(value).toBe(6n);
});

test('to wait for what this machine never tells fails at once', async () => {
  const { failure } = await runScript('wait for migrated');
  expect(failure).toMatchObject({ code: 'host-failed', message: 'this would wait for ever: domains do not migrate yet' });
});
