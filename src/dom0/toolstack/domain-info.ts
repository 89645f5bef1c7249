/** Domains and vCPUs as the toolstack tells of them, from what the hypervisor tells. */
import type { DomainRecord, ShutdownReason, VcpuRecord } from '../../vmm/control/types.ts';
import { Errno } from '../../vmm/errno.ts';
import type { Dom0 } from './dom0.ts';
import type { KnownDomain } from './domain-table.ts';
import { must } from './must.ts';
import type { DomainInfo, DomainState, VcpuInfo } from './types.ts';

const PAGE_KIB = 4;

/** The fifth letter of xl's state, by reason. */
const REASON_LETTERS: Readonly<Record<ShutdownReason, string>> = {
  poweroff: '-',
  reboot: 'r',
  suspend: 's',
  crash: 'c',
  watchdog: 'w',
  soft_reset: 'S',
};

function stateOf({ dying, shutdown, paused, running, blocked }: DomainRecord): DomainState {
  if (dying) return 'dying';
  if (shutdown === 'crash') return 'crashed';
  if (shutdown !== null) return 'shutdown';
  if (paused) return 'paused';
  if (running) return 'running';
  return blocked ? 'blocked' : 'runnable';
}

function lettersOf({ dying, shutdown, paused, running, blocked }: DomainRecord): string {
  const active = shutdown === null && !dying;
  return [
    active && running ? 'r' : '-',
    active && blocked && !running ? 'b' : '-',
    paused ? 'p' : '-',
    shutdown !== null ? 's' : '-',
    shutdown !== null ? REASON_LETTERS[shutdown] : '-',
    dying ? 'd' : '-',
  ].join('');
}

export function domainInfo({ control, time }: Dom0, known: KnownDomain): DomainInfo {
  const record = must(control.domainInfo({ domid: known.domid }), `domain ${known.domid}`);
  const { weight, cap } = must(control.creditParams({ domid: known.domid }), 'its weight');
  return {
    domid: known.domid,
    name: known.name,
    uuid: known.uuid,
    memoryKiB: record.totalPages * PAGE_KIB,
    maxMemoryKiB: record.maxPages * PAGE_KIB,
    vcpus: record.onlineVcpus,
    maxVcpus: record.maxVcpuId + 1,
    state: stateOf(record),
    stateLetters: lettersOf(record),
    shutdownReason: record.shutdown,
    cpuTimeNs: record.cpuTimeNs,
    retired: record.retired,
    weight,
    cap,
    uptimeNs: time.nowNs - record.createdNs,
    pool: 'Pool-0',
  };
}

/** All that are there now, by id. */
export function allDomains(dom0: Dom0): DomainInfo[] {
  return dom0.domains.all.map((known) => domainInfo(dom0, known));
}

export function vcpuRecords({ control }: Dom0, domid: number): VcpuRecord[] {
  const { maxVcpuId } = must(control.domainInfo({ domid }), `domain ${domid}`);
  return Array.from({ length: maxVcpuId + 1 }, (_, vcpu) => control.vcpuInfo({ domid, vcpu })).filter(
    (record): record is VcpuRecord => !(record instanceof Errno),
  );
}

export function vcpuInfos(dom0: Dom0, known: KnownDomain): VcpuInfo[] {
  return vcpuRecords(dom0, known.domid).map((record) => ({
    domid: known.domid,
    name: known.name,
    vcpu: record.vcpu,
    cpu: record.online ? record.cpu : null,
    stateLetters: vcpuLetters(record),
    cpuTimeNs: record.cpuTimeNs,
    retired: record.retired,
    hardAffinity: record.hardAffinity,
    softAffinity: record.softAffinity,
  }));
}

function vcpuLetters({ online, running, blocked }: VcpuRecord): string {
  if (!online) return '--p';
  if (running) return 'r--';
  return blocked ? '-b-' : '---';
}
