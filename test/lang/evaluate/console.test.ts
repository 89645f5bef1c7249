import { expect, test } from 'vitest';
import { valueText } from '../../../src/lang/index.ts';
import { fakeHost } from '../fake-host.ts';
import { runScript } from './run-script.ts';

function machine(): ReturnType<typeof fakeHost> {
  const host = fakeHost();
  host.printedBefore = 'booting\r\nlogin: ';
  host.answer = (typed) => (typed === 'root\n' ? 'root\r\nwelcome, 12 users\r\n# ' : typed === 'mem\n' ? 'mem\r\n4096 KiB free\r\n# ' : '');
  return host;
}

test('a dialogue expects, sends and takes values out of what is printed', async () => {
  const host = machine();
  const { ok, value, failure } = await runScript(
    `let users = 0
console web {
  expect /login: $/ within 5s
  send "root\\n"
  let m = match /(\\d+) users/ within 5s
  users = int(m[1])
}
users`,
    { host },
  );
  expect(failure).toBeNull();
  expect(ok).toBe(true);
  expect(valueText(value)).toBe('12');
  expect(host.sent).toEqual(['root\n']);
});

test('a second dialogue goes on where the first one stopped reading', async () => {
  const host = machine();
  const { ok } = await runScript(
    'console web { expect "login: "; send "root\\n"; expect "# " }\nconsole "web" { send "mem\\n"; expect /(\\d+) KiB/ }',
    { host },
  );
  expect(ok).toBe(true);
});

test('what does not come is told with what was seen last', async () => {
  const { failure } = await runScript('console web { expect /nothing like it/ within 2s }', { host: machine() });
  expect(failure).toMatchObject({
    code: 'timed-out',
    message: "no /nothing like it/ on the console of 'web' within 2s",
    hint: 'last seen: "booting\\nlogin:"',
    span: { line: 1, column: 22 },
  });
});

test('the domain of a dialogue may be an expression', async () => {
  const { ok } = await runScript('let d = "web"\nconsole $d { expect "login" }\nconsole "w${"eb"}" { send "x" }', { host: machine() });
  expect(ok).toBe(true);
});

test('a dialogue with a domain that does not exist fails at its place', async () => {
  expect((await runScript('console nosuch { expect "x" }')).failure).toMatchObject({
    code: 'no-such-domain',
    span: { line: 1, column: 9 },
  });
});

test('expect outside a dialogue is an error before anything runs', async () => {
  expect((await runScript('expect /x/')).problems).toMatchObject([
    { code: 'XM1104', message: "'expect' is only possible in a console block" },
  ]);
});

test('console without a block is the command', async () => {
  const { host } = await runScript('console web');
  expect(host.calls.map(({ name }) => name)).toEqual(['console']);
});
