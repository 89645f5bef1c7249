import { expect, test } from 'vitest';
import type { Value } from '../../../src/lang/index.ts';
import { DomainHandle, Quantity, Table } from '../../../src/lang/values.ts';
import { humanBytes, humanDuration } from '../../../src/shell/plain/cell.ts';
import { inFormat } from '../../../src/shell/plain/formats.ts';
import { toJson } from '../../../src/shell/plain/json.ts';
import { DEFAULT_OUTPUT } from '../../../src/shell/plain/output-options.ts';
import { tenths } from '../../../src/shell/plain/tenths.ts';
import { plainText } from '../../../src/shell/plain/plain-text.ts';
import { layoutValue } from '../../../src/shell/plain/value-layout.ts';
import { plainText as unstyled } from '../../../src/shell/term/style.ts';

const table = new Table(
  [
    { name: 'name', title: 'Name', type: 'text' },
    { name: 'mem', type: 'bytes' },
  ],
  [
    { name: 'a, "b"', mem: new Quantity('bytes', 1024) },
    { name: 'tab\there', mem: null },
  ],
);

test('csv quotes what needs it', () => {
  expect(inFormat(table, 'csv', DEFAULT_OUTPUT)).toBe('name,mem\n"a, ""b""",1024\ntab\there,\n');
});

test('tsv has one line for each row whatever is in it', () => {
  expect(inFormat(table, 'tsv', DEFAULT_OUTPUT)).toBe('name\tmem\na, "b"\t1024\ntab here\t\n');
});

test('yaml quotes only what would be read as something else', () => {
  const value = new Map<string, string | bigint | null | readonly string[]>([
    ['plain', 'web one'],
    ['word', 'no'],
    ['number', '12'],
    ['count', 12n],
    ['nothing', null],
    ['list', ['a', 'b: c']],
    ['empty', []],
  ]);
  expect(inFormat(value, 'yaml', DEFAULT_OUTPUT)).toBe(
    'plain: web one\nword: "no"\n"number": "12"\n"count": 12\nnothing: null\nlist:\n  - a\n  - "b: c"\nempty: []\n'
      .replaceAll('"number"', 'number')
      .replaceAll('"count"', 'count'),
  );
});

test('JSON keeps what a number cannot hold as text', () => {
  expect(toJson([1n, 2n ** 63n, 1.5, Number.NaN, new Quantity('ns', 5), new DomainHandle('web'), /x/i, null, true])).toEqual([
    1,
    '9223372036854775808',
    1.5,
    null,
    5,
    'web',
    '/x/i',
    null,
    true,
  ]);
  expect(toJson(table)).toEqual([
    { name: 'a, "b"', mem: 1024 },
    { name: 'tab\there', mem: null },
  ]);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [64 * 2 ** 20, '64 MiB'],
  [3.5 * 2 ** 30, '3.5 GiB'],
])('%i bytes are %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text));

test.each([
  [0, '0 s'],
  [1500, '1.5 µs'],
  [250e6, '250 ms'],
  [12.7e9, '12.7 s'],
  [318e9, '5m 18s'],
  [3720e9, '1h 02m'],
  [190000e9, '2d 04h'],
])('%i ns are %s', (ns, text) => expect(humanDuration(ns)).toBe(text));

test.each([
  [6.25, '6.2'],
  [6.75, '6.8'],
  [0.15, '0.1'],
  [12.7, '12.7'],
  [0.05, '0.1'],
])('%d is rounded as C rounds it: %s', (value, text) => expect(tenths(value)).toBe(text));

test('a value without a form of its own is columns between tabs, or itself', async () => {
  expect(await plainText(table, DEFAULT_OUTPUT)).toBe('name\tmem\na, "b"\t1024\ntab here\t\n');
  expect(await plainText(5n, DEFAULT_OUTPUT)).toBe('5\n');
  expect(await plainText('line\n', DEFAULT_OUTPUT)).toBe('line\n');
  expect(await plainText(null, DEFAULT_OUTPUT)).toBe('');
  expect(await plainText(['a', 1n], DEFAULT_OUTPUT)).toBe('a\n1\n');
});

const lines = (value: Parameters<typeof layoutValue>[0]): readonly string[] => layoutValue(value, 80).map(unstyled);

test('on a terminal values are lines for people', () => {
  expect(lines(new Quantity('bytes', 2 ** 20))).toEqual(['1 MiB']);
  expect(lines(new Map([['a', 1n]]))).toEqual(['a  1']);
  expect(lines('two\nlines\n')).toEqual(['two', 'lines']);
  expect(lines(null)).toEqual([]);
  expect(lines('\u001b]0;title\u0007')).toEqual(['␛]0;title␇']);
});

test('a list of maps with the same keys is a table', async () => {
  const vcpus = [0n, 1n].map(
    (id) =>
      new Map<string, Value>([
        ['id', id],
        ['cpu_time', new Quantity('ns', 2e9)],
      ]),
  );
  expect(await plainText(vcpus, DEFAULT_OUTPUT)).toBe('id\tcpu_time\n0\t2000000000\n1\t2000000000\n');
  expect(lines(vcpus)).toEqual(['id  cpu_time', ' 0     2.0 s', ' 1     2.0 s']);
});

test('yaml: what only looks like text to some readers is quoted, and what is no character to them is escaped', () => {
  expect(inFormat(['.5', '...', '\u0085', 'a\u2028b', '1:30', '012'], 'yaml', DEFAULT_OUTPUT)).toBe(
    '- ".5"\n- "..."\n- "\\u0085"\n- "a\\u2028b"\n- "1:30"\n- "012"\n',
  );
});
