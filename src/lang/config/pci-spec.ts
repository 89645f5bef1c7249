/** PCI devices as libxlutil reads them (tools/libs/util/libxlu_pci.c): [DDDD:]BB:DD.F[@VSLOT],key=value… or bdf=… and name=…. */

export interface PciDevice {
  readonly domain: number;
  readonly bus: number;
  readonly dev: number;
  /** -1: all functions of the device. */
  readonly func: number;
  readonly vdevfn: number;
  readonly msitranslate: number;
  readonly powerMgmt: number;
  readonly permissive: number;
  readonly seize: number;
  readonly name: string | null;
}

export type PciResult = { readonly device: PciDevice } | { readonly fault: string };

const BDF = /^(?:([0-9a-fA-F]+):)?([0-9a-fA-F]+):([0-9a-fA-F]+)\.(\*|[0-9a-fA-F]+)/;
const SWITCHES: Readonly<Record<string, 'permissive' | 'msitranslate' | 'powerMgmt' | 'seize'>> = {
  permissive: 'permissive',
  msitranslate: 'msitranslate',
  power_mgmt: 'powerMgmt',
  seize: 'seize',
};

type Reading = { -readonly [K in keyof PciDevice]: PciDevice[K] };

export function parsePciSpec(spec: string): PciResult {
  const device: Reading = {
    domain: 0,
    bus: 0,
    dev: 0,
    func: 0,
    vdevfn: 0,
    msitranslate: 0,
    powerMgmt: 0,
    permissive: 0,
    seize: 0,
    name: null,
  };
  let rest = spec;
  let hasBdf = false;
  const length = readBdf(spec, device);
  if (length > 0) {
    hasBdf = true;
    rest = spec.slice(length);
    const slot = /^@([0-9a-fA-F]+)/.exec(rest);
    if (rest.startsWith('@')) {
      if (!slot || !setSlot(slot[1]!, device)) return { fault: 'the virtual slot is no number up to 1f' };
      rest = rest.slice(slot[0].length);
    }
    if (rest !== '' && !rest.startsWith(',')) return { fault: `'${rest}' is no parameter` };
    rest = rest.slice(1);
  }
  for (const piece of rest === '' ? [] : rest.replace(/,$/, '').split(',')) {
    const [, key, value] = /^([^=]*)=(.+)$/.exec(piece) ?? [];
    if (key === undefined) return { fault: `'${piece}' is neither a device nor a parameter` };
    if (key === 'bdf') {
      if (readBdf(value!, device) !== value!.length) return { fault: `'${value}' is no device` };
      hasBdf = true;
    } else if (key === 'name') device.name = value!;
    else if (key === 'vslot') {
      if (!setSlot(value!, device)) return { fault: 'the virtual slot is no number up to 1f' };
    } else if (key === 'rdm_policy') {
      if (value !== 'strict' && value !== 'relaxed') return { fault: `'${value}' is no RDM policy: strict or relaxed` };
    } else if (Object.hasOwn(SWITCHES, key)) device[SWITCHES[key]!] = Number.parseInt(value!, 10) || 0;
    else return { fault: `unknown parameter '${key}'` };
  }
  if (hasBdf === (device.name !== null)) return { fault: hasBdf ? 'a device has an address or a name, not both' : 'no device is named' };
  return { device };
}

/** Characters that were read; 0: there is no address. */
function readBdf(text: string, device: Reading): number {
  const [match, domain = '0', bus = '', dev = '', func = ''] = BDF.exec(text) ?? [];
  if (match === undefined) return 0;
  const numbers = [domain, bus, dev].map((digits) => Number.parseInt(digits, 16));
  const last = func === '*' ? -1 : Number.parseInt(func, 16);
  if (numbers[0]! > 0xffff || numbers[1]! > 0xff || numbers[2]! > 0x1f || last > 7) return 0;
  [device.domain, device.bus, device.dev] = numbers as [number, number, number];
  device.func = last;
  return match.length;
}

function setSlot(digits: string, device: Reading): boolean {
  if (!/^[0-9a-fA-F]+$/.test(digits) || Number.parseInt(digits, 16) > 0x1f) return false;
  device.vdevfn = Number.parseInt(digits, 16) << 3;
  return true;
}
