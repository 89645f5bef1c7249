/** Sets of physical CPUs as xl writes and reads them (tools/xl/xl_utils.c print_bitmap, xl_parse.c parse_cpurange). */
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import { usage } from './failure.ts';

export async function hostCpuCount(toolstack: Toolstack): Promise<number> {
  return Number((await toolstack.info())['nr_cpus'] ?? 0);
}

/** "all", "none", "0-1,3,5". */
export function formatCpus(cpus: readonly number[], hostCpus: number): string {
  const sorted = [...new Set(cpus)].filter((cpu) => cpu < hostCpus).toSorted((a, b) => a - b);
  if (sorted.length === 0) return 'none';
  if (sorted.length === hostCpus) return 'all';
  const ranges: string[] = [];
  for (let at = 0; at < sorted.length;) {
    let end = at;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    ranges.push(end === at ? String(sorted[at]) : `${sorted[at]}-${sorted[end]}`);
    at = end + 1;
  }
  return ranges.join(',');
}

const ITEM = /^(\^?)(?:(nodes?):)?(?:(\d+)(?:-(\d+))?|(all))$/;

/** "all", "0-3,^1", "nodes:0": applied from left to right. CPUs that the host does not have are dropped, as by xl. The machine has one node. */
export function parseCpus(text: string, hostCpus: number): readonly number[] {
  const all = Array.from({ length: hostCpus }, (_, cpu) => cpu);
  let chosen = new Set<number>();
  for (const item of text.split(',')) {
    const [, not, node, first, last, everything] = ITEM.exec(item) ?? [];
    if (not && everything) throw usage('Can\'t combine "^" and "all".');
    if (everything) {
      chosen = new Set(all);
      continue;
    }
    const [from, to] = [Number(first ?? Number.NaN), Number(last ?? first ?? Number.NaN)];
    if (!(from <= to)) throw usage(`Invalid pcpu range: ${item}.`, 'such as 0-3, 0-3,^1, 2,5 or all');
    const covered = node ? (from === 0 ? all : []) : all.filter((cpu) => cpu >= from && cpu <= to);
    for (const cpu of covered) {
      if (not) chosen.delete(cpu);
      else chosen.add(cpu);
    }
  }
  return [...chosen].toSorted((a, b) => a - b);
}
