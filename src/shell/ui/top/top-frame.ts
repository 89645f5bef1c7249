/** top as rows: xentop's screen, fitted to whatever terminal there is. Every row fits the width; the frame is as tall as the screen. */
import type { HostSample } from '../../../dom0/toolstack/types.ts';
import { keyLabel } from '../../editor/bindings.ts';
import { sanitize } from '../../term/sanitize.ts';
import { fitLine, lineWidth, padLine, run, type Run, type StyledLine } from '../../term/style.ts';
import type { Size } from '../../term/terminal.ts';
import { cutToWidth, displayWidth, padEnd, padStart } from '../../term/width.ts';
import type { Frame } from '../painted.tsx';
import { columnsThatFit, TOP_COLUMNS, type TopColumn, type TopRow } from './columns.ts';
import { sparkline, type TopData } from './samples.ts';
import { arranged, TOP_KEYS, type TopState } from './top-state.ts';

/** With fewer rows than this the summary gives way to the domains. */
const FULL_SUMMARY_ROWS = 8;
const SHORT_SUMMARY_ROWS = 6;
/** From this width on the right edge belongs to the load graph. */
const GRAPH_COLUMNS = 100;
const GRAPH_CELLS = 12;

export interface TopScreen {
  readonly data: TopData;
  readonly state: TopState;
  readonly size: Size;
  /** hh:mm:ss. */
  readonly time: string;
  /** Why no more samples come. */
  readonly trouble: string | null;
}

export function topFrame(screen: TopScreen): Frame {
  const { data, state, size } = screen;
  const rows = arranged(data, state);
  const summary = data.sample
    ? summaryRows(screen, data.sample, rows.length)
    : [[run('xentop', 'strong'), run(' - waiting for the machine…', 'dim')]];
  const top = size.rows >= FULL_SUMMARY_ROWS ? summary : size.rows >= SHORT_SUMMARY_ROWS ? summary.slice(0, 1) : [];
  const room = Math.max(0, size.rows - top.length - 2);
  const middle = state.help ? helpRows(room) : domainRows(rows, screen, room);
  const lines: StyledLine[] = [...top, headerRow(state, size.columns), ...middle.slice(0, room)];
  while (lines.length < size.rows - 1) lines.push([]);
  const bottom = bottomRow(screen);
  const frame = [...lines.slice(0, Math.max(0, size.rows - 1)), bottom].map((row) => fitLine(row, size.columns));
  const cursor = state.typing ? { row: frame.length - 1, column: Math.min(size.columns - 1, lineWidth(bottom)) } : null;
  return { rows: frame, cursor };
}

function summaryRows({ data, state, size, time }: TopScreen, sample: HostSample, shown: number): StyledLine[] {
  const flags = [
    state.paused ? 'paused' : '',
    state.filter === '' ? '' : `filter: ${sanitize(state.filter)} (${shown}/${data.rows.length})`,
  ].filter(Boolean);
  const title: Run[] = [run('xentop', 'strong'), run(` - ${time}   Xen ${sample.xenVersion}`)];
  if (flags.length > 0) title.push(run(`   ${flags.join('   ')}`, 'warn'));
  return [title, countsRow(data.rows, size.columns), memoryRow(sample, size.columns)];
}

function countsRow(rows: readonly TopRow[], columns: number): StyledLine {
  const count = (letter: string): number => rows.filter(({ domain }) => domain.stateLetters.includes(letter)).length;
  // xentop counts a crashed domain as crashed only.
  const shutdown = rows.filter(({ domain }) => domain.stateLetters.includes('s') && !domain.stateLetters.includes('c')).length;
  const counts: [string, number][] = [
    ['running', count('r')],
    ['blocked', count('b')],
    ['paused', count('p')],
    ['crashed', count('c')],
    ['dying', count('d')],
    ['shutdown', shutdown],
  ];
  const line = (shown: [string, number][]): StyledLine => [
    run(`${rows.length} domains: ${shown.map(([state, number]) => `${number} ${state}`).join(', ')}`),
  ];
  const all = line(counts);
  return lineWidth(all) <= columns ? all : line(counts.filter(([, number]) => number > 0));
}

const mib = (kib: number): string => `${Math.round(kib / 1024)}M`;

function memoryRow({ totalMemoryKiB, freeMemoryKiB, cpus, cpuMhz }: HostSample, columns: number): StyledLine {
  const used = totalMemoryKiB - freeMemoryKiB;
  const exact = `Mem: ${totalMemoryKiB}k total, ${used}k used, ${freeMemoryKiB}k free    CPUs: ${cpus} @ ${cpuMhz}MHz`;
  return [run(exact.length <= columns ? exact : `Mem: ${mib(totalMemoryKiB)}, ${mib(used)} used  CPUs: ${cpus}`)];
}

const hasGraph = ({ graph }: TopState, columns: number): boolean => graph && columns >= GRAPH_COLUMNS;

