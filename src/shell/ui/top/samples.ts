/** Samples over time: rates between two of them, and a short memory of each domain's load. */
import type { HostSample } from '../../../dom0/toolstack/types.ts';
import type { TopRow } from './columns.ts';

export interface TopData {
  readonly sample: HostSample | null;
  readonly rows: readonly TopRow[];
  /** CPU use, 0 to 1 of what the domain's vCPUs could use, oldest first; by domid. */
  readonly load: ReadonlyMap<number, readonly number[]>;
}

export const NO_DATA: TopData = { sample: null, rows: [], load: new Map() };

const REMEMBERED = 64;

export function addSample({ sample: before, load }: TopData, sample: HostSample): TopData {
  const passedNs = before ? sample.timeNs - before.timeNs : 0;
  const earlier = new Map(before?.domains.map((domain) => [domain.domid, domain]));
  const rows = sample.domains.map((domain): TopRow => {
    const then = earlier.get(domain.domid);
    const usedNs = then && then.name === domain.name ? domain.cpuTimeNs - then.cpuTimeNs : null;
    return { domain, host: sample, cpuPercent: usedNs === null || passedNs <= 0 ? null : Math.max(0, (usedNs / passedNs) * 100) };
  });
  const remembered = new Map(
    rows.map(({ domain, cpuPercent }) => {
      const past = load.get(domain.domid) ?? [];
      const now = cpuPercent === null ? [] : [Math.min(1, cpuPercent / 100 / Math.max(1, domain.vcpus))];
      return [domain.domid, [...past, ...now].slice(-REMEMBERED)];
    }),
  );
  return { sample, rows, load: remembered };
}

/** Dots of a braille cell (U+2800), from the bottom up: the left column, the right column. */
const LEFT = [0, 0x40, 0x44, 0x46, 0x47] as const;
const RIGHT = [0, 0x80, 0xa0, 0xb0, 0xb8] as const;

const height = (value: number): number => (value <= 0.001 ? 0 : Math.max(1, Math.min(4, Math.round(value * 4))));

/** Two samples to a cell of braille, four heights each; what is above nothing shows at least one dot. */
export function sparkline(values: readonly number[], cells: number): string {
  const shown = values.slice(-cells * 2);
  const padded = [...Array.from({ length: cells * 2 - shown.length }, () => 0), ...shown];
  let line = '';
  for (let at = 0; at < padded.length; at += 2) {
    line += String.fromCodePoint(0x2800 + LEFT[height(padded[at]!)]! + RIGHT[height(padded[at + 1]!)]!);
  }
  return line;
}
