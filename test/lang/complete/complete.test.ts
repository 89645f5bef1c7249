import { describe, expect, test } from 'vitest';
import { complete, type CompletionContext } from '../../../src/lang/index.ts';
import { COMMANDS } from '../fake-host.ts';

const FILES: Readonly<Record<string, readonly { name: string; directory: boolean }[]>> = {
  '': [
    { name: 'web.cfg', directory: false },
    { name: 'wide.txt', directory: false },
    { name: 'guests', directory: true },
    { name: '.hidden', directory: false },
    { name: 'my web.cfg', directory: false },
  ],
  'guests/': [{ name: 'pebble.cfg', directory: false }],
};
const CONTEXT: CompletionContext = {
  commands: COMMANDS,
  domains: () => [
    { name: 'web', detail: 'blocked' },
    { name: 'db', detail: 'running', declared: true },
    { name: 'my dom', detail: '' },
  ],
  files: (directory) => FILES[directory] ?? [],
  xenstore: (path) => (path === '/local' ? ['domain'] : path === '/' ? ['local', 'tool'] : []),
  faults: [
    { name: 'stall', doc: 'its vCPUs get no processor' },
    { name: 'slow', doc: 'it gets a share of one' },
  ],
  columns: (command) => (command === 'list' ? ['name', 'mem', 'state'] : []),
};

/** `<|>` is the cursor; answers the texts offered, and what the line becomes with the first. */
async function at(marked: string, context: CompletionContext = CONTEXT): Promise<{ texts: string[]; line: string; details: string[] }> {
  const offset = marked.indexOf('<|>');
  const text = marked.replace('<|>', '');
  const { start, end, items } = await complete(text, offset, context);
  const [first] = items;
  return {
    texts: items.map((item) => item.text),
    details: items.map((item) => item.detail),
    line: first ? text.slice(0, start) + first.text + first.append + text.slice(end) : text,
  };
}

test.each<[string, string]>([
  ['cr<|>', 'create '],
  ['xm cr<|>', 'xm create '],
  ['list; des<|>', 'list; destroy '],
  ['if true { des<|>', 'if true { destroy '],
  ['list --lo<|>', 'list --long '],
  ['create --def<|>', 'create --defconfig='],
  ['create -<|>', 'create --console '],
  ['create --defconfig=gue<|>', 'create --defconfig=guests/'],
  ['create -f guests/p<|>', 'create -f guests/pebble.cfg '],
  ['create w<|>', 'create web.cfg '],
  ['create my<|>', "create 'my web.cfg' "],
  ['create "my<|>', 'create "my web.cfg" '],
  ['create web.cfg mem<|>', 'create web.cfg memory='],
  ['create web.cfg on_crash=pre<|>', 'create web.cfg on_crash=preserve '],
  ['destroy w<|>', 'destroy web '],
  ['destroy my<|>', "destroy 'my dom' "],
  ['destroy web d<|>', 'destroy web db '],
  ['console d<|>', 'console db '],
  ['xenstore-read /lo<|>', 'xenstore-read /local'],
  ['xenstore-read /local/d<|>', 'xenstore-read /local/domain'],
  ['help vc<|>', 'help vcpu-list '],
  ['list | wh<|>', 'list | where '],
  ['list | where sta<|>', 'list | where state'],
  ['list | sort by m<|>', 'list | sort by mem'],
  ['domain("w<|>', 'domain("web"'],
  ['domain("web").cpu_t<|>', 'domain("web").cpu_time'],
  ['let x = host.f<|>', 'let x = host.free_memory'],
  ['domain "a" { mem<|>', 'domain "a" { memory = '],
  ['domain "a" {\n  on_crash = "pre<|>', 'domain "a" {\n  on_crash = "preserve"'],
  ['let guests = []\nlet n = len(gue<|>', 'let guests = []\nlet n = len(guests'],
  ['let name = "x"\ndestroy $na<|>', 'let name = "x"\ndestroy $name '],
  ['console web { exp<|>', 'console web { expect '],
  ['whi<|>', 'while '],
  ['create d<|>', 'create db '],
  ['wait un<|>', 'wait until '],
  ['inject st<|>', 'inject stall '],
  ['inject slow 10% on d<|>', 'inject slow 10% on "db" '],
  ['on crashed of d<|>', 'on crashed of "db" '],
  ['on crashed of "d<|>', 'on crashed of "db"'],
  ['domain "a" { after = [d<|>', 'domain "a" { after = [db'],
  ['domain "a" { after = [db, "w<|>', 'domain "a" { after = [db, "web"'],
  ['domain "a" { after = my<|>', 'domain "a" { after = "my dom"'],
  ['include "web<|>', 'include "web.cfg"'],
  ['let name = "x"\nprint $na<|>', 'let name = "x"\nprint $name '],
  ['let name = "x"\nprint $<|>', 'let name = "x"\nprint $name '],
  ['let name = "x"\ndestroy web-$na<|>', 'let name = "x"\ndestroy web-$name '],
  ['let name = "x"\nprint "a ${na<|>', 'let name = "x"\nprint "a ${name'],
  ['let name = "x"\nlet y = "a ${na<|>', 'let name = "x"\nlet y = "a ${name'],
  ['for x in [1] { print (x + ab<|>', 'for x in [1] { print (x + abs('],
  ['print "${host.fr<|>', 'print "${host.free_memory'],
  ['let n = [1].fil<|>', 'let n = [1].filter('],
  ['let n = "a".up<|>', 'let n = "a".upper('],
  ['let x = 3s\nlet n = x.sec<|>', 'let x = 3s\nlet n = x.seconds'],
])('%s', async (marked, line) => {
  expect((await at(marked)).line).toBe(line);
});

