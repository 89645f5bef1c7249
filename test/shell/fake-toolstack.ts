/** A toolstack in memory, with the five domains of the recorded xl and xentop: plain, quick, the same every time. Operations that change something are written down. */
import {
  type ConsoleStream,
  type DomainConfig,
  type DomainInfo,
  type DomainRef,
  type DomainSample,
  type HostInfo,
  type HostSample,
  type Toolstack,
  ToolstackError,
  type VcpuInfo,
  type XenstoreNode,
} from '../../src/dom0/toolstack/types.ts';

const LONG_NAME = 'a-domain-with-a-name-longer-than-forty-characters';
export const HOST_CPUS = 8;
const EVERYWHERE = Array.from({ length: HOST_CPUS }, (_, cpu) => cpu);

type Some = Partial<DomainSample> & Pick<DomainSample, 'domid' | 'name' | 'stateLetters'>;

function domain(some: Some): DomainSample {
  return {
    uuid: `${String(some.domid).repeat(8).slice(0, 8)}-0000-0000-0000-000000000000`,
    memoryKiB: 65536,
    maxMemoryKiB: 65536,
    vcpus: 1,
    maxVcpus: 1,
    state: 'blocked',
    shutdownReason: null,
    cpuTimeNs: 0,
    retired: 0,
    weight: 256,
    cap: 0,
    uptimeNs: 60e9,
    pool: 'Pool-0',
    vcpuTimesNs: [0],
    nets: 0,
    netTxBytes: 0,
    netRxBytes: 0,
    vbds: 0,
    vbdOo: 0,
    vbdRd: 0,
    vbdWr: 0,
    vbdRdSectors: 0,
    vbdWrSectors: 0,
    ...some,
  };
}

const HOURS = 3600e9;
const MINUTES = 60e9;

export const GOLDEN_DOMAINS: readonly DomainSample[] = [
  domain({
    domid: 0,
    name: 'Domain-0',
    uuid: '00000000-0000-0000-0000-000000000000',
    state: 'running',
    stateLetters: 'r-----',
    memoryKiB: 1048576,
    maxMemoryKiB: 1048576,
    vcpus: 4,
    maxVcpus: 4,
    cpuTimeNs: 318.4e9,
    vcpuTimesNs: [79.6e9, 79.6e9, 79.6e9, 79.6e9],
    weight: 512,
    uptimeNs: 41 * MINUTES + 3e9,
  }),
  domain({
    domid: 1,
    name: 'web-1',
    uuid: '10111213-1415-1617-1819-1a1b1c1d1e1f',
    stateLetters: '-b----',
    memoryKiB: 524288,
    maxMemoryKiB: 524288,
    vcpus: 2,
    maxVcpus: 2,
    cpuTimeNs: 12.7e9,
    vcpuTimesNs: [6.35e9, 6.35e9],
    cap: 50,
    uptimeNs: 1 * HOURS + 2 * MINUTES,
    vbds: 1,
    vbdRd: 1523,
    vbdWr: 20411,
    vbdRdSectors: 48736,
    vbdWrSectors: 653152,
  }),
  domain({
    domid: 2,
    name: LONG_NAME,
    uuid: '20212223-2425-2627-2829-2a2b2c2d2e2f',
    state: 'paused',
    stateLetters: '--p---',
    memoryKiB: 393216,
    maxMemoryKiB: 393216,
    uptimeNs: 52 * HOURS + 47 * MINUTES,
  }),
  domain({
    domid: 5,
    name: 'crashed-dom',
    uuid: '50515253-5455-5657-5859-5a5b5c5d5e5f',
    state: 'crashed',
    stateLetters: '---sc-',
    memoryKiB: 131072,
    maxMemoryKiB: 131072,
    maxVcpus: 2,
    cpuTimeNs: 3.2e9,
    shutdownReason: 'crash',
    uptimeNs: 79e9,
  }),
  domain({
    domid: 7,
    name: 'dying-dom',
    uuid: '70717273-7475-7677-7879-7a7b7c7d7e7f',
    state: 'dying',
    stateLetters: '---s-d',
    cpuTimeNs: 1234.5e9,
    vcpuTimesNs: [1234.5e9],
    shutdownReason: 'poweroff',
    uptimeNs: 81e9,
  }),
];

const vcpu = (
  domid: number,
  name: string,
  number: number,
  cpu: number | null,
  stateLetters: string,
  seconds: number,
  hard: readonly number[] = EVERYWHERE,
  soft: readonly number[] = EVERYWHERE,
): VcpuInfo => ({
  domid,
  name,
  vcpu: number,
  cpu,
  stateLetters,
  cpuTimeNs: seconds * 1e9,
  retired: 0,
  hardAffinity: hard,
  softAffinity: soft,
});

