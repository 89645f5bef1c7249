/** A configuration record to the settings of a domain, typed, with everything that is wrong with it at once. */
import type { ConfigEntry, ConfigRecord } from '../host.ts';
import { configKey, keyNames } from '../keys/config-keys.ts';
import type { ConfigKey } from '../keys/config-key.ts';
import type { Problem, Span } from '../problem.ts';
import { didYouMean, nearest } from '../problems/did-you-mean.ts';
import { problemOf } from '../problems/problem-of.ts';
import type { ProblemId } from '../problems/table.ts';
import type { Value } from '../values.ts';
import { describeValue, integerOf, isList, mebibytesOf, textOf } from './config-number.ts';
import { checkCpuList } from './cpu-list.ts';
import { parseDiskSpec, type DiskSpec } from './disk-spec.ts';
import { readResources, type XlFields } from './resources.ts';
import { parseVifSpec, type VifSpec } from './vif-spec.ts';

export type OnEvent = 'destroy' | 'restart' | 'rename-restart' | 'preserve' | 'coredump-destroy' | 'coredump-restart' | 'soft-reset';

/** What a configuration says; a key that is absent, wrong or ignored is absent here. */
export interface DomainSettings {
  readonly name?: string;
  readonly type?: 'pv' | 'pvh' | 'hvm';
  readonly uuid?: string;
  readonly kernel?: string;
  readonly ramdisk?: string;
  /** cmdline, or root and extra put together. */
  readonly cmdline?: string;
  readonly memoryMiB?: number;
  readonly maxMemoryMiB?: number;
  readonly vcpus?: number;
  readonly maxVcpus?: number;
  /** One list for all vCPUs, or one for each: texts for `parseCpuList`. */
  readonly cpus?: string | readonly string[];
  readonly cpusSoft?: string | readonly string[];
  readonly cpuWeight?: number;
  readonly cap?: number;
  readonly onPoweroff?: OnEvent;
  readonly onReboot?: OnEvent;
  readonly onCrash?: OnEvent;
  readonly onWatchdog?: OnEvent;
  readonly onSoftReset?: OnEvent;
  /** What has no effect here, as libxl's fields. */
  readonly xl: XlFields;
  readonly disks: readonly DiskSpec[];
  readonly vifs: readonly VifSpec[];
}

export interface ReadConfig {
  readonly settings: DomainSettings;
  readonly problems: readonly Problem[];
}

export function readConfig(record: ConfigRecord): ReadConfig {
  return new ConfigReader(record).read();
}

/** Everything that is wrong with a configuration: unknown keys, types, ranges, specifications. */
export function checkConfig(record: ConfigRecord): readonly Problem[] {
  return readConfig(record).problems;
}

const TYPES = ['hvm', 'pv', 'pvh'] as const;

class ConfigReader {
  readonly #record: ConfigRecord;
  readonly #problems: Problem[] = [];

  constructor(record: ConfigRecord) {
    this.#record = record;
  }

  read(): ReadConfig {
    for (const [name, entry] of this.#record.entries) this.#checkKey(name, entry);
    const settings = this.#settings();
    this.#checkTogether(settings);
    return { settings, problems: this.#problems.toSorted((a, b) => a.span.start - b.span.start) };
  }

  #entry(name: string): ConfigEntry | undefined {
    return this.#record.entries.get(name);
  }

  #report(id: ProblemId, span: Span, message: string, help?: string | null): void {
    this.#problems.push(problemOf(id, span, message, help));
  }

