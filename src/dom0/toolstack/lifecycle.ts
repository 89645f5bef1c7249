/** What becomes of a domain that stops (xl's handle_domain_death): its on_poweroff, on_reboot or on_crash says. */
import { VIRQ_DOM_EXC, type ShutdownReason } from '../../vmm/control/types.ts';
import { Errno } from '../../vmm/errno.ts';
import { destroyDomain } from './destroy-domain.ts';
import type { KnownDomain } from './domain-table.ts';
import type { Dom0 } from './dom0.ts';
import { must } from './must.ts';
import type { DomainConfig, DomainEvent, OnAction } from './types.ts';

const SECOND_NS = 1e9;
/** xl sleeps before every restart; here only a domain that restarts again at once waits. */
const RESTART_PAUSE_NS: number = 2 * SECOND_NS;

/** Bound to VIRQ_DOM_EXC for the life of the machine. */
export function watchDomains(dom0: Dom0): void {
  const { calls } = dom0;
  const port = must(calls.bindVirq({ virq: VIRQ_DOM_EXC }), 'VIRQ_DOM_EXC');
  calls.onEvent(port, () => {
    for (const known of dom0.domains.all) {
      const record = dom0.control.domainInfo({ domid: known.domid });
      if (record instanceof Errno || record.shutdown === null || known.stopped !== null) continue;
      known.stopped = record.shutdown;
      stopped(dom0, known, record.shutdown);
    }
  });
}

function stopped(dom0: Dom0, known: KnownDomain, reason: ShutdownReason): void {
  const { domid, name } = known;
  dom0.consoled.drain(domid);
  dom0.xenstored.domainStopped();
  dom0.events.emit(eventOf(dom0, known, reason));
  let action = known.config === null ? 'preserve' : actionFor(known.config, reason);
  if (action === 'coredump-destroy' || action === 'coredump-restart') {
    dom0.log(
      `${name} (domain ${domid}): no core was dumped, that is not supported yet; on_crash goes on with ${action.slice('coredump-'.length)}`,
    );
    action = action === 'coredump-destroy' ? 'destroy' : 'restart';
  }
  if (action === 'soft-reset') {
    dom0.log(`${name} (domain ${domid}): soft-reset is not supported; the domain is destroyed`);
    action = 'destroy';
  }
  switch (action) {
    case 'preserve':
      return;
    case 'destroy':
      return destroyDomain(dom0, known);
    case 'restart':
    case 'rename-restart':
      restart(dom0, known, action === 'rename-restart').catch((error: unknown) => failed(dom0, known, error));
  }
}

function eventOf(dom0: Dom0, { domid, name }: KnownDomain, reason: ShutdownReason): DomainEvent {
  if (reason !== 'crash') return { kind: 'shutdown', domid, name, detail: reason };
  return { kind: 'crashed', domid, name, detail: crashReason(dom0, domid) ?? 'the guest said so itself' };
}

/** What the hypervisor said of it, from its console ring. */
function crashReason({ control }: Dom0, domid: number): string | null {
  const log = control.readConsole({});
  if (log instanceof Errno) return null;
  const line = new RegExp(`^\\(XEN\\) Domain ${domid} (?:\\(vcpu#\\d+\\) )?crashed(?: on cpu#\\d+)?: (.*)$`);
  const found = log
    .split('\n')
    .map((text) => line.exec(text)?.[1])
    .findLast((why) => why !== undefined);
  return found ?? null;
}

function actionFor({ onPoweroff, onReboot, onCrash }: DomainConfig, reason: ShutdownReason): OnAction {
  switch (reason) {
    case 'poweroff':
      return onPoweroff ?? 'destroy';
    case 'reboot':
      return onReboot ?? 'restart';
    case 'crash':
      return onCrash ?? 'destroy';
    case 'suspend':
      return 'preserve';
    case 'watchdog':
      return 'destroy'; // on_watchdog's default
    case 'soft_reset':
      return 'soft-reset';
  }
}

async function restart(dom0: Dom0, known: KnownDomain, keepOld: boolean): Promise<void> {
  const { domains, time } = dom0;
  const { domid, name, createdNs, isRestart } = known;
  const config = known.config!;
  if (keepOld) setAside(dom0, known);
  else destroyDomain(dom0, known);
  // Nobody takes its name meanwhile.
  using claim = domains.claim(name);
  if (isRestart && time.nowNs - createdNs < SECOND_NS) await time.sleepUntil(time.nowNs + RESTART_PAUSE_NS);
  const { createFromConfig } = await import('./create-domain.ts');
  const { uuid: _old, ...rest } = config;
  // The one that is set aside keeps its UUID: a handle cannot be changed.
  const next = await createFromConfig(dom0, claim, {
    config: keepOld ? rest : config,
    paused: false,
    isRestart: true,
    stage: () => undefined,
  });
  dom0.events.emit({ kind: 'rebooted', domid: next.domid, name, detail: `was domain ${domid}` });
}

/** libxl_domain_preserve: the name with the time behind it. */
function setAside(dom0: Dom0, known: KnownDomain): void {
  const stamp = new Date(Number(dom0.time.wallNs / 1_000_000n)).toISOString().replace(/[-:]/g, '').slice(0, 13);
  const base = `${known.name}-${stamp}Z`;
  let name = base;
  for (let n = 2; dom0.domains.byName(name); n++) name = `${base}-${n}`;
  renameDomain(dom0, known, name);
}

export function renameDomain(dom0: Dom0, known: KnownDomain, name: string): void {
  const { domid, uuid } = known;
  known.name = name;
  if (known.config) known.config = { ...known.config, name };
  dom0.store.write(`/local/domain/${domid}/name`, name);
  dom0.store.write(`/vm/${uuid}/name`, name);
  dom0.consoled.rename(domid, name);
  dom0.events.emit({ kind: 'renamed', domid, name });
}

function failed(dom0: Dom0, { domid, name }: KnownDomain, error: unknown): void {
  if (dom0.halted) return;
  const why = error instanceof Error ? error.message : String(error);
  dom0.log(`${name} (was domain ${domid}) could not be restarted: ${why}`);
  dom0.events.emit({ kind: 'destroyed', domid, name, detail: `it could not be restarted: ${why}` });
}
