import { expect, test } from 'vitest';
import { runScript, valueOf } from './run-script.ts';

test.each([
  ['1 + 2 * 3', '7'],
  ['(1 + 2) * 3', '9'],
  ['2 ** 3 ** 2', '512'],
  ['-2 ** 2', '-4'],
  ['7 % 4', '3'],
  ['1 / 4', '0.25'],
  ['8 / 4', '2'],
  ['0x1f + 010', '39'],
  ['1_000', '1000'],
  ['1.5e3', '1500'],
  ['1GiB / 4', '256MiB'],
  ['64MiB + 64MiB', '128MiB'],
  ['1GiB / 256MiB', '4'],
  ['10s + 500ms', '10.5s'],
  ['256M == 256MiB', 'true'],
  ['10Mb/s', '1.25MB/s'],
  ['0.02 < 3%', 'true'],
  ['200 * 10%', '20'],
  ['1..4', '[1, 2, 3, 4]'],
  ['not 1 == 2', 'true'],
  ['!false and true', 'true'],
  ['null ?? "x"', '"x"'],
  ['1 < 2 ? "a" : "b"', '"a"'],
  ['"web1" =~ /^web\\d$/', 'true'],
  ['"db" !~ /^web/', 'true'],
  ['2 in [1, 2]', 'true'],
  ['"a" + 1', '"a1"'],
  ['[1] + [2] + 3', '[1, 2, 3]'],
  ['"x".upper()', '"X"'],
  ['"a,b".split(",")', '["a", "b"]'],
  ['[3, 1, 2].sort()', '[1, 2, 3]'],
  ['[1, 2, 3].map(x => x * 2).filter(x => x > 2).join("-")', '"4-6"'],
  ['[1, 2, 3].reduce((a, b) => a + b)', '6'],
  ['[[1, 2], [3]].flat()[-1]', '3'],
  ['[1, 2, 3, 4][1..2]', '[2, 3]'],
  ['[1, 2, 3, 4][-2..-1]', '[3, 4]'],
  ['[1, 2, 3, 4][1..-1]', '[2, 3, 4]'],
  ['[1, 2, 3, 4][3..1]', '[]'],
  ['"hello"[1..-2]', '"ell"'],
  ['"${ {a: 5}.a }"', '"5"'],
  ['{a: 1, "b c": 2}["b c"]', '2'],
  ['{a: {b: 5}}.a.b', '5'],
  ['[1, 2].map(x => {n: x})', '[{n: 1}, {n: 2}]'],
  ['[1, 2].map(x => { return x })', '[1, 2]'],
  ['sum([1, 2, 3]) + max(4, 9) + min([2, 1]) + len("abc")', '19'],
  ['abs(-3) + round(2.6) + int("0x10")', '22'],
  ['sum([10s, 5s])', '15s'],
  ['range(3)', '[0, 1, 2]'],
  ['type(1GiB)', '"size"'],
  ['host.free_memory > 100MiB', 'true'],
  ['domains', '["Domain-0", "web", "db"]'],
  ['domain("web").state', '"blocked"'],
  ['xenstore("/local/domain/0/name")', '"Domain-0"'],
  ["'no ${x} here'", '"no ${x} here"'],
  ['"\\x41\\u{1F600}\\t|"', '"A😀\\t|"'],
  ['"""two\nlines"""', '"two\\nlines"'],
  ['guest("pebble")', '"/guests/pebble.elf"'],
])('%s is %s', async (text, value) => {
  expect(await valueOf(text)).toBe(value);
});

test.each([
  ['1GiB + 10s', "'+' does not go with a size and a duration"],
  ['1 / 0', 'division by zero'],
  ['9223372036854775807 + 1', 'the result does not fit into 64 bits'],
  ['nosuch + 1', "unknown name 'nosuch'"],
  ['[1, 2][5]', 'there is no element 5: the last is 1'],
  ['"x".uper()', "a string has no 'uper' (did you mean 'upper'?)"],
  ['abs()', 'abs(number) was called with 0 arguments'],
  ['let f = x => x\nf()', "the function needs 'x'"],
  ['"abc"[1.."x"]', "'..' does not go with an integer and a string"],
  ['5(3)', "expected the end of the line or ';', found '('"],
  ['domain("nosuch").state', "there is no domain 'nosuch' ('list' shows the domains)"],
  ['domain("web").colour', "a domain has no 'colour'"],
  ['64Mib', "'64Mib' is not a number"],
  ['1 < "a"', "'<' does not go with an integer and a string"],
  ['guest("nosuch")', "no guest 'nosuch' ships with Xenolith"],
])('%s fails: %s', async (text, message) => {
  await expect(valueOf(text)).rejects.toThrow(message);
});

test('interpolation takes any expression, also with strings in it', async () => {
  expect(await valueOf('let x = 3\n"<${x + 1}|${"n".upper()}|${[1, 2].map(n => "${n}!")}>"')).toBe('"<4|N|[\\"1!\\", \\"2!\\"]>"');
});

test('a function that calls itself without end is an error, not a crash', async () => {
  const { failure } = await runScript('fn f(x) { return f(x + 1) }\nf(1)');
  expect(failure).toMatchObject({ code: 'too-deep' });
});

test('an expression nested deeper than the stack is an error, not a crash', async () => {
  const deep = `${'('.repeat(20_000)}1${')'.repeat(20_000)}`;
  const { problems } = await runScript(deep);
  expect(problems).toMatchObject([{ code: 'XM1007' }]);
});

test.each([
  ['"=~"', 'text =~ /^(a+)+$/', 'false'],
  ['a method', 'text.match(/^(a|aa)+$/)', 'null'],
  ['a replacement', 'text.replace(/(a|a)*b/, "")', `"${'a'.repeat(50)}!"`],
  ['a split', 'len(text.split(/(a*)*b/))', '1'],
  ['what may be left out in a repetition', 'text =~ /^(a?a)+$/', 'false'],
])('a pattern that has more ways than there is time for answers all the same: %s', async (_name, use, answer) => {
  expect(await valueOf(`let text = "${'a'.repeat(50)}!"\n${use}`)).toBe(answer);
});

test.each([
  ['looks around', 'text =~ /(?=a)^(a|aa)+$/'],
  ['refers back', 'text.match(/^(a|aa)+\\1$/)'],
  ['has more states than the linear engine takes', 'text.replace(/^(a{1,3}){2,60}$/, "")'],
])('a pattern that %s is stopped, with its place', async (_what, use) => {
  const { failure } = await runScript(`let text = "${'a'.repeat(50)}!"\n${use}`);
  expect(failure).toMatchObject({ code: 'slow-pattern', span: { line: 2 } });
  expect(failure!.message).toMatch(/takes too long on this text$/);
});

test('a pattern on a long text is searched as far as it needs', async () => {
  expect(await valueOf('let text = "ab " * 100000\n(text + "end") =~ /(\\w+ )+end$/')).toBe('true');
});
