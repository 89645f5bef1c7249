import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { EMPTY } from '../../../src/shell/editor/state.ts';
import { lineWidth, plainText, run } from '../../../src/shell/term/style.ts';
import type { JobView } from '../../../src/shell/ui/job.ts';
import { elapsed, promptFrame, type PromptModel } from '../../../src/shell/ui/prompt-frame.ts';
import { at } from '../editor/driver.ts';

const QUIET: PromptModel = {
  editor: EMPTY,
  spans: [],
  suggestion: '',
  menu: null,
  search: null,
  foreground: null,
  background: [],
  queued: [],
  below: [],
};
const SIZE = { columns: 60, rows: 24 };
const job = (more: Partial<JobView> = {}): JobView => ({
  id: 1,
  title: 'create web',
  stage: null,
  fraction: null,
  elapsedMs: 1200,
  cancelling: false,
  ...more,
});
const rows = (model: Partial<PromptModel>, size = SIZE): string[] => promptFrame({ ...QUIET, ...model }, size).rows.map(plainText);
const menu = (count: number, chosen: number): PromptModel['menu'] => ({
  items: Array.from({ length: count }, (_, item) => ({ text: `item${item}`, detail: `what ${item} is`, kind: 'command', append: ' ' })),
  chosen,
  start: 0,
  end: 0,
  original: EMPTY,
});

describe('the live region', () => {
  test('is one prompt when nothing happens', () => {
    expect(rows({})).toEqual(['xm> ']);
    expect(promptFrame(QUIET, SIZE).cursor).toEqual({ row: 0, column: 4 });
  });

  test('is one row while a job runs: blank at first, then what it does', () => {
    expect(rows({ foreground: job({ elapsedMs: 50 }) })).toEqual(['']);
    expect(rows({ foreground: job() })).toEqual(['⠹ create web  1.2s  Ctrl-C cancels']);
    expect(promptFrame({ ...QUIET, foreground: job() }, SIZE).cursor).toBeNull();
  });

  test('shows the stage and how far it is', () => {
    expect(rows({ foreground: job({ stage: 'page tables', fraction: 0.5 }) }, { columns: 80, rows: 24 })).toEqual([
      '⠹ create web  page tables  ━━━━━━━━━━━━━━━━ 50%  1.2s  Ctrl-C cancels',
    ]);
  });

  test('says what the second Ctrl-C does', () => {
    expect(rows({ foreground: job({ cancelling: true }) }, { columns: 80, rows: 24 })[0]).toContain('Ctrl-C again stops waiting for it');
  });

  test('takes what is typed ahead, and shows what waits', () => {
    expect(rows({ foreground: job(), editor: at('li<|>'), queued: ['info'] })).toEqual([
      '⠹ create web  1.2s  Ctrl-C cancels',
      '  ⋯ info',
      'xm> li',
    ]);
  });

  test('keeps a row for each job in the background', () => {
    expect(rows({ background: [job({ id: 3 })] })).toEqual(['⠹ [3] create web  1.2s', 'xm> ']);
  });

  test('hangs the menu below the line, with a window on long lists', () => {
    expect(rows({ editor: at('i<|>'), menu: menu(2, 1) })).toEqual(['xm> i', '   item0  what 0 is', '   item1  what 1 is']);
    const long = rows({ menu: menu(30, 20) });
    expect(long).toHaveLength(9);
    expect(long.at(-1)).toMatch(/item20.*21\/30$/);
  });

  test('shows a question below the line', () => {
    expect(rows({ below: [[run('really?')]] })).toEqual(['xm> ', 'really?']);
  });

  property.prop([
    fc.record({
      columns: fc.integer({ min: 2, max: 100 }),
      rows: fc.integer({ min: 1, max: 30 }),
      text: fc.string({ unit: 'grapheme', maxLength: 80 }),
      items: fc.nat(20),
      background: fc.nat(6),
      running: fc.boolean(),
    }),
  ])('is never taller than half the screen nor wider than all of it', ({ columns, rows, text, items, background, running }) => {
    const frame = promptFrame(
      {
        ...QUIET,
        editor: at(text),
        menu: items > 0 ? menu(items, items - 1) : null,
        background: Array.from({ length: background }, () => job()),
        foreground: running ? job() : null,
      },
      { columns, rows },
    );
    expect(frame.rows.length).toBeLessThanOrEqual(Math.max(1, Math.floor(rows / 2)));
    for (const row of frame.rows) expect(lineWidth(row)).toBeLessThanOrEqual(columns);
    if (frame.cursor) expect(frame.cursor.row).toBeLessThan(frame.rows.length);
  });
});

test('times are written as people read them', () => {
  expect([340, 9_940, 12_300, 65_000].map(elapsed)).toEqual(['0.3s', '9.9s', '12s', '1m05s']);
});
