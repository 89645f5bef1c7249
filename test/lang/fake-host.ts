/** A machine that exists only for the language's tests: virtual time, a few domains, consoles that say what they are told to say. */
import {
  CommandFailure,
  Quantity,
  Table,
  valueText,
  type CommandCall,
  type CommandSignature,
  type HostConsole,
  type HostEvent,
  type ScriptHost,
  type Value,
} from '../../src/lang/index.ts';

const positional = (
  name: string,
  kind: CommandSignature['positionals'][number]['kind'],
  rest = false,
): CommandSignature['positionals'][number] => ({ name, kind, required: true, rest });

const SIGNATURES: readonly CommandSignature[] = [
  {
    name: 'list',
    summary: 'List domains',
    positionals: [{ ...positional('domain', 'domain', true), required: false }],
    options: [
      { long: 'long', short: 'l', value: null, summary: 'as JSON' },
      { long: 'cpupool', short: 'c', value: null, summary: 'with their pool' },
    ],
  },
  {
    name: 'create',
    summary: 'Create a domain',
    positionals: [positional('config', 'config-file'), positional('setting', 'key-value', true)],
    options: [
      { long: 'console', short: 'c', value: null, summary: 'attach to its console' },
      { long: 'defconfig', short: 'f', value: 'file', summary: 'the configuration' },
    ],
  },
  { name: 'destroy', summary: 'Destroy domains', positionals: [positional('domain', 'domain', true)], options: [] },
  { name: 'console', summary: 'Attach to a console', positionals: [positional('domain', 'domain')], options: [] },
  { name: 'vcpu-list', summary: 'List vCPUs', positionals: [positional('domain', 'domain', true)], options: [] },
  { name: 'xenstore-read', summary: 'Read from the xenstore', positionals: [positional('path', 'xenstore-path', true)], options: [] },
  { name: 'help', summary: 'Show help', positionals: [positional('topic', 'command')], options: [] },
];

export const COMMANDS: ReadonlyMap<string, CommandSignature> = new Map(SIGNATURES.map((signature) => [signature.name, signature]));

export interface FakeDomain {
  state: string;
  memory: number;
  cpuTimeNs: number;
}

export interface FakeHost extends ScriptHost {
  readonly domains: Map<string, FakeDomain>;
  readonly calls: CommandCall[];
  readonly printed: string[];
  readonly sent: string[];
  readonly files: Map<string, string>;
  readonly happenings: Happenings;
  nowNs: number;
  /** Called whenever time moves. */
  atTime: (nowNs: number) => void;
  /** What the console answers to what is typed. */
  answer: (typed: string) => string;
  /** What the console has printed before anybody looked. */
  printedBefore: string;
}

const COLUMNS = [
  { name: 'name', type: 'text' },
  { name: 'mem', type: 'bytes' },
  { name: 'state', type: 'state' },
] as const;

