import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS, evaluateConfig, isError, readConfig, type ReadConfig } from '../../../src/lang/index.ts';
import { corpusFiles, needsCorpus } from '../corpus.ts';

const BASE = 'name = "a"\nkernel = "/k"\n';
const read = (text: string, overrides: readonly string[] = []): ReadConfig =>
  readConfig(evaluateConfig(BASE + text, 'CFG', overrides).config);
const told = (text: string): string[] =>
  read(text).problems.map(
    ({ severity, span, message, help }) => `${severity} ${span.line}:${span.column} ${message}${help === undefined ? '' : ` (${help})`}`,
  );

test.each<[string, string[]]>([
  ['memory = "64m"', ["error 3:10 'memory' must be a number of MiB, not '64m' (write memory = 64 (MiB) or a size without quotes: 64MiB)"]],
  ['memory = [64]', ["error 3:10 'memory' must be a number of MiB, not a list"]],
  ['memory = 10d', ["error 3:10 'memory' must be a number of MiB, not '10d'"]],
  ['memory = 0', ["error 3:10 'memory' must be from 1 to 16777216 MiB, not 0"]],
  ['cpu_weight = 70000', ["error 3:14 'cpu_weight' must be from 1 to 65535, not 70000"]],
  ['vif = ""', ["error 3:7 'vif' must be a list, not '' (write it in brackets: vif = [ '…' ])"]],
  ['name = ["x"]', ["error 3:8 'name' must be a text, not a list"]],
  ['on_crash = "restrat"', ["error 3:12 'restrat' is not a value of 'on_crash' (did you mean 'restart'?)"]],
  ['type = "hvm"', ['error 3:8 HVM domains cannot run here (only PV domains can: type = "pv")']],
  ['type = "x"', ["error 3:8 'x' is not a type of domain (one of pv, pvh, hvm)"]],
  ['builder = "linux"', ["error 3:11 'linux' is not a type of domain (xl knows no builder linux: leave it out)"]],
  ['uuid = "zz"', ["error 3:8 'zz' is not a UUID (32 hexadecimal digits, with or without dashes)"]],
  ['maxvcpus = 1\nvcpus = 2', ["error 3:1 'maxvcpus' (1) is less than 'vcpus' (2)"]],
  ['memory = 64\nmaxmem = 32', ["error 4:1 'maxmem' (32) is less than 'memory' (64)"]],
  ['vcpu = 2', ["error 3:1 unknown key 'vcpu' (did you mean 'vcpus'?)"]],
  ['vnc = 1', ["hint 3:1 'vnc' has no effect: there is no graphical console"]],
  ['acpi = "yes"', ["hint 3:1 'acpi' has no effect: for HVM guests only"]],
  ['dhcp = "dhcp"', ["warning 3:1 'dhcp' has no effect: only old xm knew it"]],
  ['cpus = ["0", "x"]', ['error 3:14 invalid CPU range \'x\' (for example "all", "0-3,^1" or "node:0")']],
  [
    'disk = [ "phy:/x,xvda,w",\n  "phy:/y,xvdb,w!" ]',
    ["error 4:3 unknown value for access: 'w!' in the disk 'phy:/y,xvdb,w!' (xm's forced access does not exist in xl: write 'w' or 'r')"],
  ],
  [
    'vif = [ "mac=zz", "rate=5" ]',
    [
      "warning 3:9 'zz' is not a valid mac in the interface 'mac=zz': ignored",
      "error 3:19 invalid rate in '5' in the interface 'rate=5' (for example rate=10Mb/s or rate=1MB/s@20ms)",
    ],
  ],
  ['cmdline = "x"\nroot = "/dev/xvda1"', ["warning 4:1 'root' has no effect: cmdline wins over it"]],
])('%j', (text, problems) => {
  expect(told(text)).toEqual(problems);
});

test('all mistakes are told at once', () => {
  expect(told('memroy = 1\nvcpus = "x"\non_crash = "y"\ndisk = [ "bad" ]')).toHaveLength(4);
});

test('a domain needs a name and a kernel', () => {
  expect(readConfig(evaluateConfig('memory = 64\n', 'CFG').config).problems.map(({ message }) => message)).toEqual([
    'the domain has no name',
    'the domain has no kernel to boot',
  ]);
});

test.each([
  ['memory = 0x40', { memoryMiB: 64 }],
  ['memory = 0100', { memoryMiB: 64 }],
  ['memory = "0x40"', { memoryMiB: 64 }],
  ['memory = 64MiB', { memoryMiB: 64 }],
  ['memory = 1GiB', { memoryMiB: 1024 }],
  ['memory = 32 * 2', { memoryMiB: 64 }],
  ['vcpus = 0', { vcpus: 1 }],
  ['vcpus = 2\nvcpus = 4', { vcpus: 4 }],
  ['root = "/dev/xvda1"\nextra = "ro"', { cmdline: 'root=/dev/xvda1 ro' }],
  ['extra = "a"\nextra += " b"', { cmdline: 'a b' }],
  ['ramdisk = 010', { ramdisk: '010' }],
  ['uuid = "12345678123412341234123456789ABC"', { uuid: '12345678-1234-1234-1234-123456789abc' }],
  ['on_reboot = "coredump-restart"', { onReboot: 'coredump-restart' }],
  ['cpus = 2', { cpus: '2' }],
  ['type = "p"', { type: 'pv' }],
  ['disk = []\nvif = [ "" ]', { disks: [], vifs: [{ mac: null }] }],
])('%j', (text, settings) => {
  const { problems, settings: got } = read(text);
  expect(problems.filter(isError)).toEqual([]);
  expect(got).toMatchObject(settings);
});

