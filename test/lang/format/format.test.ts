import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { evaluateConfig, format, isError, parse, valueText } from '../../../src/lang/index.ts';
import { corpusFiles, needsCorpus } from '../corpus.ts';

function formatted(text: string, file = 'x.xm'): string {
  const result = format(text, file, { dialect: file.endsWith('.xm') ? 'script' : 'config' });
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.text;
}

test.each([
  ['let x=5', 'let x = 5\n'],
  ['let y = -3 +x* -2 ** ! z', 'let y = -3 + x * -2 ** !z\n'],
  ['for   i  in 1 .. 3 {if(i>2){list -l   foo}}', 'for i in 1..3 { if (i > 2) { list -l foo } }\n'],
  ['list|where mem>1|select name ,half:mem/2', 'list | where mem > 1 | select name, half: mem / 2\n'],
  ['list | sort   by name desc', 'list | sort by name desc\n'],
  ['let m={a:1,b : "x" ,c:[1,2 , 3],}'.replace(',}', '}'), 'let m = {a: 1, b: "x", c: [1, 2, 3]}\n'],
  ['fn  f( a,b=1 ){return a?b:-a}', 'fn f(a, b = 1) { return a ? b : -a }\n'],
  ['let g=(a ,b)=>a+b', 'let g = (a, b) => a + b\n'],
  ['create   "web-${ i }"   memory=64', 'create "web-${ i }" memory=64\n'],
  ['on   crashed   of "x"   as d{print   $d}', 'on crashed of "x" as d { print $d }\n'],
  ['inject   stall  on   web   for 2s', 'inject stall on web for 2s\n'],
  ['console   web{expect   /x y/  within  5s;send "a  b"}', 'console web { expect /x y/ within 5s; send "a  b" }\n'],
  ['x = [ 1,2 ] ; y = [1,2]', 'x = [ 1, 2 ]; y = [1, 2]\n'],
  ['f(a [0],b .c)', 'f(a [0], b.c)\n'],
  ['let s = """\n  a\n b"""', 'let s = """\n  a\n b"""\n'],
  ['\uFEFFlist\r\nlist  \r\n\r\n', 'list\nlist\n'],
  ['', ''],
])('%j', (text, expected) => {
  const result = format(text, 'x.xm');
  if ('text' in result) expect(result.text).toBe(expected);
  else expect(parse(text, 'x.xm').problems.filter(isError)).not.toEqual([]);
});

test('blocks are indented by what is open', () => {
  expect(formatted('for i in 1..2 {\nif i > 1 {\nlist\n}\n     else {\nlet m = {\na: 1,\n}\n}\n}'.replace('1,\n}', '1\n}'))).toBe(
    'for i in 1..2 {\n  if i > 1 {\n    list\n  }\n  else {\n    let m = {\n      a: 1\n    }\n  }\n}\n',
  );
});

test('comments and blank lines stay', () => {
  expect(formatted('# a\n\n\nlist # b\n\n\n\n\n   # c\nlist\n\n')).toBe('# a\n\n\nlist  # b\n\n\n# c\nlist\n');
});

test('what was aligned stays aligned, and what hangs from it moves with it', () => {
  expect(formatted('name   = "x"   # one\nkernel= "k"    # two\ndisk = [ "a",\n"b",\n]\nmemory = 5 # three', 'x.cfg')).toBe(
    'name   = "x"  # one\nkernel = "k"  # two\ndisk   = [ "a",\n           "b",\n         ]\nmemory = 5  # three\n'.replace(
      '         ]',
      ']',
    ),
  );
});

test('a list that begins on the line of its bracket is aligned with its first element', () => {
  expect(formatted('vif = [ "a",\n"b" ]\ndisk = [\n"c",\n]', 'x.cfg')).toBe('vif = [ "a",\n        "b" ]\ndisk = [\n  "c",\n]\n');
});

test('a text with mistakes is refused', () => {
  expect(format('let x = = 5\nlist', 'x.xm')).toMatchObject({ problems: [{ code: 'XM1001' }] });
});