export const GOLDEN_VCPUS: readonly VcpuInfo[] = [
  vcpu(0, 'Domain-0', 0, 0, 'r--', 79.6),
  vcpu(0, 'Domain-0', 1, 1, '-b-', 79.6),
  vcpu(0, 'Domain-0', 2, 2, '-b-', 79.6),
  vcpu(0, 'Domain-0', 3, 3, '-b-', 79.6),
  vcpu(1, 'web-1', 0, 1, '-b-', 6.4, [0, 1, 2, 3], [4, 5, 6, 7]),
  vcpu(1, 'web-1', 1, 2, '-b-', 6.4, [0, 1, 3, 5], [4, 5, 6, 7]),
  vcpu(2, LONG_NAME, 0, 2, '---', 0),
  vcpu(5, 'crashed-dom', 0, 5, '---', 1.6),
  vcpu(5, 'crashed-dom', 1, null, '--p', 1.6),
  vcpu(7, 'dying-dom', 0, 7, '---', 1234.5),
];

export const GOLDEN_INFO: HostInfo = {
  host: 'vm',
  release: '6.18.44-fc-v669',
  version: '#1 SMP PREEMPT_DYNAMIC @0',
  machine: 'x86_64',
  nr_cpus: '8',
  max_cpu_id: '7',
  nr_nodes: '1',
  cores_per_socket: '8',
  threads_per_core: '1',
  cpu_mhz: '2000.000',
  hw_caps: '00000000:00000000:00000000:00000000:00000000:00000000:00000000:00000000',
  virt_caps: 'pv hvm hvm_directio pv_directio hap shadow iommu_hap_pt_share vmtrace vpmu gnttab-v1 gnttab-v2',
  total_memory: '8192',
  free_memory: '4096',
  sharing_freed_memory: '0',
  sharing_used_memory: '0',
  outstanding_claims: '0',
  free_cpus: '0',
  xen_major: '4',
  xen_minor: '17',
  xen_extra: '.0-stub',
  xen_version: '4.17.0-stub',
  xen_caps: 'xen-3.0-x86_64 hvm-3.0-x86_64 ',
  xen_scheduler: 'credit2',
  xen_pagesize: '4096',
  platform_params: 'virt_start=0x0',
  xen_changeset: 'stub',
  xen_commandline: '',
  cc_compiler: '',
  cc_compile_by: '',
  cc_compile_domain: '',
  cc_compile_date: '',
  build_id: '',
  xend_config_format: '4',
};

/** A guest that has printed `past`, echoes what it is told in capitals, and ends at 'bye'. */
function shoutingConsole(past: string): ConsoleStream {
  const waiting: Uint8Array[] = [Buffer.from(past)];
  let arrived = Promise.withResolvers<void>();
  let ended = false;
  const stream: ConsoleStream = {
    output: (async function* () {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk) yield chunk;
        else if (ended) return;
        else {
          await arrived.promise;
          arrived = Promise.withResolvers();
        }
      }
    })(),
    write(bytes) {
      const text = Buffer.from(bytes).toString();
      waiting.push(Buffer.from(text.toUpperCase()));
      if (text.includes('bye')) ended = true;
      arrived.resolve();
      return Promise.resolve();
    },
    close() {
      ended = true;
      arrived.resolve();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => stream.close(),
  };
  return stream;
}

export interface FakeToolstack extends Toolstack {
  /** What was asked that changes something: "pause 1". */
  readonly asked: string[];
  readonly built: DomainConfig[];
  domains: DomainSample[];
  /** The next operation fails with this. */
  refuse: ToolstackError | null;
  halted: boolean;
}

