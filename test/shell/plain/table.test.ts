import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Quantity, Table } from '../../../src/lang/values.ts';
import { layoutTable } from '../../../src/shell/plain/table.ts';
import { plainText, lineWidth } from '../../../src/shell/term/style.ts';
import { domainTable } from '../../../src/shell/commands/domain-table.ts';
import { GOLDEN_DOMAINS } from '../fake-toolstack.ts';

const draw = (table: Table, width: number, shown: readonly string[] | null = null): readonly string[] =>
  layoutTable(table, width, { shown }).map(plainText);

const guests = domainTable(GOLDEN_DOMAINS);
const SHOWN = ['name', 'id', 'mem', 'vcpus', 'state', 'time', 'cpu'];

test('numbers line up on the right, texts on the left, with units for people', () => {
  expect(draw(domainTable(GOLDEN_DOMAINS.slice(0, 2)), 80, SHOWN)).toEqual([
    'Name      ID      Mem  VCPUs  State      Time  CPU avg',
    'Domain-0   0    1 GiB      4  running  5m 18s    12.9%',
    'web-1      1  512 MiB      2  blocked  12.7 s     0.3%',
  ]);
});

test('a long text is cut before a column is lost', () => {
  const [heading, , , long] = draw(guests, 60, SHOWN);
  expect(heading).toContain('CPU');
  expect(long).toMatch(/^a-do.*… +2 /);
});

test('where even that does not fit, columns go from the right', () => {
  const [heading] = draw(guests, 30, SHOWN);
  expect(heading).toMatch(/^Name +ID +Mem/);
  expect(heading).not.toContain('CPU ');
});

test('states have colours by what they mean, zeroes none', () => {
  const [, ...rows] = layoutTable(guests, 120, { shown: SHOWN });
  expect(rows.flat().find(({ text }) => text === 'crashed')?.role).toBe('error');
  expect(rows.flat().find(({ text }) => text === 'running')?.role).toBe('ok');
  expect(rows[2]!.find(({ text }) => text === '0 s')?.role).toBe('dim');
});

test('what a guest named itself cannot steer the terminal', () => {
  const table = new Table([{ name: 'name', type: 'text' }], [{ name: 'a\u001b[2Jb\nc' }]);
  expect(draw(table, 80)[1]).toBe('a␛[2Jb c');
});

test('a table without rows is its heading', () => {
  expect(draw(new Table([{ name: 'a', type: 'text' }], []), 20)).toEqual(['a']);
});

const cell = fc.oneof(
  fc.string({ maxLength: 40, unit: 'grapheme' }),
  fc.constant(null),
  fc.bigInt(),
  fc.nat().map((amount) => new Quantity('bytes', amount)),
);

test('no line is ever wider than asked', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.array(fc.record({ a: cell, b: cell, c: cell }), { maxLength: 5 }), (width, rows) => {
      const table = new Table(
        [
          { name: 'a', type: 'text' },
          { name: 'b', title: 'Bytes', type: 'bytes' },
          { name: 'c', type: 'text' },
        ],
        rows,
      );
      const lines = layoutTable(table, width);
      expect(lines).toHaveLength(rows.length + 1);
      for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});
