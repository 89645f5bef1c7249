import { expect, test } from 'vitest';
import { createSession } from '../../../src/lang/index.ts';
import { fakeHost } from '../fake-host.ts';
import { runScript, valueOf } from './run-script.ts';

test('variables, loops, conditions and functions', async () => {
  const text = `
let total = 0
for n in 1..10 {
  if n % 2 == 0 { continue }
  else if n > 7 { break }
  total += n
}
fn twice(x, by = 2) { return x * by }
let n = 0
while n < 3 { n = n + 1 }
twice(total) + twice(n, 10)`;
  expect(await valueOf(text)).toBe('62');
});

test('a function called as a command takes numbers and units as values, quoted words as text', async () => {
  const text = 'let got = []\nfn keep(a, b) { got += [type(a), type(b)] }\n';
  expect(await valueOf(`${text}keep 5 1.5\nkeep -3 64MiB\nkeep "5" web-1\nkeep 10s 40%\ngot`)).toBe(
    '["integer", "number", "integer", "size", "string", "string", "duration", "percentage"]',
  );
});

test('a map stands in the brackets of a word', async () => {
  const { host } = await runScript('print ({a: 1, b: 2}.b)');
  expect(host.printed).toEqual(['2']);
});

test('a block on its own groups statements', async () => {
  expect(await valueOf('let n = 1\n{\n  n = 2\n  let inner = 3\n  n += inner\n}\nn')).toBe('5');
});

test('else may stand on the next line', async () => {
  expect(await valueOf('let x = 1\nif x > 1 {\n  x = 10\n}\nelse {\n  x = 20\n}\nx')).toBe('20');
});

test('a command gets its words: text, values, quotes', async () => {
  const { host } = await runScript('let n = 64MiB\ncreate web.cfg memory=$n -c "two words" (1 + 2) a${n}b --x="y z" don\'t', {});
  const [call] = host.calls;
  expect(call!.words.map(({ text, quoted }) => [text, quoted])).toEqual([
    ['web.cfg', false],
    ['memory=64MiB', false],
    ['-c', false],
    ['two words', true],
    ['3', false],
    ['a64MiBb', false],
    ['--x=y z', false],
    ["don't", false],
  ]);
  expect(call!.words[4]!.value).toBe(3n);
});

test('xm list and xl list are list; the beginning of a name is enough if it is the only one', async () => {
  const { host } = await runScript('xm list; xl vcpu-list web; vcpu web');
  expect(host.calls.map(({ name }) => name)).toEqual(['list', 'vcpu-list', 'vcpu-list']);
});

test('a list as a word is as many words', async () => {
  const { host, ok } = await runScript('let gone = ["web", "db"]\ndestroy $gone');
  expect(ok).toBe(true);
  expect([...host.domains.keys()]).toEqual(['Domain-0']);
});

test('an unknown command names the one that was probably meant', async () => {
  const { failure, problems } = await runScript('lsit -l');
  expect(failure).toMatchObject({
    code: 'unknown-command',
    message: "unknown command 'lsit'",
    hint: "did you mean 'list'?",
    span: { line: 1, column: 1 },
  });
  expect(problems).toMatchObject([{ code: 'XM1102' }]);
});

test('a command that fails stops the script at its place, with its own code and hint', async () => {
  const { ok, failure, host } = await runScript('list\ndestroy nosuch\nlist');
  expect(ok).toBe(false);
  expect(failure).toMatchObject({ code: 'no-such-domain', hint: "'list' shows the domains", span: { line: 2, column: 1 } });
  expect(host.calls).toHaveLength(2);
});

test('catch sees code, message and hint', async () => {
  expect(await valueOf('let seen = []\ntry { destroy nosuch } catch e { seen = [e.code, e.message, e.hint] }\nseen')).toBe(
    '["no-such-domain", "there is no domain \'nosuch\'", "\'list\' shows the domains"]',
  );
});

test('throw fails the script with its message', async () => {
  const { failure } = await runScript('fn f() { throw "no good" }\nf()');
  expect(failure).toMatchObject({ code: 'thrown', message: 'no good', span: { line: 1 } });
});

test('a function may be called as a command', async () => {
  const { host } = await runScript('fn greet(who, how = "hello") { print "${how} ${who}" }\ngreet web\ngreet db bye\nprint 1 2');
  expect(host.printed).toEqual(['hello web', 'bye db', '1 2']);
});