test('each kind of place offers what belongs there', async () => {
  expect((await at('destroy web <|>')).texts).toEqual(['db', "'my dom'"]);
  expect((await at('list | <|>')).texts.slice(0, 3)).toEqual(['where', 'select', 'sort by']);
  expect((await at('create <|>')).texts).toEqual(['db', 'web.cfg', 'guests', "'my web.cfg'"]);
  expect((await at("print '$<|>")).texts).toEqual([]);
  expect((await at('let x = "a".<|>')).texts).not.toContain('filter');
  expect((await at('create .<|>')).texts).toEqual(['.hidden']);
  expect((await at('# com<|>')).texts).toEqual([]);
  expect((await at('print "tex<|>')).texts).toEqual([]);
});

test('keys of a domain block come with their documentation, and only those that are not set', async () => {
  const { texts, details } = await at('domain "a" { memory = 64; <|>');
  expect(texts).not.toContain('memory');
  expect(texts.indexOf('vcpus')).toBeLessThan(texts.indexOf('vnc'));
  expect(details[texts.indexOf('cpu_weight')]).toBe('share of CPU time against other domains; default 256');
});

test('a configuration file offers keys', async () => {
  expect((await at('name = "x"\nvcp<|>', { ...CONTEXT, dialect: 'config' })).line).toBe('name = "x"\nvcpus = ');
});

test('without a beginning that fits, letters in order are enough', async () => {
  expect((await at('vclst<|>')).texts).toEqual(['vcpu-list']);
});

test('it takes less than 10 ms', async () => {
  for (let warm = 0; warm < 20; warm++) await at('list --l<|>');
  const start = performance.now();
  for (let count = 0; count < 20; count++) await at('let x = 1\nlist | where mem > 1 | se<|>');
  expect((performance.now() - start) / 20).toBeLessThan(10);
});

describe('in a long script', () => {
  const lines = Array.from({ length: 300 }, (_, at) => `let value_${at} = ${at}`).join('\n');
  const context = { commands: COMMANDS, domains: () => [{ name: 'web', detail: '' }], files: () => [], xenstore: () => [] };
  const texts = async (script: string): Promise<string[]> => (await complete(script, script.length, context)).items.map(({ text }) => text);

  test.each([
    ['', 'dest', 'destroy'],
    ['', 'list | wh', 'where'],
    ['', 'let x = value_29', 'value_299'],
    ['if true {\n', '  dest', 'destroy'],
    ['domain "x" {\n  memory = 5\n', '  kern', 'kernel'],
    ['console web {\n', '  exp', 'expect'],
    ['let l = [\n  1,\n', '  value_1', 'value_1'],
    ['let s = """\n  a\n"""\n', 'dest', 'destroy'],
    ['', 'on cras', 'crashed'],
    ['', 'wait for ', 'rebooted'],
    ['', 'wait for shut', 'shutdown'],
    ['fn off(d) {\n  destroy $d\n}\n', 'domain("w', 'web'],
  ])('%j and then %j offers %s, the first time and again', async (above, typed, wanted) => {
    const script = `${lines}\n${above}${typed}`;
    expect(await texts(script)).toContain(wanted);
    expect(await texts(script)).toContain(wanted);
  });

  test('a name that was declared above is known in the line, one declared in the line too', async () => {
    expect(await texts(`${lines}\nlet fresh = 1; destroy $fre`)).toContain('$fresh');
  });
});
