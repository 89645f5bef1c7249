/** Command, assignment or expression: told from the shape of a line. */
import { expect, test } from 'vitest';
import { isComplete, parse } from '../../../src/lang/index.ts';
import { splitCommandLine } from '../../../src/lang/words.ts';

function kindOf(text: string, variables: readonly string[] = []): string {
  const { program, problems } = parse(text, 'x.xm', { variables: new Set(variables) });
  expect(problems).toEqual([]);
  const [statement] = program.body;
  return statement!.kind === 'pipeline' ? statement.head.kind : statement!.kind;
}

test.each([
  ['list', 'command'],
  ['list -l', 'command'],
  ['create web.cfg memory=64 # and a comment', 'command'],
  ['vcpu-pin web 0 0-3,^1', 'command'],
  ['network-attach web mac=00:16:3e:01:02:03', 'command'],
  ['xenstore-ls /local/domain', 'command'],
  ['shutdown (1 + 2)', 'command'],
  ['console web', 'command'],
  ['domain web', 'command'],
  ['wait', 'command'],
  ['x = 1', 'assign'],
  ['x+=1', 'assign'],
  ['x == 1', 'binary'],
  ['x =~ /y/', 'binary'],
  ['x + 1', 'binary'],
  ['x - 1', 'binary'],
  ['x in y', 'binary'],
  ['x.y', 'member'],
  ['f(x)', 'call'],
  ['domain("web").state', 'member'],
  ['x[0]', 'index'],
  ['x ? 1 : 2', 'conditional'],
  ['x => x', 'arrow'],
  ['-1', 'unary'],
  ['"text"', 'string'],
  ['let x = 1', 'let'],
  ['domain "web" { memory = 64MiB }', 'domain'],
  ['console web { expect /x/ }', 'console'],
  ['wait 2s', 'wait'],
  ['wait until x within 2s', 'wait-until'],
  ['assert x, "y"', 'assert'],
  ['assert = 3', 'assign'],
])('%s', (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

test('a name that is known as a variable begins an expression', () => {
  expect(kindOf('x -1')).toBe('command');
  expect(kindOf('x -1', ['x'])).toBe('binary');
});

test('a command’s table may be a value', () => {
  for (const text of [
    'let t = list -l',
    'let t = list | where mem > 1',
    'for d in list | first 2 { print d }',
    'let n = (vcpu-list web | count) + 1',
    'print (list | count)',
  ]) {
    expect(parse(text, 'x.xm').problems).toEqual([]);
  }
});

test.each([
  ['list', true],
  ['', true],
  ['if x {', false],
  ['if x {\n  list\n}', true],
  ['let x = [1,', false],
  ['let x = [1,\n2]', true],
  ['print "abc', false],
  ['print "abc\ndef"', true],
  ['let x = "abc', false],
  ['let x = """a\n"b"', false],
  ['list |', false],
  ['let x = 1 +', false],
  ['list \\', false],
  ['f(1,', false],
  ['}', true],
  ['let x = )', true],
  ["print don't", true],
  ['# comment {', true],
])('%j is complete: %s', (text, complete) => {
  expect(isComplete(text)).toBe(complete);
});

test.each<[string, readonly string[] | null]>([
  ['list', ['list']],
  ['  create web.cfg -c memory=64  # note', ['create', 'web.cfg', '-c', 'memory=64']],
  ['vcpu-list "my dom" \'x y\'', ['vcpu-list', 'my dom', 'x y']],
  ['list | count', null],
  ['list; info', null],
  ['create $x', null],
  ['x = 1', null],
  ['a + b', null],
  ['if x', null],
  ['domain("x").state', null],
  ['print "${x}"', null],
  ['print "open', null],
  ['', null],
])('the plain line %j', (text, words) => {
  const plain = splitCommandLine(text);
  expect(plain && [plain.name, ...plain.words.map((word) => word.text)]).toEqual(words);
});

test('words of a plain line know their place', () => {
  expect(splitCommandLine('list web', '-c')).toMatchObject({
    span: { file: '-c', start: 0, end: 8 },
    words: [{ span: { start: 5, end: 8, line: 1, column: 6 }, quoted: false }],
  });
});