test('a domain block is kept for create and carries its values', async () => {
  const { host, ok } = await runScript(
    'for i in 1..2 {\n  domain "w-${i}" {\n    kernel = guest("pebble")\n    memory = 16MiB * i\n    cpu_weight = 256 * i\n  }\n  create "w-${i}"\n}',
  );
  expect(ok).toBe(true);
  expect([host.domains.get('w-1')?.memory, host.domains.get('w-2')?.memory]).toEqual([16, 32]);
  const record = host.calls[1]!.declarations.get('w-2')!;
  expect(record.entries.get('cpu_weight')).toMatchObject({ value: 512n, span: { line: 5, column: 5 } });
  expect(record.entries.get('name')?.value).toBe('w-2');
});

test('every mistake of a domain block is told, before anything is created', async () => {
  const { failure, host } = await runScript('domain "x" {\n  memroy = 64\n  vcpus = "many"\n  on_crash = "explode"\n}\ncreate x');
  expect(failure!.problems.map(({ message, span }) => [span.line, message])).toEqual([
    [2, "unknown key 'memroy'"],
    [3, "'vcpus' must be a number, not 'many'"],
    [4, "'explode' is not a value of 'on_crash'"],
  ]);
  expect(host.calls).toEqual([]);
});

test('assigning to a name that was not declared is an error that says what to do', async () => {
  expect((await runScript('x = 1')).failure).toMatchObject({ message: "'x' was not declared", hint: 'declare it first: let x = …' });
  expect((await runScript('memory = 1')).failure!.hint).toContain('domain "…" { memory = … }');
});

test('maps and lists can be changed in place', async () => {
  expect(await valueOf('let m = {a: [1, 2]}\nm.b = 3\nm["a"][0] += 10\nm')).toBe('{a: [11, 2], b: 3}');
});

test('a session keeps variables, functions, declarations and the last result', async () => {
  const session = createSession();
  const host = fakeHost();
  await runScript('let x = 41\nfn next(n) { return n + 1 }\ndomain "later" { kernel = guest("pebble") }', { session, host });
  expect(await valueOf('next(x)', { session, host })).toBe('42');
  expect(await valueOf('_ + 1', { session, host })).toBe('43');
  await runScript('create later', { session, host });
  expect(host.domains.has('later')).toBe(true);
});

test('include runs another file in the same scope', async () => {
  const host = fakeHost();
  host.files.set('lib.xm', 'fn half(x) { return x / 2 }\nlet base = 10');
  expect(await valueOf('include "lib.xm"\nlet answer = half(base)\nanswer', { host })).toBe('5');
});

test('cancelling stops a loop that asks nothing of the machine', async () => {
  const controller = new AbortController();
  const running = runScript('let n = 0\nwhile true { n = n + 1 }', { signal: controller.signal });
  setImmediate(() => controller.abort());
  expect((await running).failure).toMatchObject({ code: 'cancelled' });
});

test('a list that a loop appends to grows in place, and nobody else sees it', async () => {
  const text = 'let a = []\na += 1\nlet b = a\na += 2\na += 3\nlet c = a\nfor x in a { a += x }\n[a, b, c]';
  expect(await valueOf(text)).toBe('[[1, 2, 3, 1, 2, 3], [1], [1, 2, 3]]');
  expect(await valueOf('let m = {}\nm.a = 1\nm["b"] = 2\nlet n = m\nn.a = 5\nm.b += 1\n[m, n]')).toBe('[{a: 1, b: 3}, {a: 5, b: 2}]');
  expect(
    await valueOf('let l = []\nfor i in 1..200000 { l += i }\nlet m = {}\nfor i in 1..50000 { m["k${i}"] = i }\nlen(l) + len(m)'),
  ).toBe('250000');
});

