/** What is said of the place under the mouse: readable, and for every word of the tables. */
import { expect, test } from 'vitest';
import { BUILTINS, CONFIG_KEYS, EVENTS, METHOD_DOCS, STAGES, STATEMENTS } from '../../../src/lang/index.ts';
import { hover, itemDocumentation } from '../../../src/lang/services/index.ts';
import { marked, VOCABULARY, worldOf } from './world.ts';

const FILE = '/work/main.xm';

function said(source: string, file = FILE): string | null {
  const { text, cursor } = marked(source);
  return hover(worldOf({ [file]: text }), VOCABULARY, file, cursor)?.markdown ?? null;
}

const xm = (code: string): string => `\`\`\`xm\n${code}\n\`\`\``;

test.each([
  ['# How many.\n# All small.\nlet n = 3\nprint $‸n', `${xm('let n = 3')}\n\nHow many.\nAll small.\n\na variable, declared in line 3`],
  ['fn f(a, b = 2) {\n  return a\n}\nprint (‸f(1))', `${xm('fn f(a, b = 2) { … }')}\n\na function, declared in line 1`],
  ['let xs = [1].map(y => ‸y + 1)', `${xm('y => y + 1')}\n\na parameter, declared in line 1`],
  ['if true {\n  domain d {\n    memory = 4\n  }\n  create ‸d\n}', `${xm('domain d {\n  memory = 4\n}')}\n\na domain, declared in line 2`],
  ['try { list } catch ‸e { print $e }', `${xm('catch e { … }')}\n\nwhat happened, declared in line 1`],
  ['let m = 1536M‸iB', '`1536MiB`: a size, 1,610,612,736 bytes'],
  ['wait 9‸0s', '`90s`: a duration'],
  ['wait 1‸500ms', '`1500ms`: a duration, 1.5s = 1.5 s'],
  ['let p = 4‸0%', '`40%`: a percentage, 0.4'],
  ['let n = 0x‸10', '`0x10` = 16'],
  ['list | so‸rt by mem', `${xm('… | sort by cpu desc')}\n\nIn order.`],
  ['wh‸ile true { break }', xm('while COND { … }')],
  ['on cra‸shed of "web" { }', `${xm('on crashed of "NAME" as d { … }')}\n\nA domain crashed; .reason says why.`],
  ['inject st‸all on web for 2s', `${xm('inject stall on DOMAIN for 2s')}\n\nIts vCPUs get no processor.`],
  ['let f = host.free‸_memory', `${xm('host.free_memory')}\n\nMemory that no domain has.`],
  ['create a.cfg ‸-c', '```text\ncreate -c, --console\n```\n\nAttach to its console.'],
  ['create a.cfg me‸mory=5', expect.stringContaining('memory = MEBIBYTES') as unknown as string],
  ['let x = [1].m‸ap(y => y)', expect.stringContaining('What f makes of each element'.toLowerCase().slice(1)) as unknown as string],
  ['let x = 3 # 64M‸iB', null],
  ['let x = ‸  3', null],
])('%s', (source, expected) => {
  expect(said(source)).toEqual(expected);
});

test('in a configuration keys and their values are explained', () => {
  expect(said('mem‸ory = 2048', '/work/a.cfg')).toContain('memory = MEBIBYTES');
  expect(said('memory = 20‸48', '/work/a.cfg')).toBe('`2048` MiB = 2GiB');
  expect(said('on_crash = "res‸tart"', '/work/a.cfg')).toContain('on_crash = "destroy" | "restart"');
});

test('a long domain is shown with its first lines', () => {
  const keys = Array.from({ length: 40 }, (_, at) => `  let v${at} = ${at}`).join('\n');
  const shown = said(`domain d {\n${keys}\n}\ncreate ‸d`)!;
  expect(shown).toContain('let v14 = 14\n…\n');
  expect(shown).not.toContain('v15');
});

test('everything that completion offers from the tables is documented', () => {
  const items = [
    ...CONFIG_KEYS.map(({ name }) => ({ text: name, kind: 'key' as const })),
    ...BUILTINS.map(({ name }) => ({ text: name, kind: 'function' as const })),
    ...EVENTS.map(({ name }) => ({ text: name, kind: 'keyword' as const })),
    ...STAGES,
    ...STATEMENTS,
    ...Object.values(METHOD_DOCS).flatMap((docs) => Object.keys(docs).map((text) => ({ text, kind: 'property' as const }))),
  ];
  expect(items.length).toBeGreaterThan(150);
  for (const item of items) expect(itemDocumentation(item, '', VOCABULARY), item.text).toMatch(/^```xm\n[^\n]+\n```/);
});