describe('words of the command line', () => {
  test.each<[string, object]>([
    ['memory=128', { memoryMiB: 128 }],
    ['memory=64MiB', { memoryMiB: 64 }],
    ['name=web', { name: 'web' }],
    ['name="a b"', { name: 'a b' }],
    ['extra=console=hvc0 root=/dev/xvda', { cmdline: 'console=hvc0 root=/dev/xvda' }],
    ['cpus=0-3,^1', { cpus: '0-3,^1' }],
    ['memory=32;vcpus=3', { memoryMiB: 32, vcpus: 3 }],
    ['on_crash=preserve', { onCrash: 'preserve' }],
    ["vif=['bridge=br0']", { vifs: [{ bridge: 'br0' }] }],
    ["vif+=['bridge=br1']", { vifs: [{ bridge: 'br1' }] }],
  ])('%s', (word, settings) => {
    const { problems, settings: got } = read('', [word]);
    expect(problems.filter(isError)).toEqual([]);
    expect(got).toMatchObject(settings);
  });

  test('they win over the file', () => {
    expect(read('memory = 64', ['memory=128', 'memory=256']).settings.memoryMiB).toBe(256);
  });

  test('a mistake in one has its place in it', () => {
    expect(evaluateConfig(BASE, 'CFG', ['disk=["x"']).problems).toMatchObject([{ span: { file: '<command line>', line: 1 } }]);
    expect(evaluateConfig(BASE, 'CFG', ['what']).problems).toMatchObject([{ code: 'XM1041', span: { file: '<command line>' } }]);
  });
});

describe('programs in configurations', () => {
  test('guest() is a kernel that ships with the project', () => {
    const { config, problems } = evaluateConfig('kernel = guest("pebble")', 'x.cfg', [], { guest: (name) => `/guests/${name}` });
    expect(problems).toEqual([]);
    expect(config.entries.get('kernel')).toMatchObject({ value: '/guests/pebble' });
  });

  test('a guest that does not exist is told at its place', () => {
    const { problems } = evaluateConfig('kernel = guest("nosuch")', 'x.cfg', [], {
      guest() {
        throw new Error("no guest 'nosuch' ships with Xenolith");
      },
    });
    expect(problems).toMatchObject([{ message: "no guest 'nosuch' ships with Xenolith", span: { column: 10 } }]);
  });

  test('settings may be calculated, with a warning', () => {
    const { config, problems } = evaluateConfig(
      'let n = 3\nname = "web" + n\nif n > 2 { memory = 64 * n }\nfor i in 1..2 { extra += "x" }',
      'x.cfg',
    );
    expect(problems.filter(isError)).toEqual([]);
    expect([...config.entries].map(([key, { value }]) => [key, value])).toEqual([
      ['name', 'web3'],
      ['memory', 192n],
      ['extra', 'xx'],
    ]);
  });

  test('a configuration touches nothing and comes to an end', () => {
    expect(evaluateConfig('memory = xenstore("/x")', 'x.cfg').problems.filter(isError)).toMatchObject([
      { message: 'a configuration cannot ask the machine' },
    ]);
    expect(evaluateConfig('while true { }', 'x.cfg').problems.filter(isError)).toMatchObject([{ code: 'XM1111' }]);
  });
});

test('every key is declared once', () => {
  expect(new Set(CONFIG_KEYS.map(({ name }) => name)).size).toBe(CONFIG_KEYS.length);
});

describe(needsCorpus('keys of the corpus'), () => {
  /** Misspelt, or of patched versions of Xen: xl drops them, we refuse them. */
  const UNKNOWN = [
    'arch',
    'audio',
    'cdrom',
    'coproc',
    'dt_compatible',
    'dt_passthrough_nodes',
    'force_assign_without_iommu',
    'rproc',
    'scmi',
    'vcpu',
  ];

  test('a generated file may be long', () => {
    const { config, problems } = evaluateConfig('name = "x"\n'.repeat(120_000), 'x.cfg');
    expect(problems).toEqual([]);
    expect(config.entries.get('name')!.value).toBe('x');
  });

  test('what xl knows is known', () => {
    const unknown = new Set<string>();
    for (const { text, name, accepted } of corpusFiles()) {
      const problems = accepted ? readConfig(evaluateConfig(text, name).config).problems : [];
      for (const { code, message } of problems) if (code === 'XM1042') unknown.add(/'(.*?)'/.exec(message)![1]!);
    }
    expect([...unknown].toSorted().filter((key) => !UNKNOWN.includes(key))).toEqual([]);
  });
});