test('a line that goes on behind a backslash still does', () => {
  expect(formatted('create web \\\n  memory=64\nlist')).toBe('create web \\\n    memory=64\nlist\n');
});

describe(needsCorpus('every configuration of the corpus'), () => {
  const readable = corpusFiles().filter(({ name, text }) => !parse(text, name, { dialect: 'config' }).problems.some(isError));

  test.each(readable)('$name means the same afterwards, and formatting again changes nothing', ({ name, text }) => {
    const once = formatted(text, name);
    expect(formatted(once, name)).toBe(once);
    const values = (source: string): string =>
      valueText(new Map([...evaluateConfig(source, name).config.entries].map(([key, { value }]) => [key, value])));
    expect(values(once)).toBe(values(text));
    const comments = (source: string): readonly string[] => source.match(/#.*/g)?.map((line) => line.trimEnd()) ?? [];
    expect(comments(once)).toEqual(comments(text));
  });
});

const blank = fc.constantFrom('', ' ', '   ', '\t');
const space = fc.constantFrom(' ', '  ', '\t');
const lineEnd = fc.constantFrom('\n', '\n\n', ' # note\n', '\n\n\n\n', '\n   # alone\n', ' ;\n');
const expression: fc.Arbitrary<string> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('1', '"a b"', '64MiB', 'x', 'null', '3%', '/a b/', '"${x + 1}"'),
    fc
      .tuple(tie('value'), blank, fc.constantFrom('+', '-', '*', '/', '==', '..', '??'), space, tie('value'))
      .map(([a, b, sign, c, d]) => `${a} ${b}${sign}${c}(${d})`),
    fc.tuple(blank, fc.array(tie('value'), { maxLength: 3 }), blank).map(([a, items, b]) => `[${a}${items.join(`${b},${a}`)}${b}]`),
    fc.tuple(tie('value'), blank).map(([a, b]) => `f(${b}${a}${b})`),
    fc.tuple(tie('value'), tie('value'), tie('value')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('value').map((value) => `-(${value})`),
    tie('value').map((value) => `{a:${value} ,b : 2}`),
    tie('value').map((value) => `(y  =>y+${value})`),
  ),
}))['value'] as fc.Arbitrary<string>;
const program: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.letrec((tie) => ({
        statement: fc.oneof(
          { maxDepth: 3 },
          fc.tuple(space, expression, blank).map(([a, value, b]) => `let${a}x${b}=${b}${value}`),
          fc.tuple(space, space).map(([a, b]) => `create${a}web${b}memory=64`),
          fc.tuple(blank, expression).map(([a, value]) => `list${a}|${a}where x >${a} (${value})`),
          fc
            .tuple(expression, blank, fc.array(tie('statement'), { minLength: 1, maxLength: 3 }), fc.constantFrom('\n', ';', '\n\n'))
            .map(([value, a, body, between]) => `if (${value})${a}{${a}${body.join(between)}${a}}`),
          fc.tuple(space, tie('statement')).map(([a, body]) => `for${a}i${a}in${a}[1] {\n${body}\n}`),
          fc.tuple(space, blank).map(([a, b]) => `on${a}crashed of "x"${a}as${a}d${b}{${b}list${b}}`),
          fc.tuple(blank, expression).map(([a, value]) => `domain web {${a}memory${a}=${a}${value}${a}}`),
        ),
      }))['statement'] as fc.Arbitrary<string>,
      lineEnd,
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((lines) => lines.map(([statement, end]) => statement + end).join(''));

/** The tree without its places. */
function shape(text: string): string {
  const { program: tree } = parse(text, 'x.xm', { variables: new Set(['x', 'f']) });
  return JSON.stringify(tree.body, (key, value: unknown) => (/^(?:start|end|keyEnd|nameStart)$/.test(key) ? undefined : value));
}

property.prop([program], { numRuns: 400 })('a generated program keeps its meaning, and formatting again changes nothing', (text) => {
  const once = formatted(text);
  expect(formatted(once)).toBe(once);
  expect(shape(once)).toBe(shape(text));
});