test.each([
  ['a list read each time', 'let l = []\nwhile true { l += len(l) }', 'no-end'],
  ['a list that is only appended to', 'let l = []\nwhile true { l += 1 }', 'too-large'],
  ['functions in functions', 'let l = 1..100000\nl.map(x => l.map(y => y))', 'no-end'],
  ['a text', 'let s = "x"\nwhile true { s = "${s}${s}" }', 'too-large'],
  ['a replacement', '("x" * 1000000).replace("x", "y" * 1000000)', 'too-large'],
  ['a list in a list in a list, written', 'let s = [1]\nfor i in 1..60 { s = [s, s] }\ns | to json', 'too-large'],
  ['two of them compared', 'let s = [1]\nlet t = [1]\nfor i in 1..60 { s = [s, s]; t = [t, t] }\ns == t', 'too-large'],
  ['a list in a list, very deep', 'let s = []\nfor i in 1..100000 { s = [s] }\nprint (str(s))', 'too-deep'],
  ['a table joined with itself', 'let t = (1..2000).map(i => {a: 1})\nt | join (t) on a', 'too-large'],
])('a script that does too much is stopped: %s', async (_name, text, code) => {
  expect((await runScript(text)).failure).toMatchObject({ code });
});

test('a list in a list in a list has a text, which ends where nobody reads on', async () => {
  expect(Number(await valueOf('let s = []\nfor i in 1..60 { s = [s, s] }\nlen(str(s))'))).toBeLessThan(20_000_000);
});

test('each value once, by what makes values equal', async () => {
  expect(await valueOf('(1..100000).map(x => x % 100).unique().length')).toBe('100');
  expect(await valueOf('[1, 1.0, 100%, "1", 1s, 1000ms, [1, 2], [1, 2], [2, 2], {a: 1}, {a: 1}].unique()')).toBe(
    '[1, "1", 1s, [1, 2], [2, 2], {a: 1}]',
  );
});

test('parallel runs its statements together; the first failure stops the rest', async () => {
  const { host, failure } = await runScript('parallel {\n  wait 10s\n  destroy nosuch\n}\nlist');
  expect(failure).toMatchObject({ code: 'no-such-domain' });
  expect(host.calls.map(({ name }) => name)).toEqual(['destroy']);
});

test('steps tell what was done', async () => {
  const { steps } = await runScript('list\nwait 1s\nassert 1 == 1\nassert 1 == 2');
  expect(steps.map(({ kind, ok, text }) => [kind, ok, text])).toEqual([
    ['command', true, 'list'],
    ['wait', true, 'wait 1s'],
    ['assert', true, 'assert 1 == 1'],
    ['assert', false, 'assert 1 == 2'],
  ]);
});

test('expressions show their value at the top, commands anywhere', async () => {
  const { shown } = await runScript('1 + 1\nlet x = 5\nfor n in 1..2 { n; vcpu-list web }');
  expect(shown).toHaveLength(3);
});

test.each([
  ['while true { }', 'no-end', 'this does not come to an end'],
  ['fn f(n) { return n }\nwhile true { f(1) }', 'no-end', 'this does not come to an end'],
  ['let s = "a"\nwhile true { s = s + s }', 'too-large', 'the text becomes too long'],
  ['let l = [1]\nwhile true { l = l + l }', 'too-large', 'the list becomes too long'],
  ['let s = "a" * 100000000', 'too-large', 'the text becomes too long'],
  ['let s = "a"\nfor i in 1..30 { s = "${s}${s}" }', 'too-large', 'the text becomes too long'],
  ['let s = "aaaaaaaaaaaaaaaa" * 1000000\n[s, s, s].join(s)', 'too-large', 'the text becomes too long'],
  ['fn f(n) { return f(n + 1) }\nf(1)', 'too-deep', 'more than 200 calls inside each other'],
])('%j is bounded', async (text, code, message) => {
  const { failure } = await runScript(text);
  expect(failure).toMatchObject({ code, message });
});

test('a value that is larger than its text can be is shown as far as that goes', async () => {
  const text = await valueOf('let l = [1]\nfor i in 1..60 { l = [l, l] }\nlen("${l}")');
  expect(Number(text)).toBeLessThan(2 ** 23);
});

test('a circle of files is told with its names', async () => {
  const host = fakeHost();
  host.files.set('a.xm', 'include "b.xm"');
  host.files.set('b.xm', 'include "a.xm"');
  expect((await runScript('include "a.xm"', { host })).failure).toMatchObject({
    code: 'too-deep',
    message: 'files include each other: a.xm includes b.xm includes a.xm',
    span: { file: 'b.xm', line: 1 },
  });
});
