/** vcpu-list: xl's table (tools/xl/xl_vcpu.c). */
import { Quantity, Table, type Column } from '../../lang/values.ts';
import type { VcpuInfo } from '../../dom0/toolstack/types.ts';
import { formatCpus, hostCpuCount } from './cpu-sets.ts';
import { tenths } from '../plain/tenths.ts';
import type { Command } from './command.ts';
import { findDomains } from './find-domain.ts';
import { DOMAINS } from './positionals.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', title: 'Name', type: 'text' },
  { name: 'id', title: 'ID', type: 'integer' },
  { name: 'vcpu', title: 'VCPU', type: 'integer' },
  { name: 'cpu', title: 'CPU', type: 'integer' },
  { name: 'state', title: 'State', type: 'state' },
  { name: 'time', title: 'Time', type: 'duration' },
  { name: 'hard', title: 'Hard affinity', type: 'text' },
  { name: 'soft', title: 'Soft affinity', type: 'text' },
];

export function vcpuState({ cpu, stateLetters }: VcpuInfo): string {
  if (cpu === null) return 'offline';
  if (stateLetters.includes('r')) return 'running';
  return stateLetters.includes('b') ? 'blocked' : 'runnable';
}

export function xlVcpuList(vcpus: readonly VcpuInfo[], hostCpus: number): string {
  const lines = vcpus.map((info) => {
    const place = `${String(info.domid).padStart(5)} ${String(info.vcpu).padStart(5)}${String(info.cpu ?? '-').padStart(5)}`;
    const time = tenths(info.cpuTimeNs / 1e9).padStart(9);
    const affinity = `${formatCpus(info.hardAffinity, hostCpus)} / ${formatCpus(info.softAffinity, hostCpus)}`;
    return `${info.name.padEnd(32)} ${place}   ${info.stateLetters} ${time}  ${affinity}`;
  });
  return ['Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)', ...lines]
    .map((line) => `${line}\n`)
    .join('');
}

export const vcpuList: Command = {
  name: 'vcpu-list',
  group: 'listing',
  summary: 'List the virtual CPUs of all or some domains',
  details:
    'CPU is the physical CPU that a virtual one runs on or ran on last; - where it is offline. Affinity is where it may run, and where it would rather run.',
  positionals: [DOMAINS],
  options: [],
  effect: 'reads',
  examples: [
    { run: 'vcpu-list', says: 'of all domains' },
    { run: 'vcpu-list web', says: 'of one' },
  ],
  async run(context, args) {
    const { toolstack } = context;
    const wanted = await findDomains(context, args.texts('domain'));
    const [all, cpus] = await Promise.all([toolstack.vcpus(), hostCpuCount(toolstack)]);
    const vcpus = wanted.length === 0 ? all : wanted.flatMap(({ domid }) => all.filter((info) => info.domid === domid));
    const rows = vcpus.map((info) => ({
      name: info.name,
      id: BigInt(info.domid),
      vcpu: BigInt(info.vcpu),
      cpu: info.cpu === null ? null : BigInt(info.cpu),
      state: vcpuState(info),
      time: new Quantity('ns', info.cpuTimeNs),
      hard: formatCpus(info.hardAffinity, cpus),
      soft: formatCpus(info.softAffinity, cpus),
    }));
    return { kind: 'table', table: new Table(COLUMNS, rows), xlText: () => xlVcpuList(vcpus, cpus) };
  },
};
