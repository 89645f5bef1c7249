/** A mistake costs its own line and gives one diagnostic, at its place. */
import { expect, test } from 'vitest';
import { parse } from '../../../src/lang/index.ts';

const told = (text: string, file = 'x.xm'): string[] =>
  parse(text, file).problems.map(
    ({ span, message, help }) => `${span.line}:${span.column} ${message}${help === undefined ? '' : ` (${help})`}`,
  );

test.each<[string, string[]]>([
  ['let = 3\nlet y = 4', ["1:5 expected a name, found '='"]],
  ['let x = 1 2\nlet y = ', ["1:11 expected the end of the line or ';', found '2'", '2:8 expected a value, found the end']],
  ['let y = [1, 2\nlet z = 4', ["1:9 '[' is not closed"]],
  ['let y = f(1, 2\nlet z = 4\nz', ["1:10 '(' is not closed"]],
  ['if x > {\n  list\n}\nlist', ["1:8 expected a value, found '{'"]],
  ['if x y {\n  let = 1\n}', ["1:6 expected '{', found 'y'", "2:7 expected a name, found '='"]],
  ['for in [1] { list }', ["1:5 expected a name, found 'in'"]],
  ['if true {\n  list\n', ["1:9 '{' is not closed"]],
  ['list\n}\nlist', ["2:1 '}' closes nothing"]],
  ['let a = "abc\nlet b = "def"', ['1:9 the string is not closed (it needs another " on this line)']],
  ['print "abc\nlist', ['1:7 the string is not closed (it needs another ")']],
  ['let a = 3 @ 4\nlist', ["1:11 '@' means nothing here"]],
  ['print "${1 +} ${nope"', ['1:13 expected a value, found the end', "1:15 '${' is not closed"]],
  ['let p = /[/', ["1:9 expected a value, found '/'"]],
  ['let p = /(/', ['1:9 not a regular expression: /(/: Unterminated group']],
  ['print "\\q"', ["1:8 '\\q' is not an escape"]],
  ['on crashed of { restart }\nlist', ["1:15 expected a value, found '{'"]],
  ['wait for\nlist', ['1:9 expected a name, found the end of the line']],
  ['inject stall on web for 2s again', ["1:28 expected 'for DURATION' and no more, found 'again' (inject FAULT … on DOMAIN for 2s)"]],
  ['list | sort by mem down', ["1:20 expected 'asc' or 'desc', found 'down'"]],
  ['let a = 1\na -= 1', ["2:4 there is no '-=': write NAME = NAME - …"]],
  ['else { }', ["1:1 a line cannot begin with 'else'"]],
])('%j', (text, problems) => {
  expect(told(text)).toEqual(problems);
});

test.each<[string, string[]]>([
  ['memory 64\nname = "x"', ['1:1 expected KEY = VALUE (a value needs its key before it; commands belong into a script (.xm))']],
  [
    'name = \nmemory = [ "a" "b" ]\nvcpus = 2 3\n',
    [
      '1:7 expected a value, found the end of the line',
      "2:16 expected ']', found '\"b\"'",
      "3:11 expected the end of the line or ';', found '3'",
    ],
  ],
  ['disk = [ "a",\n  "b"\nvif = [ "c" ]\n', ["1:8 '[' is not closed"]],
  ['name = "x\nmemory = 64', ['1:8 the string is not closed (it needs another " on this line)']],
  ['import os, re\nname = "x"\n', ['1:1 this is Python (import), which xl does not read (write the value itself, or use a script (.xm))']],
  [
    'def check(x):\n    y = int(x)\n    return y\n\nname = "x"\n',
    ['1:1 this is Python (def), which xl does not read (write the value itself; scripts (.xm) have fn)'],
  ],
  ['memory = @@MEM@@\n', ["1:10 '@' means nothing here (this looks like a template: fill in its placeholders first)"]],
  ['name = "a\\qb"\n', ["1:10 '\\q' is not an escape"]],
  ['create web.cfg\n', ['1:1 expected KEY = VALUE (a value needs its key before it; commands belong into a script (.xm))']],
])('configuration %j', (text, problems) => {
  expect(told(text, 'x.cfg')).toEqual(problems);
});

test('a fault in the middle does not lose what stands around it', () => {
  const { program } = parse('let a = 1\nlet b = )\nlet c = 3\nif true {\n  let d = ]\n  let e = 5\n}', 'x.xm');
  expect(program.body.map(({ kind }) => kind)).toEqual(['let', 'broken', 'let', 'if']);
});
