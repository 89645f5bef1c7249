/** A new name changes every place that means the old one, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check, parse } from '../../../src/lang/index.ts';
import { applied, rename, renameable, type Renamed, type TextEdit } from '../../../src/lang/services/index.ts';
import { fakeHost } from '../fake-host.ts';
import { marked, VOCABULARY, worldOf } from './world.ts';

const FILE = '/work/main.xm';

function editsOf(result: Renamed): readonly TextEdit[] {
  if ('refused' in result) throw new Error(result.refused);
  return result.edits;
}

function renamed(source: string, name: string): Renamed | string {
  const { text, cursor } = marked(source);
  const result = rename(worldOf({ [FILE]: text }), VOCABULARY, FILE, cursor, name);
  return 'edits' in result ? applied(text, result.edits) : result;
}

test.each([
  ['let ‸n = 1\nprint $n "${n}"', 'm', 'let m = 1\nprint $m "${m}"'],
  ['fn ‸f(a) { return a }\nf 1\nprint (f(2))', 'go', 'fn go(a) { return a }\ngo 1\nprint (go(2))'],
  ['domain "‸web" { memory = 4 }\ncreate web\ndestroy "web"', 'db2', 'domain "db2" { memory = 4 }\ncreate db2\ndestroy "db2"'],
  [
    'domain web { memory = 4 }\ndomain db { after = [web] }\ncreate w‸eb',
    'a-b',
    'domain "a-b" { memory = 4 }\ndomain db { after = ["a-b"] }\ncreate "a-b"',
  ],
  ['domain \'‸web\' { memory = 4 }\nlet s = domain("web").state', 'x.1', 'domain \'x.1\' { memory = 4 }\nlet s = domain("x.1").state'],
  ['let ‸n = 1', 'n', 'let n = 1'],
])('%s', (source, name, expected) => {
  expect(renamed(source, name)).toBe(expected);
});

describe('refused', () => {
  test.each([
    ['what already is something in the same block', 'let ‸a = 1\nlet b = 2\nprint $a $b', 'b', /already means/],
    ['what would be captured by an inner name', 'let ‸a = 1\nfor b in 1..2 { print $a $b }', 'b', /already means/],
    ['what would capture an outer name', 'let a = 1\nfor ‸b in 1..2 { print $a $b }', 'a', /already means/],
    ['what would make a command a variable', 'let ‸a = 1\nlist\nprint $a', 'list', /already means/],
    ['a domain that is declared already', 'domain a { memory = 4 }\ndomain ‸b { memory = 4 }\ncreate a\ncreate b', 'a', /already means/],
    ['a word of the language', 'let ‸a = 1\nprint $a', 'while', /a word of the language/],
    ['what is no name', 'let ‸a = 1\nprint $a', '1x', /is no name/],
    ['what is no name of a domain', 'domain ‸a { memory = 4 }', 'a b', /no name for a domain/],
    ['a command', 'li‸st', 'x', /only variables/],
    ['a key', 'domain d { mem‸ory = 4 }', 'x', /only variables/],
    ['a function that is always there', 'print (a‸bs(1))', 'x', /only variables/],
  ])('%s', (_, source, name, why) => {
    expect(renamed(source, name)).toEqual({ refused: expect.stringMatching(why) });
  });
});

test('what can be renamed is shown without its quotes', () => {
  const { text, cursor, places } = marked('domain "«w‸eb»" { memory = 4 }');
  expect(renameable(worldOf({ [FILE]: text }), FILE, cursor)).toEqual({ name: 'web', start: places[0]![0], end: places[0]![1] });
});

test('a function of an included file is renamed where it is used, and a name there that is taken refuses it', () => {
  const texts = { '/work/lib.xm': 'fn go() { list }\n', [FILE]: 'include "lib.xm"\ngo\n' };
  const world = worldOf(texts);
  expect(editsOf(rename(world, VOCABULARY, '/work/lib.xm', 4, 'start')).map(({ file, start }) => [file, start])).toEqual([
    ['/work/lib.xm', 3],
    [FILE, 17],
  ]);
  const taken = worldOf({ ...texts, [FILE]: 'include "lib.xm"\nlet start = 1\ngo\nprint $start\n' });
  expect(rename(taken, VOCABULARY, '/work/lib.xm', 4, 'start')).toEqual({ refused: expect.stringMatching(/already means/) });
});

const SCRIPTS = readdirSync('examples/scripts').filter((name) => name.endsWith('.xm'));

/** The same mistakes, of the same lines, whatever the name. */
function problems(text: string, name: string): readonly string[] {
  const { program, problems: parsed } = parse(text, FILE);
  return [...parsed, ...check(program, fakeHost())].map(
    ({ code, span, message }) => `${span.line} ${code} ${message.replaceAll(`'${name}'`, 'NAME')}`,
  );
}

test.each(SCRIPTS)('every name of %s can be another one and then again what it was', (script) => {
  const text = readFileSync(`examples/scripts/${script}`, 'utf8');
  const world = worldOf({ [FILE]: text });
  for (const { name, sites } of world.analysis(FILE)!.symbols) {
    const edits = editsOf(rename(world, VOCABULARY, FILE, sites.at(-1)!.start, 'quite_new'));
    const changed = applied(text, edits);
    expect(edits).toHaveLength(sites.length);
    expect(problems(changed, 'quite_new')).toEqual(problems(text, name));
    const back = rename(worldOf({ [FILE]: changed }), VOCABULARY, FILE, edits[0]!.start, name);
    expect(applied(changed, editsOf(back))).toBe(text);
  }
});