function shownColumns(state: TopState, columns: number): readonly TopColumn[] {
  return TOP_COLUMNS.slice(0, columnsThatFit(hasGraph(state, columns) ? columns - GRAPH_CELLS - 1 : columns));
}

/** Right-aligned as xentop's; a name that is too long keeps its beginning. */
function cell(text: string, width: number): string {
  return padStart(cutToWidth(text, width), width);
}

function headerRow(state: TopState, columns: number): StyledLine {
  const row: Run[] = [];
  for (const [at, column] of shownColumns(state, columns).entries()) {
    row.push(run(at === 0 ? '' : ' ', 'bar'), run(padStart(column.heading, column.width), at === state.sortBy ? 'bar-strong' : 'bar'));
  }
  const filled = padLine(row, hasGraph(state, columns) ? columns - GRAPH_CELLS : columns, 'bar');
  return hasGraph(state, columns) ? padLine([...filled, run('LOAD', 'bar')], columns, 'bar') : filled;
}

function domainRows(rows: readonly TopRow[], { state, data, size }: TopScreen, room: number): StyledLine[] {
  const lines: StyledLine[] = [];
  const first = Math.min(state.first, Math.max(0, rows.length - 1));
  for (const [at, row] of rows.slice(first).entries()) {
    if (lines.length >= room) break;
    if (state.repeatHeader && at > 0) lines.push(headerRow(state, size.columns));
    lines.push(domainRow(row, state, data, size.columns), ...detailRows(row, state));
  }
  if (rows.length === 0 && state.filter !== '') lines.push([run('no domain like that', 'dim')]);
  return lines;
}

function domainRow(row: TopRow, state: TopState, { load }: TopData, columns: number): StyledLine {
  const cells = shownColumns(state, columns).flatMap((column, at): Run[] => {
    const text = cell(sanitize(column.text(row)), column.width);
    return [run(at === 0 ? '' : ' '), run(text, column.role?.(row) ?? 'text')];
  });
  if (!hasGraph(state, columns)) return cells;
  return [...padLine(cells, columns - GRAPH_CELLS, 'text'), run(sparkline(load.get(row.domain.domid) ?? [], GRAPH_CELLS), 'spark')];
}

function detailRows({ domain }: TopRow, { vcpus, networks, disks }: TopState): StyledLine[] {
  const lines: StyledLine[] = [];
  if (vcpus) {
    const times = domain.vcpuTimesNs.map(
      (timeNs, vcpu) => `${padStart(String(vcpu), 3)}: ${padStart(String(Math.floor(timeNs / 1e9)), 10)}s`,
    );
    lines.push([run(`VCPUs(sec): ${times.join('')}`, 'dim')]);
  }
  if (networks && domain.nets > 0)
    lines.push([run(`Net  RX: ${padStart(String(domain.netRxBytes), 8)}bytes  TX: ${padStart(String(domain.netTxBytes), 8)}bytes`, 'dim')]);
  if (disks && domain.vbds > 0) {
    const numbers = [
      ['OO', domain.vbdOo],
      ['RD', domain.vbdRd],
      ['WR', domain.vbdWr],
      ['RSECT', domain.vbdRdSectors],
      ['WSECT', domain.vbdWrSectors],
    ] as const;
    lines.push([run(`VBD BlkBack ${numbers.map(([name, value]) => `${name}: ${padStart(String(value), 8)}`).join('   ')}`, 'dim')]);
  }
  return lines;
}

function bottomRow({ state, trouble, size }: TopScreen): StyledLine {
  if (state.typing) return [run(state.typing.what === 'delay' ? 'Delay(sec): ' : 'Filter: ', 'strong'), run(sanitize(state.typing.text))];
  if (trouble !== null) return [run(sanitize(trouble), 'error')];
  const row: Run[] = [];
  for (const { label, isOn } of TOP_KEYS) {
    if (label === undefined) continue;
    const hot = Math.max(0, label.search(/[A-Z/?]/));
    const plain = isOn?.(state) ? 'bar-active' : 'text';
    const gap = row.length > 0 ? '  ' : '';
    const next: Run[] = [
      run(gap),
      run(label.slice(0, hot), plain),
      run(label[hot]!, plain === 'text' ? 'bar' : 'bar-active'),
      run(label.slice(hot + 1), plain),
    ];
    // A label stands there whole or not at all.
    if (lineWidth([...row, ...next]) > size.columns) break;
    row.push(...next);
  }
  return row;
}

function helpRows(room: number): StyledLine[] {
  const rows = TOP_KEYS.map(({ chords, help }): StyledLine => {
    const keys = chords.map((chord) => (displayWidth(chord) === 1 ? chord.toUpperCase() : keyLabel(chord))).join(', ');
    return [run(` ${padEnd(keys, 26)}`, 'name'), run(help)];
  });
  return [...rows.slice(0, Math.max(0, room - 1)), [run(' any key goes back', 'dim')]];
}