export function fakeHost(): FakeHost {
  const domains = new Map<string, FakeDomain>([
    ['Domain-0', { state: 'running', memory: 1024, cpuTimeNs: 5e9 }],
    ['web', { state: 'blocked', memory: 256, cpuTimeNs: 3e9 }],
    ['db', { state: 'blocked', memory: 64, cpuTimeNs: 1e9 }],
  ]);
  const known = (name: string): FakeDomain => {
    const domain = domains.get(name);
    if (!domain) throw new CommandFailure('no-such-domain', `there is no domain '${name}'`, "'list' shows the domains");
    return domain;
  };
  const table = (): Table =>
    new Table(
      COLUMNS,
      [...domains].map(([name, { memory, state }]) => ({ name, mem: new Quantity('bytes', memory * 2 ** 20), state })),
    );
  const perform = ({ name, words, declarations }: CommandCall): Value => {
    if (name === 'list') return table();
    if (name === 'vcpu-list') return new Table([{ name: 'vcpu', type: 'integer' }], [{ vcpu: 0n }, { vcpu: 1n }]);
    if (name === 'create') {
      const wanted = words[0]!.text;
      if (domains.has(wanted)) throw new CommandFailure('name-taken', `a domain '${wanted}' is already there`, null);
      const memory = declarations.get(wanted)?.entries.get('memory')?.value;
      domains.set(wanted, {
        state: 'running',
        memory: memory instanceof Quantity ? memory.amount / 2 ** 20 : Number(memory ?? 32),
        cpuTimeNs: 0,
      });
      return null;
    }
    if (name === 'destroy') {
      for (const { text } of words) {
        known(text);
        domains.delete(text);
      }
    }
    return null;
  };
  const host: FakeHost = {
    domains,
    calls: [],
    printed: [],
    sent: [],
    files: new Map(),
    happenings: new Happenings(),
    nowNs: 0,
    atTime: () => undefined,
    answer: () => '',
    printedBefore: '',
    commands: () => COMMANDS,
    async invoke(call) {
      host.calls.push(call);
      return perform(call);
    },
    async global(name) {
      if (name === 'host')
        return new Map<string, Value>([
          ['free_memory', new Quantity('bytes', 512 * 2 ** 20)],
          ['cpus', 4n],
        ]);
      return name === 'domains' ? [...domains.keys()] : undefined;
    },
    async domainProperty(name, property) {
      const { state, memory, cpuTimeNs } = known(name);
      const properties: Readonly<Record<string, Value>> = {
        state,
        memory: new Quantity('bytes', memory * 2 ** 20),
        cpu_time: new Quantity('ns', cpuTimeNs),
      };
      return properties[property];
    },
    xenstoreRead: async (path) => (path === '/local/domain/0/name' ? 'Domain-0' : null),
    async console(name) {
      known(name);
      return scriptedConsole(host);
    },
    clock: {
      now: async () => host.nowNs,
      async sleepUntil(deadlineNs, signal) {
        await new Promise((resolve) => void setImmediate(resolve));
        signal.throwIfAborted();
        host.nowNs = Math.max(host.nowNs, deadlineNs);
        host.atTime(host.nowNs);
      },
    },
    async readFile(path) {
      const text = host.files.get(path);
      if (text === undefined) throw new Error(`there is no file '${path}'`);
      return { path, text };
    },
    async writeFile(path, _from, text) {
      host.files.set(path, text);
    },
    format: async (value, format) => (format === 'table' ? valueText(value) : null),
    events: () => host.happenings.listen(),
    async inject({ fault, domain }) {
      if (fault !== 'stall') throw new CommandFailure('not-supported', `this machine has no fault '${fault}'`, null);
      const stalled = known(domain);
      stalled.state = 'paused';
      return async () => void (stalled.state = 'running');
    },
    guest(name) {
      if (name !== 'pebble') throw new Error(`no guest '${name}' ships with Xenolith`);
      return '/guests/pebble.elf';
    },
    print: (text) => void host.printed.push(text),
  };
  return host;
}

/** What happens to domains, told at once. */
export class Happenings {
  readonly #listeners: Set<(event: HostEvent) => void> = new Set();

  emit(kind: string, domain: string, detail: string | null = null): void {
    for (const listener of this.#listeners) listener({ kind, domain, id: 1, detail });
  }

  listen(): AsyncIterable<HostEvent> {
    const waiting: HostEvent[] = [];
    let news = Promise.withResolvers<void>();
    this.#listeners.add((event) => {
      waiting.push(event);
      news.resolve();
      news = Promise.withResolvers<void>();
    });
    return (async function* () {
      for (;;) {
        const event = waiting.shift();
        if (event) yield event;
        else await news.promise;
      }
    })();
  }
}

function scriptedConsole(host: FakeHost): HostConsole {
  const waiting: Uint8Array[] = [new TextEncoder().encode(host.printedBefore)];
  let news = Promise.withResolvers<void>();
  let closed = false;
  const wake = (): void => {
    news.resolve();
    news = Promise.withResolvers<void>();
  };
  return {
    output: (async function* () {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk) yield chunk;
        else if (closed) return;
        else await news.promise;
      }
    })(),
    async write(bytes) {
      const typed = new TextDecoder().decode(bytes);
      host.sent.push(typed);
      waiting.push(new TextEncoder().encode(host.answer(typed)));
      wake();
    },
    async close() {
      closed = true;
      wake();
    },
  };
}
