/**
 * Keys that have no effect here, but that real xl reads: what it refuses is refused, and `create -n` prints what it prints (tools/xl/xl_parse.c). Each reads
 * one key into fields of libxl's JSON.
 */
import type { ConfigRecord } from '../host.ts';
import type { Value } from '../values.ts';
import { integerOf, isList, textOf } from './config-number.ts';
import { parseCpuidFlags, parseCpuidLeaf } from './cpuid-spec.ts';
import { parsePciSpec } from './pci-spec.ts';
import { framebuffers } from './vfb-spec.ts';

export type XlJson = string | number | readonly XlJson[] | { readonly [key: string]: XlJson };

/** Fields as libxl calls them: of what is known when the domain is created, of how it is built, what only PV has, and of its top level. */
export interface XlFields {
  readonly create: Readonly<Record<string, XlJson>>;
  readonly build: Readonly<Record<string, XlJson>>;
  readonly pv: Readonly<Record<string, XlJson>>;
  readonly top: Readonly<Record<string, XlJson>>;
}

type Read = { readonly fields: Readonly<Record<string, XlJson>> } | { readonly fault: string; readonly at?: number };

interface Reader {
  readonly key: string;
  readonly place: keyof XlFields;
  read(value: Value): Read;
}

const fields = (name: string, value: XlJson | null): Read => ({ fields: value === null ? {} : { [name]: value } });

/** Each element as a text; the first that is wrong is told with its place. */
function each(name: string, parse: (text: string, at: number) => XlJson | { readonly wrong: string }): Reader['read'] {
  return (value) => {
    if (!isList(value)) return { fields: {} };
    const items: XlJson[] = [];
    for (const [at, item] of value.entries()) {
      const text = textOf(item);
      if (text === null) return { fault: 'an element is no text', at };
      const parsed = parse(text, at);
      if (typeof parsed === 'object' && 'wrong' in parsed) return { fault: String(parsed.wrong), at };
      items.push(parsed);
    }
    return fields(name, items.length === 0 ? null : items);
  };
}

const whole =
  (name: string): Reader['read'] =>
  (value) =>
    fields(name, integerOf(value));
const truth =
  (name: string): Reader['read'] =>
  (value) => {
    const number = integerOf(value);
    return fields(name, number === null ? null : number === 0 ? 'False' : 'True');
  };
const text =
  (name: string): Reader['read'] =>
  (value) =>
    fields(name, textOf(value));

const TSC_MODES: readonly string[] = ['default', 'always_emulate', 'native', 'native_paravirt'];

function tscMode(value: Value): Read {
  const number = integerOf(value);
  const name = number === null ? textOf(value) : TSC_MODES[number];
  if (name === undefined || name === null || !TSC_MODES.includes(name))
    return { fault: `invalid value '${String(value)}' (one of ${TSC_MODES.join(', ')})` };
  return fields('tsc_mode', name === 'default' ? null : name);
}

const HEX = /^(?:0[xX])?([0-9a-fA-F]+)/;

function ioports(spec: string): XlJson | { readonly wrong: string } {
  const [first = '', last = first] = spec.split('-');
  const [start, end] = [first, last].map((digits) => (HEX.exec(digits)?.[0] === digits ? Number.parseInt(digits, 16) : Number.NaN));
  if (!(end! >= start!) || spec.split('-').length > 2) return { wrong: `'${spec}' is no I/O port or range of ports` };
  return end! > 0xffff ? { wrong: `'${spec}' is beyond the last I/O port, ffff` } : { first: start!, number: end! - start! + 1 };
}

function iomem(spec: string): XlJson | { readonly wrong: string } {
  const [, start, number, gfn] =
    /^([0-9a-fA-F]+|0[xX][0-9a-fA-F]+),([0-9a-fA-F]+|0[xX][0-9a-fA-F]+)(?:@([0-9a-fA-F]+|0[xX][0-9a-fA-F]+))?$/.exec(spec) ?? [];
  if (start === undefined) return { wrong: `'${spec}' is not START,NUMBER[@GFN] in hexadecimal pages` };
  return {
    start: Number.parseInt(start, 16),
    number: Number.parseInt(number!, 16),
    ...(gfn !== undefined && { gfn: Number.parseInt(gfn, 16) }),
  };
}

const irq = (spec: string): XlJson | { readonly wrong: string } =>
  /^\d+$/.test(spec) ? Number(spec) : { wrong: `'${spec}' is no interrupt number` };

function pairs(spec: string): ReadonlyMap<string, string> {
  return new Map(
    spec
      .split(',')
      .map((piece) => piece.trim())
      .filter((piece) => piece.includes('='))
      .map((piece) => [piece.slice(0, piece.indexOf('=')).trim(), piece.slice(piece.indexOf('=') + 1).trim()]),
  );
}

function channel(spec: string, devid: number): XlJson | { readonly wrong: string } {
  const given = pairs(spec);
  const connection = given.get('connection');
  const name = given.get('name');
  if (connection !== 'pty' && connection !== 'socket')
    return {
      wrong: connection === undefined ? 'a channel needs connection=pty or connection=socket' : `unknown connection '${connection}'`,
    };
  const path = given.get('path');
  return {
    ...(given.has('backend') && { backend_domname: given.get('backend')! }),
    devid,
    ...(name !== undefined && { name }),
    ...(connection === 'pty' ? { 'connection.pty': {} } : { 'connection.socket': path === undefined ? {} : { path } }),
  };
}

function usbController(spec: string, devid: number): XlJson {
  const given = pairs(spec);
  const number = (key: string): object => (given.has(key) ? { [key]: Number(given.get(key)) } : {});
  return { ...(given.has('type') && { type: given.get('type')! }), devid, ...number('version'), ...number('ports') };
}

