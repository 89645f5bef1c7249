/** A plan says what would happen; nothing does. */
import { expect, test } from 'vitest';
import { parse, Plan, run } from '../../../src/lang/index.ts';
import { fakeHost, type FakeHost } from '../fake-host.ts';

const READS: ReadonlySet<string> = new Set(['list', 'vcpu-list', 'xenstore-read']);

async function planned(text: string, host: FakeHost = fakeHost()): Promise<readonly string[]> {
  const plan = new Plan((name) => READS.has(name));
  const { failure } = await run(parse(text, 'x.xm').program, host, { signal: new AbortController().signal, plan });
  expect(failure).toBeNull();
  expect(host.calls).toEqual([]);
  expect(host.nowNs).toBe(0);
  expect(host.files.size).toBe(0);
  return plan.steps.map(({ depth, text: step }) => `${'  '.repeat(depth)}${step}`);
}

test('loops and conditions that depend on nothing but the script are gone through', async () => {
  expect(await planned('for i in 1..3 { if i != 2 { create "web-${i}" memory=$i } }\ndestroy web-1 "web 3"')).toEqual([
    'create web-1 memory=1',
    'create web-3 memory=3',
    'destroy web-1 "web 3"',
  ]);
});

test('what only the machine knows is named, and both ways of a decision are shown', async () => {
  expect(
    await planned('let free = host.free_memory / 2\nif free > 1GiB { create big } else { create small }\nprint "had ${free}"'),
  ).toEqual(['if free > 1GiB:', '  create big', 'else:', '  create small', 'print "had ‹host.free_memory / 2›"']);
});

test('a way that ends the script does not end the plan', async () => {
  expect(await planned('if domain("web").state == "x" { throw "no" }\ndestroy web')).toEqual([
    'if domain("web").state == "x":',
    '  stop: no',
    'destroy web',
  ]);
});

test('waits, dialogues, handlers and faults are steps', async () => {
  expect(
    await planned(`wait 2s
wait until domain("web").state == "x" within 3s
console web { expect /login/ within 1s; send "root\\n"; let m = match /(.)/; print "got \${m[1]}" }
on crashed of "web" as d { destroy "\${d.name}" }
inject stall on web for 1s
every 1s for 3s { destroy web }
assert domain("web").memory > 1MiB
list | save out.csv
parallel { destroy web; destroy db }`),
  ).toEqual([
    'wait 2s',
    'wait until domain("web").state == "x" within 3s',
    'on the console of web:',
    '  expect /login/ within 1s',
    '  type "root\\n"',
    '  expect /(.)/',
    '  print "got ‹m[1]›"',
    'whenever crashed of "web":',
    '  destroy ‹d.name›',
    'inject stall on web for 1s',
    'every 1s for 3s:',
    '  destroy web',
    'check that domain("web").memory > 1MiB',
    'write out.csv',
    'at the same time:',
    '  destroy web',
    '  destroy db',
  ]);
});

test('a loop that only the machine ends is shown once', async () => {
  expect(await planned('while domain("web").state != "x" { wait 1s }\nfor d in domains { destroy $d }')).toEqual([
    'while domain("web").state != "x":',
    '  wait 1s',
    'for each d in domains:',
    '  destroy ‹d›',
  ]);
});

test('functions of the unknown are unknown, also through lists', async () => {
  expect(
    await planned(
      'let t = sum([1, 2].map(i => domain("w${i}").cpu_time))\nlet u = t > 1s ? 1 : 2\nprint "${u} ${abs(t)} ${xenstore("/x")}"',
    ),
  ).toEqual(['print "‹t > 1s ? 1 : 2› ‹abs(t)› ‹xenstore(\\"/x\\")›"']);
});

test('declared domains are known as they are declared', async () => {
  expect(await planned('domain web { memory = 64MiB }\nif web.memory == 64MiB { create web }')).toEqual([
    'declare web: memory=64MiB',
    'create web',
  ]);
});

test('a plan has an end', async () => {
  const steps = await planned('for i in 1..100000 { destroy web }');
  expect(steps).toHaveLength(5000);
  expect(steps.at(-1)).toBe('… and so on');
});
