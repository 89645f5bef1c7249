import { expect, test } from 'vitest';
import { highlight, type HighlightOptions } from '../../../src/lang/index.ts';
import { COMMANDS } from '../fake-host.ts';

/** "role:text" for each span. */
const roles = (text: string, options?: HighlightOptions): string[] =>
  highlight(text, COMMANDS, options).map(({ start, end, role }) => `${role}:${text.slice(start, end)}`);

test.each<[string, string[]]>([
  ['list -l web', ['command:list', 'option:-l']],
  ['lsit -l', ['unknown-command:lsit', 'option:-l']],
  ['vcpu-l', ['command:vcpu-l']],
  ['xm list', ['command:xm', 'command:list']],
  ['create web.cfg memory=64 --console # note', ['command:create', 'option:--console', 'comment:# note']],
  [
    'destroy $name "web ${i + 1}"',
    ['command:destroy', 'variable:$name', 'string:"web ', 'operator:${', 'variable:i', 'operator:+', 'number:1', 'operator:}', 'string:"'],
  ],
  ['let x = 64MiB', ['keyword:let', 'variable:x', 'operator:=', 'number:64MiB']],
  ['let x = 64Mib', ['keyword:let', 'variable:x', 'operator:=', 'error:64Mib']],
  ['list | where mem > 1GiB', ['command:list', 'operator:|', 'keyword:where', 'variable:mem', 'operator:>', 'number:1GiB']],
  ['domain "web" { memory = 64 }', ['keyword:domain', 'string:"web"', 'operator:{', 'key:memory', 'operator:=', 'number:64', 'operator:}']],
  ['print "open', ['command:print', 'string:"open']],
  ['len([1])', ['command:len', 'operator:(', 'operator:[', 'number:1', 'operator:]', 'operator:)']],
  ['a = @', ['variable:a', 'operator:=', 'error:@']],
])('%s', (text, spans) => {
  expect(roles(text)).toEqual(spans);
});

test('names of earlier lines are known', () => {
  expect(roles('x', { variables: new Set(['x']) })).toEqual(['variable:x']);
  expect(roles('greet web', { functions: new Set(['greet']) })).toEqual(['command:greet']);
});

test('a configuration has keys', () => {
  expect(roles('memory = 64 # MiB\nmemroy = "x"', { dialect: 'config' })).toEqual([
    'key:memory',
    'operator:=',
    'number:64',
    'comment:# MiB',
    'error:memroy',
    'operator:=',
    'string:"x"',
  ]);
});

test('a line takes less than a millisecond', () => {
  const line = 'list | where mem > 64MiB and name =~ /^web/ | sort by cpu desc | select name, "x${mem}"';
  for (let warm = 0; warm < 50; warm++) highlight(line, COMMANDS);
  const times = Array.from({ length: 21 }, () => {
    const start = performance.now();
    highlight(line, COMMANDS);
    return performance.now() - start;
  });
  expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(1);
});
