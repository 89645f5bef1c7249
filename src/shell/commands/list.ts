/** list: xl's table (tools/xl/xl_list.c), and everything it does not show in JSON and pipelines. */
import type { DomainInfo } from '../../dom0/toolstack/types.ts';
import { tenths } from '../plain/tenths.ts';
import type { Command } from './command.ts';
import { domainTable } from './domain-table.ts';
import { findDomain } from './find-domain.ts';
import { MAYBE_DOMAIN } from './positionals.ts';
import { domainJson } from './xl-json.ts';

/** sched.h SHUTDOWN_*: the number that `list -v` shows. */
const REASON_CODES: Readonly<Record<string, number>> = { poweroff: 0, reboot: 1, suspend: 2, crash: 3, watchdog: 4, soft_reset: 5 };

interface Extra {
  readonly heading: string;
  cells(info: DomainInfo): string;
}

const reasonCode = ({ shutdownReason }: DomainInfo): string =>
  shutdownReason === null ? '-' : String(REASON_CODES[shutdownReason] ?? shutdownReason);
const LABEL = '-'.padStart(17);

const EXTRAS: Readonly<Record<string, Extra>> = {
  verbose: {
    heading: '   UUID                            Reason-Code\tSecurity Label',
    cells: (info) => ` ${info.uuid} ${reasonCode(info).padStart(8)}${LABEL}`,
  },
  context: { heading: '   Security Label', cells: () => LABEL },
  cpupool: { heading: '         Cpupool', cells: ({ pool }) => pool.padStart(16) },
  numa: { heading: ' NODE Affinity', cells: () => ' all' },
};

export function xlListLine(info: DomainInfo): string {
  const { name, domid, memoryKiB, vcpus, stateLetters, cpuTimeNs } = info;
  const numbers = `${String(domid).padStart(5)} ${String(Math.floor(memoryKiB / 1024)).padStart(5)} ${String(vcpus).padStart(5)}`;
  return `${name.padEnd(40)} ${numbers}     ${stateLetters}  ${tenths(cpuTimeNs / 1e9).padStart(8)}`;
}

export function xlList(domains: readonly DomainInfo[], extras: readonly Extra[] = []): string {
  const heading = `Name                                        ID   Mem VCPUs\tState\tTime(s)${extras.map(({ heading }) => heading).join('')}`;
  const lines = domains.map((info) => xlListLine(info) + extras.map(({ cells }) => cells(info)).join(''));
  return [heading, ...lines].map((line) => `${line}\n`).join('');
}

const SHOWN = ['name', 'id', 'mem', 'vcpus', 'state', 'time', 'cpu', 'weight'];

export const list: Command = {
  name: 'list',
  group: 'listing',
  summary: 'List information about all or some domains',
  details:
    'State is six letters without a terminal, as xl prints them: r running, b blocked, p paused, s shut down, c crashed, d dying; ' +
    'a domain that only waits for a CPU shows none. Scripts and --json have more columns than the table: cap, max_mem, uptime, reason, pool, uuid.',
  positionals: [MAYBE_DOMAIN],
  options: [
    { long: 'long', short: 'l', summary: 'everything, as JSON in the form of xl', value: null },
    { long: 'verbose', short: 'v', summary: 'UUIDs and shutdown reasons too', value: null },
    { long: 'context', short: 'Z', summary: 'security labels too', value: null },
    { long: 'cpupool', short: 'c', summary: 'CPU pools too', value: null },
    { long: 'numa', short: 'n', summary: 'node affinity too', value: null },
  ],
  effect: 'reads',
  examples: [
    { run: 'list', says: 'all domains' },
    { run: 'list web -v', says: 'one, with its UUID' },
    { run: 'list | where mem > 64MiB | sort by time desc', says: 'a pipeline over the rows' },
    { run: 'list --json=name,state', says: 'two fields, as JSON' },
  ],
  async run(context, args) {
    const name = args.text('domain');
    const domains = name === undefined ? await context.toolstack.list() : [await findDomain(context, name)];
    if (args.flag('long')) return domainJson(domains, context.created);
    const extras = Object.keys(EXTRAS).filter((key) => args.flag(key));
    const shown = [...SHOWN, ...(args.flag('verbose') ? ['reason', 'uuid'] : []), ...(args.flag('cpupool') ? ['pool'] : [])];
    return {
      kind: 'table',
      table: domainTable(domains),
      shown,
      xlText: () =>
        xlList(
          domains,
          extras.map((key) => EXTRAS[key]!),
        ),
    };
  },
};
