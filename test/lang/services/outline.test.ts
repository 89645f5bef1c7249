/** Outline and folding. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { folding, outline, type OutlineItem } from '../../../src/lang/services/index.ts';
import { parse } from '../../../src/lang/index.ts';

/** `kind name detail`, what is inside it indented. */
const drawn = (items: readonly OutlineItem[], indent = ''): string =>
  items
    .map(({ kind, name, detail, children }) => `${indent}${`${kind} ${name} ${detail}`.trim()}\n${drawn(children, `${indent}  `)}`)
    .join('');

test('a script shows what it declares, one inside the other', () => {
  const text = `let n = 3
domain "web-\${n}" {
  memory = 64MiB
  if n > 2 { vcpus = 2 }
}
fn start(name, wait = true) {
  let inner = 1
  on crashed of "web" as d { domain late { memory = 4 } }
}
every 2s for 10s { list }
if true { domain other { memory = 4 } } else if false { fn hidden() { list } }
n = 4
`;
  expect(drawn(outline(parse(text, 'a.xm').program))).toBe(`variable n 3
domain web-\${n}
  key memory 64MiB
  key vcpus 2
function start (name, wait)
  handler on crashed of "web"
    domain late
      key memory 4
handler every 2s for 10s
domain other
  key memory 4
function hidden ()
`);
});

test('a configuration shows its keys, an old xm file what it would set', () => {
  expect(drawn(outline(parse('name = "a"\nmemory = 64\n', 'a.cfg').program))).toBe('key name "a"\nkey memory 64\n');
  const python = 'import os\nmem = 32\nif mem > 16:\n    memory = mem * 2\nname = "x%d" % mem\n';
  expect(drawn(outline(parse(python, 'a.cfg').program))).toBe('key mem 32\nkey memory mem * 2\nkey name "x%d" % mem\n');
});

const TEXTS = readdirSync('examples/scripts').map((name) => [name, readFileSync(`examples/scripts/${name}`, 'utf8')] as const);

test.each(TEXTS)('the names of %s stand in its outline where they stand in the text', (name, text) => {
  const look = (items: readonly OutlineItem[], around: { start: number; end: number }): void => {
    for (const item of items) {
      expect(item.start).toBeGreaterThanOrEqual(around.start);
      expect(item.end).toBeLessThanOrEqual(around.end);
      expect(item.nameStart).toBeGreaterThanOrEqual(item.start);
      expect(item.nameEnd).toBeLessThanOrEqual(item.end);
      expect(text.slice(item.nameStart, item.nameEnd)).toContain(
        item.kind === 'handler' ? item.name.split(' ')[0]!.replace('on', '') : item.name,
      );
      look(item.children, item);
    }
  };
  const items = outline(parse(text, name).program);
  if (/^(?:domain|fn|let|on|every|\w+ *=)/m.test(text)) expect(items.length).toBeGreaterThan(0);
  look(items, { start: 0, end: text.length });
});

/** First and last lines, from 0. */
function folds(text: string, dialect: 'script' | 'config' = 'script'): readonly string[] {
  const line = (offset: number): number => text.slice(0, offset).split('\n').length - 1;
  return folding(text, dialect)
    .filter(({ start, end }) => line(start) !== line(end))
    .map(({ start, end, kind }) => `${kind} ${line(start)}-${line(end)}`);
}

test('blocks, lists, maps, long texts and runs of comments fold', () => {
  expect(
    folds(
      '# a\n# b\n\n# c\nif true {\n  let x = [\n    1,\n  ]\n} else {\n  let m = {\n    a: 1,\n  }\n}\nlet t = """\n  long\n"""\n  # d\n  # e\n',
    ),
  ).toEqual(['comment 0-1', 'block 4-8', 'block 5-7', 'block 8-12', 'block 9-11', 'block 13-15', 'comment 16-17']);
  expect(folds("disk = [\n  'file:/a,xvda,w',\n]\nvif = [ '' ]\n", 'config')).toEqual(['block 0-2']);
  expect(folds('}}}\n{\n[\n')).toEqual([]);
});
