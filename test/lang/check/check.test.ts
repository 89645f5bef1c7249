import { expect, test } from 'vitest';
import { check, parse } from '../../../src/lang/index.ts';
import { COMMANDS } from '../fake-host.ts';

const told = (text: string): string[] => {
  const { program, problems } = parse(text, 'x.xm');
  return [...problems, ...check(program, { commands: () => COMMANDS })].map(
    ({ span, message, help }) => `${span.line}:${span.column} ${message}${help === undefined ? '' : ` (${help})`}`,
  );
};

test.each<[string, string[]]>([
  ['list\ndestory web', ["2:1 unknown command 'destory' (did you mean 'destroy'?)"]],
  ['break', ["1:1 'break' is not in a loop"]],
  ['for x in [1] { fn f() { break } }', ["1:25 'break' is not in a loop"]],
  ['while true { if x { continue } }', []],
  ['send "x"', ["1:1 'send' is only possible in a console block (console DOMAIN { send … })"]],
  ['console web { if true { send "x" } }', []],
  ['domain "x" { memroy = 64; kernel = "/k" }', ["1:14 unknown key 'memroy' (did you mean 'memory'?)"]],
  ['let w = 1\ndomain "x" { w = 2 }', []],
  ['let x = 5Mib', ["1:9 '5Mib' is not a number"]],
  ['fn off(d) { destroy $d }\noff web', []],
  ['list | wehre x', ["1:8 'wehre' is neither a stage nor a command (did you mean 'where'?)"]],
  ['xs', []],
])('%j', (text, problems) => {
  expect(told(text)).toEqual(problems);
});

test('the script of the language’s description has no problems', () => {
  expect(
    told(`# fair-share.xm — the credit scheduler honours weights
let guests = []
for w in [128, 256, 512] {
  domain "burn-\${w}" { kernel = guest("pebble"); memory = 16MiB; cpus = "0"; cpu_weight = w; extra = "run=burn" }
  create "burn-\${w}"
  guests += "burn-\${w}"
}
wait 10s
let total = sum(guests.map(g => domain(g).cpu_time))
for w in [128, 256, 512] {
  let share = domain("burn-\${w}").cpu_time / total
  assert abs(share - w / 896) < 3%, "burn-\${w} got \${share}"
}
list | where name =~ /^burn/ | sort by cpu desc | select name, cpu, weight
destroy burn-128 burn-256 burn-512
`),
  ).toEqual([]);
});
