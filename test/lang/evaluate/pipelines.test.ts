import { expect, test } from 'vitest';
import { Table } from '../../../src/lang/index.ts';
import { runScript, valueOf } from './run-script.ts';

const names = async (text: string): Promise<readonly unknown[]> => {
  const { value, failure, problems } = await runScript(text);
  expect(problems).toEqual([]);
  expect(failure).toBeNull();
  expect(value).toBeInstanceOf(Table);
  return (value as Table).rows.map((row) => row['name']);
};

test('where, sort by, select, first', async () => {
  expect(await names('list | where mem > 64MiB | select name, mem')).toEqual(['Domain-0', 'web']);
  expect(await names('list | sort by mem desc, name')).toEqual(['Domain-0', 'web', 'db']);
  expect(await names('list | sort by name | first 2')).toEqual(['Domain-0', 'db']);
  expect(await names('list | last')).toEqual(['db']);
  expect(await names('list | where name =~ /^d/ and state == "blocked" | reverse')).toEqual(['db']);
});

test('select keeps the types of columns and takes expressions with a name', async () => {
  const { value } = await runScript('list | where name == "web" | select name, mem, half: mem / 2');
  expect((value as Table).columns).toMatchObject([
    { name: 'name', type: 'text' },
    { name: 'mem', type: 'bytes' },
    { name: 'half', type: 'bytes' },
  ]);
  expect((value as Table).rows[0]!['half']).toMatchObject({ unit: 'bytes', amount: 128 * 2 ** 20 });
});

test.each([
  ['list | count', '3'],
  ['list | sum mem', '1344MiB'],
  ['list | max mem', '1GiB'],
  ['list | where mem > 1TiB | count', '0'],
  ['(list | where state == "blocked").name', '["web", "db"]'],
  ['let t = list | where state == "blocked"\nlen(t)', '2'],
  ['let n = 0\nfor d in list { if d.mem > 100MiB { n += 1 } }\nn', '2'],
  ['[3, 1, 2] | sort by it | first 2', '[1, 2]'],
  ['[1, 2, 3, 4] | where it > 2 | sum', '7'],
  ['list | each x => x.name', '["Domain-0", "web", "db"]'],
  ['list | select name | first | to json', '"[\\n  {\\n    \\"name\\": \\"Domain-0\\"\\n  }\\n]"'],
  ['list | select name, state | first | to csv', '"name,state\\nDomain-0,running"'],
])('%s', async (text, value) => {
  expect(await valueOf(text)).toBe(value);
});

test('group by counts', async () => {
  const { value } = await runScript('list | group by state');
  expect((value as Table).rows).toMatchObject([
    { state: 'running', count: 1n },
    { state: 'blocked', count: 2n },
  ]);
});

test('a stage may be a command: it gets the rows', async () => {
  const { host } = await runScript('list | where name == "web" | vcpu-list web');
  expect((host.calls[1]!.input as Table).rows).toHaveLength(1);
});

test('an unknown column names the columns there are', async () => {
  expect((await runScript('list | where nmae == "x"')).failure).toMatchObject({
    message: "unknown name 'nmae'",
    hint: "did you mean 'name'?",
  });
  expect((await runScript('list | where mem > 9TiB | select zzz')).failure!.hint).toBe('the columns are name, mem, state');
});

test('a misspelt stage is told as one', async () => {
  expect((await runScript('list | wehre mem > 1')).failure).toMatchObject({
    message: "'wehre' is neither a stage nor a command",
    hint: "did you mean 'where'?",
  });
});

test('a command inside an expression needs brackets, and the error says so', async () => {
  expect((await runScript('len(list)')).failure).toMatchObject({
    message: "unknown name 'list'",
    hint: 'it is a command: put it into brackets, (list)',
  });
  expect(await valueOf('len((list))')).toBe('3');
});

test('join brings rows of two tables together', async () => {
  const { value } = await runScript('list | join (list | where mem > 64MiB) on name');
  expect((value as Table).columns.map(({ name }) => name)).toEqual(['name', 'mem', 'state', 'mem2', 'state2']);
  expect((value as Table).rows.map((row) => row['name'])).toEqual(['Domain-0', 'web']);
});

test('save writes in the format that the name of the file says, and goes on with the table', async () => {
  expect((await runScript('list | save out/all.csv')).shown).toEqual([]);
  const { host, value } = await runScript('list | select name | save out/names.csv | count');
  expect(host.files.get('out/names.csv')).toBe('name\nDomain-0\nweb\ndb\n');
  expect(value).toBe(3n);
  expect(JSON.parse((await runScript('list | save "a b.json"')).host.files.get('a b.json')!)).toHaveLength(3);
});

test('a command with a dash in its name may stand in brackets', async () => {
  expect(await valueOf('len((vcpu-list))')).toBe('2');
  expect(await valueOf('let vcpu = 5\nlet list = 2\n(vcpu-list)')).toBe('3');
});

test('elements that are domains have their properties as columns; others are called it', async () => {
  expect(await valueOf('[domain("web"), domain("db")] | where memory > 100MiB | each d => d.name')).toBe('["web"]');
  expect(await valueOf('[1, 5, 3] | where it > 2 | sort by it')).toBe('[3, 5]');
  expect((await runScript('[1, 2] | where nothing > 1')).failure).toMatchObject({
    message: "unknown name 'nothing'",
    hint: 'the element itself is called it',
  });
});
