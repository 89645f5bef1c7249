import { expect, test } from 'vitest';
import { fakeHost } from '../fake-host.ts';
import { runScript } from './run-script.ts';

test('wait takes machine time', async () => {
  const { host, ok } = await runScript('wait 2s\nwait 500ms');
  expect(ok).toBe(true);
  expect(host.nowNs).toBe(2.5e9);
});

test('wait until looks every few milliseconds and goes on as soon as it holds', async () => {
  const host = fakeHost();
  host.atTime = (nowNs) => {
    if (nowNs >= 1e9) host.domains.get('web')!.state = 'running';
  };
  const { ok } = await runScript('wait until domain("web").state == "running" within 10s', { host });
  expect(ok).toBe(true);
  expect(host.nowNs).toBeGreaterThanOrEqual(1e9);
  expect(host.nowNs).toBeLessThan(1.02e9);
});

test('a wait that runs out of time shows what was seen last', async () => {
  const { failure, host } = await runScript('wait until domain("web").state == "running" within 3s');
  expect(failure).toMatchObject({
    code: 'timed-out',
    message: 'not within 3s: domain("web").state == "running"',
    hint: 'last seen: domain("web").state = "blocked"',
    span: { line: 1, column: 12 },
  });
  expect(host.nowNs).toBe(3e9);
});

test('a domain that does not exist yet may still come', async () => {
  const host = fakeHost();
  host.atTime = (nowNs) => {
    if (nowNs >= 1e8) host.domains.set('late', { state: 'running', memory: 1, cpuTimeNs: 0 });
  };
  expect((await runScript('wait until domain("late").state == "running" within 1s', { host })).ok).toBe(true);
  expect((await runScript('wait until domain("never").state == "x" within 1s')).failure!.hint).toBe(
    "last seen: there is no domain 'never'",
  );
});

test('an assertion that fails shows the values that its condition read', async () => {
  const { failure } = await runScript('let share = 0.31\nlet w = 256\nassert abs(share - w / 896) < 1%, "web got ${share}"');
  expect(failure).toMatchObject({
    code: 'assertion-failed',
    message: 'assertion failed: web got 0.31',
    hint: 'abs(share - w / 896) = 0.0242857142857, share = 0.31, w = 256',
    span: { line: 3, column: 8 },
  });
});

test('an assertion without a message quotes its condition', async () => {
  expect((await runScript('assert domain("web").memory == 1GiB')).failure).toMatchObject({
    message: 'assertion failed: domain("web").memory == 1GiB',
    hint: 'domain("web").memory = 256MiB',
  });
});

test('every repeats in machine time', async () => {
  const { host, ok } = await runScript('every 1s for 5s { print "tick" }');
  expect(ok).toBe(true);
  expect(host.printed).toHaveLength(5);
  expect(host.nowNs).toBe(5e9);
});

test('a duration is needed', async () => {
  expect((await runScript('wait 2')).failure).toMatchObject({
    message: 'a duration is needed, not an integer',
    hint: 'for example 250ms, 10s or 2m',
  });
});