/** A wrong element is skipped with a message, not refused. */
function cpuid(value: Value): Read {
  const spec = textOf(value);
  const leaves = isList(value)
    ? value.map((item) => parseCpuidLeaf(textOf(item) ?? '')).filter((leaf) => leaf !== null)
    : spec?.startsWith('host')
      ? parseCpuidFlags(spec)
      : [];
  return leaves.length === 0 ? { fields: {} } : fields('cpuid', { cpuid: leaves.map((leaf) => ({ ...leaf })), msr: [] });
}

const bootArguments = (value: Value): Read => {
  const words = isList(value) ? value.map((item) => textOf(item) ?? '') : (textOf(value) ?? '').split(/\s+/).filter((word) => word !== '');
  return fields('bootloader_args', words.length === 0 ? null : words);
};

function pci(spec: string): XlJson | { readonly wrong: string } {
  const result = parsePciSpec(spec);
  if ('fault' in result) return { wrong: `${result.fault} in the device '${spec}'` };
  const { domain, bus, dev, func, vdevfn, msitranslate, powerMgmt, permissive, seize } = result.device;
  const set = (name: string, value: number): object => (value === 0 ? {} : { [name]: value });
  return {
    ...set('domain', domain),
    ...set('bus', bus),
    ...set('dev', dev),
    ...set('func', Math.max(0, func)),
    ...set('vdevfn', vdevfn),
    ...(msitranslate && { msitranslate: 'True' }),
    ...(powerMgmt && { power_mgmt: 'True' }),
    ...(permissive && { permissive: 'True' }),
    ...(seize && { seize: 'True' }),
  };
}

const MANDATORY_VNUMA: readonly string[] = ['pnode', 'size', 'vcpus', 'vdistances'];

function vnuma(value: Value): Read {
  if (!isList(value)) return { fields: {} };
  for (const [at, node] of value.entries()) {
    const given = isList(node) ? pairs(node.map((item) => textOf(item) ?? '').join(',')) : new Map<string, string>();
    const missing = MANDATORY_VNUMA.find((name) => !given.has(name));
    if (missing !== undefined) return { fault: `a virtual node needs ${missing}=`, at };
    if (given.get('pnode') !== '0') return { fault: `invalid pnode number: ${given.get('pnode')}: the host has one node`, at };
  }
  return { fields: {} };
}

const READERS: readonly Reader[] = [
  { key: 'tsc_mode', place: 'build', read: tscMode },
  { key: 'timer_mode', place: 'build', read: () => ({ fault: 'it is not supported for PV guests' }) },
  { key: 'ioports', place: 'build', read: each('ioports', ioports) },
  { key: 'irqs', place: 'build', read: each('irqs', irq) },
  { key: 'iomem', place: 'build', read: each('iomem', iomem) },
  { key: 'cpuid', place: 'build', read: cpuid },
  { key: 'max_event_channels', place: 'build', read: whole('event_channels') },
  { key: 'max_grant_frames', place: 'build', read: whole('max_grant_frames') },
  { key: 'max_maptrack_frames', place: 'build', read: whole('max_maptrack_frames') },
  { key: 'nomigrate', place: 'build', read: truth('disable_migrate') },
  { key: 'localtime', place: 'build', read: truth('localtime') },
  { key: 'rtc_timeoffset', place: 'build', read: whole('rtc_timeoffset') },
  { key: 'device_tree', place: 'build', read: text('device_tree') },
  { key: 'bootloader', place: 'build', read: text('bootloader') },
  { key: 'bootloader_args', place: 'build', read: bootArguments },
  { key: 'tee', place: 'build', read: text('tee') },
  { key: 'vnuma', place: 'build', read: vnuma },
  {
    key: 'shadow_memory',
    place: 'build',
    read: (value) => fields('shadow_memkb', integerOf(value) === null ? null : integerOf(value)! * 1024),
  },
  { key: 'e820_host', place: 'pv', read: truth('e820_host') },
  { key: 'seclabel', place: 'create', read: text('ssid_label') },
  { key: 'pool', place: 'create', read: text('pool_name') },
  { key: 'passthrough', place: 'create', read: text('passthrough') },
  { key: 'driver_domain', place: 'create', read: truth('driver_domain') },
  { key: 'xend_suspend_evtchn_compat', place: 'create', read: truth('xend_suspend_evtchn_compat') },
  { key: 'pci', place: 'top', read: each('pcidevs', pci) },
  { key: 'dtdev', place: 'top', read: each('dtdevs', (path) => ({ path })) },
  { key: 'channel', place: 'top', read: each('channels', channel) },
  { key: 'usbctrl', place: 'top', read: each('usbctrls', usbController) },
];

export interface ResourceFault {
  readonly key: string;
  readonly message: string;
  /** Element of the list. */
  readonly at: number | null;
}

export function readResources(record: ConfigRecord): { readonly fields: XlFields; readonly faults: readonly ResourceFault[] } {
  const { entries } = record;
  const fields: Record<keyof XlFields, Record<string, XlJson>> = { create: {}, build: {}, pv: {}, top: {} };
  const faults: ResourceFault[] = [];
  const isHvm = ['type', 'builder'].some((key) => /^[hv]/.test(textOf(entries.get(key)?.value ?? '') ?? ''));
  for (const { key, place, read } of READERS) {
    const entry = key === 'timer_mode' && isHvm ? undefined : entries.get(key);
    const result = entry && read(entry.value);
    if (!result) continue;
    if ('fault' in result) faults.push({ key, message: result.fault, at: result.at ?? null });
    else Object.assign(fields[place], result.fields);
  }
  if (!isHvm) Object.assign(fields.top, framebuffers(record));
  return { fields, faults };
}
