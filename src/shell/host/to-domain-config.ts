/** An evaluated configuration as what the toolstack builds: xl's keys read and put together as xl_parse.c does, paths made absolute. */
import { dirname, resolve } from 'node:path';
import { Quantity } from '../../lang/values.ts';
import type { ConfigEntry, ConfigRecord, Problem, Value } from '../../lang/index.ts';
import type { DomainConfig, OnAction } from '../../dom0/toolstack/types.ts';
import { CommandFailure } from '../../lang/host.ts';
import { parseCpus } from '../commands/cpu-sets.ts';

/** The key of the file that set a field: where a message about that field points. */
export const KEYS_OF_FIELD: Readonly<Partial<Record<keyof DomainConfig, readonly string[]>>> = {
  name: ['name'],
  uuid: ['uuid'],
  kernel: ['kernel'],
  ramdisk: ['ramdisk'],
  cmdline: ['cmdline', 'extra', 'root'],
  memoryMiB: ['memory'],
  maxMemoryMiB: ['maxmem', 'memory'],
  vcpus: ['vcpus'],
  maxVcpus: ['maxvcpus', 'vcpus'],
  cpus: ['cpus'],
  cpusSoft: ['cpus_soft'],
  cpuWeight: ['cpu_weight'],
  cap: ['cap'],
  onPoweroff: ['on_poweroff'],
  onReboot: ['on_reboot'],
  onCrash: ['on_crash'],
};

export interface Converted {
  /** null: problems say why. */
  readonly config: DomainConfig | null;
  readonly problems: readonly Problem[];
}

/** Those of the language's diagnostics that come up here. */
const CODES = { 'wrong-type': 'XM1043', 'out-of-range': 'XM1044', 'missing-key': 'XM1046', 'bad-cpus': 'XM1050', 'command-failed': 'XM1203' } as const;

export function configProblem(kind: keyof typeof CODES, entry: ConfigEntry, message: string, help?: string): Problem {
  return { code: CODES[kind], severity: 'error', message, span: entry.span, ...(help !== undefined && { help }) };
}

/** `hostCpus`: how many physical CPUs there are, for `cpus = "all"` and `"^1"`. */
export function toDomainConfig(record: ConfigRecord, hostCpus: number): Converted {
  const reader = new Reader(record);
  const at = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(dirname(record.file), path));
  const name = reader.text('name');
  const kernel = at(reader.text('kernel'));
  const vcpus = reader.integer('vcpus');
  const vcpuCount = vcpus === undefined ? undefined : Math.max(1, vcpus);
  const maxVcpus = reader.integer('maxvcpus');
  if (vcpuCount !== undefined && maxVcpus !== undefined && maxVcpus < vcpuCount)
    reader.complain('out-of-range', 'maxvcpus', `maxvcpus (${maxVcpus}) is less than vcpus (${vcpuCount})`);
  if (name === undefined) reader.complain('missing-key', 'name', 'Domain name must be specified.', 'add: name = "…"');
  if (kernel === undefined) reader.complain('missing-key', 'kernel', 'there is no kernel to boot', 'add: kernel = "…", or kernel = guest("pebble")');
  const most = maxVcpus ?? vcpuCount ?? 1;
  const fields: { readonly [K in keyof DomainConfig]: DomainConfig[K] | undefined } = {
    name: name ?? '',
    kernel: kernel ?? '',
    uuid: reader.text('uuid'),
    ramdisk: at(reader.text('ramdisk')),
    cmdline: commandLine(reader),
    memoryMiB: reader.mebibytes('memory'),
    maxMemoryMiB: reader.mebibytes('maxmem'),
    vcpus: vcpuCount,
    maxVcpus,
    cpus: reader.cpus('cpus', hostCpus, most),
    cpusSoft: reader.cpus('cpus_soft', hostCpus, most),
    cpuWeight: reader.integer('cpu_weight'),
    cap: reader.integer('cap'),
    onPoweroff: reader.action('on_poweroff'),
    onReboot: reader.action('on_reboot'),
    onCrash: reader.action('on_crash'),
  };
  if (reader.problems.length > 0) return { config: null, problems: reader.problems };
  const config = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as DomainConfig;
  return { config, problems: [] };
}

/** `cmdline` wins; else `root=ROOT EXTRA`. */
function commandLine(reader: Reader): string | undefined {
  const cmdline = reader.text('cmdline');
  if (cmdline !== undefined) return cmdline;
  const root = reader.text('root');
  const extra = reader.text('extra');
  const parts = [...(root === undefined ? [] : [`root=${root}`]), ...(extra === undefined ? [] : [extra])];
  return parts.length === 0 ? undefined : parts.join(' ');
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #record: ConfigRecord;

  constructor(record: ConfigRecord) {
    this.#record = record;
  }

  complain(kind: keyof typeof CODES, key: string, message: string, help?: string): void {
    const entry = this.#record.entries.get(key);
    const span = { file: this.#record.file, start: 0, end: 0, line: 1, column: 1 };
    this.problems.push(configProblem(kind, entry ?? { value: null, span }, message, help));
  }

  #value(key: string): Value | undefined {
    return this.#record.entries.get(key)?.value ?? undefined;
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    return value === undefined ? undefined : String(value);
  }

  integer(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const number = value instanceof Quantity ? value.amount : numberOf(String(value));
    if (Number.isInteger(number)) return number;
    this.complain('wrong-type', key, `${key} must be a whole number, not '${String(value)}'`);
    return undefined;
  }

  /** A bare number is MiB. */
  mebibytes(key: string): number | undefined {
    const value = this.#value(key);
    return value instanceof Quantity && value.unit === 'bytes' ? value.amount / 2 ** 20 : this.integer(key);
  }

  action(key: string): OnAction | undefined {
    return this.text(key)?.replaceAll('_', '-') as OnAction | undefined;
  }

  /** A string holds for all vCPUs; a list has one entry for each, and those it leaves out may run anywhere. */
  cpus(key: string, hostCpus: number, vcpus: number): readonly (readonly number[])[] | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const lists = Array.isArray(value) ? (value as readonly Value[]).slice(0, vcpus).map(String) : [String(value)];
    try {
      const sets = lists.map((list) => parseCpus(list, hostCpus));
      const empty = sets.findIndex((set) => set.length === 0);
      if (empty >= 0)
        this.complain('bad-cpus', key, `vcpu ${key === 'cpus' ? 'hard' : 'soft'} affinity map is empty`, `the host has CPUs 0 to ${hostCpus - 1}`);
      const everywhere = Array.from({ length: hostCpus }, (_, cpu) => cpu);
      return Array.isArray(value) ? [...sets, ...Array.from({ length: vcpus - sets.length }, () => everywhere)] : sets;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.complain('bad-cpus', key, error.message, error.hint ?? undefined);
      return undefined;
    }
  }
}

/** strtol with base 0, as libxlutil reads numbers. */
function numberOf(text: string): number {
  if (/^[+-]?0x[0-9a-f]+$/i.test(text)) return Number(text);
  if (/^[+-]?0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}
