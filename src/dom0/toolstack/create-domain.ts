/** From a configuration to a domain: all of it, or nothing is left of it. */
import { createHash, randomUUID } from 'node:crypto';
import { buildDomain, planDomain } from '../builder/build-domain.ts';
import type { KernelImage } from '../builder/kernel-image.ts';
import { loadKernel, loadRamdisk } from '../builder/load-files.ts';
import { affinityOf, checkConfig, SLACK_MIB, type DomainPlan } from './check-config.ts';
import { domainInfo } from './domain-info.ts';
import { removeDomainNodes, writeDomainNodes } from './domain-nodes.ts';
import type { KnownDomain, NameClaim } from './domain-table.ts';
import type { Dom0 } from './dom0.ts';
import { must } from './must.ts';
import { ToolstackError, type DomainConfig, type DomainInfo } from './types.ts';

const PAGES_PER_MIB = 256;
/** Frames that a domain costs besides its memory: shared_info and grant table. */
const OVERHEAD_PAGES = 2;

export interface CreateRequest {
  readonly config: DomainConfig;
  readonly paused: boolean;
  readonly isRestart: boolean;
  /** Progress: the stage that begins now, of how many. */
  readonly stage: (name: string, done: number, total: number) => void;
}

const STAGES = 3;

/** The caller holds the claim and disposes of it, also when this has succeeded: the domain has the name by then. */
export async function createFromConfig(
  dom0: Dom0,
  claim: NameClaim,
  { config, paused, isRestart, stage }: CreateRequest,
): Promise<DomainInfo> {
  const { cpus, totalPages } = must(dom0.control.physInfo(), 'the machine');
  const plan = { ...checkConfig(config, cpus, Math.floor(totalPages / PAGES_PER_MIB)), name: claim.name };
  stage('reading the kernel', 0, STAGES);
  const { kernel, ramdisk } = await dom0.reading(async () => ({
    kernel: await loadKernel(config.kernel),
    ramdisk: config.ramdisk === undefined ? null : await loadRamdisk(config.ramdisk),
  }));
  stage('building the domain', 1, STAGES);
  return await dom0.run(() => {
    const known = createDomain(dom0, { config, plan, kernel, ramdisk, paused, isRestart });
    stage(paused ? 'built' : 'started', STAGES, STAGES);
    // Told now: it may be gone again before anybody else has his turn.
    return domainInfo(dom0, known);
  });
}

interface Parts {
  readonly config: DomainConfig;
  readonly plan: DomainPlan;
  readonly kernel: KernelImage;
  readonly ramdisk: Uint8Array | null;
  readonly paused: boolean;
  readonly isRestart: boolean;
}

function createDomain(dom0: Dom0, { config, plan, kernel, ramdisk, paused, isRestart }: Parts): KnownDomain {
  const { control, store, consoled, xenstored, domains } = dom0;
  const pages = plan.memoryMiB * PAGES_PER_MIB;
  const uuid = plan.uuid ?? newUuid(dom0);
  const twin = domains.all.find((domain) => domain.uuid === uuid);
  if (twin)
    throw new ToolstackError({
      code: 'bad-config',
      message: `the UUID ${uuid} is that of domain ${twin.domid} (${twin.name})`,
      field: 'uuid',
    });
  // Before a domain exists: whether everything has room in it, and it in the machine.
  planDomain({ pages, kernel, ramdisk });
  checkFreeMemory(dom0, plan);

  using undo = new DisposableStack();
  const domid = must(control.createDomain({ handle: uuid, maxVcpus: plan.maxVcpus }), 'a new domain');
  undo.defer(() => void control.destroyDomain({ domid }));
  must(control.setMaxPages({ domid, pages: (plan.maxMemoryMiB + SLACK_MIB) * PAGES_PER_MIB }), 'the memory limit');
  const built = buildDomain(control, { domid, pages, kernel, ramdisk, cmdline: plan.cmdline });
  placeVcpus(dom0, domid, config, plan);

  undo.defer(() => removeDomainNodes(store, domid, uuid));
  writeDomainNodes(store, { domid, uuid, plan, config, built, wallNs: dom0.time.wallNs });
  xenstored.introduce(domid, built.storePort);
  undo.defer(() => xenstored.release(domid));
  consoled.attach(domid, plan.name, built.consolePort);
  undo.defer(() => consoled.detach(domid, false));

  const known: KnownDomain = {
    domid,
    name: plan.name,
    uuid,
    config: { ...config, uuid },
    createdNs: dom0.time.nowNs,
    isRestart,
    stopped: null,
  };
  if (!paused) must(control.unpauseDomain({ domid }), 'the start of the domain');
  domains.add(known);
  dom0.domainsMade++;
  undo.move();
  dom0.events.emit({ kind: 'created', domid, name: known.name });
  dom0.events.emit({ kind: paused ? 'paused' : 'started', domid, name: known.name });
  return known;
}

function checkFreeMemory({ control }: Dom0, { name, memoryMiB }: DomainPlan): void {
  const { freePages } = must(control.physInfo(), 'the machine');
  if (memoryMiB * PAGES_PER_MIB + OVERHEAD_PAGES <= freePages) return;
  throw new ToolstackError({
    code: 'no-memory',
    message: `${name} wants ${memoryMiB} MiB, and the machine has ${Math.floor(freePages / PAGES_PER_MIB)} MiB free`,
    hint: 'give it less, destroy another domain, or start with a larger machine (--memory)',
    field: 'memoryMiB',
  });
}

function placeVcpus({ control }: Dom0, domid: number, config: DomainConfig, { maxVcpus }: DomainPlan): void {
  for (let vcpu = 0; vcpu < maxVcpus; vcpu++) {
    const hard = affinityOf(config.cpus, vcpu);
    const soft = affinityOf(config.cpusSoft, vcpu);
    if (hard || soft)
      must(control.setVcpuAffinity({ domid, vcpu, ...(hard && { hard }), ...(soft && { soft }) }), `the CPUs of vCPU ${vcpu}`);
  }
  const { cpuWeight: weight, cap } = config;
  if (weight === undefined && cap === undefined) return;
  must(
    control.creditParams({ domid, set: { ...(weight !== undefined && { weight }), ...(cap !== undefined && { cap }) } }),
    'weight and cap',
  );
}

/** A machine with a virtual clock does the same in every run: its ids as well. */
function newUuid({ machine, domainsMade }: Dom0): string {
  if (machine.clock.mode === 'real') return randomUUID();
  const hex = createHash('sha256').update(`xenolith domain ${domainsMade}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
