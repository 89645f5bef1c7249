/** Memory, vCPUs and scheduling of a domain that is there already. In domain 0's time. */
import { Errno } from '../../vmm/errno.ts';
import { domainPath } from '../xenstore/path.ts';
import { SLACK_MIB } from './check-config.ts';
import type { Dom0 } from './dom0.ts';
import type { KnownDomain } from './domain-table.ts';
import { must } from './must.ts';
import { ToolstackError, type CreditInfo, type Toolstack } from './types.ts';

const KIB = 1024;
const PAGES_PER_MIB = 256;

function invalid(message: string, hint?: string): ToolstackError {
  return new ToolstackError({ code: 'invalid', message, ...(hint !== undefined && { hint }) });
}

function positive(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw invalid(`${what} must be a whole number above 0, not ${value}`);
}

function memoryNode({ store }: Dom0, { domid }: KnownDomain, name: string): number {
  return Number(store.read(`${domainPath(domid)}/memory/${name}`) ?? 0) / KIB;
}

/** libxl_set_memory_target: the guest is asked, and may not grow beyond. */
export function setMemory(dom0: Dom0, known: KnownDomain, targetMiB: number): void {
  const { domid } = known;
  positive(targetMiB, 'the memory in MiB');
  const mostMiB = memoryNode(dom0, known, 'static-max');
  if (targetMiB > mostMiB)
    throw invalid(`${known.name} was created for at most ${mostMiB} MiB`, 'maxmem in its configuration says how far it can grow');
  must(dom0.control.setMaxPages({ domid, pages: (targetMiB + SLACK_MIB) * PAGES_PER_MIB }), 'the memory limit');
  dom0.store.write(`${domainPath(domid)}/memory/target`, String(targetMiB * KIB));
  if (known.config) known.config = { ...known.config, memoryMiB: targetMiB, maxMemoryMiB: mostMiB };
}

/** libxl_domain_setmaxmem: the hypervisor's limit, of which the guest is not told. */
export function setMaxMemory(dom0: Dom0, known: KnownDomain, maxMiB: number): void {
  const { domid } = known;
  positive(maxMiB, 'the memory in MiB');
  const targetMiB = memoryNode(dom0, known, 'target');
  if (maxMiB < targetMiB)
    throw invalid(`${maxMiB} MiB are less than ${known.name}'s target of ${targetMiB} MiB`, 'mem-set lowers the target');
  must(dom0.control.setMaxPages({ domid, pages: (maxMiB + SLACK_MIB) * PAGES_PER_MIB }), 'the memory limit');
}

export function setVcpus(dom0: Dom0, known: KnownDomain, count: number): void {
  const { domid } = known;
  positive(count, 'the number of vCPUs');
  const most = must(dom0.control.domainInfo({ domid }), `domain ${domid}`).maxVcpuId + 1;
  if (count > most)
    throw invalid(
      `${known.name} has at most ${most} vCPU${most === 1 ? '' : 's'}`,
      'maxvcpus in its configuration says how many it can have',
    );
  for (let vcpu = 0; vcpu < most; vcpu++)
    dom0.store.write(`${domainPath(domid)}/cpu/${vcpu}/availability`, vcpu < count ? 'online' : 'offline');
  if (known.config) known.config = { ...known.config, vcpus: count, maxVcpus: most };
}

export function pinVcpu(
  dom0: Dom0,
  known: KnownDomain,
  vcpu: number | 'all',
  hard: readonly number[] | null,
  soft: readonly number[] | null,
): void {
  const { domid } = known;
  const { maxVcpuId } = must(dom0.control.domainInfo({ domid }), `domain ${domid}`);
  const { cpus } = must(dom0.control.physInfo(), 'the machine');
  for (const cpu of [...(hard ?? []), ...(soft ?? [])])
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus)
      throw invalid(`there is no physical CPU ${cpu}`, `the machine has 0 to ${cpus - 1}`);
  if (hard?.length === 0 || soft?.length === 0) throw invalid('a vCPU needs at least one physical CPU to run on');
  if (vcpu !== 'all' && (!Number.isInteger(vcpu) || vcpu < 0 || vcpu > maxVcpuId)) throw invalid(`${known.name} has no vCPU ${vcpu}`);
  const wanted = vcpu === 'all' ? Array.from({ length: maxVcpuId + 1 }, (_, i) => i) : [vcpu];
  for (const one of wanted)
    must(dom0.control.setVcpuAffinity({ domid, vcpu: one, ...(hard && { hard }), ...(soft && { soft }) }), `the CPUs of vCPU ${one}`);
}

export function creditInfo(dom0: Dom0, set: Parameters<Toolstack['credit']>[0]): CreditInfo {
  const { control, domains } = dom0;
  const { domain, weight, cap, tsliceMs, ratelimitUs } = set ?? {};
  if (weight !== undefined || cap !== undefined) {
    if (domain === undefined) throw invalid('weight and cap are set for a domain: which?');
    setCredit(dom0, domains.find(domain), weight, cap);
  }
  if (tsliceMs !== undefined || ratelimitUs !== undefined) {
    const change = { ...(tsliceMs !== undefined && { tsliceMs }), ...(ratelimitUs !== undefined && { ratelimitUs }) };
    if (control.creditSchedule({ set: change }) instanceof Errno)
      throw invalid(
        'these scheduling parameters are not possible',
        'the timeslice is 1 to 1000 ms; the ratelimit 100 to 500000 us and not above the timeslice, or 0 for none',
      );
  }
  const params = must(control.creditSchedule({}), 'the scheduling parameters');
  const shown = domain === undefined ? domains.all : [domains.find(domain)];
  return {
    ...params,
    domains: shown.map(({ domid, name }) => ({ domid, name, ...must(control.creditParams({ domid }), 'its weight') })),
  };
}

function setCredit({ control }: Dom0, known: KnownDomain, weight: number | undefined, cap: number | undefined): void {
  const { domid } = known;
  const most = (must(control.domainInfo({ domid }), `domain ${domid}`).maxVcpuId + 1) * 100;
  if (weight !== undefined && (!Number.isInteger(weight) || weight < 1 || weight > 65_535))
    throw invalid(`${weight} is no weight`, 'weights are 1 to 65535');
  if (cap !== undefined && (!Number.isInteger(cap) || cap < 0 || cap > most))
    throw invalid(`a cap of ${cap} % is not possible`, `${known.name} can have 0 (none) to ${most}`);
  must(
    control.creditParams({ domid, set: { ...(weight !== undefined && { weight }), ...(cap !== undefined && { cap }) } }),
    'weight and cap',
  );
  if (known.config)
    known.config = { ...known.config, ...(weight !== undefined && { cpuWeight: weight }), ...(cap !== undefined && { cap }) };
}
