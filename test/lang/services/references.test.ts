/** From a name to its declaration and to all places that mean it. */
import { expect, test } from 'vitest';
import { definition, meantAt, sitesOf } from '../../../src/lang/services/index.ts';
import { marked, worldOf } from './world.ts';

const FILE = '/work/main.xm';

/** Every place that means what stands at the cursor, which itself stands in one of them. */
function placesAt(text: string, cursor: number): readonly (readonly [number, number])[] {
  const world = worldOf({ [FILE]: text });
  const meant = meantAt(world, FILE, cursor);
  return meant
    ? sitesOf(world, meant, FILE)
        .map(({ start, end }) => [start, end] as const)
        .toSorted((a, b) => a[0] - b[0])
    : [];
}

test.each([
  [
    'a variable in expressions, texts, words and assignments',
    'let «‸n» = 1\n«n» += 2\nprint "${«n»} $n" $«n» (1 + «n»)\nlist | where id > «n»',
  ],
  ['the innermost of two that are called alike', 'let «n» = 1\nif true {\n  let n = 2\n  print $n\n}\nprint $«‸n»'],
  ['and the inner one', 'let n = 1\nif true {\n  let «‸n» = 2\n  print $«n»\n}\nprint $n'],
  ['a parameter', 'fn f(«a», b = «a») { return «‸a» + b }\nlet a = 1'],
  ['a parameter of an arrow', 'let xs = [1].map(«x» => «‸x» + 1)\nlet x = 2'],
  ['a function that is called in all ways', 'print ((«greet»)("a"))\n«‸greet» "b"\nfn «greet»(name) { print $name }\nlet t = «greet»("c")'],
  ['what a loop goes through', 'for «‸i» in 1..3 { print $«i» }\nlet i = 3'],
  ['an event', 'on crashed of "web" as «d» { print ("${«‸d».name}") }'],
  ['an event that is waited for, called like a part of a keyword', 'wait for crashed as «s» within 1s\nprint (‸«s».name)'],
  ['an error', 'try { list } catch «e» { print («‸e».message) }'],
  ['a path of members', 'let «m» = { a: 1 }\n«‸m».a = 2\nprint («m».a)'],
  ['not a key that is called like the variable', 'let «memory» = 64MiB\ndomain d { memory = «‸memory» }'],
  [
    'a domain wherever it is named',
    'domain «"web"» { memory = 4 }\ndomain db { after = [«web», «"web"»] }\ncreate «web»\ndestroy -f «‸web»\nlet s = domain(«"web"»).state\non crashed of «"web"» { }\nconsole «web» { expect /x/ }\ninject stall on «web» for 2s\nlet t = "web"',
  ],
])('%s', (_, source) => {
  const { text, cursor, places } = marked(source);
  expect(placesAt(text, cursor)).toEqual(places);
});

test.each([
  ['a command', 'li‸st'],
  ['a key', 'domain d { mem‸ory = 4 }'],
  ['a domain that nobody declares', 'destroy w‸eb'],
  ['a text', 'let t = "w‸eb"'],
  ['a configuration', 'na‸me = 1', '/work/a.cfg'],
])('%s is declared nowhere', (_, source, file = FILE) => {
  const { text, cursor } = marked(source);
  expect(meantAt(worldOf({ [file]: text }), file, cursor)).toBeNull();
});

test('names are found in a text that has mistakes elsewhere', () => {
  const { text, cursor, places } = marked('let = 5\nlet «n» = 1\nprint $«‸n»\nif {{{\n');
  expect(placesAt(text, cursor)).toEqual(places);
});

test('definitions and references go through include, over several files', () => {
  const lib = 'let size = 4MiB\nfn start(name) { create $name }\ndomain base { memory = size }\n';
  const world = worldOf({
    '/work/lib/deep.xm': lib,
    '/work/lib/all.xm': 'include "deep.xm"\ninclude "../main.xm"\n',
    [FILE]: 'include "lib/all.xm"\nstart 1\ndestroy base\nprint (size)\n',
  });
  const at = (word: string): number => 'include "lib/all.xm"\nstart 1\ndestroy base\nprint (size)\n'.indexOf(word) + 1;
  expect(definition(world, FILE, at('start'))?.targets).toMatchObject([{ file: '/work/lib/deep.xm', start: lib.indexOf('start') }]);
  expect(definition(world, FILE, at('base'))?.targets).toMatchObject([{ file: '/work/lib/deep.xm', start: lib.indexOf('base') }]);
  expect(definition(world, FILE, at('lib/'))?.targets).toEqual([{ file: '/work/lib/all.xm', start: 0, end: 0 }]);
  const meant = meantAt(world, '/work/lib/deep.xm', lib.indexOf('size'))!;
  expect(sitesOf(world, meant, '/work/lib/deep.xm').map(({ file, start }) => [file, start])).toEqual([
    ['/work/lib/deep.xm', lib.indexOf('size')],
    ['/work/lib/deep.xm', lib.lastIndexOf('size')],
    [FILE, at('size') - 1],
  ]);
});

test('the word of a command that names a file leads there', () => {
  const { text, cursor } = marked('create guests/w‸eb.cfg');
  const world = worldOf({ [FILE]: text, '/work/guests/web.cfg': 'name = "web"' });
  expect(definition(world, FILE, cursor)?.targets).toEqual([{ file: '/work/guests/web.cfg', start: 0, end: 0 }]);
  expect(definition(worldOf({ [FILE]: text }), FILE, cursor)).toBeNull();
});
