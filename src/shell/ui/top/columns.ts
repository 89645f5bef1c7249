/** xentop's columns (tools/xentop/xentop.c): heading, least width, what stands in it, how it sorts. */
import type { DomainSample, HostSample } from '../../../dom0/toolstack/types.ts';
import { tenths } from '../../plain/tenths.ts';
import type { Role } from '../../term/style.ts';

/** One domain in one sample. `cpuPercent` null: there is no sample before this one to compare with. */
export interface TopRow {
  readonly domain: DomainSample;
  readonly host: HostSample;
  readonly cpuPercent: number | null;
}

export interface TopColumn {
  readonly heading: string;
  readonly width: number;
  text(row: TopRow): string;
  /** Numbers sort the largest first, texts by the alphabet. */
  sort(row: TopRow): number | string;
  role?(row: TopRow): Role;
}

const whole = (value: number): string => String(Math.floor(value));
const share = (part: number, total: number): number => (total > 0 ? (part / total) * 100 : 0);

/** xl's letters r b p s c d in xentop's order d s b c p r; what has crashed shows only c. */
export function topState(letters: string): string {
  const stateLetters = letters.includes('c') ? letters.replace('s', '-') : letters;
  return [5, 3, 1, 4, 2, 0].map((place) => stateLetters[place] ?? '-').join('');
}

function stateRole({ domain }: TopRow): Role {
  const letters = domain.stateLetters;
  if (/[cd]/.test(letters)) return 'error';
  if (/[ps]/.test(letters)) return 'warn';
  return letters.includes('r') ? 'ok' : 'dim';
}

function counted(heading: string, width: number, of: (domain: DomainSample) => number): TopColumn {
  return {
    heading,
    width,
    text: ({ domain }) => whole(of(domain)),
    sort: ({ domain }) => of(domain),
    role: ({ domain }) => (of(domain) === 0 ? 'dim' : 'text'),
  };
}

export const TOP_COLUMNS: readonly TopColumn[] = [
  { heading: 'NAME', width: 10, text: ({ domain }) => domain.name, sort: ({ domain }) => domain.name.toLowerCase(), role: () => 'name' },
  {
    heading: 'STATE',
    width: 6,
    text: ({ domain }) => topState(domain.stateLetters),
    sort: ({ domain }) => topState(domain.stateLetters),
    role: stateRole,
  },
  { heading: 'CPU(sec)', width: 10, text: ({ domain }) => whole(domain.cpuTimeNs / 1e9), sort: ({ domain }) => domain.cpuTimeNs },
  {
    heading: 'CPU(%)',
    width: 6,
    text: ({ cpuPercent }) => (cpuPercent === null ? '-' : tenths(cpuPercent)),
    sort: ({ cpuPercent }) => cpuPercent ?? 0,
    role: ({ cpuPercent }) => (cpuPercent === null || cpuPercent < 0.05 ? 'dim' : 'strong'),
  },
  { heading: 'MEM(k)', width: 10, text: ({ domain }) => whole(domain.memoryKiB), sort: ({ domain }) => domain.memoryKiB },
  {
    heading: 'MEM(%)',
    width: 6,
    text: ({ domain, host }) => tenths(share(domain.memoryKiB, host.totalMemoryKiB)),
    sort: ({ domain }) => domain.memoryKiB,
  },
  { heading: 'MAXMEM(k)', width: 10, text: ({ domain }) => whole(domain.maxMemoryKiB), sort: ({ domain }) => domain.maxMemoryKiB },
  {
    heading: 'MAXMEM(%)',
    width: 9,
    text: ({ domain, host }) => tenths(share(domain.maxMemoryKiB, host.totalMemoryKiB)),
    sort: ({ domain }) => domain.maxMemoryKiB,
  },
  { heading: 'VCPUS', width: 5, text: ({ domain }) => whole(domain.vcpus), sort: ({ domain }) => domain.vcpus },
  counted('NETS', 4, ({ nets }) => nets),
  counted('NETTX(k)', 8, ({ netTxBytes }) => netTxBytes / 1024),
  counted('NETRX(k)', 8, ({ netRxBytes }) => netRxBytes / 1024),
  counted('VBDS', 4, ({ vbds }) => vbds),
  counted('VBD_OO', 8, ({ vbdOo }) => vbdOo),
  counted('VBD_RD', 8, ({ vbdRd }) => vbdRd),
  counted('VBD_WR', 8, ({ vbdWr }) => vbdWr),
  counted('VBD_RSECT', 10, ({ vbdRdSectors }) => vbdRdSectors),
  counted('VBD_WSECT', 10, ({ vbdWrSectors }) => vbdWrSectors),
  { heading: 'SSID', width: 4, text: () => '0', sort: () => 0, role: () => 'dim' },
];

export const CPU_PERCENT: number = TOP_COLUMNS.findIndex(({ heading }) => heading === 'CPU(%)');

/** How many columns fit, counted from the left: none is cut, none wraps. */
export function columnsThatFit(width: number): number {
  let used = -1;
  let count = 0;
  for (const column of TOP_COLUMNS) {
    used += column.width + 1;
    if (used > width) break;
    count++;
  }
  return Math.max(1, count);
}
