/** A domain's nodes in xenstore, as libxl writes them (libxl_create.c, libxl_dom.c, libxl_console.c). */
import type { BuiltDomain } from '../builder/build-domain.ts';
import { domainPath } from '../xenstore/path.ts';
import type { Permissions } from '../xenstore/permissions.ts';
import type { StoreClient } from '../xenstore/store-client.ts';
import type { DomainPlan } from './check-config.ts';
import { DOMAIN0_NAME, NO_UUID } from './domain-table.ts';
import type { DomainConfig } from './types.ts';
import { XEN_VERSION } from '../../vmm/abi/version.ts';

const KIB = 1024;
const CONSOLE_LIMIT: number = 1024 * 1024;
const NOBODY: Permissions = [{ domid: 0, access: 'n' }];

/** What the guest may write in its home. */
const ITS_OWN = [
  'device/suspend/event-channel',
  'control/shutdown',
  'control/feature-poweroff',
  'control/feature-reboot',
  'control/feature-suspend',
  'control/sysrq',
  'data',
  'drivers',
  'feature',
  'attr',
  'error',
];

export interface NodesOf {
  readonly domid: number;
  readonly uuid: string;
  readonly plan: DomainPlan;
  readonly config: DomainConfig;
  readonly built: BuiltDomain;
  readonly wallNs: bigint;
}

function homes(domid: number, uuid: string): { home: string; vm: string; libxl: string; backend: string } {
  return { home: domainPath(domid), vm: `/vm/${uuid}`, libxl: `/libxl/${domid}`, backend: `${domainPath(0)}/backend/console/${domid}` };
}

export function writeDomainNodes(store: StoreClient, { domid, uuid, plan, config, built, wallNs }: NodesOf): void {
  const { home, vm, libxl, backend } = homes(domid, uuid);
  const readable: Permissions = [...NOBODY, { domid, access: 'r' }];
  const own: Permissions = [{ domid, access: 'n' }];
  const write = (base: string, values: Readonly<Record<string, string | number>>): void => {
    for (const [name, value] of Object.entries(values)) store.write(`${base}/${name}`, String(value));
  };

  for (const path of [home, vm]) store.make(path, readable);
  for (const path of [libxl, `${libxl}/device`]) store.make(path, NOBODY);
  store.write(`${home}/vm`, vm);
  store.write(`${home}/name`, plan.name);
  for (const path of ['cpu', 'memory', 'device', 'control']) store.make(`${home}/${path}`, readable);
  for (const path of ITS_OWN) store.make(`${home}/${path}`, own);
  write(`${home}/control`, { 'platform-feature-multiprocessor-suspend': 1, 'platform-feature-xs_reset_watches': 1 });
  write(`${home}/memory`, { 'static-max': plan.maxMemoryMiB * KIB, target: plan.memoryMiB * KIB, videoram: 0 });
  write(home, { domid, 'store/port': built.storePort, 'store/ring-ref': built.storeMfn });
  for (let vcpu = 0; vcpu < plan.maxVcpus; vcpu++)
    store.write(`${home}/cpu/${vcpu}/availability`, vcpu < plan.vcpus ? 'online' : 'offline');

  const seconds = Number(wallNs / 10_000_000n) / 100;
  write(vm, { uuid, name: plan.name, start_time: seconds.toFixed(2), 'image/ostype': 'linux', 'image/kernel': config.kernel });
  if (config.ramdisk !== undefined) store.write(`${vm}/image/ramdisk`, config.ramdisk);
  if (plan.cmdline !== '') store.write(`${vm}/image/cmdline`, plan.cmdline);
  store.write(`${libxl}/type`, 'pv');

  store.make(backend, readable);
  write(backend, { frontend: `${home}/console`, 'frontend-id': domid, online: 1, state: 1, protocol: 'vt100' });
  store.make(`${home}/console`, readable);
  write(`${home}/console`, { backend, 'backend-id': 0, limit: CONSOLE_LIMIT, type: 'xenconsoled', output: 'pty', tty: '' });
  write(`${home}/console`, { port: built.consolePort, 'ring-ref': built.consoleMfn });
}

export function removeDomainNodes(store: StoreClient, domid: number, uuid: string): void {
  for (const path of Object.values(homes(domid, uuid))) store.remove(path);
}

/** What is there before any guest: what the init scripts of domain 0 write. */
export function writeHostNodes(store: StoreClient, dom0Kib: number): void {
  const everybody: Permissions = [{ domid: 0, access: 'r' }];
  const home = domainPath(0);
  store.make('/tool', NOBODY);
  store.make('/tool/xenstored', NOBODY, XEN_VERSION);
  for (const path of ['/vm', '/libxl', '/local', '/local/domain', '/local/pool', '/local/pool/0', home])
    store.make(path, path === home ? everybody : NOBODY);
  store.write('/local/pool/0/name', 'Pool-0');
  store.write(`${home}/name`, DOMAIN0_NAME);
  store.write(`${home}/domid`, '0');
  store.write(`${home}/vm`, `/vm/${NO_UUID}`);
  store.write(`/vm/${NO_UUID}/name`, DOMAIN0_NAME);
  store.write(`${home}/memory/target`, String(dom0Kib));
  store.write(`${home}/memory/static-max`, String(dom0Kib));
  for (const feature of ['poweroff', 'reboot']) store.write(`${home}/control/feature-${feature}`, '1');
  store.make(`${home}/backend`, NOBODY);
  store.make(`${home}/backend/console`, NOBODY);
}