  #checkKey(name: string, { span }: ConfigEntry): void {
    const known = configKey(name);
    if (!known) {
      const near = didYouMean(name, keyNames());
      // A slip would do something else than was meant; what is like nothing that xl knows is somebody else's.
      if (near) this.#report('unknown-key', span, `unknown key '${name}'`, near);
      else this.#report('unused-key', span, `unknown key '${name}': it has no effect`, 'xl ignores it without a word');
    } else if (known.old) this.#report('old-key', span, `'${name}' has no effect: only old xm knew it`);
    else if (known.ignored !== undefined) this.#report('ignored-key', span, `'${name}' has no effect: ${known.ignored}`);
  }

  #settings(): DomainSettings {
    const settings: Record<string, unknown> = {
      name: this.#text('name'),
      type: this.#type(),
      uuid: this.#uuid(),
      kernel: this.#text('kernel'),
      ramdisk: this.#text('ramdisk'),
      cmdline: this.#cmdline(),
      memoryMiB: this.#number('memory'),
      maxMemoryMiB: this.#number('maxmem'),
      vcpus: this.#vcpus(),
      maxVcpus: this.#number('maxvcpus'),
      cpus: this.#cpus('cpus'),
      cpusSoft: this.#cpus('cpus_soft'),
      cpuWeight: this.#number('cpu_weight'),
      cap: this.#number('cap'),
      onPoweroff: this.#choice('on_poweroff'),
      onReboot: this.#choice('on_reboot'),
      onCrash: this.#choice('on_crash'),
      onWatchdog: this.#choice('on_watchdog'),
      onSoftReset: this.#choice('on_soft_reset'),
    };
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    return { ...given, xl: this.#resources(), disks: this.#disks(), vifs: this.#vifs() };
  }

  #resources(): XlFields {
    const { fields, faults } = readResources(this.#record);
    for (const { key, message, at } of faults) {
      const entry = this.#entry(key)!;
      this.#report('bad-resource', at === null ? (entry.valueSpan ?? entry.span) : itemSpan(entry, at), `'${key}': ${message}`);
    }
    return fields;
  }

  #text(name: string): string | undefined {
    const entry = this.#entry(name);
    if (!entry) return undefined;
    const text = textOf(entry.value);
    if (text === null) this.#wrongType(name, entry, 'a text');
    return text ?? undefined;
  }

  #wrongType(name: string, { value, span, valueSpan }: ConfigEntry, wanted: string, help?: string): void {
    this.#report('wrong-type', valueSpan ?? span, `'${name}' must be ${wanted}, not ${describeValue(value)}`, help);
  }

  #number(name: string): number | undefined {
    const entry = this.#entry(name);
    if (!entry) return undefined;
    const { type, unit, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = configKey(name)!;
    const amount = type === 'memory' ? mebibytesOf(entry.value) : integerOf(entry.value);
    if (amount === null) {
      this.#wrongType(name, entry, `a number${unit === undefined ? '' : ` of ${unit}`}`, numberHelp(name, type, entry.value));
      return undefined;
    }
    const place = entry.valueSpan ?? entry.span;
    const limits = min === Number.MIN_SAFE_INTEGER ? `at most ${max}` : `from ${min} to ${max}`;
    const range = `${limits}${unit === undefined ? '' : ` ${unit}`}`;
    if (amount < min || amount > max) this.#report('out-of-range', place, `'${name}' must be ${range}, not ${amount}`);
    else if (!Number.isInteger(amount)) this.#report('out-of-range', place, `'${name}' must be a whole number of ${unit}, not ${amount}`);
    else return amount;
    return undefined;
  }

  /** Below 1 is 1, as in xl. */
  #vcpus(): number | undefined {
    const count = this.#number('vcpus');
    return count === undefined ? undefined : Math.max(1, count);
  }

  #choice(name: string): string | undefined {
    const entry = this.#entry(name);
    const text = this.#text(name);
    if (!entry || text === undefined) return undefined;
    const { choices = [] } = configKey(name)!;
    if (choices.includes(text)) return text;
    this.#report(
      'bad-choice',
      entry.valueSpan ?? entry.span,
      `'${text}' is not a value of '${name}'`,
      didYouMean(text, choices) ?? `one of ${choices.join(', ')}`,
    );
    return undefined;
  }

  /** xl compares only as many letters as were given: "p" is pv, and "" is hvm. */
  #type(): DomainSettings['type'] {
    const type = this.#text('type');
    const builder = this.#text('builder');
    const given = this.#entry('type') ?? this.#entry('builder');
    if (!given) return undefined;
    const named = type === undefined ? undefined : (TYPES.find((name) => name.startsWith(type)) ?? null);
    const built = builder === undefined ? undefined : 'hvm'.startsWith(builder) ? 'hvm' : 'generic'.startsWith(builder) ? 'pv' : null;
    const kind = named ?? built ?? undefined;
    const place = given.valueSpan ?? given.span;
    const written = type ?? builder;
    if (named === null || built === null) {
      this.#report(
        'bad-choice',
        place,
        `'${named === null ? type : builder}' is not a type of domain`,
        builder === 'linux' ? 'xl knows no builder linux: leave it out' : 'one of pv, pvh, hvm',
      );
      return undefined;
    }
    if (named !== undefined && built !== undefined && named !== built)
      this.#report('bad-choice', place, "'builder' and 'type' contradict each other");
    else if (kind === 'hvm' || kind === 'pvh') {
      this.#report(
        'unsupported-type',
        place,
        `${kind.toUpperCase()} domains cannot run here${written === '' ? ' (an empty type means hvm)' : ''}`,
        'only PV domains can: type = "pv"',
      );
    }
    return kind;
  }

  #uuid(): string | undefined {
    const entry = this.#entry('uuid');
    const text = this.#text('uuid');
    if (!entry || text === undefined) return undefined;
    const digits = text.replaceAll('-', '').toLowerCase();
    if (/^[0-9a-f]{32}$/.test(digits)) return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    this.#report('bad-uuid', entry.valueSpan ?? entry.span, `'${text}' is not a UUID`, '32 hexadecimal digits, with or without dashes');
    return undefined;
  }

  #cmdline(): string | undefined {
    const cmdline = this.#text('cmdline');
    const root = this.#text('root');
    const extra = this.#text('extra');
    if (cmdline === undefined) return root === undefined ? extra : [`root=${root}`, ...(extra === undefined ? [] : [extra])].join(' ');
    const overridden = this.#entry('root') ? 'root' : this.#entry('extra') ? 'extra' : null;
    if (overridden !== null)
      this.#report('overridden-key', this.#entry(overridden)!.span, `'${overridden}' has no effect: cmdline wins over it`);
    return cmdline;
  }

  #cpus(name: string): string | readonly string[] | undefined {
    const entry = this.#entry(name);
    if (!entry) return undefined;
    const { value } = entry;
    const lists = (isList(value) ? value : [value]).map(textOf);
    if (lists.includes(null)) {
      this.#wrongType(name, entry, 'a list of CPUs');
      return undefined;
    }
    const texts = lists as string[];
    const faults = texts.map(checkCpuList);
    for (const [at, fault] of faults.entries()) {
      if (fault !== null) this.#report('bad-cpus', itemSpan(entry, at), fault, 'for example "all", "0-3,^1" or "node:0"');
    }
    if (faults.some((fault) => fault !== null)) return undefined;
    return isList(value) ? texts : texts[0]!;
  }

  /** Elements of a list key with their places; an element that is no text ends the list, as in xl. */
  #items(name: string): { readonly text: string; readonly span: Span }[] {
    const entry = this.#entry(name);
    if (!entry) return [];
    if (!isList(entry.value)) {
      this.#wrongType(name, entry, 'a list', `write it in brackets: ${name} = [ '…' ]`);
      return [];
    }
    const items: { text: string; span: Span }[] = [];
    for (const [at, item] of entry.value.entries()) {
      const text = textOf(item);
      if (text === null) {
        this.#report('wrong-type', itemSpan(entry, at), `an element of '${name}' must be a text, not ${describeValue(item)}`);
        break;
      }
      items.push({ text, span: itemSpan(entry, at) });
    }
    return items;
  }

  #disks(): DiskSpec[] {
    return this.#items('disk').flatMap(({ text, span }) => {
      const result = parseDiskSpec(text);
      if ('disk' in result) return [result.disk];
      const { reason, near } = result.fault;
      this.#report('bad-disk', span, `${reason}${near === null ? '' : `: '${near}'`} in the disk '${text}'`, diskHelp(reason, near));
      return [];
    });
  }

  #vifs(): VifSpec[] {
    return this.#items('vif').map(({ text, span }) => {
      const { vif, ignored, fault } = parseVifSpec(text);
      for (const { message } of ignored) this.#report('vif-ignored', span, `${message} in the interface '${text}': ignored`);
      if (fault) this.#report('bad-vif', span, `${fault.message} in the interface '${text}'`, 'for example rate=10Mb/s or rate=1MB/s@20ms');
      return vif;
    });
  }

  #checkTogether({ name, kernel, vcpus = 1, maxVcpus, memoryMiB, maxMemoryMiB }: DomainSettings): void {
    const start: Span = { file: this.#record.file, start: 0, end: 0, line: 1, column: 1 };
    const place = this.#entry('name')?.span ?? start;
    // A misspelt `name` has been told already.
    const misspelt = [...this.#record.entries.keys()].some((key) => !configKey(key) && nearest(key, keyNames()) === 'name');
    if (name === undefined && !this.#entry('name') && !misspelt) this.#report('missing-key', start, 'the domain has no name', 'name = "…"');
    if (kernel === undefined && !this.#entry('kernel'))
      this.#report('missing-key', place, 'the domain has no kernel to boot', 'kernel = "…", or kernel = guest("pebble")');
    if (maxVcpus !== undefined && maxVcpus < vcpus)
      this.#report('out-of-range', this.#entry('maxvcpus')!.span, `'maxvcpus' (${maxVcpus}) is less than 'vcpus' (${vcpus})`);
    if (memoryMiB !== undefined && maxMemoryMiB !== undefined && maxMemoryMiB < memoryMiB) {
      this.#report('out-of-range', this.#entry('maxmem')!.span, `'maxmem' (${maxMemoryMiB}) is less than 'memory' (${memoryMiB})`);
    }
  }
}

function itemSpan(entry: ConfigEntry, at: number): Span {
  return entry.itemSpans?.[at] ?? entry.valueSpan ?? entry.span;
}

function numberHelp(name: string, type: ConfigKey['type'], value: Value): string | undefined {
  if (type === 'memory' && typeof value === 'string' && /^\d+\s*[kmgt]i?b?$/i.test(value))
    return `write ${name} = ${Number.parseInt(value, 10)} (MiB) or a size without quotes: 64MiB`;
  return undefined;
}

function diskHelp(reason: string, near: string | null): string | undefined {
  if (reason === 'unknown value for access')
    return near?.endsWith('!') ? "xm's forced access does not exist in xl: write 'w' or 'r'" : 'one of r, ro, w, rw';
  if (reason === 'unknown value for format') return 'one of raw, qcow, qcow2, vhd, qed';
  if (reason === 'no vdev specified')
    return "the guest's device is missing: TARGET,FORMAT,VDEV,ACCESS, for example '/srv/web.img,raw,xvda,w'";
  return undefined;
}
