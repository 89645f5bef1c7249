/** Keys that only xm knew, and what xl has in their place (tools/python/xen/xm/create.py of 4.1). */
import { configKey } from '../keys/config-keys.ts';
import type { Value } from '../values.ts';

export interface ModernSetting {
  readonly key: string;
  readonly value: Value;
  /** Added to what the key has. */
  readonly append?: true;
}

/** What becomes of several keys together, at the end of the file. */
export class Leftovers {
  readonly notes: string[] = [];
  /** Parts of the kernel's ip= parameter. */
  readonly network: Map<string, string> = new Map();

  settings(): readonly ModernSetting[] {
    const part = (name: string, otherwise = ''): string => this.network.get(name) ?? otherwise;
    const dhcp = part('dhcp', 'off');
    const words: string[] = [];
    if (part('ip') !== '' || dhcp !== 'off') {
      const parts = [
        part('ip'),
        part('nfs_server', '127.0.255.255'),
        part('gateway'),
        part('netmask'),
        part('hostname'),
        part('interface', 'eth0'),
        dhcp,
      ];
      words.push(`ip=${parts.join(':')}`);
      this.notes.push('ip, netmask, gateway, hostname and dhcp are parameters of the kernel now: extra');
    }
    if (part('nfs_root') !== '') words.push(`nfsroot=${part('nfs_server')}:${part('nfs_root')}`);
    return words.length === 0 ? [] : [{ key: 'extra', value: ` ${words.join(' ')}`, append: true }];
  }
}

type Rule = (value: Value, leftovers: Leftovers) => readonly ModernSetting[];

const NETWORK: readonly string[] = ['ip', 'netmask', 'gateway', 'hostname', 'dhcp', 'interface', 'nfs_server', 'nfs_root'];

function actions(poweroff: string, reboot: string, crash: string): readonly ModernSetting[] {
  return [
    { key: 'on_poweroff', value: poweroff },
    { key: 'on_reboot', value: reboot },
    { key: 'on_crash', value: crash },
  ];
}

const RESTART: Readonly<Record<string, readonly ModernSetting[]>> = {
  onreboot: actions('destroy', 'restart', 'destroy'),
  always: actions('restart', 'restart', 'restart'),
  never: actions('destroy', 'destroy', 'destroy'),
};

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    NETWORK.map((name): [string, Rule] => [
      name,
      (value, { network }) => {
        network.set(name, String(value));
        return [];
      },
    ]),
  ),
  cpu: (value, { notes }) => {
    notes.push('cpu is cpus now, a list of CPUs');
    return String(value) === '-1' ? [] : [{ key: 'cpus', value: String(value) }];
  },
  builder: (value, { notes }) => {
    if (value === 'linux') {
      notes.push('builder = "linux" is left out: it is the default');
      return [];
    }
    const type = value === 'generic' ? 'pv' : /^(?:hvm|vmx|vti)$/.test(String(value)) ? 'hvm' : null;
    return type === null ? [{ key: 'builder', value }] : [{ key: 'type', value: type }];
  },
  nics: (_value, { notes }) => {
    notes.push('nics is left out: vif says how many there are');
    return [];
  },
  restart: (value, { notes }) => {
    notes.push('restart is on_poweroff, on_reboot and on_crash now');
    return RESTART[String(value)] ?? [];
  },
  disk: (value, { notes }) => {
    if (!Array.isArray(value)) return [{ key: 'disk', value }];
    const items = value.map((item: Value) => (typeof item === 'string' ? disk(item) : item));
    if (items.every((item, at) => item === value[at])) return [{ key: 'disk', value }];
    notes.push('disks: ioemu: and forced access (w!) are left out');
    return [{ key: 'disk', value: items }];
  },
};

function disk(text: string): string {
  return text.replace(/,ioemu:/, ',').replace(/,(r|w)!$/, ',$1');
}

export function modernised(setting: ModernSetting, leftovers: Leftovers): readonly ModernSetting[] {
  const rule = Object.hasOwn(RULES, setting.key) ? RULES[setting.key] : undefined;
  if (rule) return rule(setting.value, leftovers);
  const known = configKey(setting.key);
  if (known && !known.old) return [setting];
  leftovers.notes.push(`${setting.key} is left out: ${known ? 'only xm knew it' : 'nothing reads it'}`);
  return [];
}
