import { expect, test } from 'vitest';
import { check, parse } from '../../../src/lang/index.ts';
import { COMMANDS } from '../fake-host.ts';

const told = (text: string): string[] => {
  const { program, problems } = parse(text, 'x.xm');
  return (problems.length > 0 ? problems : check(program, { commands: () => COMMANDS, faults: ['stall', 'slow'] })).map(
    ({ span, message, help }) => `${span.line}:${span.column} ${message}${help === undefined ? '' : ` (${help})`}`,
  );
};

test.each<[string, string[]]>([
  ['list\ndestory web', ["2:1 unknown command 'destory' (did you mean 'destroy'?)"]],
  ['break', ["1:1 'break' is not in a loop"]],
  ['parallel { wait 1s; throw "x"; wait 2s }', []],
  ['fn f() { parallel { return 1 } }', ["1:21 'return' cannot leave a branch of 'parallel' (keep the value in a variable)"]],
  ['while true { parallel { break } }', ["1:25 'break' is not in a loop of its own"]],
  ['parallel { for x in [1] { break }; { fn f() { return 1 }\nf() } }', []],
  ['{ throw "x"; list }', ["1:14 this is never reached: 'throw' comes before it"]],
  ['try { list } catch e { print $e.message }', ["1:30 this is '$e' and the text '.message' (${e.message})"]],
  ['let l = [1]\nprint $l[0] $l.cfg', ["2:7 this is '$l' and the text '[0]' (${l[0]})"]],
  ['wait for migrated of "web" within 1s', ["1:10 'migrated' never happens: domains do not migrate yet"]],
  ['for x in [1] { fn f() { break } }', ["1:25 'break' is not in a loop"]],
  ['while true { if x { continue } }', []],
  ['send "x"', ["1:1 'send' is only possible in a console block (console DOMAIN { send … })"]],
  ['console web { if true { send "x" } }', []],
  ['domain "x" { memroy = 64; kernel = "/k" }', ["1:14 unknown key 'memroy' (did you mean 'memory'?)"]],
  ['let w = 1\ndomain "x" { w = 2 }\nw', []],
  ['let w = 1', ["1:5 'w' is never used (leave it out, or call it _w)"]],
  ['let _w = 1', []],
  ['fn f(a) { let b = a; return 1 }\nf(1)', ["1:15 'b' is never used (leave it out, or call it _b)"]],
  ['let x = 1\nfor i in 1..3 { let x = i; list $x }\nlist $x', ["2:21 'x' hides another 'x' (the other one is in line 1)"]],
  ['let x = 1\nlet x = x + 1\nx', ["2:5 'x' is declared a second time (the other one is in line 1)"]],
  ['let sum = 1\nsum', ["1:5 'sum' hides the function of this name"]],
  ['nope + 1', ["1:1 unknown name 'nope' (did you mean 'now'?)"]],
  ['let total = 1\ntoatl + total', ["2:1 unknown name 'toatl' (did you mean 'total'?)"]],
  ['x + 1\nlet x = 1', ["1:1 'x' is used before it is declared (it is declared in line 2)"]],
  ['fn f() { return x + 1 }\nlet x = 1\nf()', []],
  ['let a = x => x + y', ["1:18 unknown name 'y'"]],
  ['list | where mem > limit', []],
  ['include "lib.xm"\nhelper(1) + other', []],
  ['x = 5', ["1:1 'x' was not declared (declare it first: let x = …)"]],
  ['memory = 5', ['1:1 \'memory\' was not declared (it is a configuration key: put it into a domain block, domain "…" { memory = … })']],
  ['let a = 1GiB + 10s\na', ["1:9 '+' does not go with a size and a duration"]],
  ['let a = 1GiB\nlet b = 10s\na > b', ["3:1 '>' does not go with a size and a duration"]],
  ['let a = 1GiB\na = 10s\na + 5s', []],
  ['assert domain("x").memory > 10s', ["1:8 '>' does not go with a size and a duration"]],
  ['assert domain("x").cpu_time / 10s < 50%', []],
  ['assert host.free_memory - 1s > 0', ["1:8 '-' does not go with a size and a duration"]],
  ['for m in [1GiB, 2GiB] { m + 1s }', ["1:25 '+' does not go with a size and a duration"]],
  ['wait 5', ['1:6 a duration is needed, not an integer (for example 250ms, 10s or 2m)']],
  ['wait until domain("x").state == "y" within 64MiB', ['1:44 a duration is needed, not a size (for example 250ms, 10s or 2m)']],
  ['every 1MiB { list }', ['1:7 a duration is needed, not a size (for example 250ms, 10s or 2m)']],
  ['1 / 0', ['1:1 division by zero']],
  ['fn f(a, b = 1) { return a + b }\nf(1) + f(1, 2) + f()', ['2:18 f takes 1 to 2 arguments, not 0']],
  ['fn f(a) { return a }\nf(1, 2)', ['2:1 f takes 1 argument, not 2']],
  ['abs(1, 2)', ['1:1 abs(number) was called with 2 arguments']],
  ['for x in [1] { break; list }', ["1:23 this is never reached: 'break' comes before it"]],
  [
    'fn f(a) { if a { return 1 } else { throw "x" }; list }\nf(1)',
    ["1:49 this is never reached: an 'if' that leaves both ways comes before it"],
  ],
  ['while true { wait 1s }\nlist', ['2:1 this is never reached: a loop without end comes before it']],
  ['while true { if domains { break } }\nlist', []],
  ['domain "x" { memory = "many" }', ["1:23 'memory' must be a number of MiB, not 'many'"]],
  [
    'domain "x" { memory = 10s; vcpus = 1000 }',
    ["1:23 'memory' must be a number of MiB, not a number with another unit", "1:36 'vcpus' must be at most 512, not 1000"],
  ],
  ['domain "x" { disk = ["/a,raw,xvda,q"] }', ["1:22 unknown value for access: 'q' in the disk '/a,raw,xvda,q' (one of r, ro, w, rw)"]],
  ['domain web { }\ndomain db { after = [wbe] }', ["2:22 no domain of this file is called 'wbe' (did you mean 'web'?)"]],
  ['domain web { }\ndestroy wbe', ["2:9 no domain of this file is called 'wbe' (did you mean 'web'?)"]],
  ['domain web { }\ndestroy other', []],
  ['domain web { }\nassert web.memory > 10s', ["2:8 '>' does not go with a size and a duration"]],
  ['print len("a")', ['1:7 in a command line this is text, not the value of len("a") (put it into brackets: (len("a")))']],
  ['print now()', ['1:11 there is no expression in the brackets (in a command line a call stands in brackets: (now()))']],
  ['let m = [1]\nprint m[0] $m', ['2:7 in a command line this is text, not the value of m[0] (put it into brackets: (m[0]))']],
  ['for d in domains { print $d.name }', ["1:26 this is '$d' and the text '.name' (${d.name})"]],
  ['create web.cfg', []],
  ['on crashd as d { print $d }', ["1:4 there is no event 'crashd' (did you mean 'crashed'?)"]],
  ['let x = 5Mib', ["1:9 '5Mib' is not a number"]],
  ['fn off(d) { destroy $d }\noff web', []],
  ['list | wehre x', ["1:8 'wehre' is neither a stage nor a command (did you mean 'where'?)"]],
  ['list | join vcpu-list on name', ["1:13 unknown name 'vcpu' (it is a command: put it into brackets, (vcpu-list))"]],
  ['list | save', ["1:8 'save' is neither a stage nor a command (it needs a file: save out.json)"]],
  ['xs', ["1:1 unknown command 'xs'"]],
  ['lst', ["1:1 unknown command 'lst' (did you mean 'list'?)"]],
  ['let xs = [1]\nxs', []],
  ['fn f(x) { x }\nf 3', []],
  ['host', []],
  ['for i in [1] { i }', []],
  ['print (host.free_memroy)', ["1:13 the host has no 'free_memroy' (did you mean 'free_memory'?)"]],
  ['print (host.free_memory)\nprint (host.keys())', []],
  ['let i = 3\nprint "g-$i"', ["2:10 between quotation marks '$i' is text (${i} is its value)"]],
  ['let i = 3\nprint "${i} \\$i $j" \'$i\' $i', []],
  [
    'for i in [1] { domain "d-$i" { kernel = "/k" }\nconsole "c-$i" { send "$i" } }',
    ['1:26', '2:12', '2:24'].map((place) => `${place} between quotation marks '$i' is text (\${i} is its value)`),
  ],
  ['inject stal on web for 2s', ["1:8 there is no fault 'stal' (did you mean 'stall'?)"]],
  ['inject stall on web for 2s', []],
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
