/** `host` and `domains`: the machine as values, read at the moment they are asked for. */
import { DomainHandle, Quantity } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import type { Toolstack } from '../../dom0/toolstack/types.ts';

const MIB = 2 ** 20;

async function hostValue(toolstack: Toolstack): Promise<Value> {
  const info = await toolstack.info();
  const number = (label: string): number => Number(info[label] ?? 0);
  return new Map<string, Value>([
    ['name', info['host'] ?? ''],
    ['cpus', BigInt(number('nr_cpus'))],
    ['cpu_mhz', number('cpu_mhz')],
    ['total_memory', new Quantity('bytes', number('total_memory') * MIB)],
    ['free_memory', new Quantity('bytes', number('free_memory') * MIB)],
    ['scheduler', info['xen_scheduler'] ?? ''],
    ['xen_version', info['xen_version'] ?? ''],
  ]);
}

export async function globalValue(name: string, toolstack: Toolstack): Promise<Value | undefined> {
  if (name === 'host') return await hostValue(toolstack);
  if (name === 'domains') return (await toolstack.list()).map((info) => new DomainHandle(info.name));
  return undefined;
}
