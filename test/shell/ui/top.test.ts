import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../../../src/shell/term/decoder.ts';
import { lineWidth, plainText } from '../../../src/shell/term/style.ts';
import { TOP_COLUMNS, topState } from '../../../src/shell/ui/top/columns.ts';
import { addSample, NO_DATA, sparkline, type TopData } from '../../../src/shell/ui/top/samples.ts';
import { topFrame } from '../../../src/shell/ui/top/top-frame.ts';
import { initialTop, topKey, type TopEffect, type TopState } from '../../../src/shell/ui/top/top-state.ts';
import { domain, sample } from './fakes.ts';

const DOMAINS = [
  domain(0, 'Domain-0', { stateLetters: 'r-----', memoryKiB: 262144, vcpus: 2, vcpuTimesNs: [1e9, 2e9], cpuTimeNs: 3e9 }),
  domain(2, 'web', { cpuTimeNs: 10e9 }),
  domain(1, 'a-name-longer-than-ten', { stateLetters: '--p---' }),
  domain(3, 'broken', { stateLetters: '----c-' }),
];

const once = addSample(NO_DATA, sample(1e9, DOMAINS));
const twice = addSample(once, sample(2e9, [DOMAINS[0]!, { ...DOMAINS[1]!, cpuTimeNs: 10.4e9 }, DOMAINS[2]!, DOMAINS[3]!]));

function screen(data: TopData, state: Partial<TopState> = {}, size = { columns: 80, rows: 24 }): string[] {
  return topFrame({ data, state: { ...initialTop(1000), ...state }, size, time: '12:34:56', trouble: null }).rows.map((row) =>
    plainText(row).trimEnd(),
  );
}

function press(state: TopState, keys: string): { state: TopState; effects: TopEffect[] } {
  const decoder = createDecoder();
  const effects: TopEffect[] = [];
  for (const event of [...decoder.feed(new TextEncoder().encode(keys)), ...decoder.flush()]) {
    const result = topKey(state, event);
    state = result.state;
    if (result.effect) effects.push(result.effect);
  }
  return { state, effects };
}

const names = (sortBy: number): string[] =>
  screen(twice, { sortBy })
    .slice(4, 8)
    .map((row) => row.trim().split(' ')[0]!);

