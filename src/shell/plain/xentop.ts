/** xentop -b: the table as it goes into a file, and the same numbers as JSON. */
import type { HostSample } from '../../dom0/toolstack/types.ts';
import { TOP_COLUMNS, type TopColumn, type TopRow } from '../ui/top/columns.ts';
import type { TopData } from '../ui/top/samples.ts';
import { tenths } from './tenths.ts';

export interface BatchOptions {
  readonly fullNames: boolean;
  readonly vcpus: boolean;
  readonly repeatHeading: boolean;
  readonly dom0First: boolean;
  readonly heading: boolean;
}

const byName = (a: TopRow, b: TopRow): number => {
  const [left, right] = [a.domain.name.toLowerCase(), b.domain.name.toLowerCase()];
  return left === right ? 0 : left < right ? -1 : 1;
};

/** xentop shows c without s, and 0.0 where it has nothing to compare with yet. */
function asXentop(row: TopRow): TopRow {
  const { stateLetters } = row.domain;
  const shown = stateLetters.includes('c') ? stateLetters.replace('s', '-') : stateLetters;
  return { ...row, cpuPercent: row.cpuPercent ?? 0, domain: { ...row.domain, stateLetters: shown } };
}

const share = (partKiB: number, { totalMemoryKiB }: HostSample): string =>
  tenths(totalMemoryKiB > 0 ? (partKiB / totalMemoryKiB) * 100 : 0);

/** The same columns as on the screen, but rounded as C rounds. */
const ROUNDED: Readonly<Record<string, (row: TopRow) => string>> = {
  'CPU(%)': ({ cpuPercent }) => tenths(cpuPercent ?? 0),
  'MEM(%)': ({ domain, host }) => share(domain.memoryKiB, host),
  'MAXMEM(%)': ({ domain, host }) => share(domain.maxMemoryKiB, host),
};

const cell = (column: TopColumn, row: TopRow): string => ROUNDED[column.heading]?.(row) ?? column.text(row);

function vcpuLine({ domain }: TopRow): string {
  const times = domain.vcpuTimesNs.map((timeNs, vcpu) => ` ${String(vcpu).padStart(2)}: ${String(Math.floor(timeNs / 1e9)).padStart(10)}s`);
  return `VCPUs(sec): ${times.join('')}\n`;
}

export function xentopBatch({ rows }: TopData, options: BatchOptions): string {
  const sorted = rows.map(asXentop).toSorted(byName);
  const ordered = options.dom0First ? sorted.toSorted((a, b) => Number(b.domain.domid === 0) - Number(a.domain.domid === 0)) : sorted;
  const [, ...others] = TOP_COLUMNS;
  const nameWidth = options.fullNames ? Math.max(10, ...rows.map(({ domain }) => domain.name.length)) : 10;
  const cells = ordered.map((row) => others.map((column) => cell(column, row)));
  const widths = others.map(({ width }, at) => Math.max(width, ...cells.map((line) => line[at]!.length)));
  const line = (name: string, rest: readonly string[]): string =>
    `${[name.slice(0, nameWidth).padStart(nameWidth), ...rest.map((cell, at) => cell.padStart(widths[at]!))].join(' ')}\n`;
  const heading = options.heading
    ? line(
        'NAME',
        others.map(({ heading }) => heading),
      )
    : '';
  const blocks = ordered.map((row, at) => {
    const repeated = options.repeatHeading && at > 0 ? heading : '';
    return repeated + line(row.domain.name, cells[at]!) + (options.vcpus ? vcpuLine(row) : '');
  });
  return heading + blocks.join('');
}

/** One sample, one line. */
export function xentopJson({ sample, rows }: TopData): string {
  const domains = rows.map(({ domain, cpuPercent }) => ({ ...domain, cpuPercent }));
  return JSON.stringify({ ...sample, domains });
}
