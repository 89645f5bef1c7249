/** The toolstack over a machine: every operation of the interface, in domain 0's time. */
import { openConsole } from '../console/consoled.ts';
import { checkName } from './check-config.ts';
import { destroyDomain } from './destroy-domain.ts';
import { allDomains, domainInfo, vcpuInfos } from './domain-info.ts';
import { writeHostNodes } from './domain-nodes.ts';
import { DOMAIN0_NAME, NO_UUID } from './domain-table.ts';
import { Dom0 } from './dom0.ts';
import { hostInfo } from './host-info.ts';
import { renameDomain, watchDomains } from './lifecycle.ts';
import type { Machine } from './machine.ts';
import { must } from './must.ts';
import { Samples } from './samples.ts';
import { shutdownDomain } from './shutdown-domain.ts';
import { listNodes, readNode, removeNode, writeNode } from './store-operations.ts';
import { creditInfo, pinVcpu, setMaxMemory, setMemory, setVcpus } from './tuning.ts';
import { ToolstackError, type ConsoleStream, type DomainRef, type Toolstack } from './types.ts';
import type { Moves } from './with-moves.ts';

export interface LocalToolstack {
  readonly toolstack: Required<Toolstack>;
  /** Whoever carries questions and answers says when: see MachineTime. */
  readonly moves: Moves;
}

/** The machine is started by this, and stopped by `halt`. `warm` builds what the first guest would have to wait for. */
export function createToolstack(machine: Machine, warm: () => void = () => undefined): LocalToolstack {
  const dom0 = new Dom0(machine);
  const { control, domains, events, time } = dom0;
  domains.add({ domid: 0, name: DOMAIN0_NAME, uuid: NO_UUID, config: null, createdNs: 0, isRestart: false, stopped: null });
  writeHostNodes(dom0.store, must(control.domainInfo({ domid: 0 }), 'domain 0').totalPages * 4);
  watchDomains(dom0);
  machine.start();

  const toolstack: LocalToolstack['toolstack'] = {
    async create(config, { paused = false, job } = {}) {
      using claim = domains.claim(checkName(config.name, 'name'), 'name');
      const stage = (name: string, done: number, total: number): void => {
        if (job !== undefined) events.emit({ kind: 'progress', job, stage: name, done, total });
      };
      // The builder is loaded by the first who needs it: a machine that only lists its domains starts without.
      const { createFromConfig } = await import('./create-domain.ts');
      return await createFromConfig(dom0, claim, { config, paused, isRestart: false, stage });
    },
    list: () => dom0.run(() => allDomains(dom0)),
    domain: (ref) => dom0.run(() => domainInfo(dom0, domains.find(ref))),
    pause: (ref) =>
      dom0.run(() => {
        const { domid, name } = domains.findGuest(ref, 'paused');
        must(control.pauseDomain({ domid }), name);
        events.emit({ kind: 'paused', domid, name });
      }),
    unpause: (ref) =>
      dom0.run(() => {
        const { domid, name } = domains.findGuest(ref, 'unpaused');
        if (!must(control.domainInfo({ domid }), name).paused)
          throw new ToolstackError({ code: 'wrong-state', message: `${name} is not paused` });
        must(control.unpauseDomain({ domid }), name);
        // Paused several times, it is let go by the last unpause.
        if (!must(control.domainInfo({ domid }), name).paused) events.emit({ kind: 'unpaused', domid, name });
      }),
    async shutdown(ref, how, waitNs) {
      await shutdownDomain(dom0, domains.findGuest(ref, 'shut down'), how, waitNs);
    },
    destroy: (ref) => dom0.run(() => destroyDomain(dom0, domains.findGuest(ref, 'destroyed'))),
    rename: (ref, name) =>
      dom0.run(() => {
        const known = domains.findGuest(ref, 'renamed');
        if (known.name === name) return;
        using _claim = domains.claim(checkName(name));
        renameDomain(dom0, known, name);
      }),
    vcpus: (ref) => dom0.run(() => (ref === undefined ? domains.all : [domains.find(ref)]).flatMap((known) => vcpuInfos(dom0, known))),
    setVcpus: (ref, count) => dom0.run(() => setVcpus(dom0, domains.findGuest(ref, 'given other vCPUs'), count)),
    pinVcpu: (ref, vcpu, hard, soft) => dom0.run(() => pinVcpu(dom0, domains.find(ref), vcpu, hard, soft)),
    setMemory: (ref, targetMiB) => dom0.run(() => setMemory(dom0, domains.findGuest(ref, 'given other memory'), targetMiB)),
    setMaxMemory: (ref, maxMiB) => dom0.run(() => setMaxMemory(dom0, domains.findGuest(ref, 'given other memory'), maxMiB)),
    credit: (set) => dom0.run(() => creditInfo(dom0, set)),
    info: () => dom0.run(() => hostInfo(dom0)),
    debugKeys: (keys) => dom0.run(() => must(control.debugKeys({ keys }), 'the debug keys')),
    dmesg: (clear = false) => dom0.run(() => must(control.readConsole({ clear }), 'the console ring')),
    console: (ref, from) => dom0.run(() => findConsole(dom0, ref, from)),
    samples: (intervalMs) => new Samples(dom0, intervalMs),
    events: () => events.listen(),
    xenstoreRead: (path) => dom0.run(() => readNode(dom0, path)),
    xenstoreWrite: (path, value) => dom0.run(() => writeNode(dom0, path, value)),
    xenstoreRemove: (path) => dom0.run(() => removeNode(dom0, path)),
    xenstoreList: (path) => dom0.run(() => listNodes(dom0, path)),
    time: async () => ({ nowNs: time.nowNs, clock: machine.clock.mode }),
    sleepUntil: (deadlineNs, signal) => time.sleepUntil(deadlineNs, signal),
    warm: async () => warm(),
    halt: () => halt(dom0),
  };
  return { toolstack, moves: time };
}

/** Also of a domain that is dead. */
function findConsole(dom0: Dom0, ref: DomainRef, from: 'start' | 'now'): ConsoleStream {
  const known = dom0.domains.lookUp(ref);
  if (known?.domid === 0)
    throw new ToolstackError({
      code: 'not-supported',
      message: `${DOMAIN0_NAME} has no console`,
      hint: 'dmesg shows what the hypervisor says',
    });
  const console = known ? dom0.consoled.find(known.domid) : dom0.consoled.findDead(String(ref));
  if (!console) throw new ToolstackError({ code: 'no-such-domain', message: `there is no domain '${ref}'` });
  return openConsole(console, from, (work) => dom0.run(work));
}

async function halt(dom0: Dom0): Promise<void> {
  if (dom0.halted) return;
  // Who waits for something hears that it will not come, not that its domain is gone.
  dom0.time.halt();
  await dom0.run(() => {
    dom0.halted = true;
    for (const known of dom0.domains.all) if (known.domid !== 0) destroyDomain(dom0, known);
  });
  dom0.events.close();
  await dom0.machine.stop();
}
