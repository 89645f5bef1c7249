/** domain("web").state and the rest: one table of properties, each read at the moment it is asked for. */
import { Quantity } from '../../lang/values.ts';
import type { Callable, Value } from '../../lang/index.ts';
import { type DomainInfo, type Toolstack, ToolstackError, type VcpuInfo } from '../../dom0/toolstack/types.ts';
import { cpuShare } from '../commands/domain-table.ts';
import { matchDomain, noSuchDomain } from '../commands/find-domain.ts';
import { vcpuState } from '../commands/vcpu-list.ts';
import { consoleText } from './console-text.ts';

type Property = (info: DomainInfo, toolstack: Toolstack) => Value | Promise<Value>;

const kib = (amount: number): Quantity => new Quantity('bytes', amount * 1024);

function vcpuValue(info: VcpuInfo): Value {
  return new Map<string, Value>([
    ['id', BigInt(info.vcpu)],
    ['state', vcpuState(info)],
    ['cpu', info.cpu === null ? null : BigInt(info.cpu)],
    ['cpu_time', new Quantity('ns', info.cpuTimeNs)],
    ['instructions', BigInt(info.retired)],
    ['hard_affinity', info.hardAffinity.map((cpu) => BigInt(cpu))],
    ['soft_affinity', info.softAffinity.map((cpu) => BigInt(cpu))],
  ]);
}

function consoleValue({ domid }: DomainInfo, toolstack: Toolstack): Value {
  const last: Callable = {
    kind: 'function',
    name: 'last',
    async call([count = 1n]) {
      const lines = (await consoleText(toolstack, domid)).replace(/\n$/, '').split('\n');
      return lines.slice(-Math.max(1, Number(count))).join('\n');
    },
  };
  const text: Callable = { kind: 'function', name: 'text', call: () => consoleText(toolstack, domid) };
  return new Map<string, Value>([
    ['last', last],
    ['text', text],
  ]);
}

/** What the xenstore holds of a kind of device, each with the nodes of its front end. None of a kind: an empty list. */
async function devices(kind: 'vbd' | 'vif', { domid }: DomainInfo, toolstack: Toolstack): Promise<Value> {
  const folder = `/local/domain/${domid}/device/${kind}`;
  const nodes = await toolstack.xenstoreList(folder).catch((error: unknown) => {
    if (error instanceof ToolstackError && error.code === 'no-such-path') return [];
    throw error;
  });
  const found = new Map<string, Map<string, Value>>();
  for (const { path, value } of nodes) {
    const [id = '', ...rest] = path.slice(folder.length + 1).split('/');
    if (!found.has(id)) found.set(id, new Map([['id', BigInt(id)]]));
    if (rest.length > 0) found.get(id)!.set(rest.join('/'), value);
  }
  return [...found.values()];
}

const PROPERTIES: Readonly<Record<string, Property>> = {
  id: ({ domid }) => BigInt(domid),
  name: ({ name }) => name,
  uuid: ({ uuid }) => uuid,
  state: ({ state }) => state,
  memory: ({ memoryKiB }) => kib(memoryKiB),
  max_memory: ({ maxMemoryKiB }) => kib(maxMemoryKiB),
  cpu_time: ({ cpuTimeNs }) => new Quantity('ns', cpuTimeNs),
  cpu_share: (info) => new Quantity('percent', cpuShare(info)),
  instructions: ({ retired }) => BigInt(retired),
  weight: ({ weight }) => BigInt(weight),
  cap: ({ cap }) => BigInt(cap),
  uptime: ({ uptimeNs }) => new Quantity('ns', uptimeNs),
  shutdown_reason: ({ shutdownReason }) => shutdownReason,
  pool: ({ pool }) => pool,
  disks: (info, toolstack) => devices('vbd', info, toolstack),
  nics: (info, toolstack) => devices('vif', info, toolstack),
  vcpus: async ({ domid }, toolstack) => (await toolstack.vcpus(domid)).map(vcpuValue),
  console: consoleValue,
};

export async function domainProperty(name: string, property: string, toolstack: Toolstack): Promise<Value | undefined> {
  const domains = await toolstack.list();
  const info = matchDomain(name, domains);
  if (!info) throw noSuchDomain(name, domains, `there is no domain called '${name}'`);
  const read = Object.hasOwn(PROPERTIES, property) ? PROPERTIES[property] : undefined;
  return read ? await read(info, toolstack) : undefined;
}
