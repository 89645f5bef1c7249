/** Configurations as libxl's JSON (what `xl create -n` and `xl list -l` print): the fields it leaves out when they have their default. */
import type { DiskSpec, DomainSettings, Value, VifSpec } from '../../lang/index.ts';
import type { DomainConfig, DomainInfo, OnAction } from '../../dom0/toolstack/types.ts';
import type { Outcome } from './command.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** libxl's own defaults: a field that has them is not printed. */
const DEFAULT_ACTIONS = { poweroff: 'destroy', reboot: 'destroy', crash: 'destroy' } as const;

const actionName = (action: OnAction): string => action.replaceAll('-', '_');

function action(key: keyof typeof DEFAULT_ACTIONS, chosen: OnAction | undefined, xlDefault: OnAction): Record<string, Json> {
  const value = chosen ?? xlDefault;
  return value === DEFAULT_ACTIONS[key] ? {} : { [`on_${key}`]: actionName(value) };
}

const backendOf = (backend: string | null): string | undefined => (backend === null || backend === '0' ? undefined : backend);
const one = (set: boolean): 1 | undefined => (set ? 1 : undefined);

function disk(spec: DiskSpec): Json {
  return {
    backend_domname: backendOf(spec.backend),
    pdev_path: spec.target === '' ? undefined : spec.target,
    vdev: spec.vdev,
    backend: spec.backendType ?? undefined,
    format: spec.format,
    script: spec.script ?? undefined,
    removable: one(spec.removable),
    readwrite: one(spec.readWrite),
    is_cdrom: one(spec.cdrom),
    direct_io_safe: spec.directIoSafe ? true : undefined,
    discard_enable: spec.discard === null ? undefined : spec.discard ? 'True' : 'False',
  };
}

function nic(spec: VifSpec, at: number): Json {
  return {
    backend_domname: backendOf(spec.backend),
    devid: spec.devid ?? at,
    mtu: spec.mtu ?? undefined,
    model: spec.model ?? undefined,
    mac: spec.mac ?? undefined,
    ip: spec.ip ?? undefined,
    bridge: spec.bridge ?? undefined,
    ifname: spec.vifname ?? undefined,
    script: spec.script ?? undefined,
    nictype: spec.type === null ? undefined : spec.type === 'ioemu' ? 'vif_ioemu' : 'vif',
    rate_bytes_per_interval: spec.rate?.bytesPerInterval,
    rate_interval_usecs: spec.rate?.intervalUs,
    gatewaydev: spec.gatewayDevice ?? undefined,
  };
}

function everyVcpu(lists: DomainConfig['cpus'], vcpus: number): Json | undefined {
  if (lists === undefined) return undefined;
  return lists.length === 1 ? Array.from({ length: vcpus }, () => lists[0]!) : lists;
}

/** `settings`: what the configuration says beyond what is built so far. */
export function xlConfig(config: DomainConfig, settings?: DomainSettings): Json {
  const { vcpus, maxVcpus, memoryMiB, maxMemoryMiB, cpuWeight, cap } = config;
  const most = maxVcpus ?? vcpus;
  return {
    c_info: { type: 'pv', name: config.name, uuid: config.uuid, ...settings?.xl.create, run_hotplug_scripts: 'True' },
    b_info: {
      max_vcpus: most,
      avail_vcpus: vcpus === undefined ? undefined : Array.from({ length: vcpus }, (_, vcpu) => vcpu),
      vcpu_hard_affinity: everyVcpu(config.cpus, most ?? 1),
      vcpu_soft_affinity: everyVcpu(config.cpusSoft, most ?? 1),
      // A list of CPUs, or a wish, switches automatic placement off.
      numa_placement: Array.isArray(settings?.cpus) || settings?.cpusSoft !== undefined ? 'False' : undefined,
      max_memkb: (maxMemoryMiB ?? memoryMiB) === undefined ? undefined : (maxMemoryMiB ?? memoryMiB)! * 1024,
      target_memkb: memoryMiB === undefined ? undefined : memoryMiB * 1024,
      sched_params: { weight: cpuWeight, cap },
      claim_mode: 'True',
      // As it was written: a path of one host means nothing on another.
      kernel: settings ? settings.kernel : config.kernel,
      cmdline: config.cmdline,
      ramdisk: settings ? settings.ramdisk : config.ramdisk,
      ...settings?.xl.build,
      'type.pv': { ...settings?.xl.pv },
      arch_arm: {},
      arch_x86: {},
    },
    disks: settings && settings.disks.length > 0 ? settings.disks.map(disk) : undefined,
    nics: settings && settings.vifs.length > 0 ? settings.vifs.map(nic) : undefined,
    ...action('poweroff', config.onPoweroff, 'destroy'),
    ...action('reboot', config.onReboot, 'restart'),
    ...action('crash', config.onCrash, 'destroy'),
    ...(settings?.onWatchdog !== undefined && settings.onWatchdog !== 'destroy' && { on_watchdog: actionName(settings.onWatchdog) }),
    ...settings?.xl.top,
    ...((settings?.onSoftReset ?? 'soft-reset') !== 'destroy' && { on_soft_reset: actionName(settings?.onSoftReset ?? 'soft-reset') }),
  };
}

/** yajl's beautified form: four blanks a level, an empty object with a blank line in it. */
export function printJson(json: Json, indent = ''): string {
  if (json === null || typeof json !== 'object') return JSON.stringify(json);
  const deeper = `${indent}    `;
  const parts = Array.isArray(json)
    ? (json as readonly Json[]).map((item) => deeper + printJson(item, deeper))
    : Object.entries(json)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${deeper}${JSON.stringify(key)}: ${printJson(value as Json, deeper)}`);
  const [open, close] = Array.isArray(json) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

export function toValue(json: Json | undefined): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return (json as readonly Json[]).map(toValue);
  return new Map(Object.entries(json).flatMap(([key, value]) => (value === undefined ? [] : [[key, toValue(value)] as const])));
}

/** What is known of a running domain, in the place of what it was made of: domain 0, and domains made elsewhere. */
function describe(info: DomainInfo, created: ReadonlyMap<string, DomainConfig>): Json {
  const config = created.get(info.uuid);
  const now: DomainConfig = {
    kernel: '',
    ...config,
    name: info.name,
    uuid: info.uuid,
    vcpus: info.vcpus,
    maxVcpus: info.maxVcpus,
    memoryMiB: info.memoryKiB / 1024,
    maxMemoryMiB: info.maxMemoryKiB / 1024,
    cpuWeight: info.weight,
    ...(info.cap > 0 && { cap: info.cap }),
  };
  const shown = xlConfig(now) as { readonly b_info: { readonly [key: string]: Json } };
  return { ...shown, b_info: { ...shown.b_info, kernel: config?.kernel as Json } };
}

export function domainJson(domains: readonly DomainInfo[], created: ReadonlyMap<string, DomainConfig>): Outcome {
  const json = domains.map((info): Json => ({ domid: info.domid, config: describe(info, created) }));
  return { kind: 'text', text: `${printJson(json)}\n`, value: toValue(json) };
}
