/** uptime: xl's two forms (tools/xl/xl_info.c). */
import { Quantity, Table, type Column } from '../../lang/values.ts';
import type { DomainInfo } from '../../dom0/toolstack/types.ts';
import type { Command } from './command.ts';
import { findDomains } from './find-domain.ts';
import { DOMAINS } from './positionals.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', title: 'Name', type: 'text' },
  { name: 'id', title: 'ID', type: 'integer' },
  { name: 'uptime', title: 'Uptime', type: 'duration' },
];

const two = (number: number): string => String(number).padStart(2, '0');

/** " 0:41:03", "2 days,  4:47:00". */
export function uptimeText(uptimeNs: number, short: boolean): string {
  const seconds = Math.floor(uptimeNs / 1e9);
  const days = Math.floor(seconds / 86400);
  const hours = String(Math.floor((seconds % 86400) / 3600)).padStart(2);
  const time = `${hours}:${two(Math.floor((seconds % 3600) / 60))}${short ? '' : `:${two(seconds % 60)}`}`;
  if (days === 0) return time;
  return `${days} ${days === 1 ? 'day' : 'days'}, ${time}`;
}

export function xlUptime(domains: readonly DomainInfo[]): string {
  const lines = domains.map(
    ({ name, domid, uptimeNs }) => `${name.padEnd(33)} ${String(domid).padStart(4)} ${uptimeText(uptimeNs, false)}`,
  );
  return ['Name                                ID Uptime', ...lines].map((line) => `${line}\n`).join('');
}

/** `now`: HH:MM:SS. */
export function xlUptimeShort(domains: readonly DomainInfo[], now: string): string {
  return domains.map(({ name, domid, uptimeNs }) => ` ${now} up ${uptimeText(uptimeNs, true)}, ${name} (${domid})\n`).join('');
}

export const uptime: Command = {
  name: 'uptime',
  group: 'listing',
  summary: 'Print how long domains have been up',
  positionals: [DOMAINS],
  options: [{ long: 'short', short: 's', summary: 'one line for each, with the time of day', value: null }],
  effect: 'reads',
  examples: [
    { run: 'uptime', says: 'of all domains' },
    { run: 'uptime -s web', says: 'of one, in short' },
  ],
  async run(context, args) {
    const wanted = args.texts('domain');
    const domains = wanted.length === 0 ? await context.toolstack.list() : await findDomains(context, wanted);
    const rows = domains.map(({ name, domid, uptimeNs }) => ({ name, id: BigInt(domid), uptime: new Quantity('ns', uptimeNs) }));
    const table = new Table(COLUMNS, rows);
    if (args.flag('short')) return { kind: 'text', text: xlUptimeShort(domains, new Date().toTimeString().slice(0, 8)), value: table };
    return { kind: 'table', table, xlText: () => xlUptime(domains) };
  },
};