export function fakeToolstack(): FakeToolstack {
  let nodes: XenstoreNode[] = [
    { path: '/tool', value: '', permissions: 'n0' },
    { path: '/local', value: '', permissions: 'n0' },
    { path: '/local/domain', value: '', permissions: 'n0' },
    { path: '/local/domain/1', value: '', permissions: 'n0,r1' },
    { path: '/local/domain/1/name', value: 'web-1', permissions: 'n0,r1' },
    { path: '/local/domain/1/data', value: 'tab\there \\ é\u0001', permissions: 'n1' },
  ];
  let credit = { tsliceMs: 30, ratelimitUs: 1000, migrationDelayUs: 0 };
  let nowNs = 5e9;

  const find = (ref: DomainRef): DomainSample => {
    const found = fake.domains.find(({ domid }) => String(domid) === String(ref)) ?? fake.domains.find(({ name }) => name === ref);
    if (!found) throw new ToolstackError({ code: 'no-such-domain', message: `no domain '${ref}'` });
    return found;
  };
  const ask = async (...words: readonly unknown[]): Promise<void> => {
    if (fake.refuse) throw fake.refuse;
    fake.asked.push(words.map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word))).join(' '));
    await Promise.resolve();
  };
  const replace = (domid: number, change: Partial<DomainSample>): void => {
    fake.domains = fake.domains.map((one) => (one.domid === domid ? { ...one, ...change } : one));
  };

  const fake: FakeToolstack = {
    asked: [],
    built: [],
    domains: [...GOLDEN_DOMAINS],
    refuse: null,
    halted: false,
    async create(config, options = {}) {
      await ask('create', config.name, options);
      const domid = Math.max(...fake.domains.map((one) => one.domid)) + 1;
      const memoryKiB = (config.memoryMiB ?? 32) * 1024;
      const state = options.paused ? 'paused' : 'blocked';
      const made = domain({
        domid,
        name: config.name,
        memoryKiB,
        maxMemoryKiB: memoryKiB,
        state,
        stateLetters: options.paused ? '--p---' : '-b----',
        ...(config.uuid !== undefined && { uuid: config.uuid }),
      });
      fake.built.push(config);
      fake.domains = [...fake.domains, made];
      return made;
    },
    list: () => Promise.resolve(fake.domains as readonly DomainInfo[]),
    domain: async (ref) => find(ref),
    async pause(ref) {
      await ask('pause', ref);
      replace(find(ref).domid, { state: 'paused', stateLetters: '--p---' });
    },
    async unpause(ref) {
      await ask('unpause', ref);
      replace(find(ref).domid, { state: 'blocked', stateLetters: '-b----' });
    },
    shutdown: (ref, how, waitNs) => ask('shutdown', ref, how, waitNs),
    async destroy(ref) {
      await ask('destroy', ref);
      const { domid } = find(ref);
      fake.domains = fake.domains.filter((one) => one.domid !== domid);
    },
    async rename(ref, name) {
      await ask('rename', ref, name);
      replace(find(ref).domid, { name });
    },
    vcpus: async (ref) => (ref === undefined ? GOLDEN_VCPUS : GOLDEN_VCPUS.filter(({ domid }) => domid === find(ref).domid)),
    setVcpus: (ref, count) => ask('setVcpus', ref, count),
    pinVcpu: (ref, number, hard, soft) => ask('pinVcpu', ref, number, hard, soft),
    setMemory: (ref, size) => ask('setMemory', ref, size),
    setMaxMemory: (ref, size) => ask('setMaxMemory', ref, size),
    async credit(set) {
      if (set) await ask('credit', set);
      credit = { ...credit, tsliceMs: set?.tsliceMs ?? credit.tsliceMs, ratelimitUs: set?.ratelimitUs ?? credit.ratelimitUs };
      return { ...credit, domains: fake.domains.map(({ domid, name, weight, cap }) => ({ domid, name, weight, cap })) };
    },
    info: () => Promise.resolve(GOLDEN_INFO),
    debugKeys: async (keys) => void (await ask('debugKeys', keys)),
    dmesg: async (clear) => {
      if (clear) await ask('dmesg', clear);
      return '(XEN) Xen version 4.17 (fake)\n(XEN) Command line: dom0_mem=1G\n';
    },
    console: async (ref) => shoutingConsole(`booting ${find(ref).name}\r\n> `),
    async *samples(): AsyncGenerator<HostSample> {
      for (let at = 0; ; at++) {
        yield {
          timeNs: at * 1e9,
          totalMemoryKiB: 8192 * 1024,
          freeMemoryKiB: 4096 * 1024,
          cpus: HOST_CPUS,
          cpuMhz: 2000,
          xenVersion: '4.17.0-stub',
          domains: GOLDEN_TOP.map((one) => ({ ...one, cpuTimeNs: one.cpuTimeNs + at * (TOP_RATES[one.domid] ?? 0) })),
        };
      }
    },
    // oxlint-disable-next-line require-yield
    async *events() {
      await new Promise(() => undefined);
    },
    async xenstoreRead(path) {
      const found = nodes.find((node) => node.path === path);
      if (!found) throw new ToolstackError({ code: 'no-such-path', message: `couldn't read path ${path}` });
      return found.value;
    },
    async xenstoreWrite(path, value) {
      await ask('xenstoreWrite', path, value);
      nodes = [...nodes.filter((node) => node.path !== path), { path, value, permissions: 'n0' }];
    },
    async xenstoreRemove(path) {
      await ask('xenstoreRemove', path);
      nodes = nodes.filter((node) => node.path !== path && !node.path.startsWith(`${path}/`));
    },
    xenstoreList: async (path) => nodes.filter((node) => path === '/' || node.path.startsWith(`${path}/`)),
    time: () => Promise.resolve({ nowNs, clock: 'virtual' }),
    sleepUntil: async (deadlineNs) => {
      nowNs = Math.max(nowNs, deadlineNs);
      await Promise.resolve();
    },
    halt: () => {
      fake.halted = true;
      return Promise.resolve();
    },
  };
  return fake;
}

/** In the recording of xentop some domains differ a little from those of xl. */
const GOLDEN_TOP = GOLDEN_DOMAINS.map((one) => {
  if (one.domid === 2) return { ...one, memoryKiB: 262144, maxMemoryKiB: 266240 };
  return one.domid === 5 ? { ...one, vcpus: 2, vcpuTimesNs: [1.6e9] } : one;
});

/** Nanoseconds of CPU a second. */
const TOP_RATES: Readonly<Record<number, number>> = { 0: 0.25e9, 1: 0.4e9 };
