/** Domains as rows: what `list` yields, in scripts, in JSON and on the screen. */
import { Quantity, Table, type Column, type Row } from '../../lang/values.ts';
import type { DomainInfo } from '../../dom0/toolstack/types.ts';

export const DOMAIN_COLUMNS: readonly Column[] = [
  { name: 'name', title: 'Name', type: 'text' },
  { name: 'id', title: 'ID', type: 'integer' },
  { name: 'mem', title: 'Mem', type: 'bytes' },
  { name: 'vcpus', title: 'VCPUs', type: 'integer' },
  { name: 'state', title: 'State', type: 'state' },
  { name: 'time', title: 'Time', type: 'duration' },
  { name: 'cpu', title: 'CPU avg', type: 'percent' },
  { name: 'weight', title: 'Weight', type: 'integer' },
  { name: 'cap', title: 'Cap', type: 'integer' },
  { name: 'max_mem', title: 'Max mem', type: 'bytes' },
  { name: 'uptime', title: 'Uptime', type: 'duration' },
  { name: 'reason', title: 'Reason', type: 'text' },
  { name: 'pool', title: 'Pool', type: 'text' },
  { name: 'uuid', title: 'UUID', type: 'text' },
];

/** Share of one physical CPU since the domain was made, in percent. */
export function cpuShare({ cpuTimeNs, uptimeNs }: DomainInfo): number {
  return uptimeNs > 0 ? (cpuTimeNs / uptimeNs) * 100 : 0;
}

export function domainRow(info: DomainInfo): Row {
  return {
    name: info.name,
    id: BigInt(info.domid),
    mem: new Quantity('bytes', info.memoryKiB * 1024),
    vcpus: BigInt(info.vcpus),
    state: info.state,
    time: new Quantity('ns', info.cpuTimeNs),
    cpu: new Quantity('percent', cpuShare(info)),
    weight: BigInt(info.weight),
    cap: BigInt(info.cap),
    max_mem: new Quantity('bytes', info.maxMemoryKiB * 1024),
    uptime: new Quantity('ns', info.uptimeNs),
    reason: info.shutdownReason,
    pool: info.pool,
    uuid: info.uuid,
  };
}

export function domainTable(domains: readonly DomainInfo[]): Table {
  return new Table(DOMAIN_COLUMNS, domains.map(domainRow));
}

export function domainValue(info: DomainInfo): ReadonlyMap<string, Row[string]> {
  return new Map(Object.entries(domainRow(info)));
}