describe('top', () => {
  test('is xentop on a screen of 80 by 24', () => {
    const rows = screen(twice);
    expect(rows).toHaveLength(24);
    expect(rows.slice(0, 9)).toEqual([
      'xentop - 12:34:56   Xen 4.17.4',
      '4 domains: 1 running, 1 blocked, 1 paused, 1 crashed, 0 dying, 0 shutdown',
      'Mem: 1048576k total, 524288k used, 524288k free    CPUs: 2 @ 1000MHz',
      '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS',
      'a-name-lon ----p-          0    0.0      65536    6.2      65536       6.2     1',
      '    broken ---c--          0    0.0      65536    6.2      65536       6.2     1',
      '  Domain-0 -----r          3    0.0     262144   25.0      65536       6.2     2',
      '       web --b---         10   40.0      65536    6.2      65536       6.2     1',
      '',
    ]);
    expect(rows.at(-1)).toBe('Delay  Networks  vBds  VCPUs  Repeat header  Sort order  Quit  / filter  Pause');
  });

  test('drops columns from the right on a narrow terminal', () => {
    const rows = screen(twice, {}, { columns: 40, rows: 10 });
    expect(rows).toHaveLength(10);
    expect(rows[1]).toBe('4 domains: 1 running, 1 blocked, 1 paus…');
    expect(rows[3]).toBe('      NAME  STATE   CPU(sec) CPU(%)');
    expect(rows[7]).toBe('       web --b---         10   40.0');
    expect(rows.at(-1)).toBe('Delay  Networks  vBds  VCPUs');
  });

  test('shows every column of xentop when there is room', () => {
    const [header] = screen(twice, { graph: false }, { columns: 200, rows: 24 }).slice(3);
    const golden = resolve(import.meta.dirname, '../../../../shared/reference/golden/xentop-batch.txt');
    expect(header).toBe(TOP_COLUMNS.map(({ heading, width }) => heading.padStart(width)).join(' '));
    if (existsSync(golden)) expect(header).toBe(readFileSync(golden, 'utf8').split('\n')[1]);
  });

  test('does not claim a CPU use before there are two samples', () => {
    expect(screen(once)[7]).toBe('       web --b---         10      -      65536    6.2      65536       6.2     1');
  });

  test('a new domain under an old number starts without a rate', () => {
    const data = addSample(twice, sample(3e9, [domain(2, 'other', { cpuTimeNs: 20e9 })]));
    expect(data.rows[0]!.cpuPercent).toBeNull();
  });

  test('takes xentop’s letters in either case', () => {
    const { state, effects } = press(initialTop(1000), 'nBvRS');
    expect(state).toMatchObject({ networks: true, disks: true, vcpus: true, repeatHeader: true, sortBy: 1 });
    expect(effects).toEqual([]);
    expect(press(state, 'Q').effects).toEqual(['quit']);
    expect(press(state, '\u001b').effects).toEqual(['quit']);
    expect(press(state, '\u000c').effects).toEqual(['repaint']);
  });

  test('asks for the delay; Escape keeps the old one', () => {
    expect(press(initialTop(1000), 'd2.5\r')).toMatchObject({ state: { delayMs: 2500, typing: null }, effects: ['new-delay'] });
    expect(press(initialTop(1000), 'd9\u001b')).toMatchObject({ state: { delayMs: 1000, typing: null }, effects: [] });
    expect(press(initialTop(1000), 'dx\r')).toMatchObject({ state: { delayMs: 1000 }, effects: [] });
    expect(screen(twice, press(initialTop(1000), 'd2').state).at(-1)).toBe('Delay(sec): 2');
  });

  test('filters by name while typing; the first Escape drops the filter, the next leaves', () => {
    const filtered = press(initialTop(1000), '/WE\r').state;
    expect(screen(twice, filtered)[4]).toContain('web');
    expect(screen(twice, filtered)[5]).toBe('');
    expect(screen(twice, filtered)[0]).toContain('filter: WE (1/4)');
    const dropped = press(filtered, '\u001b');
    expect(dropped).toMatchObject({ state: { filter: '' }, effects: [] });
    expect(press(dropped.state, '\u001b').effects).toEqual(['quit']);
  });

  test('sorts names by the alphabet and numbers from the largest', () => {
    expect(names(0)).toEqual(['a-name-lon', 'broken', 'Domain-0', 'web']);
    expect(names(2)[0]).toBe('web');
    expect(names(4)[0]).toBe('Domain-0');
    expect(press(initialTop(1000), '<').state.sortBy).toBe(TOP_COLUMNS.length - 1);
  });

  test('shows a line for the vCPUs, and the header again, when asked', () => {
    expect(screen(twice, { vcpus: true })[9]).toBe('VCPUs(sec):   0:          1s  1:          2s');
    expect(screen(twice, { repeatHeader: true })[5]).toBe(screen(twice)[3]);
  });

  test('scrolls by domains', () => {
    expect(screen(twice, press(initialTop(1000), '\u001b[B\u001b[B').state)[4]).toContain('Domain-0');
    expect(screen(twice, press(initialTop(1000), '\u001b[B\u001b[A\u001b[A').state)[4]).toContain('a-name');
  });

  test('a name cannot steer the terminal', () => {
    const data = addSample(NO_DATA, sample(1e9, [domain(1, 'a\u001b[2Jb')]));
    expect(screen(data)[4]).toMatch(/^ {4}a␛\[2Jb /);
  });

  property.prop([
    fc.record({
      columns: fc.integer({ min: 1, max: 220 }),
      rows: fc.integer({ min: 2, max: 40 }),
      vcpus: fc.boolean(),
      repeatHeader: fc.boolean(),
      help: fc.boolean(),
      graph: fc.boolean(),
      first: fc.nat(10),
    }),
  ])('fills the screen exactly, whatever its size', ({ columns, rows, ...state }) => {
    const frame = topFrame({
      data: twice,
      state: { ...initialTop(1000), ...state },
      size: { columns, rows },
      time: '12:34:56',
      trouble: null,
    });
    expect(frame.rows).toHaveLength(rows);
    for (const row of frame.rows) expect(lineWidth(row)).toBeLessThanOrEqual(columns);
  });
});

test('state letters stand in xentop’s order', () => {
  expect(['r-----', '-b----', '--p---', '---s-d', '---sc-'].map(topState)).toEqual(['-----r', '--b---', '----p-', 'ds----', '---c--']);
});

test('a sparkline has two samples to a cell and shows that something is not nothing', () => {
  expect(sparkline([], 2)).toBe('⠀⠀');
  expect(sparkline([0.01, 1], 2)).toBe('⠀⣸');
});
