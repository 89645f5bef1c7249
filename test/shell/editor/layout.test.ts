import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { layOut, type Layout, type LayoutInput } from '../../../src/shell/editor/layout.ts';
import { lineWidth, plainText, run } from '../../../src/shell/term/style.ts';

function lay(text: string, cursor: number, columns: number, more: Partial<LayoutInput> = {}): Layout {
  return layOut({
    text,
    cursor,
    spans: [],
    selected: null,
    suggestion: '',
    prompt: [run('xm> ')],
    continuation: [run('  … ')],
    columns,
    maxRows: 100,
    ...more,
  });
}

const rows = (layout: Layout): string[] => layout.rows.map(plainText);

test('a short line is one row with the cursor in it', () => {
  expect(lay('list', 2, 80)).toMatchObject({ cursor: { row: 0, column: 6 } });
  expect(rows(lay('list', 2, 80))).toEqual(['xm> list']);
});

test('lines wrap at the width, and the cursor behind a full row stands on the next', () => {
  const layout = lay('abcdef', 6, 10);
  expect(rows(layout)).toEqual(['xm> abcdef', '']);
  expect(layout.cursor).toEqual({ row: 1, column: 0 });
  expect(rows(lay('abcdefg', 0, 10))).toEqual(['xm> abcdef', 'g']);
});

test('a wide character does not straddle the edge', () => {
  expect(rows(lay('abc日本', 5, 8))).toEqual(['xm> abc', '日本']);
});

test('lines after the first are led in by the continuation', () => {
  expect(rows(lay('if x {\n  list\n}', 0, 80))).toEqual(['xm> if x {', '  …   list', '  … }']);
});

test('roles come from the spans, the selection covers them', () => {
  const [row] = lay('list web', 0, 80, { spans: [{ start: 0, end: 4, role: 'command' }], selected: { start: 2, end: 6 } }).rows;
  expect(row).toEqual([run('xm> '), run('li', 'command'), run('st w', 'selection'), run('eb')]);
});

test('a suggestion never makes another row', () => {
  const layout = lay('list', 4, 12, { suggestion: ' --long --verbose' });
  expect(rows(layout)).toEqual(['xm> list -…']);
  expect(rows(lay('abcdefg', 7, 12, { suggestion: 'hi' }))).toEqual(['xm> abcdefg']);
  expect(rows(lay('if', 2, 40, { suggestion: ' x {\n list }' }))).toEqual(['xm> if x {…']);
});

test('control characters are shown, not sent', () => {
  expect(rows(lay('a\u001b[2J\tb', 0, 80))).toEqual(['xm> a␛[2J  b']);
});

test('a text taller than its window shows the part around the cursor', () => {
  const text = Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n');
  const layout = lay(text, text.indexOf('line 10'), 80, { maxRows: 5 });
  expect(layout.rows).toHaveLength(5);
  expect(plainText(layout.rows[layout.cursor.row]!)).toBe('  … line 10');
});

property.prop([
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.nat(60),
  fc.integer({ min: 2, max: 30 }),
  fc.integer({ min: 1, max: 6 }),
  fc.string({ maxLength: 20 }),
])('no row is wider than the screen and the cursor is inside', (text, place, columns, maxRows, suggestion) => {
  const offsets = [0, ...Array.from(new Intl.Segmenter().segment(text), ({ index, segment }) => index + segment.length)];
  const cursor = offsets[place % offsets.length]!;
  const layout = lay(text, cursor, columns, { maxRows, suggestion: cursor === text.length ? suggestion : '' });
  for (const row of layout.rows) expect(lineWidth(row)).toBeLessThanOrEqual(columns);
  expect(layout.rows.length).toBeLessThanOrEqual(maxRows);
  expect(layout.cursor.row).toBeLessThan(layout.rows.length);
  expect(layout.cursor.column).toBeLessThan(columns);
});
