/** info: "%-23s: value" lines, in the order of tools/xl/xl_info.c. */
import type { HostInfo } from '../../dom0/toolstack/types.ts';
import type { Command, Outcome } from './command.ts';
import { usage } from './failure.ts';
import { didYouMean } from './near.ts';

const line = (label: string, value: string): string => `${label.padEnd(23)}: ${value}\n`;

const column = (value: number | string, width: number): string => String(value).padStart(width);

/** The machine is one node and one socket: this is all of its topology. */
function topology(info: HostInfo): string {
  const cpus = Number(info['nr_cpus'] ?? 0);
  const perCore = Math.max(1, Number(info['threads_per_core'] ?? 1));
  const rows = Array.from(
    { length: cpus },
    (_, cpu) => `${column(cpu, 3)}:${column(Math.floor(cpu / perCore), 8)}${column(0, 9)}${column(0, 9)}\n`,
  );
  const memory = `${column(0, 4)}:${column(info['total_memory'] ?? 0, 10)}${column(info['free_memory'] ?? 0, 11)}      10\n`;
  return `cpu_topology           :\ncpu:    core    socket     node\n${rows.join('')}numa_info              :\nnode:    memsize    memfree    distances\n${memory}`;
}

export function xlInfo(info: HostInfo, withTopology = false): string {
  let text = '';
  for (const [label, value] of Object.entries(info)) {
    if (withTopology && label === 'xen_major') text += topology(info);
    text += line(label, value);
  }
  return text;
}

export const info: Command = {
  name: 'info',
  group: 'host',
  summary: 'Get information about the host',
  positionals: [{ name: 'name', kind: 'text', summary: 'print only the values of fields that begin with this', required: false }],
  options: [{ long: 'numa', short: 'n', summary: 'CPU topology and nodes too', value: null }],
  effect: 'reads',
  examples: [
    { run: 'info', says: 'everything' },
    { run: 'info xen_version', says: 'one value' },
  ],
  async run({ toolstack }, args): Promise<Outcome> {
    const all = await toolstack.info();
    const wanted = args.text('name');
    if (wanted === undefined) return { kind: 'text', text: xlInfo(all, args.flag('numa')), value: new Map(Object.entries(all)) };
    const found = Object.entries(all).filter(([label]) => label.startsWith(wanted));
    if (found.length === 0) throw usage(`info has no field that begins with '${wanted}'`, didYouMean(wanted, Object.keys(all)));
    const value = found.length === 1 ? found[0]![1] : new Map(found);
    return { kind: 'text', text: found.map(([, value]) => `${value}\n`).join(''), value };
  },
};
