/** A checked configuration as what the toolstack builds: paths made absolute, lists of CPUs turned into CPUs of this host. */
import { dirname, resolve } from 'node:path';
import { COMMAND_LINE, CommandFailure } from '../../lang/host.ts';
import type { ConfigEntry, ConfigRecord, DomainSettings, Problem } from '../../lang/index.ts';
import type { DomainConfig } from '../../dom0/toolstack/types.ts';
import { parseCpus } from '../commands/cpu-sets.ts';

/** What is built of a configuration, field by field, with the keys that set it: where a message about that field points. */
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

/** Those of the language's diagnostics that come up here. */
const CODES = { 'bad-cpus': 'XM1050', 'command-failed': 'XM1203' } as const;

/** Points at the value where the language knows its place, else at the key. */
export function configProblem(kind: keyof typeof CODES, { span, valueSpan }: ConfigEntry, message: string, help?: string): Problem {
  return { code: CODES[kind], severity: 'error', message, span: valueSpan ?? span, ...(help !== undefined && { help }) };
}

export interface Converted {
  /** Only to be used when there are no problems. */
  readonly config: DomainConfig;
  readonly problems: readonly Problem[];
}

/** Where a configuration is used: how many CPUs "all" and "^1" mean, and the folder in which its command line was typed. */
export interface Surroundings {
  readonly cpus: number;
  readonly cwd: string;
}

/** `settings` were read from `record` without errors: a name and a kernel are there. A relative path is one from where it was written. */
export function toDomainConfig(
  { file, entries }: ConfigRecord,
  settings: DomainSettings,
  { cpus: hostCpus, cwd }: Surroundings,
): Converted {
  const problems: Problem[] = [];
  const vcpus = settings.maxVcpus ?? settings.vcpus ?? 1;
  const path = (key: string, given: string): string => {
    const written = entries.get(key)?.span.file ?? file;
    return resolve(cwd, written === COMMAND_LINE ? '' : dirname(written), given);
  };
  const cpus = (key: 'cpus' | 'cpus_soft', lists: string | readonly string[] | undefined): DomainConfig['cpus'] => {
    if (lists === undefined) return undefined;
    try {
      return cpuSets(key, lists, vcpus, hostCpus);
    } catch (error) {
      const entry = entries.get(key);
      if (!entry || !(error instanceof CommandFailure)) throw error;
      problems.push(configProblem('bad-cpus', entry, error.message, error.hint ?? undefined));
      return undefined;
    }
  };
  const changed: Partial<Record<string, unknown>> = {
    kernel: path('kernel', settings.kernel ?? ''),
    ramdisk: settings.ramdisk === undefined ? undefined : path('ramdisk', settings.ramdisk),
    cpus: cpus('cpus', settings.cpus),
    cpusSoft: cpus('cpus_soft', settings.cpusSoft),
  };
  const values: Partial<Record<string, unknown>> = { ...settings, ...changed };
  const given = Object.fromEntries(
    Object.keys(KEYS_OF_FIELD).flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]])),
  );
  return { config: given as unknown as DomainConfig, problems };
}

/** A single list holds for all vCPUs; of several each is for one, and those left out may run anywhere. */
function cpuSets(key: string, lists: string | readonly string[], vcpus: number, hostCpus: number): readonly (readonly number[])[] {
  const everywhere = Array.from({ length: hostCpus }, (_, cpu) => cpu);
  const sets = (typeof lists === 'string' ? [lists] : lists.slice(0, vcpus)).map((list) => parseCpus(list, hostCpus));
  if (sets.some((set) => set.length === 0)) {
    const message = `vcpu ${key === 'cpus' ? 'hard' : 'soft'} affinity map is empty`;
    throw new CommandFailure('bad-config', message, `the host has CPUs 0 to ${hostCpus - 1}`);
  }
  return typeof lists === 'string' ? sets : [...sets, ...Array.from({ length: vcpus - sets.length }, () => everywhere)];
}
